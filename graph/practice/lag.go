package practice

import (
	"net/http"
	"strconv"
	"time"
)

// Eventual consistency, where the seed asks for it: a read answers from the state as it was some time ago, as a replica
// does that has not heard of the last change.

// snapshot is what the store held from a time on.
type snapshot struct {
	since time.Time
	state []byte
}

// remember notes a state for reads that lag, and forgets those that no read will ask for.
func (t *Tenant) remember(now time.Time, b []byte) {
	if t.seed.Lag <= 0 {
		return
	}
	t.past = append(t.past, snapshot{now, b})
	for len(t.past) > 1 && now.Sub(t.past[1].since) >= t.seed.Lag {
		t.past = t.past[1:]
	}
}

// lagging is the state that a read of this moment sees; nil = the present one.
func (c *call) lagging() *state {
	if c.t.seed.Lag <= 0 || c.r.Method != http.MethodGet {
		return nil
	}
	for i := len(c.t.past) - 1; i >= 0; i-- {
		if p := c.t.past[i]; c.now.Sub(p.since) >= c.t.seed.Lag || i == 0 {
			if i == len(c.t.past)-1 {
				return nil
			}
			st, err := readState(p.state)
			if err != nil {
				return nil
			}
			return st
		}
	}
	return nil
}

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }
