package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// clean takes out what could move the cursor, change colours or turn the reading direction: names come from a
// directory that other people write to. Line breaks and tabs become spaces.
func clean(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unsafe(r):
			return -1
		}
		return r
	}, ansi.Strip(s))
}

func unsafe(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidirectional overrides
		return true
	case r == 0x2028, r == 0x2029, r == unicode.ReplacementChar:
		return true
	}
	return false
}

// Cleaned is a Speaker whose sentences are safe to draw: names in them come from a directory that other people write to.
func Cleaned(say steps.Speaker) steps.Speaker {
	return func(t steps.Text) string {
		if t.Empty() {
			return ""
		}
		return clean(say(t))
	}
}

// narrowed turns the full-width Latin letters and digits of a Japanese input method into plain ones.
func narrowed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xff01 + '!'
		case r == 0x3000:
			return ' '
		}
		return r
	}, s)
}

func dumb(term string) bool {
	return term == "" && namesTerminal || term == "dumb" || term == "unknown"
}
