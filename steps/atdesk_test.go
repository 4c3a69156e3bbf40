package steps_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/fido"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// settingsOf is the least that needs a key.
func settingsOf(ctx context.Context, w *steps.World) error {
	_, err := steps.Settings(ctx, w)
	return err
}

// Who says that the key is in, where there is none to be seen, learns that it was looked for, and when.
func TestNoKeyFoundSaysWhenItWasLookedFor(t *testing.T) {
	b := newBench(t)
	b.key.PlugOut()
	var seen []steps.Question
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Asker = askFunc(func(ctx context.Context, q steps.Question) (steps.Answer, error) {
		if q.Name != "key.insert" {
			return b.person.Ask(ctx, q)
		}
		if seen = append(seen, q); len(seen) == 3 {
			return steps.Answer{}, steps.ErrQuit
		}
		_ = b.clock.Sleep(ctx, 61e9)
		return steps.Answer{ID: "done"}, nil
	})
	if err := steps.Visit(t.Context(), w, settingsOf); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	if strings.Contains(seen[0].Text.String(), "looked") {
		t.Errorf("before it was looked for: %s", seen[0].Text)
	}
	if a, b := seen[1].Text.String(), seen[2].Text.String(); !strings.Contains(a, "No key found (looked at ") || a == b {
		t.Errorf("%q, then %q", a, b)
	}
	if !slices.ContainsFunc(seen[1].Detail, func(d steps.Text) bool { return strings.Contains(d.String(), "keyrollout doctor") }) {
		t.Errorf("nothing to check: %v", seen[1].Detail)
	}
}

// shut is a key that cannot be opened, for a reason.
type shut struct {
	fido.Keys
	err error
}

func (k shut) Open(context.Context, fido.Device) (fido.Session, error) { return nil, k.err }

func TestAKeyInAnotherProgramIsNamed(t *testing.T) {
	b := newBench(t)
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Keys = shut{w.Keys, &fido.Error{Op: "open", Code: fido.CodeBusy, Err: &fido.HeldBy{Program: "ssh-keygen", PID: 4711}}}
	b.person.answer("problem.key-busy", "leave")
	if err := steps.Visit(t.Context(), w, settingsOf); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	b.mustTell("key-busy")
	if p := b.told("key-busy"); !strings.Contains(p.What.String(), "ssh-keygen (process 4711)") {
		t.Error(p.What)
	}
}

// What keeps a user from a key is said with the lines to copy, the place for them and how they take effect.
func TestNoAccessTellsTheRule(t *testing.T) {
	rule := "KERNEL==\"hidraw*\", ATTRS{idVendor}==\"31bb\", \\\n  MODE=\"0660\"\n"
	for why, c := range map[fido.Hindrance]struct {
		what string
		do   []string
	}{
		fido.AccessNoRule:   {"no udev rule names the key's vendor, 31bb", []string{fido.RuleFile, "  KERNEL==", "    MODE=", "udevadm control --reload"}},
		fido.AccessNotHere:  {"60-fido-id.rules", []string{fido.RuleFile, "KERNEL==", "udevadm trigger"}},
		fido.AccessRuleIdle: {"not been applied", []string{"udevadm control --reload"}},
		fido.AccessForeign:  {"another user", nil},
		fido.AccessGone:     {"not there", nil},
	} {
		a := fido.Access{Path: "/dev/hidraw0", Why: why, Vendor: "31bb"}
		if len(c.do) > 0 {
			a.Rule, a.SSH = rule, true
			c.do = append(c.do, "plugdev $USER")
		}
		if got := steps.AccessWords(a).String(); !strings.Contains(got, c.what) || !strings.Contains(got, "/dev/hidraw0") {
			t.Errorf("%d: %q", why, got)
		}
		var all []string
		for _, l := range steps.AccessSteps(a) {
			if all = append(all, l.String()); strings.HasPrefix(l.String(), "  ") && len(l.String()) > 76 {
				t.Errorf("would be broken on a screen of 80 columns: %q", l)
			}
		}
		got := strings.Join(all, "\n")
		for _, want := range c.do {
			if !strings.Contains(got, want) {
				t.Errorf("%d: %q is missing in\n%s", why, want, got)
			}
		}
		if len(c.do) == 0 && got != "" {
			t.Errorf("%d: a rule would not help, and was given:\n%s", why, got)
		}
	}
}

// pullOnce takes the key away at the third touch of an enrolment; another key may be in its place afterwards.
func (b *bench) pullOnce(next func()) {
	b.person.answer("touch", "good", "good", "pull")
	b.person.seen = func(q steps.Question) {
		if q.Name == "problem.key-gone" {
			next()
		}
	}
	b.person.answer("problem.key-gone", "retry")
}

// enrolledAfterAPull enrols a finger on a key that is pulled out in the middle of it.
func (b *bench) enrolledAfterAPull(next func()) error {
	b.t.Helper()
	b.pullOnce(next)
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages, w.Keys = nil, nil, pocket{b}
	return steps.Visit(b.t.Context(), w, steps.AddFinger)
}

func TestAKeyThatComesBackIsRecognised(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	if err := b.enrolledAfterAPull(func() {}); err != nil {
		t.Fatal(err)
	}
	b.mustTell("key-gone")
	if !b.said("most likely the same key") {
		t.Error("not said that it is the same")
	}
	if names := b.fingers(); len(names) != 1 {
		t.Errorf("%q: half a finger was kept, or none", names)
	}
}

func TestAnotherKeyAfterAPullIsAskedAbout(t *testing.T) {
	for _, way := range []string{"retry", "same", "leave"} {
		b := newBench(t)
		b.mustCare(steps.SetPIN)
		first := b.key
		b.person.answer("problem.key-other", way)
		b.onEvent = func(int) {
			if p, ok := b.events[len(b.events)-1].Data.(*steps.Problem); ok && p.Code == "key-other" && way == "retry" {
				b.key, b.person.key = first, first // plugged in again
			}
		}
		err := b.enrolledAfterAPull(b.plugNewKey) // as from the factory: it cannot be the one with the PIN
		b.mustTell("key-other")
		switch way {
		case "leave":
			if !errors.Is(err, steps.ErrQuit) {
				t.Errorf("%s: %v", way, err)
			}
		case "retry":
			if err != nil || b.key != first || len(b.fingers()) != 1 {
				t.Errorf("%s: %v", way, err)
			}
		case "same":
			if err != nil || b.key == first || len(b.fingers()) != 1 {
				t.Errorf("%s: %v", way, err)
			}
		}
	}
}

// A PIN that was set when shorter ones were allowed still has to be typed before it can be changed.
func TestAPINShorterThanTheKeyWantsNowCanBeChanged(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.answer("risk.raise-min-pin", "8")
	b.mustCare(minPIN(8))
	b.person.answer("key.pin.new", "new-482913")
	b.mustCare(steps.SetPIN)
	if i := b.settings(); i.ForcePIN {
		t.Error("the key still demands a new PIN")
	}
	if !b.said("PIN set, 8 tries left") {
		t.Error("the tries left are not told after the change")
	}
}

// What cannot be a PIN is refused before the key is asked: in code points, in NFC, within 63 bytes.
func TestNewPINsAreHeldAgainstTheStandard(t *testing.T) {
	for code, pin := range map[string]string{
		"pin-short":   "😀😀😀",                   // three code points, twelve bytes
		"pin-long":    strings.Repeat("語", 22), // 66 bytes, 22 characters
		"pin-not-nfc": "pin-e\u0301te",         // e and its accent, apart
		"pin-invalid": "1234\x00",
	} {
		b := newBench(t)
		b.person.answer("key.pin.new", pin)
		b.refused(code, steps.SetPIN)
	}
	for _, pin := range []string{"😀😀😀😀", "pin-\u00e9te", strings.Repeat("語", 21)} {
		b := newBench(t)
		b.person.answer("key.pin.new", pin)
		b.mustCare(steps.SetPIN)
		if i := b.settings(); !i.HasPIN() {
			t.Errorf("%q was not set", pin)
		}
	}
}

// blockPIN spends every try of the bench's key.
func (b *bench) blockPIN() {
	b.t.Helper()
	ctx := b.t.Context()
	for range 3 {
		s, err := fido.OpenLink(ctx, b.key.Device(), b.key.Link())
		if err != nil {
			b.t.Fatal(err)
		}
		for range 3 {
			_, err = s.Credentials(ctx, secret.New([]byte("000000")), "")
		}
		s.Close()
		b.key.PlugOut()
		b.key.PlugIn()
	}
}

// A locked PIN leaves the finger: what is on the key can still be seen and deleted with it, and nothing else.
func TestALockedPINLeavesTheFinger(t *testing.T) {
	b := newBench(t)
	b.finish()
	b.blockPIN()
	var list []fido.Resident
	b.events = nil
	b.mustCare(func(ctx context.Context, w *steps.World) (err error) { list, err = steps.Residents(ctx, w); return err })
	if len(list) != 1 || !b.said("an enrolled finger still opens it") {
		t.Fatalf("%+v", list)
	}
	b.person.answer("problem.pin-blocked", "leave")
	if err := b.care(func(ctx context.Context, w *steps.World) error { _, err := steps.Fingers(ctx, w); return err }); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	b.mustTell("pin-blocked")
	b.person.answer("risk.delete-sign-in", "delete")
	b.mustCare(func(ctx context.Context, w *steps.World) error { return steps.DeleteResident(ctx, w, list[0].ID) })
	if !b.said("Read back: the key holds 0 other") {
		t.Error("not read back")
	}
	// The way out that the problem offers is taken, and only for its words.
	b.person.queue["problem.pin-blocked"] = []string{"reset"}
	b.person.answer("risk.reset-key", "reset this key")
	b.mustCare(func(ctx context.Context, w *steps.World) error { _, err := steps.Fingers(ctx, w); return err })
	if i := b.settings(); i.HasPIN() || !b.said("Read back: no PIN and no finger") {
		t.Error("not reset, or not read back")
	}
}

// Three wrong PINs in a row want the key unplugged. What was asked of it then goes on, on the new visit, with every kind
// of question that wants the PIN.
func TestEveryQuestionGoesOnAfterThePowerCycle(t *testing.T) {
	b := newBench(t)
	b.finish()
	var sign fido.Resident
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Residents(ctx, w)
		if err == nil {
			sign = list[0]
		}
		return err
	})
	b.person.answer("finger.remove", "yes")
	b.person.answer("risk.raise-min-pin", "5")
	b.person.answer("risk.always-uv-off", "touch is enough")
	b.person.answer("risk.delete-sign-in", "delete")
	b.person.answer("risk.force-pin-change", "new PIN")
	for _, c := range []struct {
		name string
		f    func(context.Context, *steps.World) error
	}{
		{"list fingers", func(ctx context.Context, w *steps.World) error { _, err := steps.Fingers(ctx, w); return err }},
		{"list sign-ins", func(ctx context.Context, w *steps.World) error { _, err := steps.Residents(ctx, w); return err }},
		{"room", func(ctx context.Context, w *steps.World) error { _, _, err := steps.Room(ctx, w); return err }},
		{"rename a sign-in", func(ctx context.Context, w *steps.World) error { return steps.RenameResident(ctx, w, sign.ID, "Aiko") }},
		{"change the PIN", steps.SetPIN},
		{"min PIN", minPIN(5)},
		{"always-uv", alwaysUV(false)},
		{"rename a finger", func(ctx context.Context, w *steps.World) error {
			return steps.RenameFinger(ctx, w, "right index finger", "Zeigefinger")
		}},
		{"remove a finger", func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Zeigefinger") }},
		{"add a finger", steps.AddFinger},
		{"delete a sign-in", func(ctx context.Context, w *steps.World) error { return steps.DeleteResident(ctx, w, sign.ID) }},
		{"demand a PIN", steps.ForcePINChange},
	} {
		b.events = nil
		b.person.answer("key.pin", "000000", "000000", "000000")
		b.person.answer("problem.pin-wrong", "retry", "retry")
		b.person.answer("problem.pin-replug", "replug")
		if err := b.care(c.f); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		b.mustTell("pin-replug")
		if p := b.told("pin-wrong"); !strings.Contains(p.State.String(), "Tries left: 7") {
			t.Errorf("%s: %s", c.name, p.State)
		}
		if p := b.told("pin-replug"); !strings.Contains(p.State.String(), "Tries left: 5") {
			t.Errorf("%s: %s", c.name, p.State)
		}
	}
}
