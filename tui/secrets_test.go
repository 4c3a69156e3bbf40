package tui

import (
	"bytes"
	"strings"
	"testing"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// A typed PIN is in no frame, a shown pass is in the frames that show it and in no other, and neither is in what
// stays in the terminal.
func TestSecretsAreInNoFrameButTheOneThatShows(t *testing.T) {
	const pin, code = "zq482913", "7Kx#pQ2w"
	b := newBench(t, 80, 24)
	clean := func(where string) {
		t.Helper()
		if c := b.View().Content; strings.Contains(c, pin) || strings.Contains(c, code) || strings.Contains(c, "zq4") {
			t.Errorf("%s: the screen holds a secret:\n%s", where, b.screen())
		}
	}
	inKey(b)
	p := b.put(steps.Question{Kind: steps.Secret, Text: steps.T("PIN"), Twice: true})
	for _, c := range pin {
		b.typeIn(string(c))
		clean("typing")
	}
	b.press("enter")
	clean("looking at it")
	b.send(againMsg{p})
	b.typeIn(pin)
	clean("again")
	b.press("?", "f1")
	clean("explaining")
	b.press("f1", "ctrl+c")
	clean("leaving")
	b.press("x")
	b.send(withdrawMsg{p})

	shown := secret.New([]byte(code))
	b.put(steps.Question{Kind: steps.Show, Text: steps.T("The pass"), Value: shown})
	if !strings.Contains(b.View().Content, code) {
		t.Error("the pass is not shown")
	}
	shown.Wipe() // the engine may wipe its own whenever it likes
	if !strings.Contains(b.View().Content, code) {
		t.Error("the screen shows another's memory")
	}
	own := b.asked.Value
	b.press("f1")
	clean("explaining over the pass")
	b.press("f1", "enter")
	clean("after Enter")
	if !own.Empty() {
		t.Error("the screen's copy of the pass is not wiped")
	}
	b.tell(steps.EventSummary, summary)
	b.send(endedMsg{})
	clean("the summary")
	var out bytes.Buffer
	b.farewell().print(&out)
	if s := out.String(); strings.Contains(s, pin) || strings.Contains(s, code) {
		t.Errorf("what stays in the terminal holds a secret:\n%s", s)
	}
}

// The plain question of a value that is shown once does not print it: the script player uses it.
func TestPlainQuestionKeepsTheValue(t *testing.T) {
	var out bytes.Buffer
	PlainQuestion(&out, nil, steps.Question{Kind: steps.Show, Text: steps.T("The pass"), Value: secret.New([]byte("7Kx#pQ2w"))})
	if strings.Contains(out.String(), "7Kx#pQ2w") || strings.Contains(out.String(), "hidden") {
		t.Errorf("%q", out.String())
	}
}
