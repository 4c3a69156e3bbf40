package tui

import (
	"strconv"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// chooseForm is a list of which one is taken: choices, yes or no, the touches of a practice key.
type chooseForm struct {
	formBase
	choices []steps.Choice
	at      int // -1: nothing is chosen, and Enter alone takes nothing
	yesNo   bool
	verb    steps.Text
	safe    bool // there is a default: Enter alone does no harm
	nudge   bool // Enter was pressed on nothing
	first   int  // what at was in the beginning
	strayed bool // letters were typed that mean nothing here: they were meant for something else, and so is the rest
}

func newChoose(q steps.Question) *chooseForm {
	f := &chooseForm{choices: q.Choices, at: -1, verb: steps.T("choose")}
	for i, c := range q.Choices {
		if q.Default != "" && c.ID == q.Default {
			f.at, f.safe = i, true
		}
	}
	return f
}

func newConfirm(q steps.Question) *chooseForm {
	q.Choices = []steps.Choice{
		{ID: "yes", Text: steps.T("Yes")},
		{ID: "no", Text: steps.T("No")},
	}
	f := newChoose(q)
	f.yesNo, f.first = true, f.at
	return f
}

func (f *chooseForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	f.nudge = false
	last := len(f.choices) - 1
	if last < 0 {
		return nil
	}
	switch {
	case key.Matches(k, keys.Enter):
		f.strayed = false
		if f.at < 0 {
			f.nudge = true
			return nil
		}
		return done(f.choices[f.at].ID)
	// A letter only moves to its answer, and Enter takes it, as everywhere else: a command for the shell that was typed
	// ahead holds a y sooner or later, and ends with Enter.
	case f.yesNo && k.Text != "" && f.strayed:
	case f.yesNo && key.Matches(k, keys.Yes):
		f.at = 0
	case f.yesNo && key.Matches(k, keys.No):
		f.at = 1
	case key.Matches(k, keys.Up):
		f.at = max(f.at-1, 0)
	case key.Matches(k, keys.Down):
		f.at = min(f.at+1, last)
	case key.Matches(k, keys.Home):
		f.at = 0
	case key.Matches(k, keys.End):
		f.at = last
	default:
		// Digits choose only where Enter alone would do no harm: a PIN typed too late must not answer a question.
		if n, err := strconv.Atoi(k.Text); err == nil && n >= 1 && n <= len(f.choices) && f.safe {
			f.at = n - 1
		} else if f.yesNo && k.Text != "" {
			f.at, f.strayed = f.first, true
		}
	}
	return nil
}

func (f *chooseForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	h := []key.Binding{as(keys.Enter, say(f.verb)), keys.Move}
	if f.yesNo {
		h = append(h, keys.Yes, keys.No)
	}
	if f.at < 0 { // Enter takes nothing yet
		h = append([]key.Binding{as(keys.Move, say(f.verb))}, h[2:]...)
	}
	return h
}

func (f *chooseForm) view(b brush, h int) block {
	items := f.items(b)
	from, to := window(items, max(f.at, 0), h)
	var out block
	if from > 0 {
		out.add(b.st.Faint.Render("  " + b.say(steps.T("%d more above", from))))
	}
	for _, it := range items[from:to] {
		out.add(it...)
	}
	if n := len(items) - to; n > 0 {
		out.add(b.st.Faint.Render("  " + b.say(steps.T("%d more below", n))))
	}
	return out
}

func (f *chooseForm) note() steps.Text {
	if f.nudge {
		return steps.T("Nothing is chosen yet: move to one first.")
	}
	return steps.Text{}
}

// items draws each choice, its detail beside it if there is room for all, else under it.
func (f *chooseForm) items(b brush) [][]string {
	col, longest, detail := 0, 0, false
	for _, c := range f.choices {
		col = max(col, ansi.StringWidth(b.say(c.Text)))
		longest = max(longest, ansi.StringWidth(b.say(c.Detail)))
		detail = detail || !c.Detail.Empty()
	}
	room := b.w - 2 - col - 3
	wide := detail && (longest <= room || room >= 44)
	out := make([][]string, len(f.choices))
	for i, c := range f.choices {
		mark, style := " ", b.st.Text
		if i == f.at {
			mark, style = b.st.Here.Render(markHere), b.st.Strong
		}
		text := b.item(mark, style, b.say(c.Text))
		switch {
		case c.Detail.Empty():
		case wide:
			right := b.less(2+col+3).para(b.st.Faint, c.Detail)
			text = beside(text, 2+col+3, right)
		default:
			for _, l := range b.less(4).para(b.st.Faint, c.Detail) {
				text = append(text, "    "+l)
			}
		}
		out[i] = text
	}
	return out
}

// window is the range of items around at that fits h lines, leaving room to say what is outside.
func window(items [][]string, at, h int) (from, to int) {
	total := 0
	for _, it := range items {
		total += len(it)
	}
	if total <= h || len(items) == 0 {
		return 0, len(items)
	}
	h = max(h-2, len(items[at]))
	from, to = at, at+1
	n := len(items[at])
	for grown := true; grown; {
		grown = false
		if to < len(items) && n+len(items[to]) <= h {
			n += len(items[to])
			to++
			grown = true
		}
		if from > 0 && n+len(items[from-1]) <= h {
			from--
			n += len(items[from])
			grown = true
		}
	}
	return from, to
}
