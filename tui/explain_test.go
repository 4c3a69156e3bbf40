package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	"keyrollout/steps"
)

// lasting has words for the question "lasting", and for no other.
func lasting(o *Options) {
	o.About = func(q steps.Question) []steps.Text {
		if q.Name != "lasting" {
			return nil
		}
		return []steps.Text{steps.T("What it means"), steps.T("  It lasts."), {}, steps.T("How it is undone"), steps.T("  Not at all.")}
	}
}

// Behind "?" a question is explained before its step; a question without words of its own leaves it to the step. No key
// of it answers.
func TestAQuestionIsExplainedBeforeItsStep(t *testing.T) {
	for _, c := range []struct {
		q   steps.Question
		key string
	}{
		{steps.Question{Name: "lasting", Kind: steps.Confirm, Text: steps.T("For good?")}, "?"},
		{steps.Question{Name: "lasting", Kind: steps.Line, Text: steps.T("For how long?")}, "f1"},
	} {
		b := newBench(t, 80, 24, lasting)
		inTenant(b)
		b.put(c.q)
		b.pass(time.Second)
		b.press(c.key)
		b.wantSaid("It lasts.")
		b.wantSaid("? this step")
		sound(t, b.View(), 80, 24)
		b.press("?")
		b.wantSaid("Until the policy is on")
		if strings.Contains(b.screen(), "It lasts.") || strings.Contains(b.screen(), "this step") {
			t.Errorf("still about the question:\n%s", b.screen())
		}
		b.press("?")
		b.wantNone()
		b.wantSaid(c.q.Text.String())
		b.press(c.key, "b")
		b.wantNone()
		if strings.Contains(b.screen(), "It lasts.") {
			t.Errorf("not closed:\n%s", b.screen())
		}
	}
	b := newBench(t, 80, 24, lasting)
	inTenant(b)
	b.put(startQuestion)
	b.press("?")
	b.wantSaid("Until the policy is on")
}

// The same in lines: asked once more, the step is explained.
func TestPlainExplainsTheQuestionBeforeItsStep(t *testing.T) {
	words := func(step string) []steps.Text { return []steps.Text{steps.T("Words of %s.", step)} }
	out, err := plainly(t, "?\n?\n?\nyes\n?\nyes\n", func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		tell(steps.Event{Data: steps.StepState{ID: "tenant", State: steps.Active}})
		if _, err := ask.Ask(ctx, steps.Question{Name: "lasting", Kind: steps.Confirm, Text: steps.T("For good?")}); err != nil {
			return err
		}
		_, err := ask.Ask(ctx, steps.Question{Name: "other", Kind: steps.Confirm, Text: steps.T("For now?")})
		return err
	}, lasting, func(o *Options) { o.Explain = words })
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for l := range strings.Lines(out) {
		for _, s := range []string{"It lasts.", "Words of tenant.", "For good?", "For now?"} {
			if strings.Contains(l, s) {
				order = append(order, s)
			}
		}
	}
	want := "For good? It lasts. For good? Words of tenant. For good? It lasts. For good? For now? Words of tenant. For now?"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("%s\n%s", got, out)
	}
}
