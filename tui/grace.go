package tui

import "time"

// grace keeps a key that was meant for something else away from a question that has just appeared by itself: a stray
// Enter must not confirm anything. The question takes keys once the fingers have been quiet for a moment.
type grace struct {
	came  time.Time     // when the question appeared
	last  time.Time     // the last key that was swallowed
	quiet time.Duration // how long the fingers have to rest
	open  bool
}

const (
	startled  = 425 * time.Millisecond  // for a question that appears by itself
	bounce    = 120 * time.Millisecond  // for one that follows the answer to another: a key that bounces, no more
	patience  = 1500 * time.Millisecond // after this any key counts
	followsOn = 300 * time.Millisecond  // a question this soon after an answer does not appear by itself
)

// early reports whether a key pressed now was meant for something else, and remembers it.
func (g *grace) early(now time.Time) bool {
	if g.open {
		return false
	}
	since := g.came
	if g.last.After(since) {
		since = g.last
	}
	if now.Sub(since) >= g.quiet || now.Sub(g.came) >= patience {
		g.open = true
		return false
	}
	g.last = now
	return true
}
