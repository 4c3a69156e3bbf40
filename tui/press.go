package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// busy reports whether the key is in the middle of something that must not be stopped in silence.
func (m *model) busy() bool {
	return m.seen.led != nil && m.seen.led.Blink || m.ask != nil && m.ask.p.Kind == steps.Touch
}

// press is what a key does. Leaving comes first, the form last.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	m.notice = steps.Text{}
	typing := m.ask != nil && m.ask.form.typing() && m.page == nil
	switch {
	case key.Matches(k, m.keys.Leave), m.leaving && !typing && key.Matches(k, m.keys.Quit):
		return m.leave()
	case m.leaving:
		m.leaving = false
		return nil
	case key.Matches(k, m.keys.Redraw):
		return tea.ClearScreen
	case key.Matches(k, m.keys.Suspend):
		return m.suspend()
	case m.tiny():
		return nil // what cannot be seen is not answered
	case m.hold:
		return m.pressHold(k)
	case !m.stopping.Empty():
		return nil
	case m.page != nil:
		m.pressPage(k)
		return nil
	case key.Matches(k, m.keys.ExplainF1), !typing && key.Matches(k, m.keys.Explain):
		m.openPage()
		return nil
	case !typing && m.scrolled(k), typing && key.Matches(k, m.keys.PageUp, m.keys.PageDown) && len(k.String()) > 2 && m.scrolled(k):
		return nil
	case m.ask == nil:
		if key.Matches(k, m.keys.Quit) {
			m.notice = steps.T("Something is under way. Press ctrl+c to stop it and leave.")
		}
		return nil
	}
	m.pressAsk(k, typing)
	return nil
}

// pressAsk is what a key does to the question.
func (m *model) pressAsk(k tea.KeyPressMsg, typing bool) {
	a := m.ask
	back := m.keys.Back
	if typing {
		back = m.keys.Escape
	}
	switch {
	case a.wait:
	case a.early(m.now()):
	case key.Matches(k, back):
		if a.p.Back {
			m.answer(reply{err: steps.ErrBack})
		} else {
			m.notice = steps.T("There is nothing to go back to from here.")
		}
	case !typing && key.Matches(k, m.keys.Quit):
		m.quit()
	default:
		if r := a.form.key(m.keys, k); r != nil {
			m.answer(*r)
		}
	}
}

// quit is the key q: it leaves at once where nothing was begun, and asks otherwise.
func (m *model) quit() {
	switch {
	case m.busy():
		m.notice = steps.T("The key is in use. Press ctrl+c to cancel that and leave.")
	case m.begun():
		m.leaving = true
	default:
		m.stop(steps.T("You left."), false)
	}
}

func (m *model) begun() bool {
	for _, s := range m.states {
		if s != steps.Pending {
			return true
		}
	}
	return false
}

// leave is ctrl+c: asked the first time, meant the second time. Where the run does not end, the third leaves alone.
func (m *model) leave() tea.Cmd {
	switch {
	case m.hold:
		return tea.Quit
	case !m.stopping.Empty():
		if m.now().Sub(m.stopAt) >= forceAfter {
			m.left = true
			return tea.Quit
		}
		m.stop(m.stopping, true)
	case m.leaving:
		m.stop(steps.T("You left."), false)
	default:
		m.leaving = true
	}
	return nil
}

func (m *model) suspend() tea.Cmd {
	switch {
	case !canSuspend:
		m.notice = steps.T("This system cannot suspend a program.")
	case m.busy():
		m.notice = steps.T("Not now: the key waits for a touch and would give up. Try again after it.")
	default:
		return tea.Suspend
	}
	return nil
}

func (m *model) pressHold(k tea.KeyPressMsg) tea.Cmd {
	if m.scrolled(k) {
		return nil
	}
	if key.Matches(k, m.keys.Enter, m.keys.Quit, m.keys.Back) {
		return tea.Quit
	}
	return nil
}

func (m *model) scrolled(k tea.KeyPressMsg) bool {
	switch {
	case key.Matches(k, m.keys.PageDown):
		m.scroll = min(m.scroll+m.leap, m.more)
	case key.Matches(k, m.keys.PageUp):
		m.scroll = max(min(m.scroll, m.more)-m.leap, 0)
	default:
		return false
	}
	return true
}

func (m *model) pasted(s string) {
	if m.ask != nil && !m.ask.wait && !m.leaving && !m.tiny() && m.page == nil && !m.ask.early(m.now()) {
		m.ask.form.paste(s)
	}
}
