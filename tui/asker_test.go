package tui

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// screenStub answers what an asker puts into its queue, without a screen.
func screenStub(t *testing.T, answer func(tea.Msg)) *asker {
	q := newQueue()
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go q.pump(func(m tea.Msg) {
		for _, one := range m.(batch) {
			answer(one)
		}
	}, done)
	return &asker{q}
}

func TestAnAnswerIsHeldAgainstTheQuestion(t *testing.T) {
	lines := []string{"Pilt", "Pilot"}
	give := func(p *pending) {
		l := lines[0]
		lines = lines[1:]
		p.answer(reply{Answer: steps.Answer{ID: l}})
	}
	refused := 0
	a := screenStub(t, func(m tea.Msg) {
		switch m := m.(type) {
		case askMsg:
			give(m.p)
		case refusedMsg:
			refused++
			give(m.p)
		}
	})
	got, err := a.Ask(context.Background(), steps.Question{Kind: steps.Line, Check: func(s string) *steps.Problem {
		if s != "Pilot" {
			return &steps.Problem{Code: "no-group"}
		}
		return nil
	}})
	if err != nil || got.ID != "Pilot" || refused != 1 {
		t.Errorf("%v, %v, refused %d times", got, err, refused)
	}
}

func TestASecretAskedTwiceHasToAgree(t *testing.T) {
	pins := []string{"short", "482913", "482914", "482913", "482913"}
	var given []secret.Secret
	give := func(p *pending) {
		s := secret.New([]byte(pins[len(given)]))
		given = append(given, s)
		p.answer(reply{Answer: steps.Answer{Secret: s}})
	}
	var codes []string
	a := screenStub(t, func(m tea.Msg) {
		switch m := m.(type) {
		case askMsg:
			give(m.p)
		case againMsg:
			codes = append(codes, "again")
			give(m.p)
		case refusedMsg:
			codes = append(codes, m.problem.Code)
			give(m.p)
		}
	})
	got, err := a.Ask(context.Background(), steps.Question{Kind: steps.Secret, Twice: true, CheckSecret: func(s secret.Secret) *steps.Problem {
		if s.Len() < 6 {
			return &steps.Problem{Code: "pin-too-short"}
		}
		return nil
	}})
	if err != nil || !got.Secret.Equal(secret.New([]byte("482913"))) {
		t.Fatal("no agreement:", err)
	}
	want := []string{"pin-too-short", "again", "entries-differ", "again"}
	if len(codes) != len(want) {
		t.Fatalf("%v, want %v", codes, want)
	}
	for i := range want {
		if codes[i] != want[i] {
			t.Errorf("%v, want %v", codes, want)
		}
	}
	for i, s := range given[:4] {
		if !s.Empty() {
			t.Errorf("entry %d was not wiped", i)
		}
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	var asked *pending
	seen := make(chan struct{})
	gone := make(chan struct{})
	a := screenStub(t, func(m tea.Msg) {
		switch m := m.(type) {
		case askMsg:
			asked = m.p
			close(seen)
		case withdrawMsg:
			close(gone)
		}
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { <-seen; cancel(steps.ErrQuit) }()
	if _, err := a.Ask(ctx, steps.Question{Kind: steps.Touch}); !errors.Is(err, steps.ErrQuit) {
		t.Errorf("ended with %v, want that the person left", err)
	}
	<-gone
	late := secret.New([]byte("482913"))
	asked.answer(reply{Answer: steps.Answer{Secret: late}})
	if !late.Empty() {
		t.Error("a secret for nobody was kept")
	}
}

// A screen that draws nothing at all holds up nobody.
func TestTellingNeverBlocks(t *testing.T) {
	q := newQueue()
	stalled := make(chan struct{})
	done := make(chan struct{})
	var got []tea.Msg
	var mu sync.Mutex
	go q.pump(func(m tea.Msg) {
		<-stalled
		mu.Lock()
		got = append(got, m.(batch)...)
		mu.Unlock()
	}, done)
	const n = 10000
	told := make(chan struct{})
	go func() {
		for i := range n {
			q.put(i)
		}
		close(told)
	}()
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Fatal("telling waited for the screen")
	}
	close(stalled)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		mu.Lock()
		all := len(got) == n
		mu.Unlock()
		if all {
			break
		}
	}
	close(done)
	mu.Lock()
	defer mu.Unlock()
	for i := range n {
		if i >= len(got) || got[i] != i {
			t.Fatalf("message %d of %d is lost or out of order", i, n)
		}
	}
}
