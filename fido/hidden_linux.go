package fido

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// hiddenKeys lists the keys that libfido2 does not: it opens each device to see whether it is a key, and so a key without
// permission is to it no key at all. sysfs tells everybody. Opening such a key fails with CodeNoAccess.
func hiddenKeys(listed []Device) []Device { return system{sys: "/sys"}.hidden(listed, "/dev") }

// usagePageFIDO is how a HID report descriptor of a key begins: Usage Page (FIDO Alliance), HID item 06 with 0xF1D0.
var usagePageFIDO = []byte{0x06, 0xD0, 0xF1}

var hidUSB = regexp.MustCompile(`(?m)^HID_ID=0003:0000([0-9A-Fa-f]{4}):0000([0-9A-Fa-f]{4})$`)
var hidName = regexp.MustCompile(`(?m)^HID_NAME=(.*)$`)

func (s system) hidden(listed []Device, dev string) []Device {
	nodes, _ := filepath.Glob(filepath.Join(s.sys, "class/hidraw/hidraw*"))
	var out []Device
	for _, node := range nodes {
		d := Device{Path: filepath.Join(dev, filepath.Base(node))}
		if onPath(d.Path, listed) {
			continue
		}
		descriptor, err := os.ReadFile(filepath.Join(node, "device/report_descriptor"))
		if err != nil || !bytes.Contains(descriptor, usagePageFIDO) {
			continue
		}
		uevent, err := os.ReadFile(filepath.Join(node, "device/uevent"))
		id := hidUSB.FindSubmatch(uevent)
		if err != nil || id == nil {
			continue
		}
		d.VendorID, d.ProductID = number(id[1]), number(id[2])
		if name := hidName.FindSubmatch(uevent); name != nil {
			d.Product = strings.TrimSpace(string(name[1]))
		}
		d.Serial = s.serial(d.Path)
		out = append(out, d)
	}
	return out
}

func onPath(path string, list []Device) bool {
	for _, d := range list {
		if d.Path == path {
			return true
		}
	}
	return false
}

// number reads four hexadecimal digits.
func number(b []byte) uint16 {
	n, err := hex.DecodeString(string(b))
	if err != nil || len(n) != 2 {
		return 0
	}
	return uint16(n[0])<<8 | uint16(n[1])
}
