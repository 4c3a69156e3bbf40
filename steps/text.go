package steps

import (
	"fmt"
	"strings"
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

// Printed keeps what a device, or somebody else, calls itself from steering the terminal.
func Printed(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s))
}
