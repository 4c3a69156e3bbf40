package share

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"keyrollout/fido"
)

// Endpoint is where programs on this machine meet the key. Listen opens one.
type Endpoint interface {
	Path() string
	// Read blocks until a program has written a report; io.EOF after Close.
	Read() (report [fido.ReportSize]byte, err error)
	// Send hands a report to the program. It does not wait for it: whoever comes next begins anew.
	Send(report [fido.ReportSize]byte)
	// Fresh drops what an earlier program has left unread.
	Fresh()
	// Stalled reports whether nobody reads any more.
	Stalled() bool
	// Close lets a program that waits see that the key is gone.
	Close() error
}

// Host serves the key that comes over conn at an endpoint until ctx or the connection ends; it closes both. ready is
// told the path. It returns nil when the desk ended it.
func Host(ctx context.Context, conn io.ReadWriteCloser, at Endpoint, ready func(path string)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := &host{conn: conn, at: at}
	closed := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(closed)
		why := context.Cause(ctx)
		_ = at.Close()
		hangUp(conn, func() { _ = h.send(func() error { end(conn, why); return nil }) })
	})
	var both sync.WaitGroup
	both.Go(func() { stop(h.fromDesk(ready)) })
	both.Go(func() { stop(h.toDesk()) })
	both.Wait()
	if !unhook() {
		<-closed
	}
	if err := context.Cause(ctx); !errors.Is(err, errDeskEnded) {
		return err
	}
	return nil
}

// Refuse tells the desk why there is no Host, and returns that.
func Refuse(conn io.ReadWriteCloser, why error) error {
	if err := readHello(conn); err != nil {
		return errors.Join(why, conn.Close())
	}
	_, err := io.WriteString(conn, hello)
	end(conn, why)
	return errors.Join(why, err, conn.Close())
}

var errDeskEnded = errors.New("the desk ended it")

type host struct {
	conn io.ReadWriteCloser
	at   Endpoint
	mu   sync.Mutex // one writer at a time; guards what is below
	// nonce is that of a client that has begun and not been answered. Until then whatever comes is meant for the client
	// before it, and libfido2 takes a report for another channel for a broken key.
	nonce []byte
}

func (h *host) send(f func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return f()
}

// fromDesk carries reports to the program.
func (h *host) fromDesk(ready func(string)) error {
	if err := readHello(h.conn); err != nil {
		return hungUp(err)
	}
	if err := h.send(func() error { _, err := io.WriteString(h.conn, hello); return err }); err != nil {
		return hungUp(err)
	}
	if err := h.send(func() error { return writeFrame(h.conn, frameReady, []byte(h.at.Path())) }); err != nil {
		return hungUp(err)
	}
	ready(h.at.Path())
	for {
		kind, body, err := readFrame(h.conn)
		switch {
		case err != nil:
			return hungUp(err)
		case kind == frameEnd:
			return fmt.Errorf("%w: %s", errDeskEnded, text(body))
		case kind != frameReport:
			return bad("a frame of kind %d out of turn", kind)
		}
		if err := h.deliver(report(body)); err != nil {
			return hungUp(err)
		}
	}
}

// deliver hands a report to the program it is meant for. When nobody reads, the key is told to stop.
func (h *host) deliver(r report) error {
	meant, keepalive, channel := h.meant(r)
	switch {
	case !meant:
		return nil
	case keepalive && h.at.Stalled():
		return h.send(func() error {
			c := message(channel, hidCancel)
			return writeFrame(h.conn, frameReport, c[:])
		})
	}
	h.at.Send(r)
	return nil
}

func (h *host) meant(r report) (meant, keepalive bool, channel uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	channel = binary.BigEndian.Uint32(r[:])
	if h.nonce != nil {
		answers := r[4] == hidFirst|hidInit && bytes.Equal(r[7:15], h.nonce) || r[4] == hidFirst|hidError
		if channel != hidBroadcast || !answers {
			return false, false, channel
		}
		h.nonce = nil
	}
	return true, r[4] == hidFirst|hidKeepalive, channel
}

// toDesk carries reports from the program.
func (h *host) toDesk() error {
	for {
		r, err := h.at.Read()
		if err != nil {
			return fmt.Errorf("%s: %w", h.at.Path(), err)
		}
		if binary.BigEndian.Uint32(r[:]) == hidBroadcast && r[4] == hidFirst|hidInit {
			h.at.Fresh()
			h.mu.Lock()
			h.nonce = bytes.Clone(r[7:15])
			h.mu.Unlock()
		}
		if err := h.send(func() error { return writeFrame(h.conn, frameReport, r[:]) }); err != nil {
			return hungUp(err)
		}
	}
}
