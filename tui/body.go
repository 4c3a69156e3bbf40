package tui

import (
	"slices"

	"keyrollout/steps"
)

// body is the one thing there is to see or do, in h lines: what one has to know above, what is asked below.
func (m *model) body(h int) block {
	b := m.brush()
	m.more = 0
	switch {
	case m.page != nil:
		return m.explainBody(b, h)
	case m.hold:
		return m.stack(h, m.summaryBody(b), block{})
	case !m.stopping.Empty():
		return m.stack(h, m.stoppingBody(b), block{})
	case m.enrolling():
		return m.enrolBody(b, h)
	}
	about, ask := m.context(b), m.under(b)
	if a, past := m.shown(); a != nil {
		// A long list leaves room for a few lines of what it is about.
		var details block
		details, ask = m.question(b, h-min(len(about.lines)+1, 5), a)
		if a.p.Kind == steps.Show {
			return m.stack(h, details, ask) // alone
		}
		if past {
			ask = b.faded(ask)
		}
		if len(details.lines) > 0 {
			about.gap()
			about.put(details)
		}
	}
	if m.seen.plan != nil && m.seen.problem == nil {
		return m.planBody(b, h, about, ask)
	}
	return m.stack(h, about, ask)
}

// enrolling: a finger is being enrolled, and nothing else is asked or wrong.
func (m *model) enrolling() bool {
	if m.seen.enrol == nil || m.seen.problem != nil {
		return false
	}
	return m.ask == nil || m.ask.p.Kind == steps.Touch
}

// planBody keeps what a plan does to people on the screen with the question; only the settings are scrolled.
func (m *model) planBody(b brush, h int, about, ask block) block {
	settings, people := planBlock(b, m.seen.plan, h-len(ask.lines)-1)
	if len(about.lines) > 0 {
		settings.gap()
		settings.put(about)
	}
	if len(people.lines) == 0 {
		return m.stack(h, settings, ask)
	}
	if len(people.lines)+len(ask.lines) > h-6 {
		people.gap() // too little room for all: people come before settings
		people.put(settings)
		return m.stack(h, people, ask)
	}
	if len(ask.lines) > 0 {
		people.gap()
		people.put(ask)
	}
	return m.stack(h, settings, people)
}

// context is what the question is about, or what is going on while there is none. A plan is drawn by planBody.
func (m *model) context(b brush) block {
	s := &m.seen
	switch {
	case s.problem != nil:
		return problemBlock(b, s.problem)
	case s.plan != nil:
		return block{}
	case s.proof != nil:
		return m.proofBlock(b, s.proof)
	}
	return m.newsBlock(b)
}

// question is the words and what to answer with, in h lines if that can be done. Details that leave no room for the
// answer are handed back, to be scrolled with what the question is about.
func (m *model) question(b brush, h int, a *asking) (details, ask block) {
	q := a.p.Question
	if !q.Value.Empty() {
		q.Detail = nil // stands below the value
	}
	if m.address != "" {
		q.Detail = slices.DeleteFunc(slices.Clone(q.Detail), func(t steps.Text) bool { return m.say(t) == m.address })
	}
	answer := m.answering(b, h-len(words(b, q).lines)-1, a)
	if m.address == "" && len(words(b, q).lines)+1+len(answer.lines) > h && len(q.Detail) > 0 {
		for _, d := range q.Detail {
			details.add(b.para(b.st.Text, d)...)
		}
		q.Detail = nil
		answer = m.answering(b, h-len(words(b, q).lines)-1, a)
	}
	if q.Kind == steps.Touch && m.seen.led != nil {
		ask.add(b.wrap(b.st.Text, ledLine(b, *m.seen.led))...)
		ask.gap()
	}
	ask.put(words(b, q))
	ask.gap()
	ask.put(answer)
	if m.address != "" && len(ask.lines) > h { // its many lines leave room for words only: no air, and not what is plain
		ask.lines = slices.DeleteFunc(ask.lines, func(l string) bool { return l == "" })
		ask.lines = ask.lines[:min(len(ask.lines), max(h, len(ask.lines)-len(answer.lines)))]
	}
	return details, ask
}

// answering is what to answer with.
func (m *model) answering(b brush, h int, a *asking) block {
	if a.wait {
		return block{lines: b.para(b.st.Faint, steps.T("Checking."))}
	}
	out := a.form.view(b, max(h, 3))
	if m.seen.wait != nil {
		out.gap()
		out.add(m.waitLines(b)...)
	}
	return out
}

// newsBlock is what was said since the last answer; while nothing is asked, what was done in this step so far.
func (m *model) newsBlock(b brush) block {
	var out block
	lines := m.seen.news(8)
	if a, _ := m.shown(); a == nil {
		lines = m.seen.lines[max(len(m.seen.lines)-10, 0):]
	}
	for _, l := range lines {
		switch l.mark {
		case noMark:
			out.add(b.para(b.st.Text, l.text)...)
		case detail:
			out.add(indented(b, b.st.Faint, l.text)...)
		default:
			out.add(b.item(b.st.mark(l.mark), b.st.Text, b.say(l.text))...)
		}
	}
	return out
}

func (m *model) stepName(id string) steps.Text {
	for _, l := range m.opt.Steps {
		if l.ID == id {
			return l.Name
		}
	}
	return steps.T("%s", id)
}

// under is what stands below the context while nothing is asked: what is waited for.
func (m *model) under(b brush) block {
	var out block
	if l := m.seen.led; l != nil && l.Blink {
		out.add(b.wrap(b.st.Text, ledLine(b, *l))...)
		out.gap()
	}
	out.add(m.waitLines(b)...)
	return out
}

// stoppingBody waits for the run to end.
func (m *model) stoppingBody(b brush) block {
	var out block
	out.add(b.para(b.st.Strong, m.stopping)...)
	out.gap()
	out.add(b.para(b.st.Text, steps.T("Ending what is under way, so that nothing is left half done."))...)
	if m.now().Sub(m.stopAt) >= patient {
		out.gap()
		out.add(b.st.Here.Render(markHere) + " " + m.clockText(m.stopAt))
	}
	return out
}

// stack puts the question under its context. Where both do not fit, the context is scrolled and the question stays.
func (m *model) stack(h int, ctx, ask block) block {
	gap := 0
	if len(ctx.lines) > 0 && len(ask.lines) > 0 && (m.address == "" || len(ctx.lines)+len(ask.lines) < h) {
		gap = 1
	}
	room := max(h-len(ask.lines)-gap, 0)
	if n := len(ctx.lines); n > room && room > 0 {
		room = max(room-1, 1)
		m.more, m.leap = n-room, max(room-1, 1)
		from := min(m.scroll, m.more)
		hidden := n - from - room
		ctx.lines = append([]string(nil), ctx.lines[from:from+room]...)
		if hidden > 0 {
			ctx.add(m.st.Faint.Render(m.say(steps.T("%d more lines below (pgdn)", hidden))))
		} else {
			ctx.add(m.st.Faint.Render(m.say(steps.T("the end (pgup scrolls back)"))))
		}
	} else if room == 0 {
		ctx, gap = block{}, 0
	}
	if gap > 0 {
		ctx.add("")
	}
	ctx.put(ask)
	return ctx
}
