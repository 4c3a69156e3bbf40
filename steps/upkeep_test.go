package steps_test

import (
	"context"
	"errors"
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
	var p *steps.Problem
	if err := b.care(rename("Zeigefinger", string(make([]byte, 200)))); !errors.As(err, &p) || p.Code != "finger-name" {
		t.Fatalf("a name that is too long: %v", err)
	}
	b.person.answer("problem.finger-unknown", "leave")
	if err := b.care(rename("nobody", "x")); err == nil {
		t.Fatal("a finger that is not there was renamed")
	}
	b.mustTell("finger-unknown")
	remove := func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Zeigefinger") }
	b.person.answer("finger.remove", "no")
	if err := b.care(remove); !errors.Is(err, steps.ErrQuit) || len(b.fingers()) != 1 {
		t.Fatalf("a no removed it: %v", err)
	}
	b.person.answer("finger.remove", "yes")
	b.mustCare(remove)
	if names := b.fingers(); len(names) != 0 {
		t.Fatalf("after removing: %q", names)
	}
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
