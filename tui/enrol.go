package tui

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"keyrollout/steps"
)

// enrolBody is a finger being enrolled: the ring of touches on the left, in words on the right, and below the touches
// a practice key can be given.
func (m *model) enrolBody(b brush, h int) block {
	e, s := m.seen.enrol, &m.seen
	var ask block
	if a, past := m.shown(); a != nil && a.p.Kind == steps.Touch {
		if view := a.form.view(b, 8); len(view.lines) > 0 {
			ask.add(b.para(b.st.Text, a.p.Text)...)
			ask.put(view)
		}
		if past {
			ask = b.faded(ask)
		}
	}
	if s.wait != nil {
		ask.gap()
		ask.add(m.waitLines(b)...)
	}
	var out block
	out.add(m.keyLines(b)...)
	out.gap()

	room := h - len(out.lines) - len(ask.lines) - 1 // for what stands between the key and the question
	rows := min(room, 16, b.w/5)
	if rows < 7 || b.narrow() {
		words := m.enrolWords(b, e)
		if len(words) > room {
			words = slices.DeleteFunc(words, func(l string) bool { return l == "" })
		}
		out.add(words...)
	} else {
		col := rows*2 + 5
		pic := m.drawing(rows*4, e)
		words := m.enrolWords(b.less(col), e)
		if s.picture != nil {
			words = append(words, "")
			words = append(words, b.less(col).para(b.st.Faint, steps.T("The picture is practice data: a real key never shows your finger."))...)
		}
		if n := (rows - len(words)) / 2; n > 0 {
			words = append(make([]string, n), words...)
		}
		out.add(beside(pic, col, words)...)
	}
	return m.stack(h, out, ask)
}

// drawing is the ring with the practice print inside, or with the count where there is none.
func (m *model) drawing(size int, e *steps.Enrolment) []string {
	done, left := ring(size, e.Good, e.Good+e.Remaining)
	styles := []lipgloss.Style{m.st.Good, m.st.Faint}
	if p := m.seen.picture; p != nil {
		inside := newDots(size, size)
		inside.print(p, float64(size)/2-4)
		style := m.st.Text
		if !p.Good {
			style = m.st.Faint
		}
		return over(append(styles, style), done, left, inside)
	}
	return over(styles, done, left)
}

// enrolWords says everything the picture shows.
func (m *model) enrolWords(b brush, e *steps.Enrolment) []string {
	var out block
	if e.Finger != "" {
		out.add(b.para(b.st.Strong, steps.Text{Format: e.Finger})...) // its name may have a translation
		out.gap()
	}
	if e.Remaining > 0 {
		out.add(b.para(b.st.Text, steps.T("Touch %d of about %d", e.Touch+1, e.Touch+e.Remaining))...)
	} else {
		out.add(b.para(b.st.Text, steps.T("All touches are done."))...)
	}
	out.gap()
	out.add(m.marks(b, e)...)
	if !e.Verdict.Empty() {
		out.gap()
		mark := b.st.Bad.Render(markBad)
		if e.OK {
			mark = b.st.Good.Render(markDone)
		}
		out.add(b.item(mark, b.st.Text, b.say(steps.T("Last touch: %s", b.say(e.Verdict))))...)
	}
	if !e.Advice.Empty() {
		out.add(b.item(b.st.Here.Render(markHere), b.st.Text, b.say(steps.T("Now: %s", b.say(e.Advice))))...)
	}
	return out.lines
}

// marks is one mark for each touch there was, and one for each that is left.
func (m *model) marks(b brush, e *steps.Enrolment) []string {
	var all []string
	for _, ok := range e.History {
		if ok {
			all = append(all, b.st.Good.Render(markDone))
		} else {
			all = append(all, b.st.Bad.Render(markBad))
		}
	}
	for range min(max(e.Remaining, 0), 64) {
		all = append(all, b.st.Faint.Render(markOpen))
	}
	per := max(b.w/2, 1)
	var out []string
	for len(all) > 0 {
		n := min(per, len(all))
		out = append(out, strings.Join(all[:n], " "))
		all = all[n:]
	}
	return out
}

// keyLines is the key in use and its light, in words.
func (m *model) keyLines(b brush) []string {
	var parts []string
	if k := m.seen.key; k != nil {
		parts = append(parts, b.st.Strong.Render(clean(k.Model)))
		switch {
		case k.PINSet && k.PINTries > 0:
			parts = append(parts, b.say(steps.T("PIN set, %s left", steps.Tries(k.PINTries))))
		case k.PINSet:
			parts = append(parts, b.say(steps.T("PIN set")))
		default:
			parts = append(parts, b.say(steps.T("no PIN")))
		}
		switch {
		case k.Fingers < 0: // not told before the PIN is
		case k.FingersMax > 0:
			parts = append(parts, b.say(steps.T("fingers %d of %d", k.Fingers, k.FingersMax)))
		default:
			parts = append(parts, b.say(steps.T("fingers %d", k.Fingers)))
		}
	}
	var lines []string
	if len(parts) > 0 {
		lines = append(lines, cut(strings.Join(parts, "   "), b.w))
	}
	if m.seen.led != nil {
		lines = append(lines, b.wrap(b.st.Text, ledLine(b, *m.seen.led))...)
	}
	return lines
}

// ledLine is the key's light: in its colour, and in words.
func ledLine(b brush, l steps.LED) string {
	style, ok := b.st.LED[l.Colour]
	if !ok {
		style = b.st.LED["off"]
	}
	how := b.say(steps.T("LED %s", b.say(steps.ColourWord(l.Colour))))
	if l.Blink {
		how = b.say(steps.T("LED %s, flashing", b.say(steps.ColourWord(l.Colour))))
	}
	line := style.Render(markLight) + " " + style.Render(how)
	if !l.Meaning.Empty() {
		line += "   " + b.say(l.Meaning)
	}
	return line
}
