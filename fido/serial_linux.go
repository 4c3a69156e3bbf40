package fido

import (
	"os"
	"path/filepath"
	"strings"
)

// usbSerial is the serial number in the USB descriptor of a hidraw device, empty when there is none.
func usbSerial(path string) string { return system{sys: "/sys"}.serial(path) }

// serial climbs from the hidraw device to the USB device it belongs to.
func (s system) serial(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Join(s.sys, "class/hidraw", filepath.Base(path), "device"))
	if err != nil {
		return ""
	}
	for range 6 {
		if _, err := os.Stat(filepath.Join(dir, "idVendor")); err == nil {
			b, _ := os.ReadFile(filepath.Join(dir, "serial"))
			return strings.TrimSpace(string(b))
		}
		dir = filepath.Dir(dir)
	}
	return ""
}
