package tui

import (
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// proofBlock is the sign-in check: each part with its state, what is waited for, and what it cannot tell.
func (m *model) proofBlock(b brush, p *steps.Proof) block {
	var out block
	out.add(b.para(b.st.Strong, steps.T("Sign-in check for %s", p.User))...)
	out.gap()
	col := 0
	for _, part := range p.Parts {
		col = max(col, ansi.StringWidth(b.say(part.Text)))
	}
	col = min(col, b.w/2) + 3
	for _, part := range p.Parts {
		style := b.st.Text
		if part.State == steps.Pending || part.State == steps.Skipped {
			style = b.st.Faint
		}
		right := b.less(col+2).para(style, part.Detail)
		if len(right) == 0 {
			right = []string{""}
		}
		if b.narrow() {
			right = b.less(4).para(style, part.Detail)
		}
		lines := b.less(2).pair(col, b.say(part.Text), right)
		for i, l := range lines {
			mark := " "
			if i == 0 {
				mark = b.st.mark(part.State)
			}
			out.add(mark + " " + l)
		}
	}
	if !p.Limit.Empty() {
		out.gap()
		out.add(b.para(b.st.Faint, p.Limit)...)
	}
	return out
}
