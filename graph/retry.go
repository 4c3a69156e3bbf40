package graph

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// effect is what a request does when it arrives, which decides whether it may be sent again.
type effect int

const (
	looks       effect = iota // changes nothing
	settles                   // ends in the same state however often it arrives: PATCH of whole values
	removes                   // so does DELETE; what is not found any more is removed
	happensOnce               // POST: never sent again by itself
)

const (
	attempts    = 4
	longestWait = 2 * time.Minute  // Retry-After is obeyed up to here; above it the error tells how long
	throttled   = 10 * time.Second // first pause after a 429 without Retry-After (Microsoft's advice for these APIs)
	hiccup      = time.Second      // first pause after a server error or a lost connection
)

// do makes one call of the SDK, again where that is safe and helps, and turns what goes wrong into an *Error. A call
// that only looks returns the context's own error when the context ended.
func do[T any](ctx context.Context, c *client, op string, e effect, call func(context.Context) (T, error)) (T, error) {
	var none T
	lost := false // an earlier attempt may have done it
	for n := 1; ; n++ {
		attempt, x := noted(ctx, op)
		v, err := safely(attempt, call)
		c.compareClocks(x)
		if err == nil {
			return v, nil
		}
		if ctx.Err() != nil && e == looks {
			return none, context.Cause(ctx)
		}
		failure := c.explain(op, e, x, err)
		if e == removes && lost && failure.Status == http.StatusNotFound {
			return none, nil // gone since the attempt whose answer was lost
		}
		lost = lost || failure.Unknown
		failure.Unknown = lost && e != looks
		wait, again := pause(failure, n)
		if e == happensOnce || !again || n == attempts || ctx.Err() != nil {
			return none, failure
		}
		c.waiting(op, wait)
		if err := c.sleep(ctx, wait); err != nil {
			if e == looks {
				return none, err
			}
			failure.Err = errors.Join(failure.Err, err)
			return none, failure
		}
	}
}

// compareClocks notes how far the tenant's clock is from this machine's.
func (c *client) compareClocks(x *exchange) {
	_, _, header := x.seen()
	if t, err := http.ParseTime(header.Get("Date")); err == nil {
		c.skew.Store(ptr(t.Sub(c.clock()).Round(time.Second)))
	}
}

// Skew is how far the tenant's clock is ahead of this machine's (negative: behind), to a second or so, as the last
// answer had it. False = no answer yet, or one without a date. A pass that starts "now" on a wrong clock is not valid
// yet, and challenges seem to expire early.
func (c *client) Skew() (time.Duration, bool) {
	d := c.skew.Load()
	return deref(d), d != nil
}

// pause tells how long to wait before attempt n+1, and whether that can help at all.
func pause(e *Error, n int) (time.Duration, bool) {
	grow := func(first time.Duration) time.Duration {
		d := first << (n - 1)
		return d + rand.N(d/4+1) // spread, so that many tools do not come back at once
	}
	switch {
	case e.Code == CodePracticeDisk:
		return 0, false
	case e.Status == http.StatusTooManyRequests:
		if e.RetryIn > 0 {
			return e.RetryIn, e.RetryIn <= longestWait
		}
		return grow(throttled), true
	case e.Status >= 500 && e.Status != http.StatusNotImplemented:
		if e.RetryIn > 0 {
			return e.RetryIn, e.RetryIn <= longestWait
		}
		return grow(hiccup), true
	case e.Code == CodeNoAnswer || e.Code == CodeCutOff:
		// A tenant that hangs is asked once more only: each attempt takes attemptLimit.
		return grow(hiccup), n < 2 || !errors.Is(e.Err, context.DeadlineExceeded)
	}
	return 0, false
}

// retryAfter reads the header: seconds, or a date. 0 = not told.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if s <= 0 || s > (30*24*time.Hour).Seconds() {
			return 0
		}
		return time.Duration(s * float64(time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// safely keeps a panic of the SDK from ending the program: it has some, e.g. on a 401 whose claims are not quoted.
func safely[T any](ctx context.Context, call func(context.Context) (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	return call(ctx)
}

var errPanic = errors.New("the SDK could not read the answer")
