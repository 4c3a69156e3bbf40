package fido

import (
	"context"
	"time"
)

// pollGap is how often the list of keys is looked at while a key is awaited: soon enough for a person, and cheap.
const pollGap = 200 * time.Millisecond

// WaitForKey waits until a key is there that is not among known, and returns it.
func WaitForKey(ctx context.Context, k Keys, known ...Device) (Device, error) {
	var found Device
	err := poll(ctx, k, func(now []Device) bool {
		for _, d := range now {
			if !among(d, known) {
				found = d
				return true
			}
		}
		return false
	})
	return found, err
}

// WaitGone waits until a key has been pulled out.
func WaitGone(ctx context.Context, k Keys, d Device) error {
	return poll(ctx, k, func(now []Device) bool { return !among(d, now) })
}

// poll looks at the list until done says so.
func poll(ctx context.Context, k Keys, done func([]Device) bool) error {
	tick := time.NewTicker(pollGap)
	defer tick.Stop()
	for {
		now, err := k.List(ctx)
		if err != nil {
			return err
		}
		if done(now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// among reports whether d is in the list. Another key may have come to the same path.
func among(d Device, list []Device) bool {
	for _, o := range list {
		if o.Path == d.Path && o.VendorID == d.VendorID && o.ProductID == d.ProductID && o.Serial == d.Serial {
			return true
		}
	}
	return false
}
