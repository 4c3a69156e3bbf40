package walkthrough

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// Player answers from a script, by question name. A question without an answer is an error, and so is an answer that
// was never asked for: a script says all of what happens.
type Player struct {
	script *Script
	used   []int           // times each answer was given
	met    map[string]bool // the risks that were accepted when they came
	print  func(steps.Question)
	out    io.Writer
	say    steps.Speaker
	env    func(string) string
	pass   secret.Secret // shown in this run
}

// PracticePIN is the PIN that ${PIN} stands for where the environment names none.
const PracticePIN = "482913"

// NewPlayer makes a Player. print prints a question as the plain dialogue does; what was answered is written to out.
func NewPlayer(s *Script, out io.Writer, say steps.Speaker, env func(string) string, print func(steps.Question)) *Player {
	return &Player{script: s, used: make([]int, len(s.Answers)), met: map[string]bool{}, out: out, say: say, env: env, print: print}
}

// Ask answers a question from the script. An answer the question does not accept is told and the next one taken, as a
// person would be asked again.
func (p *Player) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	p.print(q)
	if p.goesBack(q) {
		return p.back(q)
	}
	switch q.Kind {
	case steps.Act:
		return p.echo("done", "done"), nil
	case steps.Show:
		p.pass = q.Value.Clone()
		return p.echo("done", p.say(steps.T("(shown once, not recorded)"))), nil
	case steps.Typed:
		if !slices.ContainsFunc(p.script.Risks, func(r Risk) bool { return r.Name == q.Risk }) {
			return steps.Answer{}, &Error{File: p.script.Name, Msg: fmt.Sprintf("the risk %q is not accepted here; a script accepts it with  accept-risk %s", q.Risk, q.Risk)}
		}
		p.met[q.Risk] = true
		return p.echo(q.Word, q.Word), nil
	}
	for last := (ScriptAnswer{}); ; {
		if err := ctx.Err(); err != nil {
			return steps.Answer{}, context.Cause(ctx)
		}
		a, err := p.next(q)
		if err != nil {
			return steps.Answer{}, err
		}
		ans, problem, err := p.fit(q, a)
		if err != nil {
			return steps.Answer{}, err
		}
		if problem == nil {
			return ans, nil
		}
		fmt.Fprintf(p.out, "%s %s\n", p.say(problem.What), p.say(problem.State))
		if a == last {
			return steps.Answer{}, &Error{File: p.script.Name, Line: a.Line, Msg: fmt.Sprintf("%q does not take this answer, however often it is given: %s", q.Name, p.say(problem.What))}
		}
		last = a
	}
}

// goesBack reports whether the script leaves this question for the one before.
func (p *Player) goesBack(q steps.Question) bool {
	i := p.turn(q.Name)
	return i >= 0 && p.script.Answers[i].Back
}

func (p *Player) back(q steps.Question) (steps.Answer, error) {
	i := p.turn(q.Name)
	p.used[i]++
	if !q.Back {
		return steps.Answer{}, &Error{File: p.script.Name, Line: p.script.Answers[i].Line, Msg: fmt.Sprintf("there is no way back from %q here", q.Name)}
	}
	p.echo("", p.say(steps.T("(back)")))
	return steps.Answer{}, steps.ErrBack
}

// turn is the answer whose turn it is for a question of that name; -1 = none is left.
func (p *Player) turn(name string) int {
	for i, a := range p.script.Answers {
		if a.Name == name && (a.Times == 0 || p.used[i] < a.Times) {
			return i
		}
	}
	return -1
}

func (p *Player) echo(id, shown string) steps.Answer {
	fmt.Fprintln(p.out, visible(shown))
	return steps.Answer{ID: id}
}

// visible keeps what a script says from steering the terminal, or from looking like a line of the program's own.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// next takes the next answer for a question.
func (p *Player) next(q steps.Question) (ScriptAnswer, error) {
	if i := p.turn(q.Name); i >= 0 {
		p.used[i]++
		return p.script.Answers[i], nil
	}
	line := 0
	for _, a := range p.script.Answers {
		if a.Name == q.Name {
			line = a.Line
		}
	}
	msg := fmt.Sprintf("no answer for %q (%s)", q.Name, q.Text)
	if line > 0 {
		msg = fmt.Sprintf("%q was asked once more than this answers (%s)", q.Name, q.Text)
	}
	if ids := choiceIDs(q); ids != "" {
		msg += "; it takes " + ids
	}
	return ScriptAnswer{}, &Error{File: p.script.Name, Line: line, Msg: msg}
}

func choiceIDs(q steps.Question) string {
	var ids []string
	for _, c := range q.Choices {
		ids = append(ids, c.ID)
	}
	if q.Kind == steps.Confirm {
		ids = []string{"yes", "no"}
	}
	return strings.Join(ids, ", ")
}

// fit holds an answer against its question.
func (p *Player) fit(q steps.Question, a ScriptAnswer) (steps.Answer, *steps.Problem, error) {
	switch q.Kind {
	case steps.Choose, steps.Touch, steps.Confirm:
		ok := slices.ContainsFunc(q.Choices, func(c steps.Choice) bool { return c.ID == a.Value })
		if q.Kind == steps.Confirm {
			ok = a.Value == "yes" || a.Value == "no"
		}
		if !ok {
			return steps.Answer{}, nil, &Error{File: p.script.Name, Line: a.Line, Msg: fmt.Sprintf("%q does not take this answer", q.Name), Want: "one of " + choiceIDs(q), Got: a.Value}
		}
		return p.echo(a.Value, a.Value), nil, nil
	case steps.Line:
		v := p.expand(a.Value)
		ans := p.echo(v, v)
		if q.Check != nil {
			return ans, q.Check(v), nil
		}
		return ans, nil, nil
	}
	s := p.secret(a.Value)
	ans := p.echo("", p.say(steps.T("(hidden)")))
	ans.Secret = s
	if q.CheckSecret != nil {
		return ans, q.CheckSecret(s), nil
	}
	return ans, nil, nil
}

// secret is the value of a secret answer. A literal is allowed: a practice key's PIN protects nothing.
func (p *Player) secret(v string) secret.Secret {
	if v == "${PASS}" {
		return p.pass.Clone()
	}
	return secret.New([]byte(p.expand(v)))
}

func (p *Player) expand(v string) string {
	name, ok := strings.CutPrefix(v, "${")
	name, ok2 := strings.CutSuffix(name, "}")
	if !ok || !ok2 {
		return v
	}
	if e := p.env("KEYROLLOUT_" + name); e != "" {
		return e
	}
	if name == "PIN" {
		return PracticePIN
	}
	return v
}

// Unused is an error for the first answer that was not asked for as often as it is written, and for the first risk that
// was accepted and never met: whoever wrote it expects a danger that the run did not have.
func (p *Player) Unused() error {
	for _, r := range p.script.Risks {
		if !p.met[r.Name] {
			return &Error{File: p.script.Name, Line: r.Line, Msg: fmt.Sprintf("the risk %q was accepted and never met", r.Name)}
		}
	}
	for i, a := range p.script.Answers {
		if a.Times > 0 && p.used[i] < a.Times {
			return &Error{File: p.script.Name, Line: a.Line, Msg: fmt.Sprintf("%q was not asked as often as this answers", a.Name),
				Want: fmt.Sprint(a.Times), Got: fmt.Sprint(p.used[i])}
		}
	}
	return nil
}
