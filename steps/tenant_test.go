package steps_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/steps"
)

// plans are the plans of the tenant that were shown.
func (b *bench) plans() (list []steps.Plan) {
	for _, e := range b.events {
		if p, ok := e.Data.(steps.Plan); ok && e.Step == "tenant" {
			list = append(list, p)
		}
	}
	return list
}

// A method that is turned on is shown with who it reaches, also where its list, which did nothing while it was off, named
// them already.
func TestThePlanSaysWhoAMethodReaches(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.who", "all")
	b.person.leaveAt = func(_ int, name string) error {
		if name == "tenant.go" {
			return steps.ErrQuit
		}
		return nil
	}
	if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	p := b.plans()[0]
	for _, method := range []string{"Passkey (FIDO2) policy", "Temporary Access Pass"} {
		if !slices.ContainsFunc(p.Changes, func(c steps.Change) bool {
			return c.Group.String() == method && c.Field.String() == "who" && c.From.String() == "nobody" && c.To.String() == "everyone"
		}) {
			t.Errorf("%s: the plan does not say who: %v", method, p.Changes)
		}
	}
	for _, want := range []string{"Everyone can register a key.", "Everyone can be given a pass."} {
		if !slices.ContainsFunc(p.People, func(t steps.Text) bool { return t.String() == want }) {
			t.Errorf("no %q in %v", want, p.People)
		}
	}
	if needs := p.Needs[0].String(); !strings.Contains(needs, "Authentication Policy Administrator; for the pass Authentication Administrator") {
		t.Errorf("the roles are %q", needs)
	}
}

// Whoever left before any change is told so, and finds what they chose under a title that says when it was chosen.
func TestAChoiceOfLastTimeIsCalledThat(t *testing.T) {
	b := newBench(t)
	b.person.leaveAt = func(_ int, name string) error {
		if name == "tenant.go" {
			return steps.ErrQuit
		}
		return nil
	}
	for _, title := range []string{"What would change in the tenant", "What would change in the tenant, as was chosen last time"} {
		b.events = nil
		if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
			t.Fatal(err)
		}
		if got := b.plans()[0].Title.String(); got != title {
			t.Errorf("the plan is called %q, want %q", got, title)
		}
		if sum := b.events[len(b.events)-1].Data.(steps.Summary); !strings.HasPrefix(sum.Resume.String(), "Nothing was changed.") {
			t.Errorf("the end says %q", sum.Resume)
		}
	}
	b.events, b.person.leaveAt = nil, func(_ int, name string) error {
		if name == "pass.shown" { // the policies are written by then
			return steps.ErrQuit
		}
		return nil
	}
	if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	if sum := b.events[len(b.events)-1].Data.(steps.Summary); strings.Contains(sum.Resume.String(), "Nothing was changed") {
		t.Errorf("the end says %q", sum.Resume)
	}
}

// An empty plan asks nothing.
func TestAPlanWithoutChangesIsNotAsked(t *testing.T) {
	b := newBench(t)
	b.finish()
	w := b.world()
	defer w.Close()
	if err := w.Journal.NextPerson(); err != nil {
		t.Fatal(err)
	}
	b.events, b.person.asked = nil, nil
	b.person.answer("tenant.road", "behalf")
	b.person.answer("tenant.keys", "keep")
	b.person.answer("tenant.user", "haruto")
	b.person.leaveAt = func(_ int, name string) error {
		if strings.HasPrefix(name, "key.") || name == "problem.key-of-another" || strings.HasPrefix(name, "registration.") {
			return steps.ErrQuit
		}
		return nil
	}
	if err := steps.Run(t.Context(), w, steps.Rollout()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	if slices.Contains(b.person.asked, "tenant.go") {
		t.Error("a yes to nothing was asked for")
	}
	if !slices.ContainsFunc(b.events, func(e steps.Event) bool { return e.Text.String() == "Nothing changes in the tenant." }) {
		t.Error("it was not said that nothing changes")
	}
}
