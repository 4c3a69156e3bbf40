package softkey

import (
	"io"
	"os"
	"sync"
	"time"

	"keyrollout/fido"
)

// maxQueue is how many reports wait for a client that does not read: 16 of the longest messages.
const maxQueue = 16 * 129

// link is an in-process line of reports.
type link struct {
	key    *Key
	mu     sync.Mutex
	queue  []report
	in     bool
	closed bool
	wake   chan struct{} // holds one value when there may be news
}

var _ fido.Link = (*link)(nil)

// Link is a new line to the key in this process. Reads fail with io.EOF while the key is pulled out, and work again
// when it is plugged in; the channels are then gone, as they are on a USB port.
func (k *Key) Link() fido.Link {
	l := &link{key: k, wake: make(chan struct{}, 1)}
	k.hid.attach(l)
	return l
}

func (l *link) Write(r report) error { return l.key.hid.receive(l, r) }

func (l *link) Read(d time.Duration) (report, error) {
	var late <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		late = t.C
	}
	for {
		if r, ready, err := l.next(); ready {
			return r, err
		}
		select {
		case <-l.wake:
		case <-late:
			if r, ready, err := l.next(); ready {
				return r, err
			}
			return report{}, os.ErrDeadlineExceeded
		}
	}
}

// next takes a report off the queue; not ready means that one has to wait.
func (l *link) next() (r report, ready bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed || !l.in:
		return r, true, io.EOF
	case len(l.queue) == 0:
		return r, false, nil
	}
	r, l.queue = l.queue[0], l.queue[1:]
	return r, true, nil
}

func (l *link) Close() error {
	l.key.hid.detach(l)
	l.change(func() { l.closed = true; l.queue = nil })
	return nil
}

func (l *link) send(r report) {
	l.change(func() {
		if l.in && !l.closed && len(l.queue) < maxQueue {
			l.queue = append(l.queue, r)
		}
	})
}

func (l *link) plug(in bool) { l.change(func() { l.in = in; l.queue = nil }) }

// fresh does nothing: an in-process link may carry several clients, each on a channel of its own.
func (l *link) fresh() bool { return false }

func (l *link) stalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) >= maxQueue
}

func (l *link) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
