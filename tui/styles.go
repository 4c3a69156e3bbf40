package tui

import (
	"charm.land/lipgloss/v2"

	"keyrollout/steps"
)

// Styles says what things mean, not how they look. Only the sixteen colours of the terminal's own palette are used:
// they are readable on light and on dark, and a person may have chosen them.
type Styles struct {
	Text   lipgloss.Style // plain reading text
	Strong lipgloss.Style // the one thing on the screen
	Faint  lipgloss.Style // what one may skip
	Here   lipgloss.Style // where one stands: step, choice
	Good   lipgloss.Style
	Bad    lipgloss.Style
	Key    lipgloss.Style // a key one can press
	Plate  lipgloss.Style // what has to be copied
	LED    map[string]lipgloss.Style
}

func newStyles() Styles {
	s := lipgloss.NewStyle
	ansi := func(c string) lipgloss.Style { return s().Foreground(lipgloss.Color(c)) }
	return Styles{
		Text:   s(),
		Strong: s().Bold(true),
		Faint:  s().Faint(true),
		Here:   ansi("6").Bold(true),
		Good:   ansi("2"),
		Bad:    ansi("1").Bold(true),
		Key:    s().Bold(true),
		Plate:  s().Bold(true).Reverse(true),
		LED: map[string]lipgloss.Style{
			"blue":  ansi("4").Bold(true),
			"green": ansi("2").Bold(true),
			"red":   ansi("1").Bold(true),
			"cyan":  ansi("6").Bold(true),
			"white": s().Bold(true),
			"off":   s().Faint(true),
		},
	}
}

// Marks of a state. All of them are one cell wide everywhere, which the middle dot is not.
const (
	markDone    = "✓"
	markHere    = "▸"
	markPending = "."
	markBad     = "✗"
	markSkipped = "-"
	markLight   = "◉"
	markOpen    = "░"
)

func (s Styles) mark(state steps.State) string {
	switch state {
	case steps.Active:
		return s.Here.Render(markHere)
	case steps.Done:
		return s.Good.Render(markDone)
	case steps.Blocked:
		return s.Bad.Render(markBad)
	case steps.Skipped:
		return s.Faint.Render(markSkipped)
	}
	return s.Faint.Render(markPending)
}
