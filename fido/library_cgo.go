//go:build cgo

package fido

// Library names what drives attached keys in this build; "" = nothing does.
const Library = "libfido2"
