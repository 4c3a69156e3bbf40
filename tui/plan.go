package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// planBlock is what would change, now and then, and what that does to people: in h lines if that can be done without
// hiding the people. Where it is tight, the settings that stay are only counted, then the air goes, then what is needed
// moves to the settings, which can be scrolled.
func planBlock(b brush, p *steps.Plan, h int) (settings, people block) {
	needs := planNeeds(b, p)
	people = planPeople(b, p)
	tight := func() bool { return len(settings.lines)+len(people.lines)+len(needs.lines)+1 > h }

	settings = planSettings(b, p, p.Changes)
	if kept := changed(b, p.Changes); tight() && len(kept) < len(p.Changes) {
		settings = planSettings(b, p, kept)
		settings.add(b.para(b.st.Faint, steps.T("Settings that stay as they are: %d", len(p.Changes)-len(kept)))...)
	}
	if tight() {
		settings.lines = slices.DeleteFunc(settings.lines, func(l string) bool { return l == "" })
	}
	if tight() {
		settings.put(needs)
	} else {
		people.put(needs)
	}
	return settings, people
}

func changed(b brush, all []steps.Change) []steps.Change {
	var out []steps.Change
	for _, c := range all {
		if value(b, c.From) != value(b, c.To) {
			out = append(out, c)
		}
	}
	return out
}

func planSettings(b brush, p *steps.Plan, changes []steps.Change) block {
	var out block
	if !p.Title.Empty() {
		out.add(b.para(b.st.Strong, p.Title)...)
	}
	if len(changes) == 0 {
		return out
	}
	out.gap()
	if b.narrow() {
		out.add(planList(b, changes)...)
	} else {
		out.add(planTable(b, changes)...)
	}
	return out
}

func planPeople(b brush, p *steps.Plan) block {
	var out block
	if len(p.People) > 0 {
		out.add(b.para(b.st.Strong, steps.T("What this does to people"))...)
		for _, t := range p.People {
			out.add(indented(b, b.st.Text, t)...)
		}
	}
	return out
}

func planNeeds(b brush, p *steps.Plan) block {
	var out block
	for _, t := range p.Needs {
		out.add(b.para(b.st.Faint, t)...)
	}
	return out
}

func indented(b brush, style interface{ Render(...string) string }, t steps.Text) []string {
	lines := b.less(2).wrap(b.st.Text, b.say(t))
	for i, l := range lines {
		lines[i] = "  " + style.Render(l)
	}
	return lines
}

// planTable has three columns: the field, now, then.
func planTable(b brush, changes []steps.Change) []string {
	name, from := 0, ansi.StringWidth(b.say(steps.T("now")))
	for _, c := range changes {
		name = max(name, 2+ansi.StringWidth(b.say(c.Field)))
		if n := ansi.StringWidth(b.say(c.Group)); n <= 26 { // a longer one has a line of its own
			name = max(name, n)
		}
		from = max(from, ansi.StringWidth(value(b, c.From)))
	}
	name = min(name, b.w*2/5) + 2
	from = min(from, (b.w-name)/2-4) + 2
	to := b.w - name - from - 3

	var out []string
	head := pad(b.st.Faint.Render(b.say(steps.T("now"))), from) + b.st.Faint.Render(markHere+"  "+b.say(steps.T("then")))
	group := ""
	for i, c := range changes {
		if g := b.say(c.Group); g != group || i == 0 {
			if i > 0 {
				out = append(out, "")
			}
			group = g
			if head == "" || ansi.StringWidth(g) > name-2 {
				out = append(out, b.wrap(b.st.Text, g)...)
				g = ""
			}
			if head != "" {
				out = append(out, strings.TrimRight(pad(g, name)+head, " "))
				head = ""
			}
		}
		mark, style := markHere, b.st.Strong
		if same := value(b, c.From) == value(b, c.To); same {
			mark, style = " ", b.st.Faint
		}
		left := b.less(b.w-name+4).para(b.st.Text, c.Field)
		mid := b.less(b.w-from+2).wrap(b.st.Faint, value(b, c.From))
		right := b.less(b.w-to).item(b.st.Here.Render(mark)+" ", style, value(b, c.To))
		for j := range left {
			left[j] = "  " + left[j]
		}
		out = append(out, beside(beside2(left, name, mid, from), name+from, right)...)
	}
	return out
}

func beside2(left []string, w int, right []string, rw int) []string {
	return beside(left, w, beside(right, rw, nil))
}

func value(b brush, t steps.Text) string {
	if s := b.say(t); s != "" {
		return s
	}
	return "-"
}

// planList is the plan for a screen with room for one column.
func planList(b brush, changes []steps.Change) []string {
	var out []string
	group := ""
	for i, c := range changes {
		if g := b.say(c.Group); g != group || i == 0 {
			if i > 0 {
				out = append(out, "")
			}
			group = g
			out = append(out, b.wrap(b.st.Text, g)...)
		}
		if value(b, c.From) == value(b, c.To) {
			out = append(out, indented(b, b.st.Faint, steps.T("%s: stays %s", b.say(c.Field), value(b, c.To)))...)
			continue
		}
		out = append(out, indented(b, b.st.Text, c.Field)...)
		in := b.less(4)
		for _, l := range in.wrap(b.st.Faint, b.say(steps.T("now  %s", value(b, c.From)))) {
			out = append(out, "    "+l)
		}
		for _, l := range in.wrap(b.st.Strong, b.say(steps.T("then %s", value(b, c.To)))) {
			out = append(out, "    "+l)
		}
	}
	return out
}
