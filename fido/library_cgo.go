//go:build cgo

package fido

// Library names the library that drives keys in this build; "" = none, package fido does it alone.
const Library = "libfido2"
