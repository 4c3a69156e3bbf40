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
	part  report   // the first report of the message that comes in
	all   []report // of it, as far as it has come; nil = none
	want  int      // bytes
	got   int
	held  []report  // a whole message that waits for a yes
	since time.Time // it was told, or the person last said something
}

const keepaliveGap = 100 * time.Millisecond // CTAP 2.1 section 11.2.9.2.1: at least so often

// gather puts a request together; whole is all of it once it is there. Reports of nothing that is gathered pass as they
// come.
func (v *veto) gather(r report) (whole []report, pass bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case r[4] == hidFirst|hidCBOR, r[4] == hidFirst|hidMsg:
		v.part, v.all, v.want, v.got = r, []report{r}, int(binary.BigEndian.Uint16(r[5:])), fido.ReportSize-7
	case v.all == nil, [4]byte(r[:]) != [4]byte(v.part[:]):
		return nil, true
	case r[4]&hidFirst != 0: // something else begins on its channel
		v.all = nil
		return nil, true
	default:
		v.all, v.got = append(v.all, r), v.got+fido.ReportSize-5
	}
	if v.got < v.want {
		return nil, false
	}
	whole, v.all = v.all, nil
	return whole, false
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
func (v *veto) take() (held []report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	held, v.held = v.held, nil
	return held
}

func (v *veto) hold(whole []report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held, v.since = whole, time.Now()
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
	held := d.veto.take()
	switch {
	case held != nil && yes:
		d.watch.allowed()
		return d.toLink(held)
	case held != nil:
		return d.answerHeld(held, fido.CodeDenied)
	case !yes:
		if channel, pending := d.watch.refuse(); pending {
			_ = d.link.Write(message(channel, hidCancel)) // a key that is gone has stopped as well
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
