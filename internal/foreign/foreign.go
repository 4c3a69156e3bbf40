// Package foreign makes words that somebody else chose safe to show: a site's name, a user's, what a device calls itself.
package foreign

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Shown has a ? for each thing in s that a terminal obeys or shows nothing of, so that no two names look alike by what
// cannot be seen.
func Shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return '?'
		}
		return r
	}, s)
}

// JSON writes what Shown would not show as \u escapes, which mean the same to a program: the encoder leaves some of it.
func JSON(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r == '\n' || !unseen(r): // lines are the encoder's own; in strings it has escaped them
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// unseen is what a terminal shows nothing of, or obeys: controls, marks that turn the reading direction, spaces but the
// plain one and the wide one of Japanese names, and letters and signs that Unicode lets be blank.
func unseen(r rune) bool {
	if r == '\u3000' {
		return false
	}
	return r == utf8.RuneError || r == '\u2800' || !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
