package tui

import (
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// A question that was answered stays on the screen, faint, until something new takes its place: nothing jumps in the
// moment between an answer and what comes of it. Only a value that is to be copied goes at once.

// shown is the question on the screen, and whether it is answered already.
func (m *model) shown() (a *asking, past bool) {
	switch {
	case m.ask != nil:
		return m.ask, false
	case m.past == nil, !m.enrolling() && m.now().Sub(m.replied) >= patient:
		return nil, false
	}
	return m.past, true
}

// keep makes an answered question the past one.
func (m *model) keep(a *asking) {
	m.past = nil
	if a.p.Kind != steps.Show && a.p.Value.Empty() {
		m.past = a
	}
}

// settle lets go of the past question, because of something new. Between two touches of an enrolment it stays.
func (m *model) settle(e steps.Event) {
	if m.past != nil && m.past.p.Kind == steps.Touch {
		switch e.Data.(type) {
		case steps.LED, steps.Picture, steps.Enrolment:
			return
		}
	}
	m.past = nil
	m.seen.settle()
}

// faded is a block that is over: without colours, without a cursor.
func (b brush) faded(o block) block {
	var out block
	for _, l := range o.lines {
		if l != "" {
			l = b.st.Faint.Render(ansi.Strip(l))
		}
		out.add(l)
	}
	return out
}
