package tui

import (
	"image"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// block is some lines of the screen and, where a person types, the place of the cursor in them.
type block struct {
	lines  []string
	cursor *image.Point
}

// add puts lines under the block.
func (b *block) add(lines ...string) { b.lines = append(b.lines, lines...) }

// put puts another block under the block, cursor and all.
func (b *block) put(o block) {
	if o.cursor != nil {
		b.cursor = &image.Point{X: o.cursor.X, Y: o.cursor.Y + len(b.lines)}
	}
	b.lines = append(b.lines, o.lines...)
}

// gap puts one empty line under the block, unless it is empty or ends in one.
func (b *block) gap() {
	if n := len(b.lines); n > 0 && b.lines[n-1] != "" {
		b.lines = append(b.lines, "")
	}
}

// indent moves the block to the right.
func (b *block) indent(n int) {
	pad := strings.Repeat(" ", n)
	for i, l := range b.lines {
		if l != "" {
			b.lines[i] = pad + l
		}
	}
	if b.cursor != nil {
		b.cursor.X += n
	}
}

// brush is what it takes to draw a block: the language, the styles and the width.
type brush struct {
	say    steps.Speaker
	st     Styles
	w      int
	blocks bool // half blocks can be drawn
}

// narrow reports whether there is room for one column only.
func (b brush) narrow() bool { return b.w < 56 }

func (b brush) less(n int) brush {
	b.w = max(b.w-n, 8)
	return b
}

// para wraps a sentence to the width.
func (b brush) para(style lipgloss.Style, t steps.Text) []string { return b.wrap(style, b.say(t)) }

func (b brush) wrap(style lipgloss.Style, s string) []string {
	if s == "" {
		return nil
	}
	lines := wrapped(s, b.w)
	for i, l := range lines {
		lines[i] = linked(style.Render(strings.TrimRight(l, " ")), s)
	}
	return lines
}

// wrapped breaks a text to w cells between words, and not at hyphens: --plain and -uv must not lose theirs.
func wrapped(s string, w int) []string {
	if hasJapanese(s) {
		var lines []string
		for l := range strings.SplitSeq(s, "\n") {
			lines = append(lines, brokenJapanese(l, w)...)
		}
		return lines
	}
	const kept = "\u2011" // a hyphen at which nothing breaks
	s = ansi.Wrap(strings.ReplaceAll(s, "-", kept), w, "")
	return strings.Split(strings.ReplaceAll(s, kept, "-"), "\n")
}

// item is a mark with a sentence beside it, wrapped under itself.
func (b brush) item(mark string, style lipgloss.Style, s string) []string {
	in := ansi.StringWidth(mark) + 1
	lines := b.less(in).wrap(style, s)
	for i, l := range lines {
		if i == 0 {
			lines[i] = mark + " " + l
		} else {
			lines[i] = strings.Repeat(" ", in) + l
		}
	}
	return lines
}

// pair is a word in a column of its own and a sentence beside it; one under the other where there is little room.
func (b brush) pair(col int, name string, lines []string) []string {
	if b.narrow() {
		out := []string{name}
		for _, l := range lines {
			out = append(out, "  "+l)
		}
		return out
	}
	out := make([]string, 0, len(lines))
	for i, l := range lines {
		if i > 0 {
			name = ""
		}
		out = append(out, pad(name, col)+l)
	}
	return out
}

// pad fills up to w cells, or cuts.
func pad(s string, w int) string {
	if n := ansi.StringWidth(s); n <= w {
		return s + strings.Repeat(" ", w-n)
	}
	return cut(s, w)
}

// cut shortens to w cells, with two dots where something is missing.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	return ansi.Truncate(s, w, "..")
}

// beside puts two columns next to each other, the left one w cells wide.
func beside(left []string, w int, right []string) []string {
	var out []string
	for i := range max(len(left), len(right)) {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		out = append(out, strings.TrimRight(pad(l, w)+r, " "))
	}
	return out
}

// fit cuts a block to h lines, keeping the line with the cursor.
func (b block) fit(h int) block {
	if len(b.lines) <= h {
		return b
	}
	from := 0
	if b.cursor != nil && b.cursor.Y >= h {
		from = b.cursor.Y - h + 1
		b.cursor = &image.Point{X: b.cursor.X, Y: b.cursor.Y - from}
	}
	b.lines = b.lines[from : from+h]
	return b
}
