package main

import (
	"context"
	"net/http"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/graph"
	"keyrollout/steps"
)

// servedRun is what a rollout in a served practice tenant has that one in a real tenant has not: a browser played by
// this program, and a software key beside the keys that are plugged in.
type servedRun struct {
	ctx    context.Context // ended when the person leaves inside a touch
	cancel context.CancelCauseFunc
	key    *softkey.Key
}

// furnishServed makes a world one of the practice tenant that is served elsewhere. The software key is kept in dir,
// with the journal; the next person has the next key.
func (a *app) furnishServed(ctx context.Context, w *steps.World, dir string, rt http.RoundTripper, nextPerson bool) (*servedRun, error) {
	r := &servedRun{}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	h := &hand{ask: w.Asker, leave: r.cancel, world: w, path: handPath(dir)}
	if err := h.load(); err != nil {
		return nil, err
	}
	if nextPerson {
		if err := h.takeNext(); err != nil {
			return nil, err
		}
	}
	store, err := keyStore(dir, h.Key)
	if err != nil {
		return nil, err
	}
	if r.key, err = softkey.Open(softkey.Options{Profile: softkey.ATKeyPro21(), Store: store, Toucher: h, Clock: time.Now,
		Picture: picture(w.Tell), Light: h.light(w.Tell)}); err != nil {
		return nil, err
	}
	h.key = r.key
	w.Asker, w.Pages, w.Clock = h, graph.NewPages(a.login.practice, rt), servedClock{}
	w.Keys = fido.Join(fido.Software(r.key.Device(), r.key.Link), w.Keys)
	w.Hints = hints(h.Key)
	return r, nil
}

// Close puts the key away; everything is on disk already.
func (r *servedRun) Close() {
	r.cancel(nil)
	r.key.Close()
}

// servedClock is the real time, in which a served practice tenant lives too, with shorter pauses: its sign-in log is
// late by seconds where Entra's is by minutes.
type servedClock struct{ wallClock }

func (c servedClock) Sleep(ctx context.Context, d time.Duration) error {
	return c.wallClock.Sleep(ctx, min(d, 2*time.Second))
}
