package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// plainly runs the plain dialogue over two pipes and returns what it printed.
func plainly(t *testing.T, input string, run Run, change ...func(*Options)) (string, error) {
	t.Helper()
	inR, inW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer inR.Close()
	go func() { _, _ = io.WriteString(inW, input); inW.Close() }()
	printed := make(chan string, 1)
	go func() { b, _ := io.ReadAll(outR); printed <- string(b) }()
	o := Options{In: inR, Out: outW, Env: []string{"TERM=dumb"}, Steps: fiveSteps}
	for _, c := range change {
		c(&o)
	}
	err = Plain(context.Background(), o, run)
	outW.Close()
	return <-printed, err
}

func story(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
	if _, err := ask.Ask(ctx, startQuestion); err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventTenant, Text: steps.T("Contoso (practice), admin@contoso.example."), Data: contoso})
	tell(steps.Event{Name: steps.EventStep, Text: steps.T("Step 1 of 4, tenant."), Data: steps.StepState{ID: "tenant", State: steps.Active}})
	tell(steps.Event{Name: steps.EventFinding, Data: steps.Finding{Text: steps.T("The passkey policy is off."), Facts: []steps.Text{steps.T("Nobody can register a key.")}}})
	group, err := ask.Ask(ctx, steps.Question{Kind: steps.Line, Text: steps.T("Which group tries it first?"), Default: "Pilot",
		Check: func(s string) *steps.Problem {
			if s == "Pilot" {
				return nil
			}
			return &steps.Problem{Code: "no-group", What: steps.T("There is no group %q.", s), State: steps.T("Nothing was changed.")}
		}})
	if err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventPlan, Text: plan.Title, Data: plan})
	if _, err := ask.Ask(ctx, steps.Question{Kind: steps.Typed, Text: steps.T("Lock 2 keys out?"), Word: "lock out 2 keys"}); err != nil {
		return err
	}
	if _, err := ask.Ask(ctx, steps.Question{Kind: steps.Confirm, Text: steps.T("Change this for %s?", group.ID)}); err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventDone, Text: steps.T("The passkey policy is on.")})
	tell(steps.Event{Name: steps.EventStep, Text: steps.T("Step 2 of 4, key."), Data: steps.StepState{ID: "key", State: steps.Active}})
	for range 2 {
		tell(steps.Event{Name: steps.EventLED, Text: steps.T("LED cyan, flashing: touch the key."), Data: flashing})
	}
	tell(steps.Event{Name: steps.EventPicture, Data: practicePrint()})
	if _, err := ask.Ask(ctx, touchQuestion); err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventEnrol, Text: steps.T("Touch 4: too fast. Hold the finger a little longer. About 9 more."), Data: enrolment})
	tell(steps.Event{Name: steps.EventProblem, Text: problem.What, Data: problem})
	if _, err := ask.Ask(ctx, steps.Question{Kind: steps.Choose, Text: steps.T("What now?"), Choices: problem.Next}); err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventProof, Data: proof})
	tell(steps.Event{Name: steps.EventProof, Data: proof})
	tell(steps.Event{Name: steps.EventSummary, Data: summary})
	return nil
}

func TestPlainStory(t *testing.T) {
	input := strings.Join([]string{
		"", // the default of the first question
		"Pilt", "Pilot",
		"yes", "lock out 2 keys",
		"", "maybe", "y",
		"5",
		"retry",
	}, "\n") + "\n"
	out, err := plainly(t, input, story)
	if err != nil {
		t.Error(err)
	}
	golden(t, "plain-story.golden", out)
	for _, r := range out {
		if r >= 0x2800 && r <= 0x28ff || r == 0x1b {
			t.Fatalf("the plain dialogue prints %U", r)
		}
	}
}

// A question that is put again lists its answers, and not again what there is to know; a touch is only asked for.
func TestPlainPutsAQuestionAgainShortly(t *testing.T) {
	out, err := plainly(t, "7\n1\n2\n1\n", func(ctx context.Context, ask steps.Asker, _ func(steps.Event)) error {
		for _, q := range []steps.Question{startQuestion, touchQuestion, touchQuestion} {
			if _, err := ask.Ask(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for words, n := range map[string]int{"Four steps": 1, "2 My organisation": 2, "Where do you want": 2, "2 with another finger": 1, "How is the key touched?": 2} {
		if got := strings.Count(out, words); got != n {
			t.Errorf("%q is said %d times, want %d:\n%s", words, got, n, out)
		}
	}
}

func TestPlainEndOfInputIsNoAnswer(t *testing.T) {
	for _, input := range []string{"", "1\n", "1\nPilot\nlock out 2 keys\n"} {
		out, err := plainly(t, input, story)
		if !errors.Is(err, steps.ErrNoAnswer) {
			t.Errorf("after %q: %v", input, err)
		}
		if !strings.Contains(out, "Nothing was taken for a yes.") || strings.Contains(out, "policy is on") {
			t.Errorf("after %q:\n%s", input, out)
		}
	}
}

func TestPlainAnswers(t *testing.T) {
	goAhead := steps.Question{Kind: steps.Choose, Choices: []steps.Choice{{ID: "yes", Text: steps.T("yes, do this")}, {ID: "change", Text: steps.T("no, choose differently")}}}
	choose := startQuestion
	choose.Default, choose.Back = "", true
	for _, c := range []struct {
		q    steps.Question
		line string
		id   string
		err  error
	}{
		{choose, "2", "tenant", nil},
		{choose, "key", "key", nil},
		{choose, "my organisation", "tenant", nil},
		{choose, "２", "tenant", nil},
		{choose, "b", "", steps.ErrBack},
		{choose, "quit", "", steps.ErrQuit},
		{goAhead, "y", "yes", nil},
		{goAhead, "No", "change", nil},
		{yesNo("no"), "", "no", nil},
		{yesNo("no"), "Yes", "yes", nil},
		{steps.Question{Kind: steps.Act}, "", "done", nil},
		{touchQuestion, "", "right", nil},
		{steps.Question{Kind: steps.Line, Default: "Pilot"}, "", "Pilot", nil},
		{steps.Question{Kind: steps.Line}, "q", "q", nil},
		{steps.Question{Kind: steps.Typed, Word: "reset key"}, "reset key", "reset key", nil},
	} {
		a, err := understood(steps.English, c.q, c.line)
		if a.ID != c.id || !errors.Is(err, c.err) {
			t.Errorf("%v, %q: %q, %v; want %q, %v", c.q.Kind, c.line, a.ID, err, c.id, c.err)
		}
	}
	var retry again
	for _, c := range []struct {
		q    steps.Question
		line string
	}{
		{choose, ""}, {choose, "0"}, {choose, "4"}, {choose, "practise"},
		{startQuestion, "b"},
		{yesNo(""), ""}, {yesNo("yes"), ""}, {yesNo("yes"), "1"},
		{steps.Question{Kind: steps.Line}, ""},
		{steps.Question{Kind: steps.Typed, Word: "reset key"}, ""},
		{steps.Question{Kind: steps.Typed, Word: "reset key"}, "yes"},
	} {
		if a, err := understood(steps.English, c.q, c.line); !errors.As(err, &retry) {
			t.Errorf("%v takes %q for %q, %v", c.q.Kind, c.line, a.ID, err)
		}
	}
}

// Without a terminal of its own there is nothing to type a PIN on, and nothing to show a pass on.
func TestPlainSecretsNeedATerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	d := newDialogue(Options{In: r, Out: w}.filled())
	d.out = &out
	d.tty = func(string) (*os.File, error) { return nil, os.ErrNotExist }
	for _, q := range []steps.Question{
		{Kind: steps.Secret, Text: steps.T("PIN")},
		{Kind: steps.Show, Text: steps.T("The pass"), Value: secret.New([]byte("7Kx#pQ2w"))},
	} {
		if _, err := d.Ask(context.Background(), q); !errors.Is(err, steps.ErrNoAnswer) {
			t.Errorf("%v: %v", q.Kind, err)
		}
	}
	w.Close()
	if rest, _ := io.ReadAll(r); len(rest) > 0 || strings.Contains(out.String(), "7Kx") {
		t.Errorf("printed %q and %q", out.String(), rest)
	}
	if !strings.Contains(out.String(), "read from a terminal only") || !strings.Contains(out.String(), "shown on a terminal only") {
		t.Error("does not say why:", out.String())
	}
}

func TestPlainSaysWhatItWaitsFor(t *testing.T) {
	r, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	d := newDialogue(Options{In: r, Out: os.Stdout}.filled())
	d.out, d.print = &out, PlainTell(&out, nil)
	d.tell(steps.Event{Name: steps.EventWait, Data: steps.Wait{For: steps.T("Waiting for the sign-in log.")}})
	start := d.idle
	for s := range 70 {
		d.look(start.Add(time.Duration(s) * time.Second))
	}
	if n := strings.Count(out.String(), "Still waiting: Waiting for the sign-in log."); n != 3 {
		t.Errorf("said %d times in 70 seconds, want after 5, 35 and 65:\n%s", n, out.String())
	}
	d.idle = time.Time{} // a person is asked
	out.Reset()
	d.look(start.Add(time.Hour))
	if out.Len() > 0 {
		t.Error("hurries a person:", out.String())
	}
}

func TestPlainTellsEveryEventWithoutPictures(t *testing.T) {
	var out bytes.Buffer
	tell := PlainTell(&out, nil)
	for _, data := range []any{contoso, steps.Finding{}, plan, steps.Plan{}, steps.KeyState{}, flashing, enrolment, practicePrint(),
		problem, steps.Wait{}, proof, steps.Proof{}, summary, steps.Summary{}, nil} {
		tell(steps.Event{Data: data})
		tell(steps.Event{Data: data, Text: steps.T("in one\x1b[1m line\nof text")})
	}
	for _, r := range out.String() {
		if r >= 0x2500 && r <= 0x28ff || r == 0x1b {
			t.Fatalf("prints %U", r)
		}
	}
}

func TestWantsPlain(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if yes, why := WantsPlain(Options{In: r, Out: w, Env: []string{"TERM=xterm"}}, false); !yes || why == "" {
		t.Error("a pipe is no terminal")
	}
	if yes, why := WantsPlain(Options{In: r, Out: w, Env: []string{"ACCESSIBLE=1"}}, false); !yes || !strings.Contains(why, "ACCESSIBLE") {
		t.Error(why)
	}
}
