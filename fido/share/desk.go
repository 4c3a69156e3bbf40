package share

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
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
			if ready = true; !isPath(body) {
				return bad("the path %q", body)
			}
			d.o.Ready(string(body))
		case kind == frameReport && ready:
			if err := d.forward(report(body)); err != nil {
				return err
			}
		default:
			return bad("a frame of kind %d out of turn", kind)
		}
	}
}

// forward hands one report to the key, if it may pass. What a key could only complain about stays here and is answered in
// its place: keys are free to complain on the channel of the request they are busy with, and to go on with that.
func (d *desk) forward(r report) error {
	refuse, err := d.watch.request(r)
	switch {
	case err != nil:
		return err
	case refuse != nil:
		return hungUp(d.write(*refuse))
	}
	switch channel := binary.BigEndian.Uint32(r[:]); r[4] {
	case hidFirst | hidInit:
		d.veto.drop(channel)
		return d.begin(r, channel)
	case hidFirst | hidCancel:
		d.veto.drop(channel)
		return d.give(r, channel)
	}
	whole, wrong := d.veto.gather(r)
	switch {
	case wrong != nil:
		return hungUp(d.write(*wrong))
	case whole == nil:
		return nil
	}
	// What is held is decided by the very bytes that would reach the key.
	held, refuse := d.watch.whole(whole[0], body(whole))
	switch {
	case refuse != nil:
		return hungUp(d.write(*refuse))
	case held != nil:
		d.veto.hold(whole, held)
		return nil
	}
	return d.toLink(whole)
}

// begin passes an INIT on. A client that begins is the only one: what the one before it asked for is stopped. So is what
// is under way on a channel that begins anew (CTAP 2.1 section 11.2.9.1.3).
func (d *desk) begin(r report, channel uint32) error {
	if channel == hidBroadcast || d.watch.on(channel) {
		if held, _ := d.veto.take(); held == nil {
			d.cancel(cancelWait)
		}
		d.watch.finish(fido.CodeCancelled)
	}
	if channel != hidBroadcast && !d.watch.anew(channel) {
		return hungUp(d.write(*failed(channel, hidErrBusy)))
	}
	return d.toLink([]report{r})
}

// give passes a CANCEL on, where there is something to cancel. Elsewhere it is none, and no error either (CTAP 2.1 section
// 11.2.9.1.5).
func (d *desk) give(r report, channel uint32) error {
	if c, waits := d.veto.channel(); waits && c == channel {
		if held, _ := d.veto.take(); held != nil { // else it is decided in this moment
			return d.answerHeld(held, fido.CodeCancelled)
		}
	}
	if !d.watch.cancels(channel) {
		return nil
	}
	return d.toLink([]report{r})
}

// cancel stops what the key is doing for a client that is gone, and waits a while until it has. One that did not hear has
// to stop when its channel begins anew. One that goes on all the same is believed: it is still busy with that.
func (d *desk) cancel(wait time.Duration) {
	for _, how := range []byte{hidCancel, hidInit} {
		r, give, idle := d.watch.stop(how)
		if give {
			_ = d.link.Write(r) // a key that is gone has stopped as well
		}
		if wait == 0 {
			return
		}
		select {
		case <-idle:
			return
		case <-time.After(wait):
		}
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
