package tui

import (
	"fmt"
	"io"
	"strings"

	"keyrollout/steps"
)

// PlainTell is the printing half of the plain dialogue: one line per fact. The script player prints with it too.
// The result is not safe for use by several goroutines at once.
func PlainTell(w io.Writer, say steps.Speaker) func(steps.Event) {
	if say == nil {
		say = steps.English
	}
	t := &teller{w: w, say: Cleaned(say), parts: map[string]string{}}
	return t.tell
}

type teller struct {
	w     io.Writer
	say   steps.Speaker
	led   string            // the last line about the light
	parts map[string]string // the last line of each part of the proof
}

func (t *teller) line(texts ...steps.Text) {
	for _, x := range texts {
		if s := t.say(x); s != "" {
			fmt.Fprintln(t.w, s)
		}
	}
}

func (t *teller) tell(e steps.Event) {
	switch d := e.Data.(type) {
	case steps.Plan:
		t.plan(e, d)
	case steps.Finding:
		t.line(or(e.Text, d.Text))
		t.line(d.Facts...)
	case *steps.Problem:
		fmt.Fprintln(t.w, plainProblem(t.say, d)) // what to do next is the question that follows
	case steps.LED:
		t.light(e, d)
	case steps.Picture: // has nothing to say to a reader
	case steps.Wait:
		t.line(or(e.Text, d.For))
	case steps.Proof:
		t.proof(e, d)
	case steps.Summary:
		farewell{say: t.say, summary: &d, plain: true}.print(t.w)
	default:
		t.line(e.Text)
	}
}

// plan prints every change on a line, then what it does to people.
func (t *teller) plan(e steps.Event, p steps.Plan) {
	t.line(or(e.Text, p.Title))
	b := brush{say: t.say}
	for _, c := range p.Changes {
		from, to := value(b, c.From), value(b, c.To)
		where := t.say(c.Field)
		if !c.Group.Empty() {
			where = t.say(c.Group) + ", " + where
		}
		if from == to {
			t.line(steps.T("%s: stays %s", where, to))
		} else {
			t.line(steps.T("%s: now %s, then %s", where, from, to))
		}
	}
	if len(p.People) > 0 {
		t.line(steps.T("What this does to people:"))
	}
	t.line(p.People...)
	t.line(p.Needs...)
}

// light prints what the key's light does, when that changes.
func (t *teller) light(e steps.Event, l steps.LED) {
	text := e.Text
	if text.Empty() {
		text = steps.T("LED %s", t.say(steps.ColourWord(l.Colour)))
		if l.Blink {
			text = steps.T("LED %s, flashing", t.say(steps.ColourWord(l.Colour)))
		}
	}
	if s := t.say(text); s != t.led {
		t.led = s
		t.line(text)
	}
}

// proof prints the parts that have changed.
func (t *teller) proof(e steps.Event, p steps.Proof) {
	if len(t.parts) == 0 {
		t.line(or(e.Text, steps.T("Sign-in check for %s", p.User)))
	}
	for _, part := range p.Parts {
		name := t.say(part.Text)
		line := strings.TrimSuffix(strings.Join([]string{t.say(stateWord(part.State)), name, t.say(part.Detail)}, ": "), ": ")
		if t.parts[name] != line {
			t.parts[name] = line
			fmt.Fprintln(t.w, line)
		}
	}
	if s := t.say(p.Limit); s != "" && t.parts[""] != s {
		t.parts[""] = s
		t.line(p.Limit)
	}
}

func stateWord(s steps.State) steps.Text {
	switch s {
	case steps.Active:
		return steps.T("now")
	case steps.Done:
		return steps.T("done")
	case steps.Blocked:
		return steps.T("failed")
	case steps.Skipped:
		return steps.T("left out")
	}
	return steps.T("not yet")
}

// plainProblem is a problem in its three parts, a line each.
func plainProblem(say steps.Speaker, p *steps.Problem, next ...steps.Text) string {
	lines := []string{say(steps.T("Problem: %s", say(p.What)))}
	if !p.State.Empty() {
		lines = append(lines, say(steps.T("State: %s", say(p.State))))
	}
	for _, l := range p.Do {
		lines = append(lines, say(l))
	}
	for _, t := range next {
		lines = append(lines, say(steps.T("Next: %s", say(t))))
	}
	return strings.Join(append(lines, say(problemCode(p))), "\n")
}

func or(a, b steps.Text) steps.Text {
	if a.Empty() {
		return b
	}
	return a
}
