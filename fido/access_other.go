//go:build !linux

package fido

import "runtime"

// AuthenTrendVendor is the USB vendor number of ATKey keys.
const AuthenTrendVendor = 0x31BB

// AccessProblem says why a key cannot be opened by this user. There are no udev rules here, so rule is always empty.
func AccessProblem(string) (explain, rule string) {
	if runtime.GOOS == "windows" {
		return "Windows lets only administrators reach security keys directly: start the terminal as administrator.", ""
	}
	return "", ""
}
