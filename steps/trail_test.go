package steps_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/fido/softkey"
	"keyrollout/graph/practice"
	"keyrollout/steps"
)

// From every question with a way back, the person goes back once and then on to the end.
func TestGoingBackFromEveryQuestion(t *testing.T) {
	b := newBench(t)
	ways := 0
	b.person.back = func(_ int, q steps.Question) bool { ways++; return false }
	b.finish()
	if ways < 9 {
		t.Fatalf("only %d questions have a way back", ways)
	}
	for at := 1; at <= len(b.person.asked); at += stride() {
		b := newBench(t)
		b.person.back = func(n int, _ steps.Question) bool { return n == at }
		b.finish()
	}
}

// Which question comes after going back, and what it offers.
func TestTheQuestionBefore(t *testing.T) {
	for _, c := range []struct{ from, to, offers string }{
		{"tenant.who", "tenant.road", "pass"},
		{"tenant.group", "tenant.who", "group"},
		{"tenant.keys", "tenant.group", "Pilot"},
		{"tenant.user", "tenant.keys", "any"},
		{"tenant.pass.minutes", "tenant.user", "aiko@contoso.example"},
		{"tenant.go", "tenant.pass.minutes", "60"},
		{"key.go", "key.finger", "right-index"},
		{"key.pin.new", "key.go", ""},
		{"registration.go", "registration.name", "ATKey of Aiko"},
	} {
		b := newBench(t)
		left := false
		var next *steps.Question
		b.person.back = func(_ int, q steps.Question) bool {
			if !left && q.Name == c.from {
				left = true
				return true
			}
			return false
		}
		b.person.seen = func(q steps.Question) {
			if left && next == nil {
				next = &q
			}
		}
		b.finish()
		if next == nil || next.Name != c.to || next.Default != c.offers {
			t.Errorf("back from %s: %+v, want %s offering %q", c.from, next, c.to, c.offers)
		}
		if n := len(slices.DeleteFunc(slices.Clone(b.person.asked), func(q string) bool { return q != "tenant.road" })); c.from != "tenant.who" && n != 1 {
			t.Errorf("back from %s: the first question came %d times", c.from, n)
		}
	}
}

// Going back twice, and choosing differently: the new choice counts, what stands between is offered as it was.
func TestGoingBackChoosesAnew(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.who", "group", "all")
	backs := map[string]bool{}
	b.person.back = func(_ int, q steps.Question) bool {
		switch {
		case q.Name == "tenant.keys" && !backs["keys"]:
			backs["keys"] = true
			return true
		case q.Name == "tenant.group" && backs["keys"] && !backs["group"]:
			backs["group"] = true
			return true
		}
		return false
	}
	b.finish()
	w := b.world()
	if wish := w.Journal.Wish(); wish.Who != "all_users" {
		t.Fatalf("chosen: %+v", wish)
	}
}

// The first question of all leads out of the rollout, where somebody waits there, as long as nothing has changed.
func TestGoingBackOutOfTheRollout(t *testing.T) {
	b := newBench(t)
	w := b.world()
	defer w.Close()
	w.Back = true
	b.person.back = func(_ int, q steps.Question) bool { return q.Name == "tenant.road" }
	if err := steps.Run(t.Context(), w, steps.Rollout()); !errors.Is(err, steps.ErrBack) {
		t.Fatalf("ended with %v", err)
	}
	for _, e := range b.events {
		if e.Name == steps.EventSummary {
			t.Fatal("a summary of nothing")
		}
	}
	b.person.back = func(_ int, q steps.Question) bool {
		if q.Name == "key.finger" {
			t.Error("a way out although the tenant was changed")
		}
		return false
	}
	if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
		t.Fatal(err)
	}
}

// hesitant is a person whose finger stays away once: they go back from a touch.
type hesitant struct {
	*person
	w  *steps.World
	at int // before this touch
}

func (h *hesitant) Touch(ctx context.Context, r softkey.TouchRequest) (softkey.Touch, error) {
	if h.at--; h.at == 0 {
		if !h.w.AtTouch() {
			return softkey.Touch{}, errors.New("no way back from a touch")
		}
		h.w.LetGo()
		return softkey.Touch{None: true}, nil
	}
	return h.person.Touch(ctx, r)
}

func TestGoingBackFromATouch(t *testing.T) {
	for at := 1; at <= 14; at += 6 { // in the enrolment's first and seventh touch, and at the registration
		b := newBench(t)
		h := &hesitant{person: b.person, at: at}
		key, err := softkey.Open(softkey.Options{Profile: softkey.ATKeyPro21(), Store: softkey.MemoryStore(), Toucher: h, Clock: b.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		b.key, b.person.key = key, key
		w := b.world()
		defer w.Close()
		h.w = w
		if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
			t.Fatalf("touch %d: %v; asked %v", at, err, b.person.asked)
		}
		b.proven()
		want := "key.finger"
		if at > 12 {
			want = "registration.go"
		}
		n := 0
		for _, q := range b.person.asked {
			if q == want {
				n++
			}
			if q == "key.pin" {
				t.Errorf("touch %d: the PIN was asked again", at)
			}
		}
		if n != 2 {
			t.Errorf("touch %d: %s came %d times, want twice", at, want, n)
		}
	}
}

// After a finished rollout the next person follows: what was chosen for the organisation is offered, the person is not.
func TestTheNextPerson(t *testing.T) {
	b := newBench(t)
	b.finish()
	w := b.world()
	defer w.Close()
	if !w.Journal.Finished() {
		t.Fatal("not finished")
	}
	if err := w.Journal.NextPerson(); err != nil {
		t.Fatal(err)
	}
	b.person.asked = nil
	b.person.answer("tenant.keys", "keep")
	b.person.answer("tenant.user", "haruto")
	b.person.answer("problem.key-of-another", "retry")
	w.Keys = pocket{b}
	offered, put := map[string]string{}, map[string]string{}
	b.person.seen = func(q steps.Question) {
		offered[q.Name], put[q.Name] = q.Default, q.Text.String()
		if q.Name == "problem.key-of-another" { // the first person's key was still in
			b.plugNewKey()
		}
	}
	if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
		t.Fatalf("%v; asked %v", err, b.person.asked)
	}
	b.mustTell("key-of-another")
	if offered["tenant.group"] != "Pilot" || offered["tenant.user"] != "" {
		t.Errorf("offered %v", offered)
	}
	if !strings.Contains(put["tenant.user"], "the next key") {
		t.Errorf("asked %q for the second person", put["tenant.user"])
	}
	if n := len(b.passkeys()); n != 1 {
		t.Errorf("the first person has %d passkeys", n)
	}
	if !slices.Contains(b.person.asked, "signin.go") {
		t.Errorf("not proven for the next person: %v", b.person.asked)
	}
	if w.Journal.Wish().UserUPN != "haruto@contoso.example" {
		t.Errorf("rolled out for %s", w.Journal.Wish().UserUPN)
	}
}

// One person with two accounts may have both on one key. Asked once, it is not asked again when the rollout is taken up.
func TestOneKeyForTwoAccounts(t *testing.T) {
	b := newBench(t)
	b.finish()
	w := b.world()
	if err := w.Journal.NextPerson(); err != nil {
		t.Fatal(err)
	}
	b.person.answer("tenant.keys", "keep")
	b.person.answer("tenant.user", "haruto")
	b.person.answer("problem.key-of-another", "same")
	if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
		t.Fatalf("%v; asked %v", err, b.person.asked)
	}
	w.Close()
	b.mustTell("key-of-another")
	if asked := b.again(); len(asked) > 0 {
		t.Errorf("asked again: %v", asked)
	}
}

// What nobody is called is not offered when the question comes again.
func TestAnUnknownNameIsNotOffered(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.group", "no such group", "Pilot")
	b.person.answer("problem.group-unknown", "retry")
	var offered []string
	b.person.seen = func(q steps.Question) {
		if q.Name == "tenant.group" {
			offered = append(offered, q.Default)
		}
	}
	b.finish()
	if len(offered) != 2 || offered[0] != offered[1] {
		t.Errorf("offered %q", offered)
	}
}

// Who was picked from a list and cannot have a key goes with the line that called the list up: back from there is the
// question before both.
func TestBackFromAnUnfitPerson(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.user", "da", "aiko")
	b.person.answer("tenant.user.pick", practice.GuestUPN)
	b.person.answer("problem.user-guest", "retry")
	b.person.back = func(_ int, q steps.Question) bool {
		return q.Name == "tenant.user" && count(b.person.asked, "tenant.user") == 2
	}
	b.finish()
	b.mustTell("user-guest")
	from := slices.Index(b.person.asked, "tenant.user")
	want := []string{"tenant.user", "tenant.user.pick", "problem.user-guest", "tenant.user", "tenant.keys", "tenant.user"}
	if got := b.person.asked[from : from+len(want)]; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// The key after the first one is still the next one for who goes back from the plan, the only person with a key being
// the one who was named again.
func TestTheNextPersonIsNextAfterGoingBack(t *testing.T) {
	b := newBench(t)
	b.finish()
	w := b.world()
	defer w.Close()
	if err := w.Journal.NextPerson(); err != nil {
		t.Fatal(err)
	}
	b.person.asked = nil
	b.person.answer("tenant.keys", "attested") // something that the plan asks about
	var put []string
	b.person.seen = func(q steps.Question) {
		if q.Name == "tenant.user" {
			put = append(put, q.Text.String())
		}
	}
	b.person.back = func(_ int, q steps.Question) bool { // from the plan to the pass, and on to the person
		return q.Name == "tenant.go" || q.Name == "tenant.pass.minutes" && slices.Contains(b.person.asked, "tenant.go")
	}
	b.person.leaveAt = func(_ int, name string) error {
		if len(put) == 2 {
			return steps.ErrQuit
		}
		return nil
	}
	if err := steps.Run(t.Context(), w, steps.Rollout()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	if !strings.Contains(put[0], "the next key") || put[0] != put[1] {
		t.Errorf("asked %q; in all %q", put, b.person.asked)
	}
}
