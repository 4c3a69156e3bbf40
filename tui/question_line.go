package tui

import (
	"image"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// lineForm takes a line of text.
type lineForm struct {
	formBase
	q       steps.Question
	ed      editor
	problem *steps.Problem
	said    steps.Text // about the last key
}

// lineMax is more characters than any name, address or number has that is asked for.
const lineMax = 1000

func (f *lineForm) typing() bool { return true }

func (f *lineForm) paste(s string) {
	if len(f.ed.cells)+len(s) > lineMax {
		f.said = tooLong
		return
	}
	f.ed.insert(strings.TrimSpace(s))
}

func (f *lineForm) refused(p *steps.Problem) { f.problem = p }

func (f *lineForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	if key.Matches(k, keys.Enter) {
		line := strings.TrimSpace(narrowed(f.ed.text()))
		if line == "" {
			line = f.q.Default
		}
		f.problem, f.said = nil, steps.Text{}
		if line == "" {
			f.said = nothingYet
			return nil
		}
		return done(line)
	}
	if f.ed.key(k) {
		f.problem, f.said = nil, steps.Text{}
	}
	return nil
}

func (f *lineForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("take this")))}
}

func (f *lineForm) note() steps.Text { return f.said }

func (f *lineForm) view(b brush, _ int) block {
	out := prompt(b, &f.ed)
	if f.q.Default != "" && len(f.ed.cells) == 0 {
		out.gap()
		out.add(b.para(b.st.Faint, steps.T("Press enter to take: %s", f.q.Default))...)
	}
	if f.problem != nil {
		out.gap()
		out.add(wrong(b, f.problem)...)
	}
	return out
}

// nothingYet is said when Enter is pressed on an empty line.
var nothingYet = steps.T("There is nothing to take yet: type it, then press enter.")

// tooLong is said when something was pasted that can be no answer.
var tooLong = steps.T("That is too long: it was not taken.")

// prompt draws a line being typed, with the real cursor in it.
func prompt(b brush, ed *editor) block {
	text, x := ed.view(b.w - 3)
	return block{
		lines:  []string{b.st.Here.Render(">") + " " + text},
		cursor: &image.Point{X: 2 + x},
	}
}
