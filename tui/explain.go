package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// explain is the page behind "?": what the step is, where it stands in the portal today, why; and every key.
type explain struct {
	scroll int
	opened time.Time
}

func (m *model) openPage() {
	if m.opt.Explain != nil {
		m.page = &explain{opened: m.now()}
	}
}

func (m *model) pressPage(k tea.KeyPressMsg) {
	switch {
	case key.Matches(k, m.keys.PageDown), k.String() == "space":
		m.page.scroll = min(m.page.scroll+8, m.more)
	case key.Matches(k, m.keys.Down):
		m.page.scroll = min(m.page.scroll+1, m.more)
	case key.Matches(k, m.keys.PageUp):
		m.page.scroll = max(m.page.scroll-8, 0)
	case key.Matches(k, m.keys.Up):
		m.page.scroll = max(m.page.scroll-1, 0)
	case key.Matches(k, m.keys.Back, m.keys.Explain, m.keys.Enter, m.keys.Quit):
		m.page = nil
	}
}

func (m *model) explainBody(b brush, h int) block {
	var out block
	if m.step != "" {
		out.add(b.para(b.st.Strong, m.stepName(m.step))...)
		out.gap()
	}
	for _, t := range m.opt.Explain(m.step) {
		out.add(b.para(b.st.Text, t)...)
		out.add("")
	}
	out.add(b.para(b.st.Strong, steps.T("Keys that always work"))...)
	out.gap()
	for _, k := range []key.Binding{m.keys.ExplainF1, m.keys.PageDown, m.keys.Redraw, m.keys.Suspend, m.keys.Leave} {
		out.add(pad(m.st.Key.Render(k.Help().Key), 10) + k.Help().Desc)
	}
	scroll := m.scroll
	m.scroll = m.page.scroll
	res := m.stack(h, out, block{})
	m.scroll = scroll
	return res
}
