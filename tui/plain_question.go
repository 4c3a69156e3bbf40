package tui

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// PlainQuestion prints a question as the plain dialogue puts it: what one should know, a line each, then the question
// with its ways to answer, ending in a colon and no line break. The script player prints with it too. A value that is
// shown once is not printed here.
func PlainQuestion(w io.Writer, say steps.Speaker, q steps.Question) {
	if say == nil {
		say = steps.English
	}
	say = Cleaned(say)
	if !q.Value.Empty() && q.Kind == steps.Act {
		fmt.Fprintln(w, say(q.Text))
		q.Value.Use(func(v []byte) { fmt.Fprintln(w, clean(string(v))) })
	}
	for _, t := range q.Detail {
		fmt.Fprintln(w, say(t))
	}
	plainAnswers(w, say, q)
}

// plainAnswers is the question with its ways to answer.
func plainAnswers(w io.Writer, say steps.Speaker, q steps.Question) {
	if inline := inlineChoices(say, q); inline != "" {
		fmt.Fprint(w, say(q.Text), " ", inline, bracketed(say, defaultWord(say, q)), ": ")
		return
	}
	for i, c := range q.Choices {
		line := strconv.Itoa(i+1) + " " + say(c.Text)
		if !c.Detail.Empty() {
			line += ": " + say(c.Detail)
		}
		fmt.Fprintln(w, line)
	}
	PlainPrompt(w, say, q)
}

// PlainPrompt is the last line of a question: alone, it puts a question again that was read out in full just before.
func PlainPrompt(w io.Writer, say steps.Speaker, q steps.Question) {
	if q.ByItself {
		fmt.Fprint(w, say(steps.T("This goes on by itself")), how(say, q), ": ")
		return
	}
	fmt.Fprint(w, say(q.Text), how(say, q), ": ")
}

// inlineChoices is the choices on the line of the question, where they are few and short.
func inlineChoices(say steps.Speaker, q steps.Question) string {
	var parts []string
	for i, c := range q.Choices {
		if !c.Detail.Empty() {
			return ""
		}
		parts = append(parts, strconv.Itoa(i+1)+" "+say(c.Text))
	}
	s := strings.Join(parts, ", ")
	if ansi.StringWidth(say(q.Text))+ansi.StringWidth(s) > 90 {
		return ""
	}
	return s
}

// how says in brackets how the question is answered and what Enter alone takes.
func how(say steps.Speaker, q steps.Question) string {
	var word steps.Text
	switch q.Kind {
	case steps.Confirm:
		word = steps.T("yes or no")
	case steps.Typed:
		word = steps.T("to go on, type: %s", q.Word)
	case steps.Act:
		if len(q.Choices) == 0 && !q.ByItself {
			word = steps.T("press enter when done")
		}
	case steps.Secret:
		word = steps.T("nothing is shown while you type")
	case steps.Show:
		word = steps.T("shown once")
	}
	return bracketed(say, word, defaultWord(say, q))
}

func bracketed(say steps.Speaker, texts ...steps.Text) string {
	var parts []string
	for _, t := range texts {
		if s := say(t); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func defaultWord(say steps.Speaker, q steps.Question) steps.Text {
	switch d := plainDefault(q); {
	case d != "":
		for i, c := range q.Choices {
			if c.ID == d {
				d = strconv.Itoa(i + 1)
			}
		}
		if q.Kind == steps.Confirm {
			d = say(steps.T("no"))
		}
		return steps.T("default %s", d)
	case q.Kind == steps.Choose, q.Kind == steps.Confirm, q.Kind == steps.Touch && len(q.Choices) > 0:
		return steps.T("no default")
	}
	return steps.Text{}
}

// plainDefault is what Enter alone takes here. A yes is never taken that way.
func plainDefault(q steps.Question) string {
	if q.Kind == steps.Confirm && q.Default != "no" {
		return ""
	}
	if q.Kind == steps.Touch && q.Default == "" && len(q.Choices) > 0 {
		return q.Choices[0].ID
	}
	return q.Default
}

// backSign goes back where letters are an answer: no name, PIN or pass is that.
const backSign = "<"

// understood makes an answer of a line, or says why it is none.
func understood(say steps.Speaker, q steps.Question, line string) (steps.Answer, error) {
	id := func(s string) (steps.Answer, error) { return steps.Answer{ID: s}, nil }
	if q.Kind != steps.Secret {
		line = strings.TrimSpace(narrowed(line))
	}
	if a, ok := chosen(say, q, line); ok {
		return id(a)
	}
	if line == explainSign {
		return steps.Answer{}, errExplain
	}
	if line == backSign && q.Back {
		return steps.Answer{}, steps.ErrBack
	}
	if q.Kind != steps.Line && q.Kind != steps.Typed {
		switch strings.ToLower(line) {
		case "q", "quit":
			return steps.Answer{}, steps.ErrQuit
		case "b", "back":
			if q.Back {
				return steps.Answer{}, steps.ErrBack
			}
			return steps.Answer{}, again{steps.T("There is nothing to go back to from here.")}
		}
	}
	if line == "" {
		if d := plainDefault(q); d != "" && q.Kind != steps.Typed {
			return id(d)
		}
	}
	switch q.Kind {
	case steps.Act:
		if len(q.Choices) == 0 {
			return id("done")
		}
	case steps.Line:
		if line != "" {
			return id(line)
		}
	case steps.Typed:
		switch {
		case line == q.Word:
			return id(line)
		case line == "" && q.Back, strings.EqualFold(line, "b") && q.Back:
			return steps.Answer{}, steps.ErrBack
		}
		return steps.Answer{}, again{steps.T("These are not the words. Nothing was done.")}
	}
	if line == "" {
		return steps.Answer{}, again{steps.T("There is nothing that enter alone would take here.")}
	}
	return steps.Answer{}, again{steps.T("%q is not one of the answers.", line)}
}

// chosen finds the choice a line means: by number, by id, by its words.
func chosen(say steps.Speaker, q steps.Question, line string) (string, bool) {
	if q.Kind == steps.Confirm {
		switch s := strings.ToLower(line); s {
		case "yes", "y", strings.ToLower(say(steps.T("yes"))):
			return "yes", s != ""
		case "no", "n", strings.ToLower(say(steps.T("no"))):
			return "no", s != ""
		}
		return "", false
	}
	if line == "" {
		return "", false
	}
	for _, c := range q.Choices {
		first, _, _ := strings.Cut(c.Text.Format, ",")
		short := first == "yes" || first == "no" // "yes, do this"
		if c.ID == line || strings.EqualFold(say(c.Text), line) || short && (strings.EqualFold(first, line) || strings.EqualFold(first[:1], line)) {
			return c.ID, true
		}
	}
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(q.Choices) {
		return q.Choices[n-1].ID, true
	}
	return "", false
}
