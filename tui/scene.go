package tui

import (
	"slices"
	"time"

	"keyrollout/steps"
)

// scene is what the engine told, as far as it still belongs on the screen. Each field is drawn by a file of its own.
type scene struct {
	lines   []said // since the step began
	fresh   int    // lines from this one on are news to the question on the screen
	next    int    // and to the one after it
	stale   bool   // the problem was answered
	plan    *steps.Plan
	agreed  bool // the question about the plan was answered: the next one is about something else
	problem *steps.Problem
	key     *steps.KeyState
	led     *steps.LED
	enrol   *steps.Enrolment
	picture *steps.Picture
	wait    *waiting
	proof   *steps.Proof
}

// said is one line with its mark.
type said struct {
	mark steps.State
	text steps.Text
}

// waiting is something that takes time.
type waiting struct {
	steps.Wait
	since time.Time
}

// see draws one event into the model.
func (m *model) see(e steps.Event) {
	s := &m.seen
	m.settle(e)
	m.quiet = m.now()
	switch d := e.Data.(type) {
	case steps.TenantState:
		m.tenant = d
	case steps.StepState:
		m.seeStep(d)
	case steps.Finding:
		s.endWait()
		s.enrol = nil
		mark := d.State
		if mark == steps.Pending { // needed: that is why one is here, and needs no mark
			mark = noMark
		}
		s.say(mark, d.Text)
		for _, f := range d.Facts {
			s.say(detail, f)
		}
	case steps.Plan:
		s.endWait()
		s.plan, s.agreed, s.problem, s.enrol = &d, false, nil, nil
	case steps.KeyState:
		s.endWait()
		s.key = &d
	case steps.LED:
		s.led = &d
	case steps.Enrolment:
		s.endWait()
		if d.Touch == 0 {
			s.picture = nil
		}
		s.enrol, s.plan, s.problem = &d, nil, nil
	case steps.Picture:
		s.picture = &d
	case *steps.Problem:
		s.endWait()
		s.problem, s.led = d, nil
	case steps.Wait:
		s.seeWait(d, m.now())
	case steps.Proof:
		s.proof, s.plan, s.enrol = &d, nil, nil
	case steps.Summary:
		m.summary = &d
	default:
		m.seeLine(e)
	}
}

// seeLine is for events that are a sentence and nothing else.
func (m *model) seeLine(e steps.Event) {
	s := &m.seen
	switch e.Name {
	case steps.EventDone, steps.EventVerified:
		s.endWait()
		s.plan, s.problem, s.enrol, s.picture = nil, nil, nil, nil
		s.say(steps.Done, e.Text)
	default:
		s.say(noMark, e.Text)
	}
}

func (m *model) seeStep(d steps.StepState) {
	m.states[d.ID] = d.State
	m.seen.endWait()
	if d.State == steps.Pending && d.ID == m.step { // it was left again before anything happened
		m.step, m.person, m.seen, m.tenant = "", "", scene{}, steps.TenantState{}
	}
	if d.State == steps.Active && d.ID != m.step {
		was := m.step
		m.step, m.person = d.ID, d.Person
		m.seen = scene{key: m.seen.key, led: m.seen.led}
		if m.states[was] == steps.Done {
			m.seen.say(steps.Done, steps.T("%s: done.", m.stepName(was)))
		}
		m.scroll = 0
	}
}

// Lines that are neither done nor open.
const (
	noMark steps.State = -1 - iota
	detail             // belongs to the line above
)

func (s *scene) say(mark steps.State, t steps.Text) {
	if t.Empty() {
		return
	}
	// What is said again (a step that looks anew after going back) is not new: the earlier line goes.
	if i := slices.IndexFunc(s.lines, func(l said) bool { return l.text.String() == t.String() }); i >= 0 {
		s.lines = slices.Delete(s.lines, i, i+1)
		if i < s.fresh {
			s.fresh--
		}
		if i < s.next {
			s.next--
		}
	}
	s.lines = append(s.lines, said{mark, t})
}

func (s *scene) seeWait(w steps.Wait, now time.Time) {
	switch {
	case w.For.Empty():
		s.wait = nil
	case s.wait != nil && s.wait.For.Format == w.For.Format:
		s.wait.Wait = w
	default:
		s.wait = &waiting{w, now}
	}
}

func (s *scene) endWait() { s.wait = nil }

// asked: a question arrives. It ends a wait, and an enrolment unless it is the next touch.
func (s *scene) asked(q steps.Question) {
	s.endWait()
	s.fresh = s.next
	if s.agreed {
		s.plan = nil
	}
	if q.Kind != steps.Touch {
		s.enrol, s.picture, s.led = nil, nil, nil
	}
}

// answered: what was said before is no news any more. The plan stays until something was done.
func (s *scene) answered(kind steps.Kind) {
	s.next, s.stale = len(s.lines), true
	s.agreed = kind != steps.Typed // a risk is confirmed in words before the plan is
}

// settle: something new has happened, and a problem that was answered is over.
func (s *scene) settle() {
	if s.stale {
		s.problem, s.stale = nil, false
	}
}

// news is what was said since the last answer, at most n lines.
func (s *scene) news(n int) []said {
	lines := s.lines[min(s.fresh, len(s.lines)):]
	return lines[max(len(lines)-n, 0):]
}
