//go:build cgo && !linux

package fido

// usbSerial is not looked for here.
func usbSerial(string) string { return "" }
