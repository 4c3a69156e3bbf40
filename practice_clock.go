package main

import (
	"context"
	"path/filepath"
	"sync"
	"time"
)

// practiceClock is the time in a practice. Waiting passes quickly: a person rehearsing should see that the sign-in log
// is late, not sit through it. What was skipped is kept, so that time never runs backwards between two runs.
type practiceClock struct {
	mu      sync.Mutex
	path    string
	fixed   time.Time // a script's clock stands still between two waits; zero = the real one
	Skipped time.Duration
}

// longestWait is what a practised wait takes at most in truth.
const longestWait = 700 * time.Millisecond

func openClock(o practiceOptions) (*practiceClock, error) {
	c := &practiceClock{}
	if o.Script != nil {
		c.fixed = o.Script.Clock
	}
	if o.Dir != "" {
		c.path = filepath.Join(o.Dir, "clock.json")
	}
	return c, loadJSON(c.path, c)
}

func (c *practiceClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fixed.IsZero() {
		return c.fixed.Add(c.Skipped)
	}
	return time.Now().Add(c.Skipped)
}

// Stamp is the time to write down beside what was done: the real one, which the practised waits do not run ahead of.
func (c *practiceClock) Stamp() time.Time {
	if !c.fixed.IsZero() {
		return c.Now()
	}
	return time.Now()
}

func (c *practiceClock) Sleep(ctx context.Context, d time.Duration) error {
	wait := min(d, longestWait)
	c.mu.Lock()
	if !c.fixed.IsZero() {
		wait = 0
	}
	c.Skipped += d - wait
	err := saveJSON(c.path, c)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}
