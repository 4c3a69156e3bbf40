package practice

import (
	"net/http"
	"strings"
	"time"
)

// Throttling as documented ("Microsoft Graph service-specific throttling limits"), where the seed asks for it: reports
// and audit logs 5 requests in 10 seconds, Conditional Access 1 request a second, the directory by resource units.

// window counts what was spent in a stretch of time.
type window struct {
	began time.Time
	spent int
}

// quotas are the windows of one tenant, by kind of request.
type quotas map[string]*window

type limit struct {
	kind  string
	most  int
	per   time.Duration
	tells bool // Retry-After comes with the 429; reports and Conditional Access leave it out
}

// limitFor finds the limit and the cost of a request. Costs are resource units, which $select and a small $top lower.
func (c *call) limitFor() (limit, int) {
	path := strings.ToLower(c.r.URL.Path)
	switch {
	case strings.Contains(path, "/auditlogs/"), strings.Contains(path, "/reports/"):
		return limit{"reports", 5, 10 * time.Second, false}, 1
	case strings.Contains(path, "/identity/conditionalaccess/"):
		return limit{"access", 1, time.Second, false}, 1
	}
	if c.r.Method != http.MethodGet && !strings.HasSuffix(path, "/checkmembergroups") {
		return limit{"writes", 3000, 150 * time.Second, true}, 1
	}
	cost := 1
	switch {
	case strings.HasSuffix(path, "/checkmembergroups"):
		cost = 4
	case strings.Contains(path, "/transitivemembers"):
		cost = 5
	case strings.Contains(path, "/members"), strings.HasSuffix(path, "/subscribedskus"):
		cost = 3
	case strings.HasSuffix(path, "/users"):
		cost = 2
	}
	if c.query.Get("$select") != "" {
		cost--
	}
	if top := c.query.Get("$top"); len(top) == 1 || len(top) == 2 && top < "20" {
		cost--
	}
	most := 8000
	switch n := len(c.t.dir.users); {
	case n < 50:
		most = 3500
	case n <= 500:
		most = 5000
	}
	return limit{"directory", most, 10 * time.Second, true}, max(cost, 1)
}

// throttle answers 429 when the quota of the stretch is spent.
func (c *call) throttle() *answer {
	if !c.t.seed.Quotas || !strings.HasPrefix(c.r.URL.Path, "/v1.0/") && !strings.HasPrefix(c.r.URL.Path, "/beta/") {
		return nil
	}
	l, cost := c.limitFor()
	w := c.t.quotas[l.kind]
	now := c.t.clock()
	if w == nil || now.Sub(w.began) >= l.per {
		w = &window{began: now}
		c.t.quotas[l.kind] = w
	}
	if w.spent+cost <= l.most {
		w.spent += cost
		return nil
	}
	a := c.refuse(&refusal{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests.",
		reason: "the quota of " + l.kind + " requests is spent"})
	if l.tells {
		a.header.Set("Retry-After", seconds(l.per-now.Sub(w.began)))
	}
	return a
}
