package tui

import (
	"context"
	"errors"
	"sync"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// asker puts the engine's questions on the screen and waits for the person. Answers are held against the question
// here, in the engine's goroutine, because a check may take time and the screen must not.
type asker struct{ queue *queue }

// pending is one question on its way through the screen.
type pending struct {
	steps.Question
	mu    sync.Mutex
	gone  bool       // nobody waits any more
	reply chan reply // holds one: answering never blocks the screen
}

// reply is what the person did.
type reply struct {
	steps.Answer
	err error
}

// Messages of the asker to the model.
type (
	askMsg      struct{ p *pending }
	withdrawMsg struct{ p *pending }
	refusedMsg  struct {
		p       *pending
		problem *steps.Problem
	}
	againMsg struct{ p *pending } // the first of two secrets is fine: once more
)

// Ask implements steps.Asker.
func (a *asker) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	p := &pending{Question: q, reply: make(chan reply, 1)}
	p.Value = q.Value.Clone() // the screen wipes its own copy
	a.queue.put(askMsg{p})
	defer func() {
		p.abandon()
		a.queue.put(withdrawMsg{p})
	}()
	check := checker{q: q}
	defer check.wipe()
	for {
		select {
		case <-ctx.Done():
			return steps.Answer{}, ended(ctx)
		case r := <-p.reply:
			if r.err != nil {
				return steps.Answer{}, r.err
			}
			switch again, problem := check.look(r.Answer); {
			case problem != nil:
				a.queue.put(refusedMsg{p, problem})
			case again:
				a.queue.put(againMsg{p})
			default:
				return r.Answer, nil
			}
		}
	}
}

// ended is why nobody answers any more.
func ended(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), steps.ErrQuit) {
		return steps.ErrQuit
	}
	return ctx.Err()
}

// answer hands the engine a reply. A secret nobody waits for any more is wiped.
func (p *pending) answer(r reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		r.Secret.Wipe()
		return
	}
	select {
	case p.reply <- r:
	default:
		r.Secret.Wipe()
	}
}

func (p *pending) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	select {
	case r := <-p.reply:
		r.Secret.Wipe()
	default:
	}
}

// checker holds answers against a question, for both screens.
type checker struct {
	q     steps.Question
	first secret.Secret // of a secret asked twice
}

// look says what is wrong with an answer, or that it has to be given once more.
func (c *checker) look(a steps.Answer) (again bool, problem *steps.Problem) {
	switch c.q.Kind {
	case steps.Line:
		if c.q.Check != nil {
			problem = c.q.Check(a.ID)
		}
	case steps.Secret:
		if c.first.Empty() && c.q.CheckSecret != nil {
			problem = c.q.CheckSecret(a.Secret)
		}
		switch {
		case problem != nil:
			a.Secret.Wipe()
		case !c.q.Twice:
		case c.first.Empty():
			c.first = a.Secret
			return true, nil
		case !c.first.Equal(a.Secret):
			a.Secret.Wipe()
			c.wipe()
			problem = &steps.Problem{
				Code:  "entries-differ",
				What:  steps.T("The two entries differ."),
				State: steps.T("Neither is taken. Type it again, then once more to be sure."),
			}
		}
	}
	return false, problem
}

func (c *checker) wipe() {
	c.first.Wipe()
	c.first = secret.Secret{}
}
