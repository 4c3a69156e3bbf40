package walkthrough

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"keyrollout/steps"
)

// Recorder is an Asker around an Asker: it writes the script that would replay what was answered. Secrets are never
// written: a PIN becomes ${PIN}, a pass ${PASS}, and wrong tries are left out.
type Recorder struct {
	ask     steps.Asker
	mu      sync.Mutex
	answers []recorded
	risks   []string
}

type recorded struct {
	name, value string
	back        bool // went back instead
	times       int
}

// NewRecorder records what a's questions are answered with.
func NewRecorder(a steps.Asker) *Recorder { return &Recorder{ask: a} }

// Ask passes the question on and keeps the answer.
func (r *Recorder) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	a, err := r.ask.Ask(ctx, q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasPrefix(q.Name, "begin.") { // whatever came before was left without a trace
		r.answers, r.risks = nil, nil
	}
	if strings.HasPrefix(q.Name, "begin.") || strings.HasPrefix(q.Name, "practice.") || strings.HasPrefix(q.Name, "login.") {
		return a, err // how one came here is not part of a script: it always plays in a practice of its own
	}
	if errors.Is(err, steps.ErrBack) {
		r.back(q.Name)
	}
	if err != nil {
		return a, err
	}
	switch q.Kind {
	case steps.Act, steps.Show:
	case steps.Typed:
		r.risks = append(r.risks, q.Risk)
	case steps.Secret:
		v := "${PIN}"
		if q.Name == "registration.pass" {
			v = "${PASS}"
		}
		r.add(q.Name, v)
	default:
		if strings.HasPrefix(q.Name, "problem.pin-wrong") {
			r.drop("key.pin")
			return a, nil
		}
		r.add(q.Name, a.ID)
	}
	return a, nil
}

// back keeps that the person went back at a question. Who does so after a wrong PIN went back at the PIN: the wrong one
// is not in the script.
func (r *Recorder) back(name string) {
	if name == "problem.pin-wrong" {
		name = "key.pin"
		r.drop(name)
	}
	r.answers = append(r.answers, recorded{name: name, back: true, times: 1})
}

func (r *Recorder) add(name, value string) {
	if n := len(r.answers); n > 0 && r.answers[n-1].name == name && r.answers[n-1].value == value && !r.answers[n-1].back {
		r.answers[n-1].times++
		return
	}
	r.answers = append(r.answers, recorded{name: name, value: value, times: 1})
}

// drop takes the last answer of that name out again.
func (r *Recorder) drop(name string) {
	for i := len(r.answers) - 1; i >= 0; i-- {
		if r.answers[i].name == name && !r.answers[i].back {
			if r.answers[i].times--; r.answers[i].times == 0 {
				r.answers = append(r.answers[:i], r.answers[i+1:]...)
			}
			return
		}
	}
}

// Script is the text of the script.
func (r *Recorder) Script(title string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "# Recorded. PINs and passes are not in here: ${PIN} and ${PASS} stand for them.\ntitle %s\n", strconv.Quote(title))
	for _, risk := range slices.Compact(slices.Sorted(slices.Values(r.risks))) {
		fmt.Fprintf(&b, "accept-risk %s\n", risk)
	}
	for _, a := range r.answers {
		if a.back {
			fmt.Fprintf(&b, "back %s\n", a.name)
			continue
		}
		fmt.Fprintf(&b, "answer %s %s", a.name, word(a.value))
		if a.times > 1 {
			fmt.Fprintf(&b, " x%d", a.times)
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// word quotes a value that is more than one plain word.
func word(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\"#\n\\") {
		return strconv.Quote(s)
	}
	return s
}
