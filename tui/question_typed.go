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
	q    steps.Question
	ed   editor
	said steps.Text // about the last key
}

func (f *typedForm) typing() bool { return true }

// paste is refused: the words are there to be read.
func (f *typedForm) paste(string) { f.said = steps.T("These words are typed, not pasted.") }

func (f *typedForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	if key.Matches(k, keys.Enter) {
		if same(f.ed.text(), f.q.Word) {
			return done(f.q.Word)
		}
		if len(f.ed.cells) > 0 {
			f.said = steps.T("These are not the words. Nothing was done.")
		}
		return nil
	}
	if f.ed.key(k) {
		f.said = steps.Text{}
	}
	return nil
}

// same compares typed words: letter by letter, whatever the input method made of their width.
func same(typed, word string) bool { return strings.TrimSpace(narrowed(typed)) == word }

func (f *typedForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("confirm")))}
}

func (f *typedForm) note() steps.Text { return f.said }

func (f *typedForm) view(b brush, _ int) block {
	var out block
	word := clean(f.q.Word)
	for _, l := range b.para(b.st.Text, steps.T("Type  %s  to go on.", f.q.Word)) {
		out.add(strings.Replace(l, word, b.st.Strong.Render(word), 1))
	}
	out.put(prompt(b, &f.ed))
	return out
}
