//go:build cgo && !linux

package fido

// usbSerial is not looked for here.
func usbSerial(string) string { return "" }

// hiddenKeys: elsewhere libfido2 lists what cannot be opened too.
func hiddenKeys([]Device) []Device { return nil }
