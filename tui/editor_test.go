package tui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestEditor(t *testing.T) {
	var e editor
	e.insert("指紋 kex")
	for _, k := range []string{"left", "backspace"} {
		e.key(keyPress(k))
	}
	e.insert("é") // a letter and its accent
	if e.text() != "指紋 kéx" || len(e.cells) != 6 {
		t.Fatalf("%q in %d cells", e.text(), len(e.cells))
	}
	e.key(keyPress("backspace"))
	e.key(keyPress("e"))
	e.key(keyPress("delete"))
	e.insert("y")
	if e.text() != "指紋 key" {
		t.Errorf("%q", e.text())
	}
	e.key(keyPress("ctrl+w"))
	if e.text() != "指紋 " {
		t.Errorf("ctrl+w leaves %q", e.text())
	}
	e.key(keyPress("home"))
	e.key(keyPress("ctrl+k"))
	if e.text() != "" || e.at != 0 {
		t.Errorf("ctrl+k leaves %q", e.text())
	}
	if e.key(keyPress("f1")) || e.key(keyPress("up")) {
		t.Error("a key that types nothing was taken")
	}
}

func TestEditorShowsThePlaceOfTheCursor(t *testing.T) {
	var e editor
	e.insert("0123456789指紋認証0123456789")
	for at := range len(e.cells) + 1 {
		e.at = at
		for w := 4; w < 40; w++ {
			s, x := e.view(w)
			if n := ansi.StringWidth(s); n > w || x > w || x > n {
				t.Fatalf("at %d of %d cells: %q, cursor %d", at, w, s, x)
			}
		}
	}
}

func TestNarrowed(t *testing.T) {
	if got := narrowed("ＡＢＣ１２３　ｘ＠ｙ．jp 佐藤ｱｲｺ"); got != "ABC123 x@y.jp 佐藤ｱｲｺ" {
		t.Errorf("%q", got)
	}
}
