package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// actForm waits until something was done by hand.
type actForm struct {
	formBase
	q steps.Question
}

func (f *actForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	if key.Matches(k, keys.Enter) && !f.q.ByItself {
		return done("done")
	}
	return nil
}

func (f *actForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	if f.q.ByItself {
		return nil
	}
	return []key.Binding{as(keys.Enter, say(steps.T("done, go on")))}
}

func (f *actForm) view(b brush, h int) block {
	out := valued(b, f.q, h)
	if f.q.ByItself {
		out.add(b.para(b.st.Faint, steps.T("This goes on by itself."))...)
	} else {
		out.add(b.para(b.st.Faint, steps.T("Press enter when that is done."))...)
	}
	return out
}

func (f *actForm) wipe() { f.q.Value.Wipe() }

// valued draws what has to be copied, and below it what one should know: nothing for a question without.
func valued(b brush, q steps.Question, h int) block {
	var out block
	if q.Value.Empty() {
		return out
	}
	q.Value.Use(func(v []byte) { out.add(plate(b, string(v), h)...) })
	for _, d := range q.Detail {
		out.add(b.para(b.st.Text, d)...)
	}
	out.gap()
	return out
}

// showForm shows a value once, alone on its line so that it can be selected, and takes it away.
type showForm struct {
	formBase
	q steps.Question
}

func (f *showForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	if key.Matches(k, keys.Enter) {
		return done("done")
	}
	return nil
}

func (f *showForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("I have it, take it away")))}
}

func (f *showForm) view(b brush, h int) block {
	out := valued(b, f.q, h)
	out.add(b.para(b.st.Faint, steps.T("It is kept nowhere. Press enter to take it off this screen."))...)
	return out
}

func (f *showForm) wipe() { f.q.Value.Wipe() }
