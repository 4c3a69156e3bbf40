package steps

import (
	"fmt"
	"strings"
	"unicode"

	"keyrollout/internal/foreign"
)

// Text is a sentence for a person: an English format in the manner of fmt.Sprintf, and what goes into it. The English
// format is also the key under which package walkthrough keeps its translations, so steps reads as plain English and
// can still be spoken in another language.
type Text struct {
	Format string
	Args   []any
}

// T makes a Text. Arguments are strings, numbers, durations, times and other Texts; never secrets.
func T(format string, args ...any) Text { return Text{format, args} }

// toldOr is a word of the tenant's, or that there was none.
func toldOr(s string) Text {
	if s == "" {
		return T("not told")
	}
	return Text{Format: s}
}

// Counted is what is said of one, or of any other number.
func Counted(n int, one, many Text) Text {
	if n == 1 {
		return one
	}
	return many
}

// People, Tries and fingersIn are numbers of these in words, to stand inside a sentence.
func People(n int) Text { return Counted(n, T("1 person"), T("%d people", n)) }

// Tries is a number of tries in words.
func Tries(n int) Text { return Counted(n, T("1 try"), T("%d tries", n)) }

func fingersIn(n int) Text { return Counted(n, T("1 finger"), T("%d fingers", n)) }

// Empty reports whether there is nothing to say.
func (t Text) Empty() bool { return t.Format == "" }

// String is the English sentence.
func (t Text) String() string {
	if len(t.Args) == 0 {
		return t.Format
	}
	return fmt.Sprintf(t.Format, t.Args...)
}

// Speaker turns a Text into a sentence in the reader's language.
type Speaker func(Text) string

// English is the Speaker that needs no translation.
func English(t Text) string { return t.String() }

// Printed is what a device, or somebody else, calls itself, with a ? for what would steer the terminal or cannot be seen.
// Devices fill their names up with zeros and spaces.
func Printed(s string) string {
	return foreign.Shown(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, strings.TrimFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })))
}
