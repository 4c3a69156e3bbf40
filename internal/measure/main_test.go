//go:build linux

package main

import "testing"

func TestVisibleCountsLettersOnly(t *testing.T) {
	for text, want := range map[string]int{
		"":                                 0,
		"two words\r\n":                    8,
		"\x1b[?1049h\x1b[2J\x1b[1;1Hkey":   3,
		"\x1b[38;5;12m指紋\x1b[m":            2,
		"\x1b]0;a title\x07key":            3,
		"\x1b]11;?\x1b\\\x1bP+q544e\x1b\\": 0,
		"\x1b(Bkey\x1b=":                   3,
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: %d; want %d", text, got, want)
		}
	}
}
