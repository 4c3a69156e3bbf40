package fido

import (
	"context"
	"errors"
	"sync"
)

// Toucher is what a Session of this package can do beyond Session: wait for a touch that means nothing but "this key".
// Every Session of this package is one.
type Toucher interface {
	// Touch waits until the key is touched. It changes nothing on the key.
	Touch(ctx context.Context) error
}

const touchOp = "wait for a touch"

// Choose opens all of the keys, lets the person touch the one that is meant, and returns the visit to that one; the
// others are closed. A key that cannot be opened or asked is passed over; when none is left, the errors are returned.
// A single key is not asked to be touched.
func Choose(ctx context.Context, k Keys, ds []Device) (Session, error) {
	switch len(ds) {
	case 0:
		return nil, &Error{Op: touchOp, Code: CodeNotFound}
	case 1:
		return k.Open(ctx, ds[0])
	}
	race, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var winner Session
	failed := make([]error, 0, len(ds))
	var all sync.WaitGroup
	for _, d := range ds {
		all.Go(func() {
			s, err := touched(race, k, d)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = append(failed, err)
			case winner != nil: // two fingers at once: the first one counts
				_ = s.Close()
			default:
				winner = s
				stop()
			}
		})
	}
	all.Wait()
	switch {
	case winner != nil:
		return winner, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, errors.Join(failed...)
}

// touched is a visit to a key that has been touched.
func touched(ctx context.Context, k Keys, d Device) (Session, error) {
	s, err := k.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	t, ok := s.(Toucher)
	if !ok {
		err = &Error{Op: touchOp, Code: CodeUnsupported}
	} else {
		err = t.Touch(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}
