package fido

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// hidShape is what matters of a HID report descriptor (HID 1.11 section 6.2.2).
type hidShape struct {
	key      bool   // usage page 0xF1D0 (CTAP 2.1 section 11.2.8.1)
	in, out  uint64 // bits of the key's reports; 0 = not told
	numbered bool   // they have report ids
}

// fits reports whether reports are as a Link carries them. CTAP allows shorter ones, for slow devices; no key is known
// to have them.
func (d hidShape) fits() bool {
	ok := func(bits uint64) bool { return bits == 0 || bits == 8*ReportSize }
	return ok(d.in) && ok(d.out) && !d.numbered
}

// maxBits is more than any report has.
const maxBits = 1 << 32

// describe reads a report descriptor as far as it goes. A device may be more than a key: only the reports of its FIDO
// collection count.
func describe(b []byte) (d hidShape) {
	const (
		input, output, collection, endCollection = 0x80, 0x90, 0xA0, 0xC0
		usagePage, reportSize, reportID, count   = 0x04, 0x74, 0x84, 0x94
	)
	var page, bits, times uint64
	id := false // report ids are global items: one that stands before a collection counts in it (HID 1.11 section 6.2.2.7)
	add := func(sum *uint64) {
		d.numbered = d.numbered || id
		if times > 0 && bits > maxBits/times {
			*sum = maxBits
		} else {
			*sum = min(*sum+bits*times, maxBits)
		}
	}
	depth, ours := 0, false
	for len(b) > 0 {
		head, size := b[0], int(b[0]&3)
		switch {
		case head == 0xFE && len(b) > 1: // a long item, whose length follows
			b = b[min(len(b), 3+int(b[1])):]
			continue
		case size == 3:
			size = 4
		}
		if len(b) < 1+size {
			return d
		}
		var v uint64
		for i, c := range b[1 : 1+size] {
			v |= uint64(c) << (8 * i)
		}
		b = b[1+size:]
		switch head &^ 3 {
		case usagePage:
			page, d.key = v, d.key || v == 0xF1D0
		case reportSize:
			bits = v
		case count:
			times = v
		case reportID:
			id = true
		case collection:
			if depth == 0 {
				ours = page == 0xF1D0
			}
			depth++
		case endCollection:
			if depth--; depth <= 0 {
				depth, ours = 0, false
			}
		case input:
			if ours {
				add(&d.in)
			}
		case output:
			if ours {
				add(&d.out)
			}
		}
	}
	return d
}

// list names the keys of sysfs as libfido2 names them: what the USB device says of itself, and what the kernel calls it
// where that is nothing.
func (s system) list(dev string) (out []Device) {
	nodes, _ := filepath.Glob(filepath.Join(s.sys, "class/hidraw/hidraw*"))
	for _, node := range nodes {
		b, err := os.ReadFile(filepath.Join(node, "device/report_descriptor"))
		if err != nil || !describe(b).key {
			continue
		}
		uevent, err := os.ReadFile(filepath.Join(node, "device/uevent"))
		id := hidUSB.FindSubmatch(uevent)
		if err != nil || id == nil {
			continue
		}
		usb := usbDevice(node)
		d := Device{Path: filepath.Join(dev, filepath.Base(node)), VendorID: number(id[1]), ProductID: number(id[2]),
			Manufacturer: attribute(usb, "manufacturer"), Product: attribute(usb, "product"), Serial: attribute(usb, "serial")}
		if name := hidName.FindSubmatch(uevent); name != nil && d.Manufacturer == "" && d.Product == "" {
			d.Product = strings.TrimSpace(string(name[1]))
		}
		if d.Serial == "" {
			d.Serial = productSerial(d.Product)
		}
		out = append(out, d)
	}
	return out
}

var (
	hidUSB  = regexp.MustCompile(`(?m)^HID_ID=0003:0000([0-9A-Fa-f]{4}):0000([0-9A-Fa-f]{4})$`)
	hidName = regexp.MustCompile(`(?m)^HID_NAME=(.*)$`)
)

// number reads four hexadecimal digits.
func number(b []byte) uint16 {
	n, _ := strconv.ParseUint(string(b), 16, 16)
	return uint16(n)
}

// usbDevice climbs from a hidraw device in sysfs to the USB device it belongs to; "" = to none.
func usbDevice(node string) string {
	dir, err := filepath.EvalSymlinks(filepath.Join(node, "device"))
	if err != nil {
		return ""
	}
	for range 6 {
		if _, err := os.Stat(filepath.Join(dir, "idVendor")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// attribute reads what a USB device says of itself.
func attribute(usb, name string) string {
	if usb == "" {
		return ""
	}
	b, _ := os.ReadFile(filepath.Join(usb, name)) // most have no serial number
	return strings.TrimSpace(string(b))
}
