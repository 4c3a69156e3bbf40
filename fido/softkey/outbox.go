package softkey

import (
	"context"
	"sync"
)

// maxQueue is how many reports wait for a client that does not read: 16 of the longest messages.
const maxQueue = 16 * 129

// outbox is the reports on their way to a client. Putting one in never blocks; while the key is pulled out it stays
// empty.
type outbox struct {
	mu    sync.Mutex
	in    bool // plugged in
	queue []report
	wake  chan struct{} // holds one value when there may be news
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

func (o *outbox) put(r report) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.in && len(o.queue) < maxQueue {
		o.queue = append(o.queue, r)
	}
	o.nudge()
}

// take gives the next report, and whether there is one and the key is plugged in.
func (o *outbox) take() (r report, ready, in bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return r, false, o.in
	}
	r, o.queue = o.queue[0], o.queue[1:]
	return r, true, o.in
}

// next waits for a report.
func (o *outbox) next(ctx context.Context) (report, bool) {
	for {
		if r, ready, _ := o.take(); ready {
			return r, true
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return report{}, false
		}
	}
}

// plug empties it, and tells how it was before.
func (o *outbox) plug(in bool) (was bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	was, o.in, o.queue = o.in, in, nil
	o.nudge()
	return was
}

func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = nil
}

func (o *outbox) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) >= maxQueue
}

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
