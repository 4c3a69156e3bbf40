package tui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// explain is the page behind "?". Where the question on the screen has words of its own: what it means, what each answer
// does, how it is undone. Behind that, or else at once: what the step is, where it stands in the portal today, why; and
// every key.
type explain struct {
	scroll   int
	opened   time.Time
	question steps.Text   // that about is about
	about    []steps.Text // empty = this is the page of the step
}

func (m *model) openPage() {
	if m.opt.Explain == nil {
		return
	}
	m.page = &explain{opened: m.now()}
	if m.ask != nil {
		m.page.question, m.page.about = m.ask.p.Text, m.opt.about(m.ask.p.Question)
	}
}

func (m *model) pressPage(k tea.KeyPressMsg) {
	switch {
	case key.Matches(k, m.keys.PageDown), k.String() == "space":
		m.page.scroll = min(m.page.scroll+m.leap, m.more)
	case key.Matches(k, m.keys.Down):
		m.page.scroll = min(m.page.scroll+1, m.more)
	case key.Matches(k, m.keys.PageUp):
		m.page.scroll = max(m.page.scroll-m.leap, 0)
	case key.Matches(k, m.keys.Up):
		m.page.scroll = max(m.page.scroll-1, 0)
	case key.Matches(k, m.keys.Explain) && len(m.page.about) > 0:
		m.page.about, m.page.scroll = nil, 0
	case key.Matches(k, m.keys.Back, m.keys.Explain, m.keys.Enter, m.keys.Quit):
		m.page = nil
	}
}

func (m *model) explainBody(b brush, h int) block {
	out := m.aboutStep(b)
	if len(m.page.about) > 0 {
		out = block{lines: b.para(b.st.Strong, m.page.question)}
		out.gap()
		out.put(explained(b, m.page.about))
	}
	scroll := m.scroll
	m.scroll = m.page.scroll
	res := m.stack(h, out, block{})
	m.scroll = scroll
	return res
}

// aboutStep is the page of the step, and of the keys.
func (m *model) aboutStep(b brush) block {
	var out block
	if m.step != "" {
		out.add(b.para(b.st.Strong, m.stepName(m.step))...)
		out.gap()
	}
	out.put(explained(b, m.opt.explain(m.step)))
	out.gap()
	out.add(b.para(b.st.Strong, steps.T("Keyboard"))...)
	out.gap()
	for _, k := range []key.Binding{m.keys.ExplainF1, m.keys.PageDown, m.keys.Redraw, m.keys.Suspend, m.keys.Leave} {
		out.add(pad(m.st.Key.Render(k.Help().Key), 10) + k.Help().Desc)
	}
	return out
}

// explained sets the texts of a page: what begins with spaces is indented and belongs to the heading above it,
// everything else is a paragraph.
func explained(b brush, texts []steps.Text) block {
	var out block
	for i, t := range texts {
		s := b.say(t)
		in := indentOf(s)
		switch {
		case s == "":
			out.gap()
		case in > 0:
			for _, l := range b.less(in).wrap(b.st.Text, s[in:]) {
				out.add(strings.Repeat(" ", in) + l)
			}
		case i+1 < len(texts) && indentOf(b.say(texts[i+1])) > 0:
			out.gap()
			out.add(b.wrap(b.st.Strong, s)...)
		default:
			out.gap()
			out.add(b.wrap(b.st.Text, s)...)
		}
	}
	return out
}

func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
