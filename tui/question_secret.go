package tui

import (
	"image"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// secretForm takes a PIN or a pass: a star for each character, never the character.
type secretForm struct {
	formBase
	q       steps.Question
	buf     []byte // never grows beyond its first memory, so that wiping it wipes it all
	second  bool
	problem *steps.Problem
	empty   bool // Enter was pressed on nothing
	full    bool // what was typed or pasted last had no room
}

// secretMax is more bytes than any PIN (63) or pass may have.
const secretMax = 256

func newSecret(q steps.Question) *secretForm {
	return &secretForm{q: q, buf: make([]byte, 0, secretMax)}
}

func (f *secretForm) typing() bool { return true }

func (f *secretForm) refused(p *steps.Problem) { f.problem, f.second = p, false }

func (f *secretForm) again() { f.second = true }

func (f *secretForm) paste(s string) { f.add(strings.TrimRight(s, "\r\n")) }

func (f *secretForm) add(s string) {
	f.problem = nil
	if f.full = len(f.buf)+len(s) > cap(f.buf); !f.full {
		f.buf = append(f.buf, s...)
	}
}

func (f *secretForm) wipe() {
	clear(f.buf[:cap(f.buf)])
	f.buf = f.buf[:0]
}

func (f *secretForm) note() steps.Text {
	switch {
	case f.empty:
		return nothingYet
	case f.full:
		return tooLong
	}
	return steps.Text{}
}

func (f *secretForm) key(keys KeyMap, k tea.KeyPressMsg) *reply {
	f.empty, f.full = false, false
	switch {
	case key.Matches(k, keys.Enter):
		if f.empty = len(f.buf) == 0; f.empty {
			return nil
		}
		s := secret.New(append([]byte(nil), f.buf...))
		f.wipe()
		return &reply{Answer: steps.Answer{Secret: s}}
	case k.String() == "backspace" || k.String() == "ctrl+h":
		_, n := utf8.DecodeLastRune(f.buf)
		clear(f.buf[len(f.buf)-n:])
		f.buf = f.buf[:len(f.buf)-n]
	case k.String() == "ctrl+u" || k.String() == "ctrl+w":
		f.wipe()
	case typed(k):
		f.add(k.Text)
	}
	return nil
}

func (f *secretForm) hints(keys KeyMap, say steps.Speaker) []key.Binding {
	return []key.Binding{as(keys.Enter, say(steps.T("take this")))}
}

func (f *secretForm) view(b brush, _ int) block {
	var out block
	if f.second {
		out.add(b.item(b.st.Good.Render(markDone), b.st.Text, b.say(steps.T("The same once more, to be sure.")))...)
		out.gap()
	}
	n := min(utf8.RuneCount(f.buf), b.w-3)
	line := block{
		lines:  []string{b.st.Here.Render(">") + " " + strings.Repeat("*", n)},
		cursor: &image.Point{X: 2 + n},
	}
	out.put(line)
	if f.problem != nil {
		out.gap()
		out.add(wrong(b, f.problem)...)
	}
	return out
}
