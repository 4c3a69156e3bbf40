package fido

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccessProblem(t *testing.T) {
	dir := t.TempDir()
	sys, rules := filepath.Join(dir, "sys"), filepath.Join(dir, "rules")
	device := filepath.Join(sys, "class/hidraw/hidraw7/device")
	for _, d := range []string{device, rules} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(device, "uevent"), "DRIVER=hid-generic\nHID_ID=0003:000031BB:00000622\nHID_NAME=ATKey\n")
	s := system{sys, []string{rules}, false}

	if v := s.vendor("/dev/hidraw7"); v != "31bb" {
		t.Errorf("vendor %q", v)
	}
	if got := s.missing("31bb"); got != AccessNoRule {
		t.Error(got)
	}
	put(filepath.Join(rules, "60-fido-id.rules"), "# systemd")
	if got := s.missing("31bb"); got != AccessNotHere {
		t.Error(got)
	}
	put(filepath.Join(rules, "70-keyrollout.rules"), udevRule("31bb"))
	if got := s.missing("31bb"); got != AccessRuleIdle {
		t.Error(got)
	}
	if r := udevRule(s.vendor("/dev/hidraw8")); !strings.Contains(r, `"31bb"`) {
		t.Errorf("an unknown device: %s", r)
	}
	if a := s.access(filepath.Join(dir, "hidraw9")); a.Why != AccessGone || a.Rule != "" {
		t.Errorf("%+v", a)
	}
	free := filepath.Join(dir, "hidraw7")
	put(free, "")
	if a := s.access(free); a.Why != AccessOK || a.Rule != "" {
		t.Errorf("%+v", a)
	}
	if os.Getuid() == 0 {
		t.Log("run as root: everything can be opened")
		return
	}
	if err := os.Chmod(free, 0); err != nil {
		t.Fatal(err)
	}
	if a := s.access(free); a.Vendor != "31bb" || !strings.Contains(a.Rule, "31bb") {
		t.Errorf("%+v", a)
	}
}

// A rule that is copied off the screen arrives whole: no line is longer than a terminal of 80 columns shows, and the
// first one says that it goes on.
func TestUdevRuleFitsTheScreen(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(udevRule("31bb"), "\n"), "\n")
	for i, l := range lines {
		if len(l) > 72 || strings.HasSuffix(l, "\\") != (i < len(lines)-1) {
			t.Errorf("%d columns: %q", len(l), l)
		}
	}
}

func TestSerial(t *testing.T) {
	dir := t.TempDir()
	usb := filepath.Join(dir, "devices/usb1/1-2")
	hid := filepath.Join(usb, "1-2:1.0/0003:31BB:0622.0001")
	node := filepath.Join(dir, "class/hidraw/hidraw3")
	for _, d := range []string{hid, node} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(hid, filepath.Join(node, "device")); err != nil {
		t.Fatal(err)
	}
	s := system{sys: dir}
	if got := s.serial("/dev/hidraw3"); got != "" {
		t.Errorf("%q", got)
	}
	for name, text := range map[string]string{"idVendor": "31bb\n", "serial": "A1B2\n"} {
		if err := os.WriteFile(filepath.Join(usb, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.serial("/dev/hidraw3"); got != "A1B2" {
		t.Errorf("%q", got)
	}
	if got := s.serial("/dev/hidraw4"); got != "" {
		t.Errorf("%q", got)
	}
	if got := productSerial("ATKey.Pro-01C01F2D"); got != "01C01F2D" {
		t.Errorf("%q", got)
	}
	if got := productSerial("YubiKey Bio-FIDO"); got != "" {
		t.Errorf("%q", got)
	}
}

// A key that libfido2 may not look at is listed all the same.
func TestHiddenKeys(t *testing.T) {
	dir := t.TempDir()
	add := func(name, uevent string, descriptor []byte) {
		d := filepath.Join(dir, "class/hidraw", name, "device")
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, b := range map[string][]byte{"uevent": []byte(uevent), "report_descriptor": descriptor} {
			if err := os.WriteFile(filepath.Join(d, file), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	key := []byte{0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01}
	add("hidraw0", "HID_ID=0003:0000046D:0000C31C\nHID_NAME=Keyboard\n", []byte{0x05, 0x01, 0x09, 0x06})
	add("hidraw1", "HID_ID=0003:000031BB:00000622\nHID_NAME=AuthenTrend ATKey.Pro\n", key)
	add("hidraw2", "HID_ID=0003:00001050:00000407\nHID_NAME=Yubico\n", key)
	add("hidraw3", "nonsense", key)
	got := system{sys: dir}.hidden([]Device{{Path: "/dev/hidraw2"}}, "/dev")
	want := Device{Path: "/dev/hidraw1", VendorID: 0x31BB, ProductID: 0x0622, Product: "AuthenTrend ATKey.Pro"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
}
