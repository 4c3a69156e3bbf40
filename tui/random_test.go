package tui

import (
	"math/rand/v2"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// Whatever is told, asked, pressed and resized, in whatever order: a screen is drawn, and it fits.
func TestAnyOrderOfThings(t *testing.T) {
	keys := []string{"enter", "enter", "up", "down", "left", "right", "home", "end", "esc", "b", "q", "?", "f1", "y", "n", "1", "9",
		"pgdown", "pgup", "backspace", "ctrl+c", "ctrl+l", "ctrl+z", "ctrl+u", "x", "鍵"}
	kinds := []steps.Kind{steps.Choose, steps.Confirm, steps.Line, steps.Secret, steps.Typed, steps.Touch, steps.Act, steps.Show}
	data := []any{contoso, steps.StepState{ID: "key", State: steps.Active}, steps.StepState{ID: "key", State: steps.Blocked},
		steps.Finding{State: steps.Done, Text: steps.T("found")}, plan, steps.Plan{}, steps.KeyState{Model: "key"}, flashing, steps.LED{},
		steps.Enrolment{Remaining: 3}, enrolment, practicePrint(), steps.Picture{}, problem, &steps.Problem{},
		steps.Wait{For: steps.T("waiting"), Left: 3}, steps.Wait{}, proof, steps.Proof{}, nil}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := newBench(t, 80, 24)
		w, h := 80, 24
		for range 150 {
			switch r.IntN(6) {
			case 0, 1, 2:
				b.press(keys[r.IntN(len(keys))])
			case 3:
				names := []string{steps.EventNote, steps.EventDone, steps.EventStep}
				b.tell(names[r.IntN(len(names))], data[r.IntN(len(data))], steps.T("told"))
			case 4:
				q := steps.Question{Kind: kinds[r.IntN(len(kinds))], Text: steps.T("asked"), Word: "word", Back: r.IntN(2) == 0,
					Choices: startQuestion.Choices[:r.IntN(3)], Value: secret.New([]byte("once"))}
				b.put(q)
			case 5:
				w, h = 1+r.IntN(140), 1+r.IntN(50)
				b.send(tea.WindowSizeMsg{Width: w, Height: h})
			}
			b.pass(time.Duration(r.IntN(3000)) * time.Millisecond)
			sound(t, b.View(), w, h)
			if t.Failed() {
				t.Fatalf("seed %d at %d x %d:\n%s", seed, w, h, b.screen())
			}
		}
	}
}
