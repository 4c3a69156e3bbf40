package steps_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/steps"
)

// care does one thing to the bench's key.
func (b *bench) care(f func(context.Context, *steps.World) error) error {
	b.t.Helper()
	w := b.world()
	w.Tenant, w.Pages = nil, nil
	defer w.Close()
	return steps.Visit(b.t.Context(), w, f)
}

func (b *bench) mustCare(f func(context.Context, *steps.World) error) {
	b.t.Helper()
	if err := b.care(f); err != nil {
		b.t.Fatal(err)
	}
}

// refused fails unless f ends in a problem of that code, told in all its parts and asked about no more.
func (b *bench) refused(code string, f func(context.Context, *steps.World) error) {
	b.t.Helper()
	b.person.asked = nil
	var p *steps.Problem
	if err := b.care(f); !errors.As(err, &p) || p.Code != code || p.What.Empty() || p.State.Empty() {
		b.t.Errorf("want %s, got %v", code, err)
	}
	if slices.Contains(b.person.asked, "problem."+code) {
		b.t.Errorf("%s: asked what to do about it, where nothing can be done", code)
	}
}

func (b *bench) fingers() (names []string) {
	b.t.Helper()
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Fingers(ctx, w)
		names = nil
		for _, f := range list {
			names = append(names, f.Name)
		}
		return err
	})
	return names
}

func TestFingersOfAKey(t *testing.T) {
	b := newBench(t)
	b.person.answer("finger.remove", "yes")
	if names := b.fingers(); len(names) != 0 {
		t.Fatalf("a new key holds %q", names)
	}
	b.mustCare(steps.AddFinger)
	if names := b.fingers(); len(names) != 1 || names[0] != "right index finger" {
		t.Fatalf("after one enrolment: %q", names)
	}
	rename := func(from, to string) func(context.Context, *steps.World) error {
		return func(ctx context.Context, w *steps.World) error { return steps.RenameFinger(ctx, w, from, to) }
	}
	b.mustCare(rename("right index finger", "Zeigefinger"))
	for code, names := range map[string][2]string{
		"finger-name":       {"Zeigefinger", strings.Repeat("語", 22)}, // 66 bytes, 22 characters
		"finger-name-empty": {"Zeigefinger", ""},
		"finger-unknown":    {"nobody", "x"},
	} {
		b.refused(code, rename(names[0], names[1]))
	}
	b.events = nil
	b.mustCare(rename("Zeigefinger", "Zeigefinger"))
	if !b.said("called that already") {
		t.Error("the same name: not said")
	}
	b.person.finger, b.person.other = b.person.other, b.person.finger
	b.mustCare(steps.AddFinger) // the same words for another finger, and then two of them
	b.mustCare(rename("right index finger", "Daumen"))
	b.refused("finger-name-taken", rename("Daumen", "Zeigefinger"))
	b.mustCare(func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Daumen") })
	remove := func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Zeigefinger") }
	b.person.queue["finger.remove"] = []string{"no"}
	if err := b.care(remove); !errors.Is(err, steps.ErrQuit) || len(b.fingers()) != 1 {
		t.Fatalf("a no removed it: %v", err)
	}
	b.person.answer("finger.remove", "yes")
	b.mustCare(remove)
	if names := b.fingers(); len(names) != 0 {
		t.Fatalf("after removing: %q", names)
	}
}

// said reports whether an event says so.
func (b *bench) said(words string) bool {
	return slices.ContainsFunc(b.events, func(e steps.Event) bool { return strings.Contains(e.Text.String(), words) })
}

func TestPINIsSetThenChanged(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.answer("key.pin.new", "new-482913")
	b.person.answer("key.pin", "0000", thePIN)
	b.person.answer("problem.pin-wrong", "retry")
	b.mustCare(steps.SetPIN)
	b.mustTell("pin-wrong")
	b.person.answer("key.pin", "new-482913")
	b.mustCare(steps.AddFinger)
}

func TestSignInsOfAKey(t *testing.T) {
	b := newBench(t)
	b.finish()
	list := func() (ids [][]byte) {
		b.mustCare(func(ctx context.Context, w *steps.World) error {
			found, err := steps.Residents(ctx, w)
			ids = nil
			for _, r := range found {
				ids = append(ids, r.ID)
			}
			return err
		})
		return ids
	}
	ids := list()
	if len(ids) != 1 {
		t.Fatalf("%d sign-ins on the key", len(ids))
	}
	b.person.answer("risk.delete-sign-in", "delete")
	b.mustCare(func(ctx context.Context, w *steps.World) error { return steps.DeleteResident(ctx, w, ids[0]) })
	if left := list(); len(left) != 0 {
		t.Fatalf("%d left after deleting", len(left))
	}
}

func TestResetTakesTheWordsAndLeavesNothing(t *testing.T) {
	b := newBench(t)
	b.finish()
	b.person.answer("risk.reset-key", "reset this key")
	b.mustCare(steps.ResetKey)
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		found, err := steps.Residents(ctx, w)
		if len(found) != 0 {
			t.Errorf("%d sign-ins survived the reset", len(found))
		}
		return err
	})
	if names := b.fingers(); len(names) != 0 {
		t.Errorf("fingers survived the reset: %q", names)
	}
	b.mustCare(steps.SetPIN) // only a key without a PIN takes a first one
}
