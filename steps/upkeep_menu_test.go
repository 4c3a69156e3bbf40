package steps_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/steps"
)

// careThrough answers the wizard's questions about the key, the same each time it is asked once the list is used up.
func careThrough(b *bench, answers map[string][]string) []string {
	b.t.Helper()
	for q, a := range answers {
		b.person.answer(q, a...)
	}
	w := b.world()
	w.Tenant, w.Pages = nil, nil
	defer w.Close()
	if err := steps.Care(b.t.Context(), w); err != nil {
		b.t.Fatal(err)
	}
	return b.person.asked
}

func TestCareReachesEverything(t *testing.T) {
	b := newBench(t)
	first := true
	b.person.seen = func(q steps.Question) {
		if q.Name == "key.care.fingers" && first {
			first = false
			b.person.queue[q.Name] = []string{q.Choices[0].ID, "back"}
		}
	}
	careThrough(b, map[string][]string{
		"key.care":        {"setup", "info", "pin", "fingers", "sign-ins", "settings", "leave"},
		"key.care.info":   {"back"},
		"key.care.finger": {"rename"}, "finger.name": {"Zeigefinger"},
		"key.care.sign-ins":  {"back"},
		"key.care.settings":  {"always-uv-off", "min-pin", "back"},
		"min-pin.points":     {"20"},
		"risk.raise-min-pin": {"20"}, "risk.always-uv-off": {"touch is enough"},
	})
	for _, q := range []string{"key.go", "key.pin.new", "key.finger", "key.care.info", "key.pin", "key.care.sign-ins", "min-pin.points", "finger.name"} {
		if !slices.Contains(b.person.asked, q) {
			t.Errorf("%s was not asked", q)
		}
	}
	i := b.settings()
	if i.MinPIN != 20 || i.Options["alwaysUv"] || !i.HasPIN() {
		t.Errorf("%d characters, %v", i.MinPIN, i.Options)
	}
}

// After a reset the list is that of a new key.
func TestCareAfterAReset(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	var setup bool
	b.person.seen = func(q steps.Question) {
		if q.Name == "key.care" {
			setup = q.Choices[0].ID == "setup" && q.Choices[2].Text.Format == "Set a PIN"
		}
	}
	careThrough(b, map[string][]string{"key.care": {"reset", "leave"}, "risk.reset-key": {"reset this key"}})
	if !setup {
		t.Error("it is still taken for a key with a PIN")
	}
}

// A problem leads back to the list, and so does a step back from any question.
func TestCareGoesBackToTheList(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.leaveAt = func(_ int, q string) error {
		if q == "key.pin" {
			return steps.ErrBack
		}
		return nil
	}
	careThrough(b, map[string][]string{"key.care": {"sign-ins", "leave"}})
	if n := count(b.person.asked, "key.care"); n != 2 {
		t.Errorf("the list was shown %d times", n)
	}
}

// A key that is plugged in is noticed without an answer.
func TestKeyIsNoticedWhenPluggedIn(t *testing.T) {
	b := newBench(t)
	b.key.PlugOut()
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Asker = askFunc(func(ctx context.Context, q steps.Question) (steps.Answer, error) {
		if q.Name == "key.insert" {
			b.key.PlugIn()
			<-ctx.Done() // nobody answers
			return steps.Answer{}, ctx.Err()
		}
		return b.person.Ask(ctx, q)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := steps.Visit(ctx, w, func(ctx context.Context, w *steps.World) error { _, err := steps.Settings(ctx, w); return err }); err != nil {
		t.Fatal(err)
	}
}

// Who has no key takes the software key, after typing that it is none.
func TestSoftwareKeyInstead(t *testing.T) {
	b := newBench(t)
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	soft := w.Keys
	w.Keys = fido.Join() // nothing is plugged in
	w.Softkey = func(_ context.Context, ask steps.Asker) (fido.Keys, steps.Asker, error) { return soft, ask, nil }
	b.person.answer("key.insert", "softkey")
	b.person.answer("risk.software-key", "software key")
	if err := steps.Visit(t.Context(), w, func(ctx context.Context, w *steps.World) error { _, err := steps.Settings(ctx, w); return err }); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(b.person.asked, "risk.software-key") {
		t.Errorf("taken without its danger: %q", b.person.asked)
	}
}

// A reset that comes too late is led to the plug again, without its words being typed again.
func TestResetThatComesTooLate(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	late := true
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Asker = askFunc(func(ctx context.Context, q steps.Question) (steps.Answer, error) {
		a, err := b.person.Ask(ctx, q)
		if q.Name == "key.replug" && late {
			late = false
			_ = b.person.late(ctx, 11*time.Second)
		}
		return a, err
	})
	b.person.answer("risk.reset-key", "reset this key")
	b.person.answer("problem.reset-late", "retry")
	if err := steps.Visit(t.Context(), w, steps.ResetKey); err != nil {
		t.Fatal(err)
	}
	if n := count(b.person.asked, "risk.reset-key"); n != 1 || count(b.person.asked, "key.replug") != 2 {
		t.Errorf("asked %q", b.person.asked)
	}
	if b.settings().HasPIN() {
		t.Error("the PIN is still there")
	}
}

func count(all []string, name string) (n int) {
	for _, q := range all {
		if q == name {
			n++
		}
	}
	return n
}

type askFunc func(context.Context, steps.Question) (steps.Answer, error)

func (f askFunc) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) { return f(ctx, q) }

// Whoever has no key goes back to where the place was entered: from the software key's danger by way of the plug.
func TestCareIsLeftWithoutAKey(t *testing.T) {
	b := newBench(t)
	w := b.world()
	defer w.Close()
	w.Tenant, w.Pages = nil, nil
	w.Keys = fido.Join() // nothing is plugged in
	w.Softkey = func(context.Context, steps.Asker) (fido.Keys, steps.Asker, error) {
		t.Error("taken without its danger")
		return nil, nil, steps.ErrQuit
	}
	b.person.answer("key.insert", "softkey")
	b.person.back = func(_ int, q steps.Question) bool {
		return q.Name == "risk.software-key" || q.Name == "key.insert" && slices.Contains(b.person.asked, "risk.software-key")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := steps.Care(ctx, w); !errors.Is(err, steps.ErrBack) {
		t.Fatalf("%v after %q", err, b.person.asked)
	}
	if want := []string{"key.insert", "risk.software-key", "key.insert"}; !slices.Equal(b.person.asked, want) {
		t.Errorf("asked %q, want %q", b.person.asked, want)
	}
}
