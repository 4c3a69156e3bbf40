package main

import (
	"context"
	"path/filepath"
	"time"

	"keyrollout/internal/state"
	"keyrollout/steps"
)

// organisation is a rollout in a real tenant: sign in, then the four steps, taken up where they stand.
func (a *app) organisation(ctx context.Context, ask steps.Asker, tell func(steps.Event), dir string) error {
	a.practising.Store(false) // it may have been chosen before, and gone back from
	cred, o, err := a.signInCredential(ctx, ask, tell)
	if err != nil {
		return err
	}
	t, err := a.client(cred, o, tell)
	if err != nil {
		return err
	}
	w := &steps.World{Asker: ask, Tell: tell, Tenant: t, Keys: a.keysAt(""), Clock: wallClock{}}
	if err := w.Identify(ctx); err != nil {
		return problemOr(err)
	}
	dir = filepath.Join(dir, "tenants", w.Org.ID)
	if err := state.Ensure(dir); err != nil {
		return err
	}
	unlock, err := state.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if w.Journal, err = steps.OpenJournal(filepath.Join(dir, "journal.jsonl"), time.Now); err != nil {
		return err
	}
	defer w.Journal.Close()
	nextPerson, err := whoNext(ctx, ask, w.Journal)
	if err != nil {
		return err
	}
	if a.login.practice != "" {
		p, err := a.furnishServed(ctx, w, dir, o.Transport, nextPerson)
		if err != nil {
			return err
		}
		defer p.Close()
		ctx = p.ctx
	}
	defer w.Close()
	return a.rollout(ctx, w, steps.Rollout())
}
