package tui

import (
	"charm.land/bubbles/v2/key"

	"keyrollout/steps"
)

// KeyMap is every key of the wizard. The words beside them are those of the footer; Enter's depend on the question.
type KeyMap struct {
	Enter, Move, Up, Down, Home, End       key.Binding
	Back, Escape, Quit, Explain, ExplainF1 key.Binding
	PageUp, PageDown, Redraw               key.Binding
	Suspend, Leave                         key.Binding
	Yes, No                                key.Binding
}

func newKeys(say steps.Speaker) KeyMap {
	bind := func(help string, desc steps.Text, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, say(desc)))
	}
	arrows := say(steps.T("arrows"))
	return KeyMap{
		Enter:     bind("enter", steps.T("choose"), "enter"),
		Move:      bind(arrows, steps.T("move"), "up", "down"),
		Up:        bind("up", steps.T("move"), "up", "k", "shift+tab", "ctrl+p"),
		Down:      bind("down", steps.T("move"), "down", "j", "tab", "ctrl+n"),
		Home:      bind("home", steps.T("first"), "home"),
		End:       bind("end", steps.T("last"), "end"),
		Back:      bind("b", steps.T("back"), "esc", "b", "B"),
		Escape:    bind("esc", steps.T("back"), "esc"),
		Quit:      bind("q", steps.T("quit"), "q", "Q"),
		Explain:   bind("?", steps.T("explain"), "?", "f1"),
		ExplainF1: bind("f1", steps.T("explain"), "f1"),
		PageUp:    bind("pgup", steps.T("scroll"), "pgup", "ctrl+b"),
		PageDown:  bind("pgdn", steps.T("scroll"), "pgdown", "ctrl+f"),
		Redraw:    bind("ctrl+l", steps.T("redraw"), "ctrl+l"),
		Suspend:   bind("ctrl+z", steps.T("suspend"), "ctrl+z"),
		Leave:     bind("ctrl+c", steps.T("leave"), "ctrl+c"),
		Yes:       bind("y", steps.T("yes"), "y", "Y"),
		No:        bind("n", steps.T("no"), "n", "N"),
	}
}

// as is a binding with another word beside it.
func as(b key.Binding, word string) key.Binding {
	b.SetHelp(b.Help().Key, word)
	return b
}
