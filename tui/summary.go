package tui

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// summaryBody is the end of a run on the screen; printSummary is the same for the terminal that stays.
func (m *model) summaryBody(b brush) block {
	s := m.summary
	var out block
	if s.Complete {
		out.add(b.item(b.st.Good.Render(markDone), b.st.Strong, b.say(steps.T("Complete.")))...)
	} else {
		out.add(b.para(b.st.Strong, steps.T("Not complete yet."))...)
	}
	list := func(title steps.Text, mark string, texts []steps.Text) {
		if len(texts) == 0 {
			return
		}
		out.gap()
		out.add(b.para(b.st.Faint, title)...)
		for _, t := range texts {
			out.add(b.item(mark, b.st.Text, b.say(t))...)
		}
	}
	after := func() {
		if s.Evidence != "" {
			out.gap()
			out.add(b.para(b.st.Faint, steps.T("Evidence"))...)
			out.add(clean(s.Evidence))
		}
		if !s.Resume.Empty() {
			out.gap()
			out.add(b.para(b.st.Text, s.Resume)...)
		}
	}
	// A proof says it all: what was done on the way to it comes last.
	proven := s.Complete && m.seen.proof != nil && whole(m.seen.proof)
	if proven {
		out.gap()
		out.put(m.proofBlock(b, m.seen.proof))
		after()
	}
	list(steps.T("Done"), b.st.Good.Render(markDone), s.Done)
	list(steps.T("Not done"), b.st.Faint.Render(markSkipped), s.Open)
	if !proven {
		after()
	}
	return out
}

// whole reports whether nothing of a proof is missing; its last part, Windows, may be open.
func whole(p *steps.Proof) bool {
	return !slices.ContainsFunc(p.Parts[:max(len(p.Parts)-1, 0)], func(x steps.ProofPart) bool { return x.State != steps.Done && x.State != steps.Skipped })
}

// farewell is what stays in the terminal after leaving: what was done, what was not, how to go on. The error of a run
// is not among it: the caller has it, and a place to print it.
type farewell struct {
	say     steps.Speaker
	summary *steps.Summary
	why     steps.Text // why it was stopped, empty if it was not
	step    steps.Text // the step it was in
	err     error
	left    bool // left without waiting
	plain   bool // words instead of marks
	rollout bool // there are steps to go on with
	width   int  // of the terminal, to wrap at words; 0 = one line per fact
}

func (f farewell) print(w io.Writer) {
	line := func(format string, args ...any) {
		s := fmt.Sprintf(format, args...)
		if f.width > 0 {
			s = strings.Join(wrapped(s, f.width), "\n")
		}
		fmt.Fprintln(w, s)
	}
	say := func(t steps.Text) string { return f.say(t) }
	if !f.why.Empty() {
		line("%s", say(f.why))
	}
	if errors.Is(f.err, steps.ErrNoAnswer) {
		line("%s", say(steps.T("The input ended before the question was answered. Nothing was taken for a yes.")))
	}
	if f.left {
		line("%s", say(steps.T("It was left before it had ended. The next start asks the tenant and the key what is true.")))
	}
	s := f.summary
	if s == nil {
		if f.err != nil || f.left {
			f.printState(line)
		}
		return
	}
	if s.Complete {
		line("%s", say(steps.T("Complete.")))
	} else {
		line("%s", say(steps.T("Not complete yet.")))
	}
	list := func(title steps.Text, mark string, texts []steps.Text) {
		if len(texts) > 0 {
			line("%s", say(title)+f.colon())
		}
		for _, t := range texts {
			f.item(w, mark, say(t))
		}
	}
	list(steps.T("Done"), markDone, s.Done)
	list(steps.T("Not done"), markSkipped, s.Open)
	if s.Evidence != "" {
		line("%s%s  %s", say(steps.T("Evidence")), f.colon(), clean(s.Evidence))
	}
	if !s.Resume.Empty() {
		line("%s", say(s.Resume))
	}
}

func (f farewell) colon() string {
	if f.plain {
		return ":"
	}
	return ""
}

// item prints a line of a list, wrapped under itself behind its mark; a reader hears the title of the list instead.
func (f farewell) item(w io.Writer, mark, s string) {
	if f.plain || f.width <= 0 {
		fmt.Fprintln(w, f.mark(mark)+s)
		return
	}
	in := f.mark(mark)
	lines := wrapped(s, max(f.width-ansi.StringWidth(in), leastW/2))
	for i, l := range lines {
		if i > 0 {
			in = strings.Repeat(" ", ansi.StringWidth(in))
		}
		fmt.Fprintln(w, in+l)
	}
}

func (f farewell) mark(mark string) string {
	if f.plain {
		return ""
	}
	return "  " + mark + " "
}

// printState is for a run that ended without a summary: in what state things are, and how to go on.
func (f farewell) printState(line func(string, ...any)) {
	if !f.step.Empty() {
		line("%s", f.say(steps.T("It stopped in the step %q. What was done stays done.", f.say(f.step))))
	}
	if f.rollout && !f.step.Empty() {
		line("%s", f.say(steps.T("Start keyrollout again to go on: it asks the tenant and the key what is true.")))
	}
}
