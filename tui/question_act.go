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
	if key.Matches(k, keys.Enter) {
		return done("done")
	}
	return nil
}

func (f *actForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("done, go on")))}
}

func (f *actForm) view(b brush, _ int) block {
	return block{lines: b.para(b.st.Faint, steps.T("Press enter when that is done."))}
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

func (f *showForm) view(b brush, _ int) block {
	var out block
	out.add("")
	f.q.Value.Use(func(v []byte) { out.add("    " + b.st.Here.Render(clean(string(v)))) })
	out.add("", "")
	out.add(b.para(b.st.Faint, steps.T("Enter takes it off this screen. It is kept nowhere."))...)
	return out
}

func (f *showForm) wipe() { f.q.Value.Wipe() }
