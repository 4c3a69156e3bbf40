package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// form is one question being answered. There is one kind of form per way of answering; the words above it are the
// same for all.
type form interface {
	// key takes a key press; an answer, or nil while there is none yet.
	key(KeyMap, tea.KeyPressMsg) *reply
	paste(string)
	// view draws what is answered with, in at most h lines if it can.
	view(b brush, h int) block
	hints(KeyMap, steps.Speaker) []key.Binding
	// typing reports that letters are text here, not commands.
	typing() bool
	// note is what one line above the keys has to say about the last key, or nothing.
	note() steps.Text
	// refused: the answer was looked at and is wrong. again: it was fine and has to be given once more.
	refused(*steps.Problem)
	again()
	// wipe forgets every secret.
	wipe()
}

func newForm(q steps.Question) form {
	switch q.Kind {
	case steps.Confirm:
		return newConfirm(q)
	case steps.Line:
		return &lineForm{q: q}
	case steps.Secret:
		return newSecret(q)
	case steps.Typed:
		return &typedForm{q: q}
	case steps.Touch:
		return newTouch(q)
	case steps.Act:
		if len(q.Choices) > 0 {
			return newChoose(q)
		}
		return &actForm{q: q}
	case steps.Show:
		return &showForm{q: q}
	}
	return newChoose(q)
}

// formBase is a form to which nothing happens.
type formBase struct{}

func (formBase) paste(string)           {}
func (formBase) typing() bool           { return false }
func (formBase) note() steps.Text       { return steps.Text{} }
func (formBase) refused(*steps.Problem) {}
func (formBase) again()                 {}
func (formBase) wipe()                  {}

// words is what stands above every form: the question, and what one should know to answer it.
func words(b brush, q steps.Question) block {
	var out block
	out.add(b.para(b.st.Strong, q.Text)...)
	if len(q.Detail) > 0 {
		out.gap()
	}
	for _, d := range q.Detail {
		out.add(b.para(b.st.Text, d)...)
	}
	return out
}

func done(id string) *reply { return &reply{Answer: steps.Answer{ID: id}} }

// wrong draws why an answer was refused.
func wrong(b brush, p *steps.Problem) []string {
	if p == nil {
		return nil
	}
	lines := b.item(b.st.Bad.Render(markBad), b.st.Text, b.say(p.What))
	in := b.less(2)
	for _, t := range append([]steps.Text{p.State}, nextOf(p)...) {
		for _, l := range in.para(b.st.Faint, t) {
			lines = append(lines, "  "+l)
		}
	}
	return lines
}

func nextOf(p *steps.Problem) []steps.Text {
	var out []steps.Text
	for _, c := range p.Next {
		out = append(out, c.Text)
	}
	return out
}
