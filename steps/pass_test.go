package steps_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/graph/practice"
	"keyrollout/steps"
)

// issue gives a pass outside a rollout.
func (b *bench) issue(user string, d time.Duration) error {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	w.Journal = steps.MemoryJournal(b.clock.Now)
	if err := w.Identify(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return steps.IssuePass(b.t.Context(), w, user, d, false)
}

func TestAPassThatCouldNotBeUsedIsNotIssued(t *testing.T) {
	b := newBench(t)
	refused := func(user string, d time.Duration, code string) {
		t.Helper()
		err := b.issue(user, d)
		var p *steps.Problem
		if !errors.As(err, &p) || p.Code != code {
			t.Errorf("a pass for %s: %v, want %s", user, err, code)
		} else if len(p.Next) == 0 {
			t.Errorf("%s: nothing is said to do next", code)
		}
	}
	refused(aiko, 0, "pass-off")
	b.finish() // turns passes on for the pilot group
	refused(practice.GuestUPN, 0, "user-guest")
	refused(practice.DisabledUPN, 0, "user-disabled")
	refused(practice.AdminUPN, 0, "user-self")
	refused(practice.HelpDeskUPN, 0, "pass-scope")
	refused(aiko, time.Minute, "pass-minutes")
	if b.person.shows != 1 {
		t.Fatalf("%d passes were shown, want the rollout's one", b.person.shows)
	}
}

func TestAPassIsReplacedOnlyWhenTold(t *testing.T) {
	b := newBench(t)
	b.finish()
	first := b.person.shown
	b.person.answer("pass.replace", "no", "yes")
	if err := b.issue(aiko, 0); err != nil || b.person.shown != first {
		t.Fatalf("a no replaced it (%v)", err)
	}
	if err := b.issue(aiko, 2*time.Hour); err != nil || b.person.shown == first {
		t.Fatalf("a yes did not replace it (%v)", err)
	}
	err := steps.Visit(t.Context(), b.world(), func(ctx context.Context, w *steps.World) error {
		if err := steps.RevokePasses(ctx, w, aiko); err != nil {
			return err
		}
		_, list, err := steps.PassesOf(ctx, w, aiko)
		if len(list) != 0 {
			t.Errorf("%d passes left after revoking", len(list))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
