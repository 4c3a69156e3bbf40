package softkey

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"keyrollout/fido"
)

// CTAPHID commands (CTAP 2.1 section 11.2.9), with the bit that marks an initialisation packet.
const (
	hidPing      byte = 0x81
	hidMsg       byte = 0x83
	hidLock      byte = 0x84
	hidInit      byte = 0x86
	hidWink      byte = 0x88
	hidCBOR      byte = 0x90
	hidCancel    byte = 0x91
	hidKeepalive byte = 0xBB
	hidError     byte = 0xBF
)

// CTAPHID error codes (section 11.2.9.1.6).
const (
	hidErrCommand byte = 0x01
	hidErrLength  byte = 0x03
	hidErrSeq     byte = 0x04
	hidErrTimeout byte = 0x05
	hidErrBusy    byte = 0x06
	hidErrChannel byte = 0x0B
	hidErrPar     byte = 0x02
)

const (
	broadcast       uint32 = 0xFFFFFFFF
	firstRoom              = fido.ReportSize - 7 // payload of an initialisation packet
	nextRoom               = fido.ReportSize - 5 // payload of a continuation packet
	maxMessage             = firstRoom + 128*nextRoom
	maxChannels            = 512
	hidVersion             = 2
	keepaliveEvery         = 75 * time.Millisecond // at least every 100 ms, section 11.2.9.1.5
	packetTimeout          = 750 * time.Millisecond
	hidCapWink      byte   = 0x01
	hidCapCBOR      byte   = 0x04
	hidCapNoMsg     byte   = 0x08
	keepProcessing  byte   = 1
	keepTouchNeeded byte   = 2
)

type report = [fido.ReportSize]byte

// line is one way to a client: an in-process link, a pseudo-terminal. Its methods never block.
type line interface {
	send(report)   // queues a report
	fresh() bool   // a new client begins: forget what an earlier one has not read; true when that one is gone
	stalled() bool // nobody reads any more
	plug(in bool)  // the key was plugged in or pulled out
}

// hid is the packet layer of CTAPHID (CTAP 2.1 section 11.2): it allocates channels, puts messages together and runs
// one transaction at a time, over all lines together.
type hid struct {
	serve  func(ctx context.Context, cid uint32, cmd byte, msg []byte) (answer []byte, err byte)
	wink   func()
	state  func() byte // keepalive status: processing or touch needed
	noMsg  bool        // no U2F messages
	mu     sync.Mutex
	in     bool // plugged in
	lines  map[line]bool
	owner  map[uint32]line // allocated channels
	order  []uint32        // the same, oldest first
	last   uint32          // last channel allocated
	part   *partial
	run    *transaction
	locked uint32 // channel that holds the lock, 0 for none
	unlock *time.Timer
}

// partial is a message whose packets are still arriving.
type partial struct {
	cid   uint32
	cmd   byte
	want  int
	data  []byte
	seq   byte
	timer *time.Timer
}

func (h *hid) attach(l line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines[l] = true
	l.plug(h.in)
}

// detach forgets a line, its channels and what it asked for.
func (h *hid) detach(l line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.lines, l)
	h.dropClient(l)
	for cid, o := range h.owner {
		if o == l {
			delete(h.owner, cid)
		}
	}
	if h.locked != 0 && h.owner[h.locked] == nil {
		h.release()
	}
}

func (h *hid) dropPartial() {
	h.part.timer.Stop()
	h.part = nil
}

// plug plugs the key in or pulls it out. Pulled out, it forgets all channels.
func (h *hid) plug(in bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.in = in
	if h.part != nil {
		h.dropPartial()
	}
	if h.run != nil {
		h.abort(errUnplugged)
	}
	h.release()
	clear(h.owner)
	h.order = h.order[:0]
	for l := range h.lines {
		l.plug(in)
	}
}

// receive takes one report from a line.
func (h *hid) receive(l line, r report) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.in || !h.lines[l] {
		return io.ErrClosedPipe
	}
	cid := binary.BigEndian.Uint32(r[:4])
	if r[4]&0x80 == 0 {
		h.continuation(l, cid, r[4], r[5:])
		return nil
	}
	h.initialisation(l, cid, r[4], int(binary.BigEndian.Uint16(r[5:7])), r[7:])
	return nil
}

// initialisation takes the first packet of a message (section 11.2.4).
func (h *hid) initialisation(l line, cid uint32, cmd byte, n int, payload []byte) {
	switch {
	case cmd == hidInit:
		h.init(l, cid, n, payload)
		return
	case cid == 0 || cid == broadcast || h.owner[cid] != l:
		h.fail(l, cid, hidErrChannel)
		return
	case cmd == hidCancel:
		// Only a running CBOR request can be cancelled, and only on its own channel (section 11.2.9.1.7).
		if h.run != nil && h.run.cid == cid {
			h.run.stop(errCancelled)
		}
		return
	case h.locked != 0 && h.locked != cid:
		h.fail(l, cid, hidErrBusy)
		return
	case h.part != nil && h.part.cid == cid:
		h.dropPartial()
		h.fail(l, cid, hidErrSeq)
		return
	case h.part != nil || h.run != nil:
		h.fail(l, cid, hidErrBusy)
		return
	case !h.known(cmd):
		h.fail(l, cid, hidErrCommand)
		return
	case n > maxMessage:
		h.fail(l, cid, hidErrLength)
		return
	}
	p := &partial{cid: cid, cmd: cmd, want: n, data: append(make([]byte, 0, n), payload[:min(n, firstRoom)]...)}
	if len(p.data) == n {
		h.dispatch(l, cid, cmd, p.data)
		return
	}
	p.timer = time.AfterFunc(packetTimeout, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.part == p {
			h.part = nil
			h.fail(l, cid, hidErrTimeout)
		}
	})
	h.part = p
}

func (h *hid) known(cmd byte) bool {
	switch cmd {
	case hidPing, hidWink, hidCBOR, hidLock:
		return true
	case hidMsg:
		return !h.noMsg
	}
	return false
}

// continuation takes a later packet of a message. A stray one is ignored (section 11.2.4).
func (h *hid) continuation(l line, cid uint32, seq byte, payload []byte) {
	p := h.part
	if p == nil || p.cid != cid || h.owner[cid] != l {
		return
	}
	if seq != p.seq {
		h.dropPartial()
		h.fail(l, cid, hidErrSeq)
		return
	}
	p.seq++
	p.data = append(p.data, payload[:min(p.want-len(p.data), nextRoom)]...)
	if len(p.data) == p.want {
		h.dropPartial()
		h.dispatch(l, cid, p.cmd, p.data)
		return
	}
	p.timer.Reset(packetTimeout)
}

// init allocates a channel, or brings a live one back in step (section 11.2.9.1.3). It is answered whatever else goes
// on but another channel's lock, so that a second client can tell a busy key from a dead one.
func (h *hid) init(l line, cid uint32, n int, payload []byte) {
	if n != 8 {
		h.fail(l, cid, hidErrLength)
		return
	}
	give := cid
	switch {
	case cid == broadcast:
		if l.fresh() { // with the client its request is gone, and its lock
			if h.run != nil && h.run.line == l {
				h.abort(errCancelled)
			}
			if h.locked != 0 && h.owner[h.locked] == l {
				h.release()
			}
		}
		if h.locked != 0 {
			h.fail(l, cid, hidErrBusy)
			return
		}
		give = h.allocate(l)
	case cid == 0 || h.owner[cid] != l:
		h.fail(l, cid, hidErrChannel)
		return
	case h.locked != 0 && h.locked != cid:
		h.fail(l, cid, hidErrBusy)
		return
	default:
		if h.part != nil && h.part.cid == cid {
			h.dropPartial()
		}
		if h.run != nil && h.run.cid == cid {
			h.abort(errCancelled)
		}
	}
	answer := append([]byte(nil), payload[:8]...)
	answer = binary.BigEndian.AppendUint32(answer, give)
	caps := hidCapWink | hidCapCBOR
	if h.noMsg {
		caps |= hidCapNoMsg
	}
	h.send(l, cid, hidInit, append(answer, hidVersion, 1, 0, 0, caps))
}

// allocate gives out a channel. The oldest one goes when there are too many: its client gets "invalid channel" and
// begins again.
func (h *hid) allocate(l line) uint32 {
	for {
		h.last++
		if h.last != 0 && h.last != broadcast && h.owner[h.last] == nil {
			break
		}
	}
	if len(h.order) == maxChannels {
		for i, old := range h.order {
			busy := h.run != nil && h.run.cid == old || h.part != nil && h.part.cid == old || h.locked == old
			if !busy {
				delete(h.owner, old)
				h.order = append(h.order[:i], h.order[i+1:]...)
				break
			}
		}
	}
	h.owner[h.last] = l
	h.order = append(h.order, h.last)
	return h.last
}

func (h *hid) fail(l line, cid uint32, code byte) { h.send(l, cid, hidError, []byte{code}) }

// send cuts a message into reports (section 11.2.4).
func (h *hid) send(l line, cid uint32, cmd byte, msg []byte) {
	var r report
	binary.BigEndian.PutUint32(r[:4], cid)
	r[4] = cmd
	binary.BigEndian.PutUint16(r[5:7], uint16(len(msg)))
	n := copy(r[7:], msg)
	l.send(r)
	for seq := byte(0); n < len(msg); seq++ {
		clear(r[4:])
		r[4] = seq
		n += copy(r[5:], msg[n:])
		l.send(r)
	}
}
