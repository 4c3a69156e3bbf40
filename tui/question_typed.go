package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// typedForm lets a person confirm a named risk by typing its words.
type typedForm struct {
	formBase
	q       steps.Question
	ed      editor
	differs bool
}

func (f *typedForm) typing() bool { return true }

// paste is refused: the words are there to be read.
func (f *typedForm) paste(string) {}

func (f *typedForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	if key.Matches(k, keys.Enter) {
		if same(f.ed.text(), f.q.Word) {
			return done(f.q.Word)
		}
		f.differs = len(f.ed.cells) > 0
		return nil
	}
	if f.ed.key(k) {
		f.differs = false
	}
	return nil
}

// same compares typed words: letter by letter, whatever the input method made of their width.
func same(typed, word string) bool { return strings.TrimSpace(narrowed(typed)) == word }

func (f *typedForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("confirm")))}
}

func (f *typedForm) view(b brush, _ int) block {
	var out block
	out.add(b.para(b.st.Text, steps.T("To go on, type:"))...)
	out.gap()
	out.add("    " + b.st.Strong.Render(clean(f.q.Word)))
	out.gap()
	out.put(prompt(b, &f.ed))
	if f.differs {
		out.gap()
		out.add(b.para(b.st.Text, steps.T("These are not the words. Nothing was done."))...)
	}
	return out
}
