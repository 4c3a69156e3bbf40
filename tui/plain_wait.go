package tui

import (
	"time"

	"keyrollout/steps"
)

// How long the plain dialogue is silent before it says what it waits for: once after a moment, then now and then.
const (
	plainFirst = 5 * time.Second
	plainEvery = 30 * time.Second
)

// watch says what is waited for while nothing happens. The result ends it.
func (d *dialogue) watch() (stop func()) {
	done := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-t.C:
				d.look(now)
			}
		}
	}()
	return func() { close(done); <-gone }
}

func (d *dialogue) look(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := plainFirst
	if d.told {
		after = plainEvery
	}
	if d.idle.IsZero() || now.Sub(d.idle) < after {
		return
	}
	if d.waits.Empty() {
		d.line(steps.T("Still working."))
	} else {
		d.line(steps.T("Still waiting: %s", d.say(d.waits)))
	}
	d.idle, d.told = now, true
}
