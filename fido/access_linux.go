package fido

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// AuthenTrendVendor is the USB vendor number of ATKey keys. libfido2's own udev rules do not name it.
const AuthenTrendVendor = 0x31BB

// AccessProblem says why a key's device file cannot be opened by this user, and which udev rule would change that.
// Both are empty when the file can be opened; the rule alone is empty where a rule would not help.
func AccessProblem(path string) (explain, rule string) {
	return system{"/sys", []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"},
		os.Getenv("SSH_CONNECTION") != ""}.problem(path)
}

// system is where a Linux machine tells about its devices.
type system struct {
	sys   string   // sysfs
	rules []string // directories of udev rules
	ssh   bool     // this session comes from afar
}

func (s system) problem(path string) (explain, rule string) {
	err := unix.Access(path, unix.R_OK|unix.W_OK)
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, os.ErrNotExist):
		return path + " is not there: the key was unplugged, or the path is wrong.", ""
	case !errors.Is(err, os.ErrPermission):
		return fmt.Sprintf("%s cannot be used: %v.", path, err), ""
	case !strings.HasPrefix(filepath.Base(path), "hidraw"):
		return path + " belongs to another user, who alone may use it.", ""
	}
	vendor := s.vendor(path)
	explain = fmt.Sprintf("%s may not be read and written by this user: %s.", path, s.missing(vendor))
	if s.ssh {
		explain += " A session over SSH gets access by the group plugdev only, not by sitting at the machine."
	}
	return explain, udevRule(vendor)
}

// missing says what in the udev rules is missing.
func (s system) missing(vendor string) string {
	generic, named := false, false
	for _, dir := range s.rules {
		files, _ := filepath.Glob(filepath.Join(dir, "*.rules"))
		for _, f := range files {
			generic = generic || strings.HasSuffix(f, "60-fido-id.rules")
			b, err := os.ReadFile(f)
			named = named || err == nil && vendor != "" && strings.Contains(string(b), `ATTRS{idVendor}=="`+vendor+`"`)
		}
	}
	switch {
	case named:
		return "a udev rule names the key's vendor " + vendor + ", but it has not been applied yet, or not to this session"
	case generic:
		return "systemd's rule for security keys (60-fido-id.rules) is there, but gave this session no access"
	case vendor == "":
		return "no udev rule lets people use security keys"
	}
	return "no udev rule names the key's vendor " + vendor
}

var hidID = regexp.MustCompile(`(?m)^HID_ID=[0-9A-Fa-f]+:0*([0-9A-Fa-f]{4}):`)

// vendor is the USB vendor number of a hidraw device in four hexadecimal digits, empty when it cannot be found.
func (s system) vendor(path string) string {
	b, err := os.ReadFile(filepath.Join(s.sys, "class/hidraw", filepath.Base(path), "device/uevent"))
	if err != nil {
		return ""
	}
	if m := hidID.FindSubmatch(b); m != nil {
		return strings.ToLower(string(m[1]))
	}
	return ""
}

// udevRule lets the person at the machine, and the group plugdev, use the keys of a vendor. It belongs in a file below
// number 73, where udev gives out access to the seat.
func udevRule(vendor string) string {
	if vendor == "" {
		vendor = fmt.Sprintf("%04x", AuthenTrendVendor)
	}
	return fmt.Sprintf(`# /etc/udev/rules.d/70-keyrollout.rules; afterwards: udevadm control --reload && udevadm trigger
KERNEL=="hidraw*", SUBSYSTEM=="hidraw", ATTRS{idVendor}=="%s", TAG+="uaccess", GROUP="plugdev", MODE="0660"
`, vendor)
}
