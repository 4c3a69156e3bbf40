package walkthrough

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

func player(t *testing.T, text string, env map[string]string) (*Player, *bytes.Buffer) {
	t.Helper()
	s, err := Parse("s.walk", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return NewPlayer(s, &out, steps.English, func(n string) string { return env[n] }, func(steps.Question) {}), &out
}

var short = steps.Question{Name: "pin", Kind: steps.Secret, CheckSecret: func(s secret.Secret) *steps.Problem {
	if s.Len() < 4 {
		return &steps.Problem{Code: "short", What: steps.T("Too short."), State: steps.T("Nothing changed.")}
	}
	return nil
}}

func TestARefusedAnswerIsAskedAgain(t *testing.T) {
	p, out := player(t, "answer pin 12\nanswer pin ${PIN}\n", map[string]string{"KEYROLLOUT_PIN": "7391"})
	a, err := p.Ask(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	a.Secret.Use(func(b []byte) {
		if string(b) != "7391" {
			t.Error("the second answer is not the one of the environment")
		}
	})
	if !strings.Contains(out.String(), "Too short. Nothing changed.") || strings.Contains(out.String(), "7391") {
		t.Errorf("printed: %q", out)
	}
	if err := p.Unused(); err != nil {
		t.Error(err)
	}
}

func TestNothingIsAssumed(t *testing.T) {
	choose := steps.Question{Name: "who", Kind: steps.Choose, Default: "all", Choices: []steps.Choice{{ID: "all"}, {ID: "group"}}}
	risk := steps.Question{Name: "risk.reset-key", Kind: steps.Typed, Risk: "reset-key", Word: "reset"}
	for _, c := range []struct {
		script string
		q      steps.Question
		want   string
	}{
		{"", choose, `s.walk: no answer for "who" (); it takes all, group`},
		{"answer who nobody\n", choose, "s.walk:1: \"who\" does not take this answer\n    expected: one of all, group\n    got:      nobody"},
		{"answer yes yes\n", steps.Question{Name: "sure", Kind: steps.Confirm, Default: "yes"}, `it takes yes, no`},
		{"", risk, "accept-risk reset-key"},
	} {
		p, _ := player(t, c.script, nil)
		if _, err := p.Ask(t.Context(), c.q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.script, err, c.want)
		}
	}
}

func TestAnUnusedAnswerIsAFault(t *testing.T) {
	p, _ := player(t, "answer touch good x3\n", nil)
	q := steps.Question{Name: "touch", Kind: steps.Touch, Choices: []steps.Choice{{ID: "good"}}}
	if _, err := p.Ask(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if err := p.Unused(); err == nil || err.Error() != "s.walk:1: \"touch\" was not asked as often as this answers\n    expected: 3\n    got:      1" {
		t.Fatalf("got %v", err)
	}
}

func TestThePassThatWasShownIsUsed(t *testing.T) {
	p, out := player(t, "answer registration.pass ${PASS}\n", nil)
	if _, err := p.Ask(t.Context(), steps.Question{Name: "pass.shown", Kind: steps.Show, Value: secret.New([]byte("a+B3dE9!"))}); err != nil {
		t.Fatal(err)
	}
	a, err := p.Ask(t.Context(), steps.Question{Name: "registration.pass", Kind: steps.Secret})
	if err != nil || !a.Secret.Equal(secret.New([]byte("a+B3dE9!"))) {
		t.Fatalf("not the pass that was shown (%v)", err)
	}
	if strings.Contains(out.String(), "a+B3dE9!") {
		t.Fatal("the pass was printed")
	}
}

func TestTheContextEndsAPlayer(t *testing.T) {
	p, _ := player(t, "answer a b\n", nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if _, err := p.Ask(ctx, steps.Question{Name: "a", Kind: steps.Line}); !errors.Is(err, gone) {
		t.Fatalf("got %v", err)
	}
}

// What a recorder writes plays back to the same answers.
func TestARecordingPlays(t *testing.T) {
	first, _ := player(t, "answer who group\nanswer pin 0000\nanswer problem.pin-wrong retry\nanswer pin ${PIN}\nanswer touch good x2\nanswer name \"A key\"\naccept-risk reset-key\n", nil)
	rec := NewRecorder(first)
	qs := []steps.Question{
		{Name: "who", Kind: steps.Choose, Choices: []steps.Choice{{ID: "group"}}},
		{Name: "key.pin", Kind: steps.Secret},
		{Name: "touch", Kind: steps.Touch, Choices: []steps.Choice{{ID: "good"}}},
		{Name: "touch", Kind: steps.Touch, Choices: []steps.Choice{{ID: "good"}}},
		{Name: "name", Kind: steps.Line},
		{Name: "risk.reset-key", Kind: steps.Typed, Risk: "reset-key", Word: "reset"},
	}
	first.script.Answers = append(first.script.Answers, ScriptAnswer{Name: "key.pin", Value: "482913", Times: 1})
	first.used = make([]int, len(first.script.Answers))
	for _, q := range qs {
		if _, err := rec.Ask(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	text := string(rec.Script("recorded"))
	if strings.Contains(text, "482913") {
		t.Fatalf("a PIN is in the recording:\n%s", text)
	}
	second, _ := player(t, text, nil)
	for _, q := range qs {
		if _, err := second.Ask(t.Context(), q); err != nil {
			t.Fatalf("the recording does not play: %v\n%s", err, text)
		}
	}
	if err := second.Unused(); err != nil {
		t.Fatal(err)
	}
}

func TestEvidenceHoldsFactsOnly(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
	e := NewEvidence("1", now)
	e.Tell(steps.Event{Name: steps.EventDone, Step: "key", Text: steps.T("a sentence"), Facts: []steps.Fact{{Name: "pin", Value: "set"}}})
	e.Tell(steps.Event{Name: steps.EventSummary, Data: steps.Summary{Complete: true}})
	b, err := e.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); !strings.Contains(s, `"value": "set"`) || !strings.Contains(s, `"complete": true`) || strings.Contains(s, "sentence") {
		t.Fatalf("evidence: %s", s)
	}
}

func TestAnAnswerThatIsRefusedIsNotGivenForEver(t *testing.T) {
	p, _ := player(t, "answer pin 1 always\n", nil)
	if _, err := p.Ask(t.Context(), short); err == nil || !strings.Contains(err.Error(), "s.walk:1: \"pin\" does not take this answer, however often") {
		t.Fatalf("got %v", err)
	}
}

func TestAScriptDoesNotSteerTheTerminal(t *testing.T) {
	p, out := player(t, `answer name "\x1b[31mred\nPIN set."`+"\n", nil)
	if _, err := p.Ask(t.Context(), steps.Question{Name: "name", Kind: steps.Line}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "?[31mred?PIN set.\n" {
		t.Fatalf("printed %q", out)
	}
}

func TestAScriptGoesBack(t *testing.T) {
	p, out := player(t, "answer group Pilot\nback user\nanswer group Sales\nanswer user aiko\n", nil)
	group := steps.Question{Name: "group", Kind: steps.Line}
	user := steps.Question{Name: "user", Kind: steps.Line, Back: true}
	for i, q := range []steps.Question{group, user, group, user} {
		if _, err := p.Ask(t.Context(), q); errors.Is(err, steps.ErrBack) != (i == 1) {
			t.Fatalf("question %d: %v", i, err)
		}
	}
	if got := out.String(); got != "Pilot\n(back)\nSales\naiko\n" {
		t.Errorf("printed %q", got)
	}
	p, _ = player(t, "back user\n", nil)
	user.Back = false
	if _, err := p.Ask(t.Context(), user); err == nil || !strings.Contains(err.Error(), `s.walk:1: there is no way back from "user"`) {
		t.Errorf("got %v", err)
	}
}

// turning is an asker that goes back where it is told to.
type turning struct {
	steps.Asker
	at map[int]bool
	n  int
}

func (a *turning) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	if a.n++; a.at[a.n] {
		return steps.Answer{}, steps.ErrBack
	}
	return a.Asker.Ask(ctx, q)
}

// What was gone back from is recorded, so that the recording meets the same questions; a wrong PIN leaves no trace.
func TestARecordingGoesBack(t *testing.T) {
	first, _ := player(t, "answer begin.where practice x2\nanswer a 1\nanswer a 2\nanswer b 3\nanswer key.pin 0000\n", nil)
	rec := NewRecorder(&turning{Asker: first, at: map[int]bool{2: true, 5: true, 9: true}})
	ask := func(name string, kind steps.Kind) {
		_, err := rec.Ask(t.Context(), steps.Question{Name: name, Kind: kind, Back: true})
		if err != nil && !errors.Is(err, steps.ErrBack) {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"begin.where", "a", "begin.where", "a", "b", "a", "b"} {
		ask(name, steps.Line)
	}
	ask("key.pin", steps.Secret)
	ask("problem.pin-wrong", steps.Line)
	_, got, _ := strings.Cut(string(rec.Script("t")), "title \"t\"\n")
	if want := "answer a 1\nback b\nanswer a 2\nanswer b 3\nback key.pin\n"; got != want {
		t.Fatalf("recorded:\n%swant:\n%s", got, want)
	}
}

func TestARiskThatNeverCameIsAFault(t *testing.T) {
	p, _ := player(t, "answer a b always\naccept-risk lock-out-keys\n", nil)
	if err := p.Unused(); err == nil || err.Error() != `s.walk:2: the risk "lock-out-keys" was accepted and never met` {
		t.Fatalf("got %v", err)
	}
	if _, err := p.Ask(t.Context(), steps.Question{Name: "risk.lock-out-keys", Kind: steps.Typed, Risk: "lock-out-keys", Word: "lock out keys"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Unused(); err != nil {
		t.Fatal(err)
	}
}
