package fido

import "errors"

// AuthenTrendVendor is the USB vendor number of ATKey keys. libfido2's own udev rules do not name it.
const AuthenTrendVendor = 0x31BB

// RuleFile is where a udev rule for keys belongs: below number 73, where udev gives out access to the seat.
const RuleFile = "/etc/udev/rules.d/70-keyrollout.rules"

// Access says whether this user may open a key's device file, and what would change it.
type Access struct {
	Path   string
	Why    Hindrance
	Vendor string // USB vendor number in four hexadecimal digits; "" = not known
	SSH    bool   // this session comes from afar: sitting at the machine gives it nothing
	Rule   string // the lines that belong into RuleFile; "" where none would help
	Err    error  // of AccessOther
}

// ErrAdminOnly is the cause of CodeNoAccess on Windows, which since version 1903 gives security keys to programs of
// administrators only: started with "Run as administrator", for an administrator's account alone is not enough.
var ErrAdminOnly = errors.New("Windows gives security keys to programs that run as administrator only")

// Hindrance is what keeps a user from a key.
type Hindrance int

const (
	AccessOK       Hindrance = iota
	AccessGone               // there is no such file any more
	AccessForeign            // it belongs to another user, as a pseudo-terminal does
	AccessNoRule             // no udev rule names the key's vendor
	AccessRuleIdle           // one does, but it was not applied, or not to this session
	AccessNotHere            // systemd's rule for every key is there, and gave this session nothing
	AccessAdmin              // ErrAdminOnly
	AccessOther              // see Err
)
