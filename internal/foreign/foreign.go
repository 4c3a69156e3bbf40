// Package foreign makes words that somebody else chose safe to show: a site's name, a user's, what a device calls itself.
package foreign

import (
	"strings"
	"unicode"
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

// unseen is what a terminal shows nothing of, or obeys: controls, marks that turn the reading direction, spaces but the
// plain one, and letters and signs that Unicode lets be blank.
func unseen(r rune) bool {
	return r == utf8.RuneError || r == '\u2800' || !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
