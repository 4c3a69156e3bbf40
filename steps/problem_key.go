package steps

import (
	"errors"
	"fmt"
	"strings"

	"keyrollout/fido"
)

// ProblemOf turns the error of a key or of the tenant into what a person is told. It is nil for an error that is
// neither: the end of the input, or the person leaving.
func ProblemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var k *fido.Error
	if errors.As(err, &k) {
		return problemOfKey(k)
	}
	return problemOfTenant(err)
}

var unchanged = T("This changed nothing on the key; what was done before stays.")

var unsure = T("Whether the key did it is not known:  keyrollout key info  tells how it is now.")

func problemOfKey(e *fido.Error) *Problem {
	p := saidByKey(e)
	if e.Unsure {
		p.State = unsure
	}
	return p
}

func saidByKey(e *fido.Error) *Problem {
	p := &Problem{Code: fmt.Sprintf("key-%02x", int(e.Code)), Next: []Choice{Retry, Leave}, State: unchanged, Err: e}
	switch e.Code {
	case fido.CodePINBlocked:
		return pinBlocked(e)
	case fido.CodeGone:
		p.Code, p.What = "key-gone", T("The key does not answer any more: it was pulled out, or the line to it broke.")
		p.State = T("What was finished is kept; what was under way is not. Nothing has to be undone.")
		p.Next = []Choice{{ID: "retry", Text: T("plug it in, then try again")}, Leave}
	case fido.CodeBusy:
		p.Code, p.What = "key-busy", T("Another program is using the key.")
		var held *fido.HeldBy
		if errors.As(e, &held) {
			p.What = T("%s (process %d) is using the key.", Printed(held.Program), held.PID)
		}
		p.Next = []Choice{{ID: "retry", Text: T("close the other program, then try again")}, Leave}
	case fido.CodeNoAccess:
		if errors.Is(e, fido.ErrAdminOnly) {
			return noAccess(fido.Access{Why: fido.AccessAdmin}, e)
		}
		p.Code, p.What = "key-no-access", T("This user may not open the key's device file.")
		p.Next = []Choice{{ID: "retry", Text: T("run  keyrollout doctor  for the missing rule, then try again")}, Leave}
	case fido.CodeUnsupported:
		p.Code, p.What = "key-unsupported", T("The key, or this build of keyrollout, cannot do that: %s.", e.Op)
		p.Next = []Choice{{ID: "retry", Text: T("take another key, or a build with libfido2 (make setup, make build), then try again")}, Leave}
	case fido.CodeUserTimeout, fido.CodeActionTimeout:
		p.Code, p.What = "touch-none", T("Nobody touched the key in time.")
		if errors.Is(e, fido.ErrSilent) { // it did not even say that
			p.Code, p.What = "key-silent", T("The key did not answer in time.")
		}
	case fido.CodeDenied:
		p.Code, p.What = "touch-refused", T("The key refused, or it was not touched in time.")
	case fido.CodeUVInvalid:
		p.Code, p.What = "finger-wrong", T("The finger was not recognised.")
		p.State = T("Nothing was changed. After several misses the key asks for its PIN instead.")
		p.Next = []Choice{{ID: "retry", Text: T("use an enrolled finger, clean and flat")}, Leave}
	case fido.CodeUVBlocked:
		p.Code, p.What = "finger-blocked", T("Too many fingers were not recognised: fingerprints are locked.")
		p.State = T("Nothing was changed. The right PIN unlocks them.")
		p.Next = []Choice{{ID: "retry", Text: T("go on with the PIN")}, Leave}
	case fido.CodeFingersFull:
		p.Code, p.What = "fingers-full", T("There is no room for another finger on the key.")
		p.Next = []Choice{{ID: "retry", Text: T("remove one (keyrollout key fingerprint remove NAME), then try again")}, Leave}
	case fido.CodeKeyFull:
		p.Code, p.What = "key-full", T("The key is full: there is no room for another sign-in.")
		p.Next = []Choice{{ID: "retry", Text: T("delete one (keyrollout key credentials list, delete ID), then try again")}, Leave}
	case fido.CodeExcluded:
		p.Code, p.What = "already-registered", T("This key is already registered for this account.")
	case fido.CodeNoCredentials:
		p.Code, p.What = "wrong-key", T("This key holds no sign-in for this account.")
		p.Next = []Choice{{ID: "retry", Text: T("use the key that was registered")}, Leave}
	case fido.CodeNotAllowed:
		p.Code, p.What = "key-not-allowed", T("The key does not allow that now. A reset it allows only within ten seconds after it was plugged in.")
	case fido.CodeTouchesRefused:
		p.Code, p.What = "touches-refused", T("Too many touches in a row were refused. Nothing of this finger is kept.")
		p.Next = []Choice{{ID: "retry", Text: T("wipe the finger and the sensor, warm a dry finger, then try again")}, Leave}
	case fido.CodeNotFound:
		p.Code, p.What = "key-none", T("There is no key at this place.")
		p.Next = []Choice{{ID: "retry", Text: T("plug it in, or look at the path, then try again")}, Leave}
	case fido.CodeNotFIDO:
		p.Code, p.What = "key-not-fido", T("Nothing at this path speaks FIDO.")
		p.Next = []Choice{{ID: "retry", Text: T("give the path of a key (keyrollout key list tells them), then try again")}, Leave}
	case fido.CodePINNotSet, fido.CodePUATRequired:
		p.Code, p.What = "pin-missing", T("The key asks for a PIN or a finger first.")
	case fido.CodePINPolicy:
		p.Code, p.What = "pin-policy", T("The key does not accept this PIN: too short, too simple, or it has to be changed.")
	case fido.CodeAuthInvalid:
		p.Code, p.What = "key-token", T("The key wants the PIN again.")
	default:
		p.What = T("The key answered: %s.", e.Code.String())
	}
	return p
}

func pinBlocked(err error) *Problem {
	return &Problem{Code: "pin-blocked", Err: err,
		What:  T("The PIN of this key is locked: no tries are left."),
		State: T("Nothing else changed on the key. Only a reset helps; every sign-in and finger on it would be lost."),
		Next: []Choice{{ID: "retry", Text: T("take another key, then try again")},
			{ID: "reset", Text: T("reset this key: everything on it is lost")}, Leave}}
}

// problemOfPIN says what is wrong with a PIN that was typed; nil = nothing.
func problemOfPIN(err error) *Problem {
	if err == nil {
		return nil
	}
	p := &Problem{Code: "pin-invalid", What: T("This cannot be the PIN of a key."),
		State: T("The key was not asked; no try was spent."), Err: err}
	var r *fido.PINError
	if !errors.As(err, &r) {
		return p
	}
	switch r.Reason {
	case fido.PINTooShort:
		p.Code, p.What = "pin-short", T("Too short: this key wants at least %d characters.", r.Min)
	case fido.PINTooLong:
		p.Code, p.What = "pin-long", T("Too long: a PIN has at most 63 bytes; letters beyond ASCII take two to four.")
	case fido.PINNotNFC:
		p.Code, p.What = "pin-not-nfc", T("A letter was typed as two signs (a letter and its accent). Type it as one, or choose another letter.")
	}
	return p
}

// WithRule adds to a refusal by the operating system which rule is missing.
func WithRule(path string, err error) error {
	p := ProblemOf(err)
	if p == nil || p.Code != "key-no-access" || path == "" || errors.Is(err, fido.ErrAdminOnly) {
		return err
	}
	a := fido.AccessTo(path)
	if a.Why == fido.AccessOK {
		return err
	}
	return noAccess(a, err)
}

// noAccess is a key that this user may not open: why, and the rule to copy where one would help.
func noAccess(a fido.Access, err error) *Problem {
	return &Problem{Code: "key-no-access", What: AccessWords(a), State: unchanged, Do: AccessSteps(a), Next: []Choice{Retry, Leave}, Err: err}
}

// AccessWords says why a key's device file cannot be opened by this user.
func AccessWords(a fido.Access) Text {
	switch a.Why {
	case fido.AccessGone:
		return T("%s is not there: the key was unplugged, or the path is wrong.", a.Path)
	case fido.AccessForeign:
		return T("%s belongs to another user, who alone may use it.", a.Path)
	case fido.AccessAdmin:
		return T("Windows lets only programs that run as administrator reach security keys directly, and this terminal does not.")
	case fido.AccessRuleIdle:
		return T("This user may not open %s: a udev rule names the key's vendor %s, but it has not been applied yet, or not to this session.", a.Path, a.Vendor)
	case fido.AccessNotHere:
		return T("This user may not open %s: systemd's rule for security keys (60-fido-id.rules) is there, but gave this session no access.", a.Path)
	case fido.AccessNoRule:
		if a.Vendor == "" {
			return T("This user may not open %s: no udev rule lets people use security keys.", a.Path)
		}
		return T("This user may not open %s: no udev rule names the key's vendor, %s.", a.Path, a.Vendor)
	}
	return T("This user may not open the key's device file.")
}

// AccessSteps are how an administrator of this computer mends it.
func AccessSteps(a fido.Access) (out []Text) {
	if a.Why == fido.AccessAdmin {
		return []Text{
			T("Start the terminal with \"Run as administrator\" (in the Start menu, by a right click on it), and run the command again there."),
			T("Needed for PIN, fingerprints, what a key holds, and for registering or signing in from here. Not for practice, for the tenant, nor in a browser: there Windows itself asks for the key."),
		}
	}
	if a.Rule == "" {
		return nil
	}
	if a.Why != fido.AccessRuleIdle {
		out = append(out, T("Put these lines into %s:", fido.RuleFile))
		for _, l := range strings.Split(strings.TrimSuffix(a.Rule, "\n"), "\n") {
			out = append(out, T("  %s", l))
		}
	}
	out = append(out, T("Have udev read and apply it, then unplug the key and plug it in again:"),
		T("  sudo udevadm control --reload && sudo udevadm trigger"))
	if a.SSH {
		out = append(out, T("This is an SSH session, which gets access by the group plugdev alone; log in anew afterwards:"),
			T("  sudo usermod -aG plugdev $USER"))
	}
	return out
}
