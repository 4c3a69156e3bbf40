package softkey

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"keyrollout/fido"
)

// link is an in-process line of reports.
type link struct {
	key    *Key
	out    *outbox
	closed atomic.Bool
}

var _ fido.Link = (*link)(nil)

// Link is a new line to the key in this process. Reads fail with io.EOF while the key is pulled out, and work again
// when it is plugged in; the channels are then gone, as they are on a USB port.
func (k *Key) Link() fido.Link {
	l := &link{key: k, out: newOutbox()}
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
		r, ready, in := l.out.take()
		switch {
		case l.closed.Load() || !in:
			return report{}, io.EOF
		case ready:
			return r, nil
		}
		select {
		case <-l.out.wake:
		case <-late:
			if r, ready, _ := l.out.take(); ready {
				return r, nil
			}
			return report{}, os.ErrDeadlineExceeded
		}
	}
}

func (l *link) Close() error {
	l.closed.Store(true)
	l.key.hid.detach(l)
	l.out.plug(false)
	return nil
}

func (l *link) send(r report) { l.out.put(r) }

func (l *link) plug(in bool) { l.out.plug(in) }

// fresh does nothing: an in-process link may carry several clients, each on a channel of its own.
func (l *link) fresh() bool { return false }

func (l *link) stalled() bool { return l.out.full() }
