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
