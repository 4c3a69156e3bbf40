package steps_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/steps"
)

// Who was found by a part of a name is shown in full before anything goes on; a no asks again, and does not offer what
// found them. The whole sign-in name asks nothing.
func TestWhoWasFoundByAPartIsShown(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.user", "haru", "aiko")
	b.person.answer("user.meant", "no", "yes")
	var shown []string
	var offered []string
	b.person.seen = func(q steps.Question) {
		switch q.Name {
		case "user.meant":
			shown = append(shown, q.Text.String())
		case "tenant.user":
			offered = append(offered, q.Default)
		}
	}
	b.person.leaveAt = leaveAt("tenant.go")
	if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	if len(shown) != 2 || !strings.Contains(shown[0], "(haruto@contoso.example)") || !strings.Contains(shown[1], "(aiko@contoso.example)") {
		t.Errorf("shown: %q", shown)
	}
	if want := []string{"", ""}; !slices.Equal(offered, want) {
		t.Errorf("offered %q, want %q", offered, want)
	}
	if got := b.wish().UserUPN; got != "aiko@contoso.example" {
		t.Errorf("chosen: %s", got)
	}
	c := newBench(t)
	c.finish()
	if slices.Contains(c.person.asked, "user.meant") {
		t.Error("the whole sign-in name was asked about")
	}
}

// Going back offers who and what was chosen in the end, not the letters that were typed to look for them; nor who was
// refused.
func TestGoingBackOffersWhatWasChosen(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.group", "pil", "Pilot")
	b.person.answer("tenant.group.pick", practice.PilotGroup, practice.PilotGroup)
	b.person.answer("tenant.user", "da", "aik", "aiko@contoso.example")
	b.person.answer("tenant.user.pick", practice.GuestUPN)
	b.person.answer("problem.user-guest", "retry")
	var users, groups []string
	b.person.seen = func(q steps.Question) {
		switch q.Name {
		case "tenant.user":
			users = append(users, q.Default)
		case "tenant.group":
			groups = append(groups, q.Default)
		}
	}
	went := map[string]bool{}
	b.person.back = func(_ int, q steps.Question) bool {
		at := map[string]bool{"tenant.pass.minutes": true, "user.meant": len(users) == 2 && went["tenant.pass.minutes"], "tenant.user": len(users) == 3, "tenant.keys": went["tenant.user"], "tenant.group.pick": went["tenant.keys"]}[q.Name]
		if !at || went[q.Name] {
			return false
		}
		went[q.Name] = true
		return true
	}
	b.person.leaveAt = leaveAt("tenant.go")
	if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
		t.Fatalf("%v; asked %v", err, b.person.asked)
	}
	if len(users) < 3 || users[1] != "" || users[2] != "aiko@contoso.example" {
		t.Errorf("offered as the person: %q", users)
	}
	if len(groups) != 2 || groups[1] != practice.PilotGroup {
		t.Errorf("offered as the group: %q", groups)
	}
}

// Somebody else can be chosen as long as nothing is registered; the pass of the first is asked about, and taken away
// when the plan is agreed to. Their pass is not tried for the other.
func TestAnotherPersonAfterStepOne(t *testing.T) {
	for _, at := range []string{"key.go", "registration.go"} {
		b := newBench(t)
		b.person.answer("tenant.user", "haruto@contoso.example", "aiko@contoso.example")
		b.person.answer(at, "person")
		b.person.answer("tenant.keys", "any", "keep")
		b.person.answer("tenant.pass.left", "revoke")
		b.person.seen = func(q steps.Question) {
			if q.Name == at && !slices.ContainsFunc(q.Choices, func(c steps.Choice) bool {
				return c.ID == "person" && strings.Contains(c.Text.String(), b.wish().UserName)
			}) {
				t.Errorf("%s offers nobody else: %v", at, q.Choices)
			}
		}
		if err := b.run(t.Context()); err != nil {
			t.Fatalf("%s: %v; asked %v", at, err, b.person.asked)
		}
		if got := b.wish().UserUPN; got != "aiko@contoso.example" {
			t.Errorf("%s: rolled out for %s", at, got)
		}
		if n := len(b.usable("haruto@contoso.example")); n != 0 {
			t.Errorf("%s: the wrong person still has %d passes", at, n)
		}
		if n := count(b.person.asked, "tenant.pass.left"); n != 1 {
			t.Errorf("%s: asked about the pass %d times", at, n)
		}
	}
}

// A pass that was kept stays, and is not asked about again.
func TestAPassIsLeftWhenTheRoadChanges(t *testing.T) {
	for answer, want := range map[string]int{"keep": 1, "revoke": 0} {
		b := newBench(t)
		b.person.leaveAt = leaveAt("key.finger")
		if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
			t.Fatal(err)
		}
		b.person.leaveAt = nil
		b.person.answer("key.go", "person")
		b.person.answer("tenant.road", "behalf")
		b.person.answer("tenant.keys", "keep")
		b.person.answer("tenant.pass.left", answer)
		var text string
		b.person.seen = func(q steps.Question) {
			if q.Name == "tenant.pass.left" {
				text = q.Text.String()
			}
		}
		if err := b.run(t.Context()); err != nil {
			t.Fatalf("%v; asked %v", err, b.person.asked)
		}
		if !strings.Contains(text, "still has a pass that works until ") {
			t.Errorf("said %q", text)
		}
		if n := len(b.usable("aiko@contoso.example")); n != want {
			t.Errorf("%s: %d passes, want %d", answer, n, want)
		}
		if asked := b.again(); len(asked) > 0 {
			t.Errorf("%s: asked again: %v", answer, asked)
		}
	}
}

// The steps after the first say whose key it is.
func TestTheStepsNameThePerson(t *testing.T) {
	b := newBench(t)
	b.finish()
	for _, e := range b.events {
		d, ok := e.Data.(steps.StepState)
		if !ok || d.State != steps.Active {
			continue
		}
		if named := d.Person == "佐藤 愛子 (Aiko Sato)"; named == (d.ID == "tenant") {
			t.Errorf("step %s names %q", d.ID, d.Person)
		}
		if d.ID == "key" && !strings.Contains(e.Text.String(), "for 佐藤 愛子 (Aiko Sato) (aiko@contoso.example)") {
			t.Errorf("said %q", e.Text)
		}
	}
}

// wish is what is chosen now.
func (b *bench) wish() steps.Wish {
	b.t.Helper()
	j, err := steps.ReadJournal(b.journal)
	if err != nil {
		b.t.Fatal(err)
	}
	return j.Wish()
}

func leaveAt(name string) func(int, string) error {
	return func(_ int, at string) error {
		if at == name {
			return steps.ErrQuit
		}
		return nil
	}
}

func (b *bench) usable(upn string) (out []graph.Pass) {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	u, err := w.Tenant.User(b.t.Context(), upn)
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := w.Tenant.Passes(b.t.Context(), u.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range all {
		if p.Usable {
			out = append(out, p)
		}
	}
	return out
}
