package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// keys looks at the device files of the keys that are plugged in, and at udev's rules, which hand them to people.
func keys(p Probe) []Finding {
	switch p.GOOS {
	case "windows":
		if p.Admin {
			return []Finding{{"security keys", OK, T("this terminal runs as administrator, which Windows demands of who uses keys directly"), Line{}}}
		}
		return []Finding{{"security keys", Note, T("since version 1903 Windows gives raw access to keys to administrators only"),
			T("to use keys from here, start the terminal with \"Run as administrator\"")}}
	case "linux":
	default:
		return nil // nothing stands between a person and a key
	}
	var found []Finding
	covering, hasRules := rules(p)
	devices := attached(p.Root)
	for _, d := range devices {
		found = append(found, access(p, d, covering.Level == OK))
	}
	if len(devices) == 0 {
		found = append(found, Finding{"security keys", Note, T("none is plugged in"),
			T("plug one in, or practise with the software key: keyrollout practice")})
	}
	if hasRules {
		found = append(found, covering)
	}
	f := Finding{"uhid", OK, T("/dev/uhid can be opened; only  keyrollout softkey --uhid  needs it"), Line{}}
	if err := p.Open("/dev/uhid"); err != nil {
		f.Text = T("/dev/uhid cannot be opened; only  keyrollout softkey --uhid  needs it")
	}
	return append(found, f)
}

// device is one attached FIDO key.
type device struct {
	file    string // /dev/hidraw0
	name    string
	vendor  string // four hexadecimal digits, as udev writes them
	product string
}

func (d device) text() Line {
	if d.name == "" {
		return T("(%s:%s) at %s", d.vendor, d.product, d.file)
	}
	return T("%s (%s:%s) at %s", d.name, d.vendor, d.product, d.file)
}

// attached names the raw HID devices that say they are FIDO keys, in the way libfido2 and udev find them.
func attached(root fs.FS) (found []device) {
	const class = "sys/class/hidraw"
	entries, _ := fs.ReadDir(root, class) // no such directory: no such device
	for _, e := range entries {
		descriptor, err := fs.ReadFile(root, path.Join(class, e.Name(), "device/report_descriptor"))
		if err != nil || !isFIDO(descriptor) {
			continue
		}
		d := device{file: "/dev/" + e.Name(), vendor: "?", product: "?"}
		uevent, _ := fs.ReadFile(root, path.Join(class, e.Name(), "device/uevent"))
		for line := range strings.Lines(string(uevent)) {
			switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
			case "HID_NAME":
				d.name = value
			case "HID_ID": // bus:vendor:product, e.g. 0003:000031BB:00000622
				if part := strings.Split(strings.ToLower(value), ":"); len(part) == 3 {
					d.vendor, d.product = last4(part[1]), last4(part[2])
				}
			}
		}
		found = append(found, d)
	}
	return found
}

func last4(s string) string { return s[max(0, len(s)-4):] }

// isFIDO looks for the usage page 0xF1D0 in a HID report descriptor (HID 1.11, section 6.2.2; CTAP 2.1, 11.2.8.1).
func isFIDO(descriptor []byte) bool {
	for len(descriptor) > 0 {
		head := descriptor[0]
		if head == 0xFE { // a long item: its length follows
			if len(descriptor) < 2 {
				return false
			}
			descriptor = descriptor[min(len(descriptor), 3+int(descriptor[1])):]
			continue
		}
		size := int(head & 3)
		if size == 3 {
			size = 4
		}
		if len(descriptor) < 1+size {
			return false
		}
		page := 0
		for i, b := range descriptor[1 : 1+size] {
			page |= int(b) << (8 * i)
		}
		if head&0xFC == 0x04 && page == 0xF1D0 {
			return true
		}
		descriptor = descriptor[1+size:]
	}
	return false
}

// covered: there is a rule for it already.
func access(p Probe, d device, covered bool) Finding {
	err := p.Open(d.file)
	switch {
	case err == nil:
		return Finding{"security keys", OK, T("%s can be opened", d.text()), Line{}}
	case errors.Is(err, fs.ErrPermission):
		return Finding{"security keys", Fault, T("%s: this user may not open it", d.text()), addRule(p, d.vendor, covered)}
	case errors.Is(err, fs.ErrNotExist):
		return Finding{"security keys", Fault, T("%s: the kernel sees it, the device file is not here", d.text()),
			T("in a container, hand it in: docker run --device=%s", d.file)}
	}
	return Finding{"security keys", Fault, T("%s: %s", d.text(), err.Error()), T("unplug the key, plug it in again, and look once more")}
}

// vendorATKey is AuthenTrend. libfido2's own rules do not know it.
const vendorATKey = "31bb"

// rules looks for a rule that hands keys to people. systemd's covers every FIDO key; others name vendors.
func rules(p Probe) (f Finding, ok bool) {
	var files []string
	byVendor := false
	for _, dir := range []string{"etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"} {
		names, _ := fs.Glob(p.Root, dir+"/*.rules")
		for _, name := range names {
			files = append(files, name)
			text, _ := fs.ReadFile(p.Root, name)
			if has(text, "fido_id") {
				return Finding{"udev rules", OK, T("%s covers every FIDO key", "/"+name), Line{}}, true
			}
			byVendor = byVendor || has(text, `"`+vendorATKey+`"`)
		}
	}
	switch {
	case len(files) == 0:
		return Finding{}, false // no udev: a container, or a system that does it another way
	case byVendor:
		return Finding{"udev rules", OK, T("there is a rule for ATKeys (vendor %s)", vendorATKey), Line{}}, true
	}
	return Finding{"udev rules", Note, T("no rule covers an ATKey (vendor %s): only root could open it", vendorATKey),
		addRule(p, vendorATKey, false)}, true
}

// has looks into what is not commented out.
func has(rules []byte, word string) bool {
	return slices.ContainsFunc(strings.Split(string(rules), "\n"), func(line string) bool {
		return !strings.HasPrefix(strings.TrimSpace(line), "#") && strings.Contains(strings.ToLower(line), word)
	})
}

// addRule is the rule for a vendor's keys and how to put it in force. The tag uaccess hands a device to whoever sits at
// the machine. Over SSH nobody does, and where a rule is there already (covered) it was not enough: then by a group.
func addRule(p Probe, vendor string, covered bool) Line {
	rule := fmt.Sprintf(`KERNEL=="hidraw*", SUBSYSTEM=="hidraw", ATTRS{idVendor}=="%s", TAG+="uaccess"`, vendor)
	after := T("plug the key in again")
	if covered || overSSH(p) {
		group := "users"
		if groups, _ := fs.ReadFile(p.Root, "etc/group"); has(groups, "plugdev:") {
			group = "plugdev"
		}
		rule += fmt.Sprintf(`, MODE="0660", GROUP="%s"`, group)
		after = T("sudo usermod -aG %s YOU, sign in again and plug the key in again", group)
	}
	return T("echo '%s' | sudo tee /etc/udev/rules.d/70-fido-%s.rules && sudo udevadm control --reload; then %s",
		rule, vendor, after)
}

func pseudoTerminals(p Probe) []Finding {
	if p.GOOS == "windows" {
		return []Finding{{"device path", Note, T("Windows cannot show the software key to other programs"), T("keyrollout itself can use it: keyrollout practice")}}
	}
	if err := p.Open("/dev/ptmx"); err != nil {
		return []Finding{{"device path", Note, T("no pseudo-terminal can be had, so keyrollout softkey cannot work (%s)", err.Error()),
			T("in a container or chroot, mount devpts on /dev/pts")}}
	}
	return []Finding{{"device path", OK, T("pseudo-terminals can be had: keyrollout softkey can show the software key to other programs"), Line{}}}
}
