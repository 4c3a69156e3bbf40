package steps

import (
	"context"
	"slices"
	"strings"
)

// Trail is the way back through questions: it keeps what was answered, so that the question before can be put again
// while those before it need not be. Going back means to run what asked once more from its beginning; what stands
// before the question to go to is then answered from the trail. Nothing may have changed in between: who uses a Trail
// clears it when something has.
//
// A yes to a plan, a secret, a touch and what was done by hand are never answered from a trail.
type Trail struct {
	given []given           // in order
	again []given           // to be answered once more without asking
	last  map[string]string // the last answer to each question: offered when it comes again
}

type given struct{ name, text, id string }

// Ask puts a question through ask, or answers it as it was answered before.
func (t *Trail) Ask(ctx context.Context, ask Asker, q Question) (Answer, error) {
	if len(t.again) > 0 {
		g := t.again[0]
		t.again = t.again[1:]
		if g.name == q.Name && g.text == q.Text.String() {
			t.given = append(t.given, g)
			return Answer{ID: g.id}, nil
		}
		t.again = nil // what is asked now is something else: from here on a person answers
	}
	if strings.HasPrefix(q.Name, "problem.user-") || strings.HasPrefix(q.Name, "problem.group-") {
		for _, g := range t.given[t.led():] {
			delete(t.last, g.name) // who was refused, or does not exist, is not offered again
		}
	}
	a, err := ask.Ask(ctx, t.offer(q))
	if err == nil {
		t.keep(q, a)
	}
	return a, err
}

// offer makes what was answered before the default, where a default may be offered at all.
func (t *Trail) offer(q Question) Question {
	before, ok := t.last[q.Name]
	switch {
	case !ok:
	case q.Kind == Line:
		q.Default = before
	case q.Kind == Choose && (q.Default != "" || strings.HasSuffix(q.Name, ".pick")):
		return q.offering(before)
	}
	return q
}

func (t *Trail) keep(q Question, a Answer) {
	if strings.HasPrefix(q.Name, "problem.") { // the answer that led here is what is asked for anew
		t.given = t.given[:t.led()]
		return
	}
	switch q.Kind {
	case Choose, Confirm, Line, Typed:
	default:
		return
	}
	t.given = append(t.given, given{q.Name, q.Text.String(), a.ID})
	if t.last == nil {
		t.last = map[string]string{}
	}
	t.last[q.Name] = a.ID
}

// led is where the answer stands that led to a problem: the last one, with the line that called up a list to pick from.
func (t *Trail) led() int {
	n := len(t.given)
	if n > 0 && strings.HasSuffix(t.given[n-1].name, ".pick") {
		n--
	}
	return max(n-1, 0)
}

// Chose makes what came of an answer what is offered when its question comes again: the letters looked for may find
// somebody else.
func (t *Trail) Chose(name, what string) {
	if t.last == nil {
		t.last = map[string]string{}
	}
	t.last[name] = what
}

// Unsay takes back the last answer to a question and what followed from it: it is asked again, and that is not offered.
func (t *Trail) Unsay(name string) {
	for i, g := range slices.Backward(t.given) {
		if g.name == name {
			for _, u := range t.given[i:] {
				delete(t.last, u.name)
			}
			t.given = t.given[:i]
			return
		}
	}
}

// Back prepares for the question before the one that was just put; false when there is none.
func (t *Trail) Back() bool {
	n := len(t.given)
	if n == 0 {
		return false
	}
	to := n - 1
	if i := slices.IndexFunc(t.given, func(g given) bool { return strings.HasSuffix(g.name, ".go") }); i >= 0 {
		to = i
	}
	t.again, t.given = t.given[:to:to], nil
	return true
}

// BackTo prepares for the last time a question of that name was put; without one, for the first of all.
func (t *Trail) BackTo(name string) {
	to := 0
	for i, g := range t.given {
		if g.name == name {
			to = i
		}
	}
	t.again, t.given = t.given[:to:to], nil
}

// Clear forgets the way back, not what was answered last.
func (t *Trail) Clear() { t.given, t.again = nil, nil }

// Open reports whether there is a question to go back to.
func (t *Trail) Open() bool { return len(t.given) > 0 }
