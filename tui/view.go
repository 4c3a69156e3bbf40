package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

const (
	margin   = 2   // empty columns left and right
	readable = 100 // no line of text gets longer than this
	leastW   = 40  // below this there is nothing to draw
	leastH   = 12
)

// View draws the screen, always the same three parts: where one stands, the one thing there is to see or do, the keys.
func (m *model) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	if m.tiny() {
		v.SetContent(m.tooSmall())
		return v
	}
	top, note := m.header(), m.note()
	under := 1
	if m.roomy() {
		under = 2
	}
	h := m.h - len(top) - len(note) - under
	var wide []string
	m.address, wide = m.wide(h)
	h -= len(wide)
	body := m.body(h).fit(h)
	foot := append(note, strings.Repeat(" ", margin)+m.keyLine(m.w-2*margin)) // after the body: it knows what scrolls
	if body.cursor != nil && !m.leaving {
		v.Cursor = tea.NewCursor(body.cursor.X+margin, body.cursor.Y+len(top))
		v.Cursor.Blink = false
	}
	body.indent(margin)
	for len(body.lines) < h {
		body.add("")
	}
	body.add(wide...)
	if m.roomy() {
		foot = append(foot, "")
	}
	lines := append(append(top, body.lines...), foot...)
	for i, l := range lines {
		lines[i] = cut(l, m.w)
	}
	v.SetContent(strings.Join(lines, "\n"))
	return v
}

func (m *model) brush() brush {
	return brush{say: m.say, st: m.st, w: min(m.w-2*margin, readable), blocks: m.opt.Blocks}
}

// tiny reports whether there is no room to draw: then nothing can be answered either.
func (m *model) tiny() bool { return m.w < leastW || m.h < leastH }

func (m *model) tooSmall() string {
	b := brush{say: m.say, st: m.st, w: max(m.w, 1)}
	out := block{lines: b.para(b.st.Text, steps.T("keyrollout needs %d x %d. It goes on running; make the window larger.", leastW, leastH))}
	if m.leaving {
		out.add("", m.keyLine(b.w))
	}
	return strings.Join(out.fit(max(m.h, 1)).lines, "\n")
}

// header is the line of the program, tenant and person, and the line of steps.
func (m *model) header() []string {
	inner := m.w - 2*margin
	left := m.st.Strong.Render("keyrollout")
	if m.tenant.Name == "" {
		left += " " + m.st.Faint.Render(clean(m.opt.Version))
	} else {
		left += "   " + clean(m.tenant.Name)
	}
	if word := m.say(steps.T("(practice)")); m.tenant.Practice && !strings.Contains(left, word) {
		left += " " + word
	}
	if m.person != "" {
		left += "   " + clean(m.say(steps.T("for %s", m.person)))
	}
	right := clean(m.tenant.UPN)
	room := inner - ansi.StringWidth(left) - 3
	if ansi.StringWidth(right) > room {
		right = ""
	}
	first := cut(left, inner)
	if right != "" {
		first = pad(left, inner-ansi.StringWidth(right)) + m.st.Faint.Render(right)
	}
	pre := strings.Repeat(" ", margin)
	out := []string{pre + first}
	if m.roomy() {
		out = []string{"", pre + first, ""}
	}
	if line := m.stepsLine(inner); line != "" {
		out = append(out, pre+line)
	}
	return append(out, "")
}

// roomy reports whether there is height for some air.
func (m *model) roomy() bool { return m.h >= 30 }

// stepsLine shows every step with its state, with as much of the names as fits.
func (m *model) stepsLine(w int) string {
	for _, gap := range []int{4, 3, 2} {
		if line := m.joinSteps(gap, func(string) bool { return true }); ansi.StringWidth(line) <= w {
			return line
		}
	}
	return cut(m.joinSteps(3, func(id string) bool { return id == m.step }), w)
}

func (m *model) joinSteps(gap int, named func(id string) bool) string {
	var parts []string
	plain := len(m.opt.Steps) - numbered
	for i, l := range m.opt.Steps {
		state := m.states[l.ID]
		var word []string
		if i < plain && !named(l.ID) {
			continue
		}
		if i >= plain {
			word = append(word, string(rune('1'+i-max(plain, 0))))
		}
		if named(l.ID) {
			word = append(word, m.say(l.Name))
		}
		style := m.st.Faint
		switch state {
		case steps.Active:
			style = m.st.Strong
		case steps.Done, steps.Blocked:
			style = m.st.Text
		}
		parts = append(parts, m.st.mark(state)+" "+style.Render(strings.Join(word, " ")))
	}
	return strings.Join(parts, strings.Repeat(" ", gap))
}

// note is the line above the keys: empty, or what has to be said now.
func (m *model) note() []string {
	b := m.brush()
	pre := strings.Repeat(" ", margin)
	var note []string
	switch {
	case m.leaving && m.busy():
		note = b.para(b.st.Strong, steps.T("Leave? The key is in use; leaving cancels that."))
	case m.leaving:
		note = b.para(b.st.Strong, steps.T("Leave? What was done stays done."))
	case !m.notice.Empty():
		note = b.para(b.st.Strong, m.notice)
	case m.page != nil && m.ask != nil && m.ask.came.After(m.page.opened):
		note = b.para(b.st.Strong, steps.T("A question waits behind this page."))
	case m.ask != nil && m.page == nil:
		note = b.para(b.st.Strong, m.ask.form.note())
	}
	if len(note) == 0 {
		return []string{""}
	}
	for i, l := range note {
		note[i] = pre + l
	}
	return note
}

// keyLine names the keys, the first ones first if not all fit.
func (m *model) keyLine(w int) string {
	line := ""
	for i, k := range m.hints() {
		one := m.st.Key.Render(k.Help().Key) + " " + m.st.Faint.Render(k.Help().Desc)
		if i > 0 {
			one = "   " + one
		}
		if ansi.StringWidth(line+one) > w {
			break
		}
		line += one
	}
	return line
}

// hints is what can be pressed now, most needed first.
func (m *model) hints() []key.Binding {
	k := m.keys
	a, _ := m.shown()
	var out []key.Binding
	switch {
	case m.leaving:
		again := as(k.Leave, m.say(steps.T("again to leave")))
		if m.ask == nil || !m.ask.form.typing() || m.page != nil {
			again.SetHelp("ctrl+c, q", again.Help().Desc)
		}
		return []key.Binding{again,
			key.NewBinding(key.WithHelp(m.say(steps.T("any other key")), m.say(steps.T("stays"))))}
	case m.hold:
		out = append(out, as(k.Enter, m.say(steps.T("leave"))))
	case !m.stopping.Empty():
		if m.now().Sub(m.stopAt) >= forceAfter {
			return []key.Binding{as(k.Leave, m.say(steps.T("leave without waiting")))}
		}
		return nil
	case m.page != nil:
		out = append(out, as(k.Back, m.say(steps.T("close"))))
		switch {
		case len(m.page.about) == 0:
		case m.step == "":
			out = append(out, as(k.Explain, m.say(steps.T("the keyboard"))))
		default:
			out = append(out, as(k.Explain, m.say(steps.T("this step"))))
		}
	case a == nil:
		out = append(out, k.Leave)
	default:
		out = m.askHints(a)
	}
	switch at := m.scrolledTo(); {
	case m.more > at:
		out = append(out, as(k.PageDown, m.say(steps.T("more"))))
	case m.more > 0:
		out = append(out, as(k.PageUp, m.say(steps.T("scroll"))))
	}
	if m.hold || m.page != nil || m.opt.Explain == nil {
		return out
	}
	switch {
	case a == nil || !a.form.typing():
		return append(out, k.Explain)
	case a.wait: // how to leave is said already
		return append(out, k.ExplainF1)
	}
	return append(out, k.ExplainF1, k.Leave)
}

// scrolledTo is how many lines of what is on the screen are scrolled away above.
func (m *model) scrolledTo() int {
	if m.page != nil {
		return min(m.page.scroll, m.more)
	}
	return min(m.scroll, m.more)
}

func (m *model) askHints(a *asking) []key.Binding {
	k := m.keys
	if a.wait {
		return []key.Binding{k.Leave}
	}
	out := a.form.hints(k, m.say)
	switch {
	case a.p.Back && a.p.Kind == steps.Touch:
		out = append(out, as(k.Back, m.say(steps.T("cancel"))))
	case a.p.Back && a.form.typing():
		out = append(out, k.Escape)
	case a.p.Back:
		out = append(out, k.Back)
	}
	if !a.form.typing() && !m.busy() && a.p.Kind != steps.Show {
		out = append(out, k.Quit)
	}
	if m.busy() {
		out = append(out, k.Leave)
	}
	return out
}
