package fido

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// reports is a HID report descriptor: one input and one output report of so many bytes on a usage page.
func reports(page uint16, in, out byte) []byte {
	return []byte{0x06, byte(page), byte(page >> 8), 0x09, 0x01, 0xA1, 0x01,
		0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, in, 0x81, 0x02,
		0x09, 0x21, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, out, 0x91, 0x02,
		0xC0}
}

// fakeSys is a sysfs of files, by path.
func fakeSys(t *testing.T, files map[string][]byte) system {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return system{sys: dir}
}

// A device is opened when it says that it is a key with reports as we carry them, and only then.
func TestOnlyKeysAreOpened(t *testing.T) {
	key, keyboard := reports(0xF1D0, 64, 64), reports(0x0001, 64, 64)
	numbered := bytes.Replace(key, []byte{0x09, 0x20}, []byte{0x85, 0x01, 0x09, 0x20}, 1)
	const isOpened = Code(0)
	// 2^31 times 2^31 bits, four times, is 2^64.
	overflow := append([]byte{0x77, 0, 0, 0, 0x80, 0x97, 0, 0, 0, 0x80}, bytes.Repeat([]byte{0x81, 0x02}, 4)...)
	overflow = append(overflow, 0x75, 0x08, 0x95, 64, 0x81, 0x02)
	for name, c := range map[string]struct {
		descriptor []byte
		want       Code
	}{
		"a key":                     {key, isOpened},
		"a key and more":            {append(reports(0x000C, 8, 1), key...), isOpened},
		"a key behind a long item":  {append([]byte{0xFE, 2, 0, 0xC0, 0xC0}, key...), isOpened},
		"sizes not told":            {key[:7], isOpened},
		"short reports":             {reports(0xF1D0, 8, 8), CodeUnsupported},
		"long reports":              {reports(0xF1D0, 64, 255), CodeUnsupported},
		"numbered reports":          {numbered, CodeUnsupported},
		"numbers from before":       {append([]byte{0x85, 1}, key...), CodeUnsupported},
		"a keyboard's numbers":      {append(append([]byte{0x85, 1}, keyboard...), key...), CodeUnsupported},
		"more bits than can be":     {bytes.Replace(key, []byte{0x75, 0x08, 0x95, 64, 0x81, 0x02}, overflow, 1), CodeUnsupported},
		"a keyboard":                {keyboard, CodeNotFIDO},
		"the page's number as data": {[]byte{0x27, 0x06, 0xD0, 0xF1, 0x00}, CodeNotFIDO},
		"cut off":                   {[]byte{0x06, 0xD0}, CodeNotFIDO},
		"nothing":                   {nil, CodeNotFIDO},
	} {
		// /dev/null is number 1:3, and here the name of a hidraw device.
		_, err := fakeSys(t, map[string][]byte{"dev/char/1:3/device/report_descriptor": c.descriptor}).judge("/dev/null")
		var e *Error
		if got := errors.As(err, &e); c.want == isOpened && err != nil || c.want != isOpened && (!got || e.Code != c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := fakeSys(t, nil).open("/dev/null"); !is(err, CodeNotFIDO) {
		t.Errorf("a device that sysfs does not know: %v", err)
	}
}

// FuzzDescriptor reads what a device says of its reports: no key without the usage page, and an end.
func FuzzDescriptor(f *testing.F) {
	for _, b := range [][]byte{reports(0xF1D0, 64, 64), reports(0x0001, 8, 1), {0xFE}, {0xFE, 0xFF, 0}, {0x07, 0xD0, 0xF1, 0, 0}, {0xC0, 0xA1}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d := describe(b); d.key && !bytes.Contains(b, []byte{0xD0, 0xF1}) {
			t.Error("a key without its usage page")
		}
	})
}

// hidPair is a line at a socket that keeps the bounds of reports, as hidraw does, and the device's end of it.
func hidPair(t *testing.T) (*hidLink, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l, device := &hidLink{f: os.NewFile(uintptr(fds[0]), "hidraw")}, os.NewFile(uintptr(fds[1]), "device")
	t.Cleanup(func() { _, _ = l.Close(), device.Close() })
	return l, device
}

func TestReportsOfAHidraw(t *testing.T) {
	l, device := hidPair(t)
	r := [ReportSize]byte{1, 2, 3, 63: 64}
	if err := l.Write(r); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, err := device.Read(b); err != nil || n != 1+ReportSize || b[0] != 0 || [ReportSize]byte(b[1:]) != r {
		t.Errorf("%d bytes % x, %v", n, b[:8], err)
	}
	if _, err := l.Read(0); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing to read: %v", err)
	}
	for range 2 {
		if _, err := device.Write(r[:]); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if got, err := l.Read(-1); err != nil || got != r {
			t.Errorf("% x, %v", got[:8], err)
		}
	}
	// Pulled out while somebody waits for ever.
	ended := make(chan error)
	go func() { _, err := l.Read(-1); ended <- err }()
	_ = device.Close()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := l.Write(r); err == nil {
		t.Error("written to a key that is gone")
	}
}

// A device whose reports are too short is not waited for, and what follows is not taken for the rest.
func TestAShortReport(t *testing.T) {
	l, device := hidPair(t)
	if _, err := device.Write(make([]byte, 63)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Read(time.Minute); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// What is listed of a key: what its USB device says, or else the kernel.
func TestList(t *testing.T) {
	key := reports(0xF1D0, 64, 64)
	node := func(name, uevent string, descriptor []byte) map[string][]byte {
		return map[string][]byte{name + "/uevent": []byte(uevent), name + "/report_descriptor": descriptor}
	}
	files := map[string][]byte{
		"devices/usb1/1-2/idVendor":     []byte("31bb\n"),
		"devices/usb1/1-2/serial":       []byte("A1B2\n"),
		"devices/usb1/1-2/product":      []byte("ATKey.Pro\n"),
		"devices/usb1/1-2/manufacturer": []byte("AuthenTrend\n"),
		"devices/usb1/1-3/idVendor":     []byte("31bb\n"),
		"devices/usb1/1-3/product":      []byte("ATKey.Pro-01C01F2D\n"),
	}
	for _, n := range []map[string][]byte{
		node("devices/usb1/1-2/1-2:1.0/0003:31BB:0622.0001", "HID_ID=0003:000031BB:00000622\nHID_NAME=AuthenTrend ATKey.Pro\n", key),
		node("devices/usb1/1-3/1-3:1.0/0003:31BB:0622.0002", "HID_ID=0003:000031BB:00000622\nHID_NAME=ATKey\n", key),
		node("class/hidraw/hidraw0/device", "HID_ID=0003:0000046D:0000C31C\nHID_NAME=Keyboard\n", reports(0x0001, 8, 1)),
		node("class/hidraw/hidraw3/device", "HID_ID=0003:00001050:00000407\nHID_NAME=Yubico\n", key),
		node("class/hidraw/hidraw4/device", "nonsense", key),
		node("class/hidraw/hidraw5/device", "HID_ID=0005:00001050:00000407\nHID_NAME=not on USB\n", key),
	} {
		for name, b := range n {
			files[name] = b
		}
	}
	s := fakeSys(t, files)
	for node, device := range map[string]string{"hidraw1": "1-2/1-2:1.0/0003:31BB:0622.0001", "hidraw2": "1-3/1-3:1.0/0003:31BB:0622.0002"} {
		dir := filepath.Join(s.sys, "class/hidraw", node)
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink(filepath.Join(s.sys, "devices/usb1", device), filepath.Join(dir, "device"))); err != nil {
			t.Fatal(err)
		}
	}
	want := []Device{
		{Path: "/dev/hidraw1", VendorID: 0x31BB, ProductID: 0x0622, Manufacturer: "AuthenTrend", Product: "ATKey.Pro", Serial: "A1B2"},
		{Path: "/dev/hidraw2", VendorID: 0x31BB, ProductID: 0x0622, Product: "ATKey.Pro-01C01F2D", Serial: "01C01F2D"},
		{Path: "/dev/hidraw3", VendorID: 0x1050, ProductID: 0x0407, Product: "Yubico"},
	}
	got := s.list("/dev")
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, d := range want {
		if got[i] != d {
			t.Errorf("%+v, want %+v", got[i], d)
		}
	}
	if got := fakeSys(t, nil).list("/dev"); got != nil {
		t.Errorf("a machine without HID: %+v", got)
	}
}
