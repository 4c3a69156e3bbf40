package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// waitLines says what takes time, and for how long already. Nothing is said in the first moments.
func (m *model) waitLines(b brush) []string {
	if w := m.seen.wait; w != nil {
		s := b.say(w.For)
		if c := m.clockText(w.since); c != "" {
			s += "   " + c
		}
		lines := b.item(b.st.Here.Render(markHere), b.st.Text, s)
		if left := m.remaining(w); !left.Empty() {
			for _, l := range b.less(2).para(b.st.Faint, left) {
				lines = append(lines, "  "+l)
			}
		}
		return lines
	}
	if m.ask == nil && !m.busy() && m.now().Sub(m.quiet) >= patient {
		return b.item(b.st.Here.Render(markHere), b.st.Faint, b.say(steps.T("Working."))+"   "+m.clockText(m.quiet))
	}
	return nil
}

// patient is how long nothing may happen before the screen says that something is going on.
const patient = 2 * time.Second

// clockText is the time that has passed, or the time it began where nothing may move.
func (m *model) clockText(since time.Time) string {
	if m.opt.Still {
		return m.say(steps.T("since %s", since.Format("15:04:05")))
	}
	d := m.now().Sub(since).Round(time.Second)
	return elapsed(d)
}

func elapsed(d time.Duration) string {
	s := int(d / time.Second)
	two := func(n int) string { return string([]byte{'0' + byte(n/10%10), '0' + byte(n%10)}) }
	if s >= 3600 {
		return two(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return two(s/60) + ":" + two(s%60)
}

// remaining is the guess how much longer, as far as it was not used up.
func (m *model) remaining(w *waiting) steps.Text {
	left := w.Left
	if !m.opt.Still {
		left -= int(m.now().Sub(w.since) / time.Second)
	}
	switch {
	case w.Left == 0:
		return steps.Text{}
	case left <= 0:
		return steps.T("Longer than usual.")
	case left < 100:
		return steps.T("About %d seconds more.", left)
	}
	return steps.T("About %d minutes more.", (left+59)/60)
}

// clock asks for a tick while a clock is on the screen, and for nothing otherwise: an idle screen costs nothing.
func (m *model) clock() tea.Cmd {
	runs := m.ask == nil && !m.busy() || m.seen.wait != nil || !m.stopping.Empty()
	if m.ticking || m.ended || m.opt.Still && !m.stillNews() || !runs {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// stillNews: without motion there is one thing to say once, that something is going on.
func (m *model) stillNews() bool {
	return m.ask == nil && m.now().Sub(m.quiet) < patient+time.Second ||
		!m.stopping.Empty() && m.now().Sub(m.stopAt) < forceAfter+time.Second
}
