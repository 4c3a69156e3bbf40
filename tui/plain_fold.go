package tui

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// folded breaks lines between words where they are wider than the terminal, which would break them anywhere. What goes
// to a pipe or a file stays one line per fact.
type folded struct{ out *os.File }

// Folded is a file whose lines break between words where it is a terminal, and are left alone where it is none.
func Folded(f *os.File) io.Writer { return folded{f} }

// Fact is a name in a column of col cells and what it stands for, which breaks between words under itself where f is a
// terminal.
func Fact(f *os.File, col int, name, value string) string {
	name = pad(name, col)
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w-col >= max(leastW/2, longWord(value)) {
		value = strings.Join(wrapped(value, w-col), "\n"+strings.Repeat(" ", col))
	}
	return name + value + "\n"
}

// Page is a page of help for f. At a terminal, paragraphs are set anew to its width, but not wider than reads well, and
// what explains a name stays in its column.
func Page(f *os.File, text string) string {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		return text
	}
	return page(text, min(w, 100))
}

func page(text string, w int) string {
	var out, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, wrapped(strings.Join(paragraph, " "), w)...)
		}
		paragraph = nil
	}
	for _, l := range strings.Split(text, "\n") {
		if l != "" && indentOf(l) == 0 {
			paragraph = append(paragraph, l)
			continue
		}
		flush()
		col := explanation(l, w*2/3)
		name := ansi.StringWidth(l[:col])
		if ansi.StringWidth(l) > w && w-name >= max(leastW/2, longWord(l[col:])) {
			l = l[:col] + strings.Join(wrapped(l[col:], w-name), "\n"+strings.Repeat(" ", name))
		}
		out = append(out, l)
	}
	flush()
	return strings.Join(out, "\n")
}

// explanation is where in a line the words begin that explain the name before them, which ends within w cells; where the
// line itself begins if there are none. The number of a step belongs to its name.
func explanation(l string, w int) int {
	col := indentOf(l)
	for {
		gap := strings.Index(l[col:], "  ")
		if gap <= 0 || ansi.StringWidth(l[:col+gap]) >= w {
			return col
		}
		name := l[col : col+gap]
		if col += gap + indentOf(l[col+gap:]); strings.Trim(name, "0123456789") != "" {
			return col
		}
	}
}

func (f folded) Write(b []byte) (int, error) {
	text := string(b)
	if w, _, err := term.GetSize(int(f.out.Fd())); err == nil && w > 0 {
		text = fold(text, w)
	}
	if _, err := io.WriteString(f.out, text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// fold breaks every line of a text to w cells, under its own indent. A line with a word that is wider than that (an
// address, a command) is left to the terminal, so that it can be selected whole.
func fold(text string, w int) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		l, end := strings.TrimRight(l, " "), l[len(strings.TrimRight(l, " ")):]
		indent := l[:indentOf(l)]
		room := w - len(indent) - 2 // for the space and the cursor behind a question
		if ansi.StringWidth(l)+len(end) <= w || room < leastW/2 || longWord(l) > room {
			continue
		}
		broken := wrapped(strings.TrimLeft(l, " "), room)
		for j := range broken {
			broken[j] = indent + strings.TrimRight(broken[j], " ")
		}
		lines[i] = strings.Join(broken, "\n") + end
	}
	return strings.Join(lines, "\n")
}

// longWord is the width of the widest run that is broken only when it has to be: letters of scripts that are written
// without spaces may be parted anywhere.
func longWord(s string) int {
	widest := 0
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r >= 0x2e80 }) {
		widest = max(widest, ansi.StringWidth(word))
	}
	return widest
}
