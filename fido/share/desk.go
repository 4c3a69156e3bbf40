package share

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"keyrollout/fido"
)

// Why sharing ended, besides ErrProtocol and the context.
var (
	ErrKeyGone  = errors.New("the key was unplugged")
	ErrHungUp   = errors.New("the connection ended")
	ErrFarEnded = errors.New("the other side ended it")
)

// DeskOptions is what Desk needs beside the key and the connection.
type DeskOptions struct {
	Ready func(path string) // the key can be used on the far machine, at this path
	Tell  func(Activity)    // what is asked of the key; called by one goroutine at a time
	// Decide is what the person at the desk says: true lets through what waits for a yes (told as Held), false refuses it,
	// or else what is under way. What changes the key without a touch waits, and so do the first try of its PIN and every
	// one after a wrong one. With a nil Decide nobody is at the desk: what would wait is refused, with CTAP's
	// OPERATION_DENIED.
	Decide <-chan bool
	// ReadTime is how long a question must have stood there, with nothing said, for a yes to count. A second press, or a
	// key that repeats, was not meant for the question that has just come.
	ReadTime time.Duration
}

const (
	deskTick   = 200 * time.Millisecond // how soon it is noticed that sharing is over while the key is silent
	cancelWait = time.Second            // how long a key may take to stop what it was doing
)

// Desk offers the key behind link over conn until ctx, the connection or the key ends; it closes both.
func Desk(ctx context.Context, conn io.ReadWriteCloser, link fido.Link, o DeskOptions) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	d := &desk{conn: conn, link: link, o: o, watch: newWatch(o.Tell, o.Decide == nil)}
	unhook := context.AfterFunc(ctx, func() {
		why := context.Cause(ctx)
		hangUp(conn, func() { d.send(func() { end(conn, why) }) })
	})
	defer unhook()
	var both sync.WaitGroup
	both.Go(func() { stop(d.toKey()) })
	both.Go(func() { stop(d.fromKey(ctx)) })
	both.Go(func() {
		if err := d.decide(ctx); err != nil {
			stop(err)
		}
	})
	both.Wait()
	d.cancel(0) // nobody is left to hear the answer: the light must not go on asking for a touch
	return errors.Join(context.Cause(ctx), link.Close())
}

type desk struct {
	conn  io.ReadWriteCloser
	link  fido.Link
	o     DeskOptions
	watch *watch
	veto  veto
	mu    sync.Mutex // one writer at a time
}

func (d *desk) send(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *desk) write(r report) (err error) {
	d.send(func() { err = writeFrame(d.conn, frameReport, r[:]) })
	return err
}

// toKey carries reports from the connection to the key.
func (d *desk) toKey() error {
	var err error
	d.send(func() { _, err = io.WriteString(d.conn, hello) })
	if err != nil {
		return hungUp(err)
	}
	if err := readHello(d.conn); err != nil {
		return hungUp(err)
	}
	ready := false
	for {
		kind, body, err := readFrame(d.conn)
		switch {
		case err != nil:
			return hungUp(err)
		case kind == frameEnd:
			return fmt.Errorf("%w: %s", ErrFarEnded, text(body))
		case kind == frameReady && !ready:
			if ready = true; !strings.HasPrefix(string(body), "/") {
				return bad("the path %q", body)
			}
			d.o.Ready(text(body))
		case kind == frameReport && ready:
			if err := d.forward(report(body)); err != nil {
				return err
			}
		default:
			return bad("a frame of kind %d out of turn", kind)
		}
	}
}

// forward hands one report to the key, if it may pass.
func (d *desk) forward(r report) error {
	channel, cmd := binary.BigEndian.Uint32(r[:]), r[4]
	if channel == hidBroadcast && cmd == hidFirst|hidInit {
		if d.veto.take() == nil {
			d.cancel(cancelWait) // a client begins, there is one at a time: the one before it is gone
		}
		d.watch.finish(fido.CodeCancelled)
	}
	if c, waits := d.veto.channel(); waits && c == channel && (cmd == hidFirst|hidCancel || cmd == hidFirst|hidInit) {
		held := d.veto.take()
		switch {
		case held == nil: // decided in this moment
		case cmd == hidFirst|hidCancel:
			return d.answerHeld(held, fido.CodeCancelled)
		default:
			d.watch.finish(fido.CodeCancelled) // CTAP 2.1 section 11.2.9.1.3: a channel that begins anew has nothing pending
		}
	}
	refuse, err := d.watch.request(r)
	switch {
	case err != nil:
		return err
	case refuse != nil:
		return hungUp(d.write(*refuse))
	}
	whole, pass := d.veto.gather(r)
	if pass {
		return d.toLink([]report{r})
	}
	if whole == nil {
		return nil
	}
	// What is held is decided by the very bytes that would reach the key.
	held, refuse := d.watch.whole(whole[0], body(whole))
	switch {
	case refuse != nil:
		return hungUp(d.write(*refuse))
	case held:
		d.veto.hold(whole)
		return nil
	}
	return d.toLink(whole)
}

// cancel stops what the key is doing for a client that is gone, and waits a while until it has.
func (d *desk) cancel(wait time.Duration) {
	channel, pending, idle := d.watch.open()
	if !pending {
		return
	}
	_ = d.link.Write(message(channel, hidCancel)) // a key that is gone has stopped as well
	select {
	case <-idle:
	case <-time.After(wait):
	}
}

// fromKey carries reports from the key to the connection.
func (d *desk) fromKey(ctx context.Context) error {
	for {
		r, err := d.link.Read(deskTick)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return ErrKeyGone
		}
		if err := d.write(d.watch.answer(r)); err != nil {
			return hungUp(err)
		}
	}
}

// hangUp ends a connection: with last words, unless it does not take them, which wakes whoever reads from it.
func hangUp(conn io.Closer, lastWords func()) {
	said := make(chan struct{})
	go func() { lastWords(); close(said) }()
	select {
	case <-said:
	case <-time.After(deskTick):
	}
	_ = conn.Close()
}

// hungUp is what an error of the connection means; complaints of ours stay what they are.
func hungUp(err error) error {
	if err == nil || errors.Is(err, ErrProtocol) {
		return err
	}
	return ErrHungUp
}
