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

// AccessTo looks into why a key's device file cannot be opened by this user.
func AccessTo(path string) Access {
	return system{"/sys", []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"},
		os.Getenv("SSH_CONNECTION") != ""}.access(path)
}

// system is where a Linux machine tells about its devices.
type system struct {
	sys   string   // sysfs
	rules []string // directories of udev rules
	ssh   bool     // this session comes from afar
}

func (s system) access(path string) Access {
	a := Access{Path: path}
	err := unix.Access(path, unix.R_OK|unix.W_OK)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrNotExist):
		a.Why = AccessGone
	case !errors.Is(err, os.ErrPermission):
		a.Why, a.Err = AccessOther, err
	case !strings.HasPrefix(filepath.Base(path), "hidraw"):
		a.Why = AccessForeign
	default:
		a.Vendor, a.SSH = s.vendor(path), s.ssh
		a.Why = s.missing(a.Vendor)
		a.Rule = udevRule(a.Vendor)
	}
	return a
}

// missing says what in the udev rules is missing.
func (s system) missing(vendor string) Hindrance {
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
		return AccessRuleIdle
	case generic:
		return AccessNotHere
	}
	return AccessNoRule
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

// udevRule lets the person at the machine, and the group plugdev, use the keys of a vendor. It is cut in two so that it
// can be copied off a narrow screen.
func udevRule(vendor string) string {
	if vendor == "" {
		vendor = fmt.Sprintf("%04x", AuthenTrendVendor)
	}
	return fmt.Sprintf("KERNEL==\"hidraw*\", SUBSYSTEM==\"hidraw\", ATTRS{idVendor}==\"%s\", \\\n"+
		"  TAG+=\"uaccess\", GROUP=\"plugdev\", MODE=\"0660\"\n", vendor)
}
