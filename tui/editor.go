package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// editor is one line of text being typed: what a reader takes for characters, and a place between them.
type editor struct {
	cells []string
	at    int
}

func clusters(s string) []string {
	var out []string
	for s != "" {
		c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		out = append(out, c)
		s = s[len(c):]
	}
	return out
}

func (e *editor) text() string { return strings.Join(e.cells, "") }

// insert puts s at the cursor; what it forms with its neighbours counts as one character.
func (e *editor) insert(s string) {
	before := strings.Join(e.cells[:e.at], "") + clean(s)
	after := strings.Join(e.cells[e.at:], "")
	e.cells = clusters(before + after)
	e.at = min(len(clusters(before)), len(e.cells))
}

// key does what a key does to a line of text; false if it does nothing.
func (e *editor) key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left", "ctrl+b":
		e.at = max(e.at-1, 0)
	case "right", "ctrl+f":
		e.at = min(e.at+1, len(e.cells))
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.cells)
	case "backspace", "ctrl+h":
		if e.at > 0 {
			e.cells = slices.Delete(e.cells, e.at-1, e.at)
			e.at--
		}
	case "delete", "ctrl+d":
		if e.at < len(e.cells) {
			e.cells = slices.Delete(e.cells, e.at, e.at+1)
		}
	case "ctrl+u":
		e.cells, e.at = slices.Delete(e.cells, 0, e.at), 0
	case "ctrl+k":
		e.cells = e.cells[:e.at]
	case "ctrl+w", "alt+backspace":
		from := e.at
		for from > 0 && e.cells[from-1] == " " {
			from--
		}
		for from > 0 && e.cells[from-1] != " " {
			from--
		}
		e.cells, e.at = slices.Delete(e.cells, from, e.at), from
	default:
		if !typed(k) {
			return false
		}
		e.insert(k.Text)
	}
	return true
}

// typed reports whether a key press puts characters on the line.
func typed(k tea.KeyPressMsg) bool {
	// Not the modifiers decide but the text: AltGr is Ctrl and Alt on Windows, and types @ on many keyboards.
	return k.Text != "" && strings.IndexFunc(k.Text, unicode.IsControl) < 0
}

// view is the part of the line around the cursor that fits w cells, and the cursor's place in it.
func (e *editor) view(w int) (string, int) {
	widths := make([]int, len(e.cells))
	for i, c := range e.cells {
		widths[i] = ansi.StringWidth(c)
	}
	from, x := e.at, 0
	for from > 0 && x+widths[from-1] < w {
		from--
		x += widths[from]
	}
	to, n := e.at, x
	for to < len(e.cells) && n+widths[to] < w {
		n += widths[to]
		to++
	}
	return strings.Join(e.cells[from:to], ""), x
}
