package steps_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"keyrollout/fido"
	"keyrollout/matcher"
	"keyrollout/steps"
)

// hardware passes the software key off as a real one: only such is offered the enrolment on the key itself.
type hardware struct{ fido.Keys }

type hardSession struct {
	fido.Session
	fido.Configurer
}

func (k hardware) List(ctx context.Context) ([]fido.Device, error) {
	list, err := k.Keys.List(ctx)
	for i := range list {
		list[i].Software = false
	}
	return list, err
}

func (k hardware) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	s, err := k.Keys.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	return hardSession{s, s.(fido.Configurer)}, nil
}

func (s hardSession) Device() fido.Device {
	d := s.Session.Device()
	d.Software = false
	return d
}

// alone is a person who does on the key what the screen says.
type alone struct {
	*person
	idle bool // or nothing
	t    *testing.T
}

func (a alone) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	if q.Name == "key.standalone.touch" && !a.idle {
		if err := a.key.EnrolAlone(ctx, func(matcher.Verdict, int) {}); err != nil {
			a.t.Errorf("the key: %v", err)
		}
	}
	return a.person.Ask(ctx, q)
}

func (b *bench) enrolAlone(idle bool) error {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Keys, w.Asker = hardware{w.Keys}, alone{b.person, idle, b.t}
	b.person.answer("key.road", "on-key")
	b.person.asked = nil
	return steps.Visit(b.t.Context(), w, steps.AddFinger)
}

func (b *bench) mustSay(text string) {
	b.t.Helper()
	if !slices.ContainsFunc(b.events, func(e steps.Event) bool { return e.Text.String() == text }) {
		b.t.Errorf("not told: %s", text)
	}
}

func TestEnrolmentOnTheKeyItself(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	if err := b.enrolAlone(false); err != nil {
		t.Fatal(err)
	}
	b.mustSay("Read back: the key holds 1 finger, 0 before.")
	if slices.Contains(b.person.asked, "key.standalone.owner") {
		t.Error("a key without fingers was said to ask for one")
	}
	for _, stage := range []string{"key.standalone", "key.standalone.button", "key.standalone.touch", "key.standalone.done"} {
		if !slices.Contains(b.person.asked, stage) {
			t.Errorf("the person was not led through %s: %q", stage, b.person.asked)
		}
	}
	b.mustSay("LED white, flashing: enrolment on the key itself: touch it.")

	// With a finger there the key asks for it first; when nobody touches, the count says so.
	b.person.answer("problem.key-no-finger", "leave")
	if err := b.enrolAlone(true); !errors.Is(err, steps.ErrQuit) {
		t.Fatalf("nobody touched the key: %v", err)
	}
	b.mustTell("key-no-finger")
	if !slices.Contains(b.person.asked, "key.standalone.owner") {
		t.Error("the person was not told to show the finger that is there")
	}
}

func TestNobodyEnrolsOnTheKey(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.answer("problem.key-no-finger", "leave")
	if err := b.enrolAlone(true); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	b.mustTell("key-no-finger")
}

// The key itself asks for no PIN, and so none is set for it on the way.
func TestEnrolmentOnTheKeyItselfNeedsNoPIN(t *testing.T) {
	b := newBench(t)
	if err := b.enrolAlone(false); err != nil {
		t.Fatal(err)
	}
	if i := b.settings(); i.HasPIN() || !i.HasFinger() || slices.Contains(b.person.asked, "key.pin.new") {
		t.Errorf("PIN %v, finger %v, asked %q", i.HasPIN(), i.HasFinger(), b.person.asked)
	}
	b.mustSay("Read back: the key holds a finger.")
}
