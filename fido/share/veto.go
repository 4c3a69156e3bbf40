package share

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"time"

	"keyrollout/fido"
)

// veto is what the person at the desk has to say. A request that changes the key without a touch waits for a yes, and so
// does a try of its PIN; any request can be refused while it is under way.
type veto struct {
	mu    sync.Mutex
	all   []report // of the message that comes in, as far as it has; nil = none
	want  int      // bytes
	got   int
	held  []report  // a whole message that waits for a yes
	as    *asking   // what it was told as
	since time.Time // it was told, or the person last said something
}

const keepaliveGap = 100 * time.Millisecond // CTAP 2.1 section 11.2.9.1.7: at least so often

// gather puts a request together; whole is all of it once it is there. A packet that belongs to none is dropped (CTAP 2.1
// section 11.2.4), one out of turn ends what it belongs to: wrong is the answer.
func (v *veto) gather(r report) (whole []report, wrong *report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case r[4]&hidFirst != 0:
		v.all, v.want, v.got = []report{r}, int(binary.BigEndian.Uint16(r[5:])), fido.ReportSize-7
	case v.all == nil, [4]byte(r[:]) != [4]byte(v.all[0][:]):
		return nil, nil
	case int(r[4]) != len(v.all)-1:
		v.all = nil
		return nil, failed(binary.BigEndian.Uint32(r[:]), hidErrSeq)
	default:
		v.all, v.got = append(v.all, r), v.got+fido.ReportSize-5
	}
	if v.got < v.want {
		return nil, nil
	}
	whole, v.all = v.all, nil
	return whole, nil
}

// drop forgets what has come in of a message on a channel that something else begins on.
func (v *veto) drop(channel uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all != nil && (channel == hidBroadcast || channel == binary.BigEndian.Uint32(v.all[0][:])) {
		v.all = nil
	}
}

// body is what the reports of a whole message carry.
func body(whole []report) []byte {
	n := int(binary.BigEndian.Uint16(whole[0][5:]))
	b := bytes.Clone(whole[0][7:])
	for _, r := range whole[1:] {
		b = append(b, r[5:]...)
	}
	return b[:n]
}

// take hands out what waits for a yes; nil = nothing.
func (v *veto) take() (held []report, as *asking) {
	v.mu.Lock()
	defer v.mu.Unlock()
	held, as, v.held, v.as = v.held, v.as, nil, nil
	return held, as
}

func (v *veto) hold(whole []report, as *asking) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held, v.as, v.since = whole, as, time.Now()
}

// stood is for how long what waits has been told, with nothing said since.
func (v *veto) stood() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.since
	v.since = time.Now()
	return v.since.Sub(before)
}

// channel is that of what waits for a yes.
func (v *veto) channel() (c uint32, waits bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(v.held[0][:]), true
}

// decide does what the person says until ctx ends.
func (d *desk) decide(ctx context.Context) error {
	tick := time.NewTicker(keepaliveGap)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case yes := <-d.o.Decide:
			err = d.decided(yes)
		case <-tick.C:
			if c, waits := d.veto.channel(); waits { // else the client takes the key for dead
				err = hungUp(d.write(message(c, hidKeepalive, keepTouch)))
			}
		}
		if err != nil {
			return err
		}
	}
}

func (d *desk) decided(yes bool) error {
	if stood := d.veto.stood(); yes && stood < d.o.ReadTime {
		return nil
	}
	held, as := d.veto.take()
	switch {
	case held != nil && yes:
		if !d.watch.allowed(as) {
			return nil // its client went in this moment
		}
		return d.toLink(held)
	case held != nil:
		return d.answerHeld(held, fido.CodeDenied)
	case !yes:
		if r, give := d.watch.refuse(); give {
			_ = d.link.Write(r) // a key that is gone has stopped as well
		}
	}
	return nil
}

// answerHeld answers a message in the key's place.
func (d *desk) answerHeld(held []report, c fido.Code) error {
	d.watch.finish(c)
	return hungUp(d.write(message(binary.BigEndian.Uint32(held[0][:]), hidCBOR, byte(c))))
}

func (d *desk) toLink(all []report) error {
	for _, r := range all {
		if err := d.link.Write(r); err != nil {
			return ErrKeyGone
		}
	}
	return nil
}

// message is a CTAPHID message of one report.
func message(channel uint32, cmd byte, data ...byte) (r report) {
	binary.BigEndian.PutUint32(r[:], channel)
	r[4] = hidFirst | cmd
	binary.BigEndian.PutUint16(r[5:], uint16(len(data)))
	copy(r[7:], data)
	return r
}
