package steps_test

import (
	"context"
	"errors"
	"strings"
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

// Who is found by a part of a name is asked for before anything is done to them: a no, or nobody there, does nothing.
func TestAPersonFoundByAPartOfANameIsAskedFor(t *testing.T) {
	b := newBench(t)
	b.finish()
	b.person.answer("pass.replace", "yes")
	shows := b.person.shows
	b.person.answer("user.meant", "no", "no", "yes")
	if err := b.issue("aiko", 0); !errors.Is(err, steps.ErrQuit) || b.person.shows != shows {
		t.Fatalf("issued after a no: %v", err)
	}
	passes := func(do func(context.Context, *steps.World) error) (n int) {
		t.Helper()
		w := b.world()
		defer w.Close()
		if err := w.Identify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := do(t.Context(), w); err != nil && !errors.Is(err, steps.ErrQuit) {
			t.Fatal(err)
		}
		_, list, err := steps.PassesOf(t.Context(), w, aiko)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	revoke := func(ctx context.Context, w *steps.World) error { return steps.RevokePasses(ctx, w, "aiko") }
	if n := passes(revoke); n != 1 {
		t.Errorf("%d passes after a no", n)
	}
	if n := passes(revoke); n != 0 {
		t.Errorf("%d passes after a yes", n)
	}
	w := b.world()
	defer w.Close()
	if err := w.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Asker = mute{}
	var p *steps.Problem
	if err := steps.RevokePasses(t.Context(), w, "aiko"); !errors.As(err, &p) || p.Code != "user-inexact" {
		t.Errorf("nobody there: %v", err)
	}
	if _, _, err := steps.PassesOf(t.Context(), w, practice.AdminUPN); !errors.As(err, &p) || p.Code != "user-self" {
		t.Errorf("one's own: %v", err)
	}
}

// mute is nobody at the terminal.
type mute struct{}

func (mute) Ask(context.Context, steps.Question) (steps.Answer, error) {
	return steps.Answer{}, steps.ErrNoAnswer
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

// Who takes a rollout up again at step 3 and has lost the pass is given a new one there; who has it types it. Both are
// told what the tenant knows of it.
func TestALostPassIsReplacedInStep3(t *testing.T) {
	for _, c := range []struct {
		way, offered, says string
		shows              int
	}{
		{"have", "have", "was issued at", 1},
		{"new", "have", "was issued at", 2},
		{"ended", "new", "none for them that works", 2},
	} {
		t.Run(c.way, func(t *testing.T) {
			b := newBench(t)
			b.crash("Signed in to Security info with the pass")
			said, offered := "", ""
			b.person.seen = func(q steps.Question) {
				if q.Name == "registration.pass.way" {
					said, offered = q.Detail[1].String(), q.Default
				}
			}
			if c.way != "have" {
				b.person.shown = "" // lost
				b.person.answer("registration.pass.way", "new")
			}
			b.onEvent = func(int) {
				if c.way == "ended" && b.events[len(b.events)-1].Text.String() == "tenant: done." {
					_ = b.clock.Sleep(t.Context(), 2*time.Hour)
				}
			}
			b.finish()
			if b.person.shows != c.shows || offered != c.offered || !strings.Contains(said, c.says) {
				t.Errorf("%d passes were shown, want %d; offered %q; said %q", b.person.shows, c.shows, offered, said)
			}
		})
	}
}
