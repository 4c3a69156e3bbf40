package graph

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	khttp "github.com/microsoft/kiota-http-go"
)

// quota is a documented limit: so many requests in any such time. The other limits of Graph are far above what one
// tool asks; when they are met nevertheless, 429 says so.
type quota struct {
	part string // of the path, in lower case
	many int
	in   time.Duration
}

// quotas: "Microsoft Graph service-specific throttling limits". Reports and audit logs count per app and tenant,
// Conditional Access per tenant over all apps, so others may still use it up.
var quotas = []quota{
	{"/auditlogs/", 5, 10 * time.Second},
	{"/reports/", 5, 10 * time.Second},
	{"/conditionalaccess/", 1, time.Second},
}

// limiter is the part of the pipeline that keeps to the quotas by waiting first.
type limiter struct {
	clock func() time.Time
	sleep func(context.Context, time.Duration) error
	tell  func(op string, d time.Duration)

	mu    sync.Mutex
	slots map[string][]time.Time // when the latest requests of a quota were or will be sent
}

func newLimiter(o Options) *limiter {
	return &limiter{clock: o.Clock, sleep: o.Sleep, tell: o.Waiting, slots: map[string][]time.Time{}}
}

// Intercept makes limiter a part of the SDK's pipeline.
func (l *limiter) Intercept(p khttp.Pipeline, i int, r *http.Request) (*http.Response, error) {
	if d := l.wait(r.URL.Path); d > 0 {
		l.tell("keep to Microsoft's limits", d)
		if err := l.sleep(r.Context(), d); err != nil {
			return nil, err
		}
	}
	return p.Next(r, i)
}

// wait takes a slot and tells how far off it is.
func (l *limiter) wait(path string) time.Duration {
	path = strings.ToLower(path)
	for _, q := range quotas {
		if !strings.Contains(path, q.part) {
			continue
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.clock()
		at, slots := now, l.slots[q.part]
		if n := len(slots); n >= q.many {
			if free := slots[n-q.many].Add(q.in); free.After(at) {
				at = free
			}
			slots = slots[n-q.many+1:]
		}
		l.slots[q.part] = append(slots, at)
		return at.Sub(now)
	}
	return 0
}
