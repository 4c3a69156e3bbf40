package tui

import (
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
	case m.ask == nil && m.seen.enrol != nil && m.seen.problem == nil:
		return m.enrolBody(b, h)
	case m.ask == nil:
		return m.stack(h, m.context(b, h), m.under(b))
	case m.ask.p.Kind == steps.Show:
		return m.question(b, h)
	case m.seen.enrol != nil && m.ask.p.Kind == steps.Touch:
		return m.enrolBody(b, h)
	}
	if m.seen.plan != nil && m.seen.problem == nil {
		return m.planBody(b, h, m.question(b, h-5))
	}
	about := m.context(b, h)
	// A long list leaves room for a few lines of what it is about.
	return m.stack(h, about, m.question(b, h-min(len(about.lines)+1, 5)))
}

// planBody keeps what a plan does to people on the screen with the question; only the settings are scrolled.
func (m *model) planBody(b brush, h int, ask block) block {
	settings, people := planBlock(b, m.seen.plan, h-len(ask.lines)-1)
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

// context is what the question is about, or what is going on while there is none.
func (m *model) context(b brush, h int) block {
	s := &m.seen
	var out block
	switch {
	case s.problem != nil:
		out = problemBlock(b, s.problem)
	case s.plan != nil:
		return m.planBody(b, h, block{})
	case s.proof != nil:
		out = m.proofBlock(b, s.proof)
	default:
		out = m.newsBlock(b)
	}
	return out
}

// question is the words, and what to answer with.
func (m *model) question(b brush, h int) block {
	q := m.ask.p.Question
	var out block
	if q.Kind == steps.Touch && m.seen.led != nil {
		out.add(b.wrap(b.st.Text, ledLine(b, *m.seen.led))...)
		out.gap()
	}
	out.put(words(b, q))
	out.gap()
	if m.ask.wait {
		out.add(b.para(b.st.Faint, steps.T("Checking."))...)
		return out
	}
	out.put(m.ask.form.view(b, max(h-len(out.lines), 3)))
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
	if m.ask == nil {
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
	if m.busy() {
		out.add(b.wrap(b.st.Text, ledLine(b, *m.seen.led))...)
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
	if len(ctx.lines) > 0 && len(ask.lines) > 0 {
		gap = 1
	}
	room := max(h-len(ask.lines)-gap, 0)
	if n := len(ctx.lines); n > room && room > 0 {
		room = max(room-1, 1)
		m.more = n - room
		from := min(m.scroll, m.more)
		hidden := n - from - room
		ctx.lines = append([]string(nil), ctx.lines[from:from+room]...)
		if hidden > 0 {
			ctx.add(m.st.Faint.Render(m.say(steps.T("%d more lines: pgdn", hidden))))
		} else {
			ctx.add(m.st.Faint.Render(m.say(steps.T("end: pgup"))))
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
