package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// touchForm is the key waiting for a touch. A practice key can be touched in several ways, side by side so that they
// leave room for the enrolment; a real key has none: the finger answers it.
type touchForm struct{ chooseForm }

func newTouch(q steps.Question) *touchForm {
	f := &touchForm{*newChoose(q)}
	f.verb = steps.T("touch")
	if f.at < 0 && len(f.choices) > 0 {
		f.at = 0
	}
	return f
}

func (f *touchForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	switch {
	case len(f.choices) == 0:
		return nil
	case k.String() == "left":
		f.at = max(f.at-1, 0)
		return nil
	case k.String() == "right":
		f.at = min(f.at+1, len(f.choices)-1)
		return nil
	}
	return f.chooseForm.key(keys, k)
}

func (f *touchForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	if len(f.choices) == 0 {
		return nil
	}
	return f.chooseForm.hints(keys, say)
}

// view puts the touches side by side where they have no details to tell.
func (f *touchForm) view(b brush, h int) block {
	for _, c := range f.choices {
		if !c.Detail.Empty() {
			return f.chooseForm.view(b, h)
		}
	}
	var out block
	line, n := "", 0
	for i, c := range f.choices {
		word := cut(b.say(c.Text), b.w-2)
		one := "  " + b.st.Text.Render(word)
		if i == f.at {
			one = b.st.Here.Render(markHere) + " " + b.st.Strong.Render(word)
		}
		if w := ansi.StringWidth(one); n > 0 && n+3+w > b.w {
			out.add(line)
			line, n = "", 0
		}
		if n > 0 {
			line += "   "
			n += 3
		}
		line += one
		n += ansi.StringWidth(one)
	}
	if line != "" {
		out.add(line)
	}
	return out
}
