package softkey

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// raw writes one report and wants one answer.
func (c *client) raw(cid uint32, cmd byte, n uint16, data []byte) {
	c.t.Helper()
	var r report
	binary.BigEndian.PutUint32(r[:], cid)
	r[4] = cmd
	binary.BigEndian.PutUint16(r[5:], n)
	copy(r[7:], data)
	c.write(r)
}

func (c *client) anyFrame() (cid uint32, cmd byte, data []byte) {
	c.t.Helper()
	r, err := c.link.Read(5 * time.Second)
	if err != nil {
		c.t.Fatal(err)
	}
	return binary.BigEndian.Uint32(r[:]), r[4], r[7 : 7+min(57, int(binary.BigEndian.Uint16(r[5:])))]
}

func (c *client) wantError(cid uint32, code byte) {
	c.t.Helper()
	id, cmd, d := c.anyFrame()
	if id != cid || cmd != hidError || len(d) != 1 || d[0] != code {
		c.t.Errorf("got %08x %#x %x, want error %#x on %08x", id, cmd, d, code, cid)
	}
}

func (c *client) wantSilence() {
	c.t.Helper()
	if r, err := c.link.Read(150 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Errorf("got %x, %v; want silence", r[:16], err)
	}
}

func TestPingOfEveryLength(t *testing.T) {
	c := dial(t, open(t, Options{}))
	for _, n := range []int{0, 1, 56, 57, 58, 115, 116, 117, 1024, maxMessage - 1, maxMessage} {
		msg := bytes.Repeat([]byte{0xA5}, n)
		if cmd, got := c.exchange(hidPing, msg); cmd != hidPing || !bytes.Equal(got, msg) {
			t.Errorf("PING of %d bytes came back as %#x with %d bytes", n, cmd, len(got))
		}
	}
	if maxMessage != 7609 {
		t.Errorf("the longest message is %d bytes", maxMessage)
	}
	c.raw(c.cid, hidPing, maxMessage+1, nil)
	c.wantError(c.cid, hidErrLength)
}

func TestChannels(t *testing.T) {
	k := open(t, Options{})
	a, b := dial(t, k), dial(t, k)
	if a.cid == b.cid || a.cid == 0 || b.cid == 0 {
		t.Fatalf("channels %08x and %08x", a.cid, b.cid)
	}
	for _, cid := range []uint32{0, broadcast, 0xDEADBEEF, b.cid} { // b's channel is not a's to use
		a.raw(cid, hidPing, 0, nil)
		a.wantError(cid, hidErrChannel)
	}
	a.raw(0xDEADBEEF, hidInit, 8, nil)
	a.wantError(0xDEADBEEF, hidErrChannel)
	a.raw(broadcast, hidInit, 7, nil)
	a.wantError(broadcast, hidErrLength)
	a.raw(a.cid, 0x80|0x21, 0, nil)
	a.wantError(a.cid, hidErrCommand)
	a.raw(a.cid, hidCBOR, 0, nil)
	a.wantError(a.cid, hidErrLength)
	if cmd, _ := a.exchange(hidWink, nil); cmd != hidWink {
		t.Errorf("WINK was answered with %#x", cmd)
	}
}

func TestStrayAndWrongPackets(t *testing.T) {
	c := dial(t, open(t, Options{}))
	c.raw(c.cid, 0, 0, nil) // a continuation of nothing
	c.wantSilence()
	c.raw(c.cid, hidCancel, 0, nil) // a cancel of nothing
	c.wantSilence()

	rs := frames(c.cid, hidPing, make([]byte, 300))
	c.write(rs[0])
	c.write(rs[2]) // one too far
	c.wantError(c.cid, hidErrSeq)
	c.write(rs[1])
	c.wantSilence()

	c.write(rs[0])
	c.raw(c.cid, hidPing, 1, nil) // a new message inside a message
	c.wantError(c.cid, hidErrSeq)

	c.write(rs[0])
	c.wantTimeout(packetTimeout)
	if cmd, _ := c.exchange(hidPing, nil); cmd != hidPing {
		t.Error("the channel is dead after a time-out")
	}
}

// wantTimeout wants ERR_MSG_TIMEOUT, and not too soon.
func (c *client) wantTimeout(d time.Duration) {
	c.t.Helper()
	begun := time.Now()
	c.wantError(c.cid, hidErrTimeout)
	if e := time.Since(begun); e < d*9/10 {
		c.t.Errorf("the time-out came after %v", e)
	}
}

func TestBusyAndInitInBetween(t *testing.T) {
	k := open(t, Options{})
	a, b := dial(t, k), dial(t, k)
	rs := frames(a.cid, hidPing, make([]byte, 100))
	a.write(rs[0])
	b.raw(b.cid, hidPing, 0, nil)
	b.wantError(b.cid, hidErrBusy)
	b.init() // answered all the same
	a.write(rs[1])
	if cmd, msg := a.receive(); cmd != hidPing || len(msg) != 100 {
		t.Errorf("the first channel's PING came back as %#x with %d bytes", cmd, len(msg))
	}
	// INIT on one's own channel gives up the message.
	rs = frames(a.cid, hidPing, make([]byte, 100))
	a.write(rs[0])
	if cmd, msg := a.exchange(hidInit, make([]byte, 8)); cmd != hidInit || binary.BigEndian.Uint32(msg[8:]) != a.cid {
		t.Errorf("INIT was answered with %#x %x", cmd, msg)
	}
	a.write(rs[1])
	a.wantSilence()
}

func TestKeepaliveAndCancel(t *testing.T) {
	f := &fingers{}
	k := open(t, Options{Toucher: f})
	a, b := dial(t, k), dial(t, k)
	a.start(cmdSelection, nil)
	last := time.Now()
	for i := range 5 {
		_, cmd, d := a.anyFrame()
		if cmd != hidKeepalive || d[0] != keepTouchNeeded {
			t.Fatalf("packet %d is %#x %x", i, cmd, d)
		}
		if gap := time.Since(last); gap > 2*time.Second { // 100 ms, but the machine may be busy
			t.Errorf("%v between keepalives", gap)
		}
		last = time.Now()
	}
	b.raw(b.cid, hidCBOR, 1, []byte{cmdInfo})
	b.wantError(b.cid, hidErrBusy)
	b.raw(b.cid, hidCancel, 0, nil) // not its own
	b.wantSilence()
	a.raw(a.cid, hidCancel, 0, nil)
	if s := a.finish(nil); s != errKeepaliveCancel {
		t.Errorf("cancelled with status %#x", byte(s))
	}
	a.must(cmdInfo, nil, nil)
}

func TestLock(t *testing.T) {
	k := open(t, Options{})
	a, b := dial(t, k), dial(t, k)
	if cmd, _ := a.exchange(hidLock, []byte{1}); cmd != hidLock {
		t.Fatalf("LOCK was answered with %#x", cmd)
	}
	b.raw(b.cid, hidPing, 0, nil)
	b.wantError(b.cid, hidErrBusy)
	b.raw(broadcast, hidInit, 8, make([]byte, 8))
	b.wantError(broadcast, hidErrBusy)
	if cmd, _ := a.exchange(hidInit, make([]byte, 8)); cmd != hidInit {
		t.Errorf("the holder's INIT was answered with %#x", cmd)
	}
	if cmd, _ := a.exchange(hidPing, nil); cmd != hidPing {
		t.Errorf("the holder's PING was answered with %#x", cmd)
	}
	time.Sleep(1100 * time.Millisecond)
	if cmd, _ := b.exchange(hidPing, nil); cmd != hidPing {
		t.Errorf("after the lock ran out: %#x", cmd)
	}
	b.exchange(hidLock, []byte{10})
	b.exchange(hidLock, []byte{0})
	if cmd, _ := a.exchange(hidPing, nil); cmd != hidPing {
		t.Errorf("after the lock was given up: %#x", cmd)
	}
	b.exchange(hidLock, []byte{10})
	_ = b.link.Close()
	if cmd, _ := a.exchange(hidPing, nil); cmd != hidPing {
		t.Errorf("after the holder went away: %#x", cmd)
	}
	a.raw(a.cid, hidLock, 1, []byte{11})
	a.wantError(a.cid, hidErrPar)
}

func TestPlug(t *testing.T) {
	f := &fingers{}
	k := open(t, Options{Toucher: f})
	c := dial(t, k)
	c.start(cmdSelection, nil)
	c.anyFrame()
	k.PlugOut()
	for {
		if _, err := c.link.Read(time.Second); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("reading from a key that was pulled out: %v", err)
			}
			break
		}
	}
	if err := c.link.Write(report{}); err == nil {
		t.Error("a key that was pulled out took a report")
	}
	k.PlugIn()
	c.raw(c.cid, hidPing, 0, nil)
	c.wantError(c.cid, hidErrChannel) // the old channel went with the power
	c.init()
	c.must(cmdInfo, nil, nil)

	f.mu.Lock()
	f.fail = io.ErrUnexpectedEOF // the person pulls it out when asked for a touch
	f.mu.Unlock()
	c.start(cmdSelection, nil)
	for {
		if _, err := c.link.Read(5 * time.Second); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("reading while the key was pulled out: %v", err)
			}
			break
		}
	}
	k.PlugIn() // at once: the command may not have ended yet
	c.init()
	c.must(cmdInfo, nil, nil)
}

// Many clients that never say goodbye must not fill the key up.
func TestChannelsRunOut(t *testing.T) {
	k := open(t, Options{})
	c := dial(t, k)
	first := c.cid
	for range maxChannels {
		c.init()
	}
	if n := len(k.hid.owner); n > maxChannels {
		t.Errorf("%d channels", n)
	}
	c.raw(first, hidPing, 0, nil)
	c.wantError(first, hidErrChannel)
}
