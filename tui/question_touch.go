package tui

import (
	"image"
	"math"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// touchForm is the key waiting for a touch. A practice key can be touched in several ways, side by side so that they
// leave room for the enrolment; a real key has none: the finger answers it.
type touchForm struct {
	chooseForm
	places []image.Point // where each touch was drawn last; none while they stand in a list
}

func newTouch(q steps.Question) *touchForm {
	f := &touchForm{chooseForm: *newChoose(q)}
	f.verb = steps.T("touch")
	if f.at < 0 && len(f.choices) > 0 {
		f.at = 0
	}
	return f
}

func (f *touchForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	last := len(f.choices) - 1
	switch {
	case last < 0:
		return nil
	case k.String() == "left", k.String() == "shift+tab":
		f.at = max(f.at-1, 0)
		return nil
	case k.String() == "right", k.String() == "tab":
		f.at = min(f.at+1, last)
		return nil
	case len(f.places) > 0 && key.Matches(k, keys.Up):
		f.at = f.across(-1)
		return nil
	case len(f.places) > 0 && key.Matches(k, keys.Down):
		f.at = f.across(1)
		return nil
	}
	return f.chooseForm.key(keys, k)
}

// across is the touch that stands nearest in the next row up or down; the same one where there is no such row.
func (f *touchForm) across(rows int) int {
	here, to, near := f.places[f.at], f.at, math.MaxInt
	for i, p := range f.places {
		if d := max(p.X-here.X, here.X-p.X); p.Y == here.Y+rows && d < near {
			to, near = i, d
		}
	}
	return to
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
			f.places = nil
			return f.chooseForm.view(b, h)
		}
	}
	var out block
	f.places = make([]image.Point, len(f.choices))
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
		f.places[i] = image.Point{X: n, Y: len(out.lines)}
		line += one
		n += ansi.StringWidth(one)
	}
	if line != "" {
		out.add(line)
	}
	return out
}
