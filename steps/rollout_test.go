package steps_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"keyrollout/steps"
)

func TestTheWholeRollout(t *testing.T) {
	b := newBench(t)
	b.finish()
	if b.person.shows != 1 {
		t.Fatalf("the pass was shown %d times", b.person.shows)
	}
}

// stride is 1, to stop at every single point; with -short (the race detector) at every fifth.
func stride() int {
	if testing.Short() {
		return 5
	}
	return 1
}

// A run is cut off at each event in turn, as by kill -9: what the process held in memory is gone, what the tenant, the
// key and the disk hold stays. Then it is started again.
func TestStoppedAtAnyEvent(t *testing.T) {
	total := 0
	b := newBench(t)
	b.onEvent = func(n int) { total = n }
	b.finish()
	for at := 1; at <= total; at += stride() {
		b := newBench(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		b.onEvent = func(n int) {
			if n == at {
				cancel(errCrash)
			}
		}
		_ = b.run(ctx) // the last events come when all is done
		b.onEvent = nil
		b.finish()
	}
}

func TestStoppedAtAnyQuestion(t *testing.T) {
	b := newBench(t)
	b.finish()
	total := len(b.person.asked)
	for at := 1; at <= total; at += stride() {
		b := newBench(t)
		b.person.leaveAt = func(n int, _ string) error {
			if n == at {
				return steps.ErrQuit
			}
			return nil
		}
		if err := b.run(t.Context()); !errors.Is(err, steps.ErrQuit) {
			t.Fatalf("question %d: the run ended with %v", at, err)
		}
		b.person.leaveAt = nil
		b.finish()
	}
}

// cutter cuts a run off at one request: before it is sent, or after it was carried out and before its answer is read.
type cutter struct {
	http.RoundTripper
	at     int
	after  bool
	n      int
	cancel context.CancelCauseFunc
}

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	if c.n != c.at {
		return c.RoundTripper.RoundTrip(r)
	}
	if c.after {
		if resp, err := c.RoundTripper.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
	}
	c.cancel(errCrash)
	return nil, errCrash
}

func TestStoppedAtAnyRequest(t *testing.T) {
	b := newBench(t)
	count := &cutter{cancel: func(error) {}}
	b.around = func(rt http.RoundTripper) http.RoundTripper { count.RoundTripper = rt; return count }
	b.finish()
	for _, after := range []bool{false, true} {
		for at := 1; at <= count.n; at += stride() {
			b := newBench(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			b.around = func(rt http.RoundTripper) http.RoundTripper {
				return &cutter{RoundTripper: rt, at: at, after: after, cancel: cancel}
			}
			_ = b.run(ctx) // how it ends is not the question
			b.around = nil
			b.finish()
			if b.person.shows > 2 {
				t.Fatalf("request %d: %d passes were shown", at, b.person.shows)
			}
		}
	}
}

func TestJournalHoldsNoSecret(t *testing.T) {
	b := newBench(t)
	b.finish()
	text := readFile(t, b.journal)
	for _, s := range []string{thePIN, b.person.shown} {
		if s == "" || strings.Contains(text, s) {
			t.Fatalf("the journal holds %q", s)
		}
	}
}
