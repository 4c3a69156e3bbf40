package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keyrollout/internal/state"
	"keyrollout/steps"
)

// begin asks where to begin, and goes there; again, when the person comes back from there.
func (a *app) begin(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
	way := &wayHere{Asker: ask}
	for {
		err := a.beginOnce(ctx, way, tell)
		if !errors.Is(err, steps.ErrBack) || !way.trail.Back() {
			return err
		}
	}
}

// wayHere gives the questions before a rollout, where to begin and how to sign in, a way back. What is asked from then
// on has its own.
type wayHere struct {
	steps.Asker
	trail steps.Trail
}

func (w *wayHere) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	if !strings.HasPrefix(q.Name, "begin.") && !strings.HasPrefix(q.Name, "login.") {
		return w.Asker.Ask(ctx, q)
	}
	q.Back = w.trail.Open()
	return w.trail.Ask(ctx, w.Asker, q)
}

func (a *app) beginOnce(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	if a.login.practice != "" { // where to begin was said
		return a.organisation(ctx, ask, tell, dir)
	}
	q := steps.Question{Name: "begin.where", Kind: steps.Choose, Default: "practice",
		Text: steps.T("Where do you want to begin?"),
		Detail: []steps.Text{
			steps.T("Four steps from passwords to security keys in Microsoft Entra ID."),
		},
		Choices: []steps.Choice{
			{ID: "practice", Text: steps.T("Practice"), Detail: steps.T("a made-up company and a software key; nothing real changes")},
			{ID: "organisation", Text: steps.T("My organisation"), Detail: steps.T("sign in as an administrator; nothing changes before you say so")},
			{ID: "key", Text: steps.T("My own key"), Detail: steps.T("set up a key I was given, or look after it")},
		}}
	if a.env("SSH_CONNECTION") != "" {
		host, _ := os.Hostname() // without a name the sentence still says what matters
		q.Detail = append(q.Detail, steps.T("A key has to be plugged into this computer (%s), not into the one you sit at.", host))
	}
	if c, ok := continuable(filepath.Join(dir, "practice")); ok {
		q.Choices[0].Detail = c
	}
	answer, err := ask.Ask(ctx, q)
	if err != nil {
		return err
	}
	switch answer.ID {
	case "organisation":
		return a.organisation(ctx, ask, tell, dir)
	case "key":
		return a.ownKey(ctx, ask, tell, dir)
	}
	return a.practise(ctx, ask, tell, practiceStart{back: true})
}

// next is the choice to go on with somebody else, where a rollout was finished.
var next = steps.Choice{ID: "next", Text: steps.T("the next person"), Detail: steps.T("with a key of their own; what was chosen for the organisation is offered again")}

// look is the choice to check a finished rollout anew.
var look = steps.Choice{ID: "look", Text: steps.T("look at it once more")}

// whoNext asks after a finished rollout whether the next person is to follow.
func whoNext(ctx context.Context, ask steps.Asker, j *steps.Journal) (bool, error) {
	if !j.Finished() {
		return false, nil
	}
	a, err := ask.Ask(ctx, steps.Question{Name: "begin.next", Kind: steps.Choose, Default: next.ID,
		Text: steps.T("The rollout for %s is done.", j.Wish().UserName), Choices: []steps.Choice{next, look}})
	if err != nil || a.ID != next.ID {
		return false, err
	}
	return true, j.NextPerson()
}

// continuable says where an unfinished rollout stands.
func continuable(dir string) (steps.Text, bool) {
	j, err := steps.ReadJournal(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		return steps.Text{}, false // none yet; a damaged one is told in words when the practice is opened
	}
	step, st, at, ok := j.Where()
	if !ok || step == "signin" && st == "done" {
		return steps.Text{}, false
	}
	name := steps.Text{Format: "%s", Args: []any{step}}
	for _, s := range steps.Rollout() {
		if s.ID == step {
			name = s.Name
		}
	}
	return steps.T("goes on where it stopped: step \"%s\", %s", name, at.Local().Format("2006-01-02 15:04")), true
}

// ownKey is the place for somebody who holds a key: step 2 alone, and whatever else can be done to it.
func (a *app) ownKey(ctx context.Context, ask steps.Asker, tell func(steps.Event), dir string) error {
	dir = filepath.Join(dir, "key")
	if err := state.Ensure(dir); err != nil {
		return err
	}
	j, err := steps.OpenJournal(filepath.Join(dir, "journal.jsonl"), time.Now)
	if err != nil {
		return err
	}
	defer j.Close()
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	soft := &ownSoftkey{a: a, leave: leave, tell: tell}
	defer soft.close()
	w := &steps.World{Asker: ask, Tell: tell, Keys: a.keysAt(""), Clock: wallClock{}, Journal: j, Softkey: soft.open, Back: true}
	soft.world = w
	defer w.Close()
	return a.evidenced(w, func() error { return steps.Care(ctx, w) })
}

// wallClock is the real time.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
