package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"keyrollout/steps"
	"keyrollout/tui"
)

// deskLines is what is printed at the desk: the key's light, the sharing and the touches all tell, each when it likes.
type deskLines struct {
	mu    sync.Mutex
	out   io.Writer
	say   steps.Speaker
	print func(steps.Event)
	full  string // the question that was last printed in full
}

func (l *deskLines) tell(e steps.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.print(e)
}

func (l *deskLines) question(q steps.Question) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	if l.full == q.Name {
		tui.PlainPrompt(&b, l.say, q)
	} else {
		tui.PlainQuestion(&b, l.say, q)
	}
	l.full = q.Name
	fmt.Fprintln(l.out, strings.TrimSpace(b.String())) // other lines come before the answer does
}

// deskHand touches a shared software key: Enter or a digit is the touch. What was pressed before the key asked, or runs
// on from the press before, touches nothing, for a touch allows what is asked.
type deskHand struct {
	lines *deskLines
	ask   steps.Asker // for what is no touch: before the sharing begins

	mu    sync.Mutex
	q     steps.Question
	got   chan string // nil = the key asks for no touch
	since time.Time   // it asked, or a key was pressed
}

// Ask implements steps.Asker.
func (h *deskHand) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	if q.Kind != steps.Touch {
		return h.ask.Ask(ctx, q)
	}
	q.Choices = q.Choices[:min(len(q.Choices), 9)] // one digit each; q, too, takes the key away
	got := make(chan string, 1)
	h.lines.question(q)
	h.mu.Lock()
	h.q, h.got, h.since = q, got, time.Now()
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.got == got {
			h.got = nil
		}
	}()
	select {
	case <-ctx.Done():
		return steps.Answer{}, ctx.Err()
	case id := <-got:
		return steps.Answer{ID: id}, nil
	}
}

func (h *deskHand) press(b byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	early := time.Since(h.since) < readTime
	h.since = time.Now()
	if h.got == nil || early {
		return
	}
	id := h.q.Default
	if n := int(b) - '1'; n >= 0 && n < len(h.q.Choices) {
		id = h.q.Choices[n].ID
	} else if b != '\r' && b != '\n' {
		return
	}
	h.got <- id
	h.got = nil
}

// oneByOne puts each question in a line dialogue of its own, so that the terminal is free again behind it.
type oneByOne struct{ a *app }

func (o oneByOne) Ask(ctx context.Context, q steps.Question) (a steps.Answer, err error) {
	err = o.a.onLines(ctx, func(ctx context.Context, ask steps.Asker, _ func(steps.Event)) (err error) {
		a, err = ask.Ask(ctx, q)
		return err
	})
	return a, err
}
