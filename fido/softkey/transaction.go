package softkey

import (
	"context"
	"errors"
	"time"
)

// Reasons why a transaction's context ends.
var (
	errCancelled = errors.New("softkey: the client cancelled")
	errUnplugged = errors.New("softkey: the key was pulled out")
)

// transaction is a message being answered.
type transaction struct {
	cid  uint32
	line line
	stop context.CancelCauseFunc
	done chan struct{}
}

// dropClient ends what a client that is gone had begun.
func (h *hid) dropClient(l line) {
	if h.part != nil && h.owner[h.part.cid] == l {
		h.dropPartial()
	}
	if h.run != nil && h.run.line == l {
		h.abort(errCancelled)
	}
}

func (h *hid) abort(cause error) {
	h.run.stop(cause)
	h.run = nil
}

// dispatch answers a complete message, at once or in a goroutine of its own.
func (h *hid) dispatch(l line, cid uint32, cmd byte, msg []byte) {
	switch cmd {
	case hidPing:
		h.send(l, cid, cmd, msg)
	case hidWink:
		if len(msg) != 0 {
			h.fail(l, cid, hidErrLength)
			return
		}
		go h.wink()
		h.send(l, cid, cmd, nil)
	case hidLock:
		h.lock(l, cid, msg)
	default:
		if len(msg) == 0 {
			h.fail(l, cid, hidErrLength)
			return
		}
		h.begin(l, cid, cmd, msg)
	}
}

// begin runs a transaction: the answer is sent when it is there, keepalives until then.
func (h *hid) begin(l line, cid uint32, cmd byte, msg []byte) {
	ctx, stop := context.WithCancelCause(context.Background())
	t := &transaction{cid: cid, line: l, stop: stop, done: make(chan struct{})}
	h.run = t
	go func() {
		answer, code := h.serve(ctx, cid, cmd, msg)
		h.mu.Lock()
		defer h.mu.Unlock()
		stop(nil)
		close(t.done)
		if h.run != t {
			return // the client is no longer interested
		}
		h.run = nil
		if code != 0 {
			h.fail(l, cid, code)
			return
		}
		h.send(l, cid, cmd, answer)
	}()
	if cmd == hidCBOR { // keepalives belong to CTAP2 alone
		go h.keepalive(t)
	}
}

// occupy keeps clients out while the key does something of its own: they find it busy. The context ends when the key is
// pulled out.
func (h *hid) occupy(parent context.Context) (ctx context.Context, release func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.in || h.run != nil || h.part != nil {
		return nil, nil, false
	}
	ctx, stop := context.WithCancelCause(parent)
	t := &transaction{stop: stop, done: make(chan struct{})}
	h.run = t
	return ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		stop(nil)
		if h.run == t {
			h.run = nil
		}
	}, true
}

func (h *hid) keepalive(t *transaction) {
	tick := time.NewTicker(keepaliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.done:
			return
		case <-tick.C:
		}
		h.mu.Lock()
		live := h.run == t
		switch {
		case live && t.line.stalled():
			h.abort(errCancelled)
			live = false
		case live:
			h.send(t.line, t.cid, hidKeepalive, []byte{h.state()})
		}
		h.mu.Unlock()
		if !live {
			return
		}
	}
}

// lock reserves the key for one channel (section 11.2.9.2.2): up to ten seconds, 0 gives it free.
func (h *hid) lock(l line, cid uint32, msg []byte) {
	switch {
	case len(msg) != 1:
		h.fail(l, cid, hidErrLength)
		return
	case msg[0] > 10:
		h.fail(l, cid, hidErrPar)
		return
	}
	h.release()
	if msg[0] > 0 {
		h.locked = cid
		var t *time.Timer
		t = time.AfterFunc(time.Duration(msg[0])*time.Second, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.unlock == t {
				h.release()
			}
		})
		h.unlock = t
	}
	h.send(l, cid, hidLock, nil)
}

func (h *hid) release() {
	h.locked = 0
	if h.unlock != nil {
		h.unlock.Stop()
		h.unlock = nil
	}
}
