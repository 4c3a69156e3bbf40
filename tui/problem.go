package tui

import "keyrollout/steps"

// problemBlock is an error told to a person: what happened, in what state things are now. What to do next is the
// question that follows.
func problemBlock(b brush, p *steps.Problem) block {
	var out block
	out.add(b.item(b.st.Bad.Render(markBad), b.st.Strong, b.say(p.What))...)
	col := 10
	if !p.State.Empty() {
		out.gap()
		w := b.less(col)
		if b.narrow() {
			w = b.less(2)
		}
		name := b.say(steps.T("State"))
		out.add(b.pair(col, b.st.Faint.Render(name), w.para(b.st.Text, p.State))...)
	}
	if len(p.Do) > 0 {
		out.gap()
		for _, l := range p.Do {
			out.add(b.para(b.st.Text, l)...)
		}
	}
	out.gap()
	out.add(b.para(b.st.Faint, problemCode(p))...)
	return out
}

// problemCode is what a support case and a script need.
func problemCode(p *steps.Problem) steps.Text {
	if p.RequestID != "" {
		return steps.T("code %s   request %s", p.Code, p.RequestID)
	}
	return steps.T("code %s", p.Code)
}
