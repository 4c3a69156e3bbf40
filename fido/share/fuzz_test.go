package share_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido"
	"keyrollout/fido/share"
)

// recorder counts what reaches the key.
type recorder struct {
	fido.Link
	n atomic.Int64
}

func (r *recorder) Write(b [fido.ReportSize]byte) error { r.n.Add(1); return r.Link.Write(b) }

// mirror is a key that answers every report with itself, read as an answer.
type mirror struct{ c chan [fido.ReportSize]byte }

func (m mirror) Write(r [fido.ReportSize]byte) error {
	select {
	case m.c <- r:
	default:
	}
	return nil
}

func (m mirror) Read(d time.Duration) (r [fido.ReportSize]byte, err error) {
	select {
	case r = <-m.c:
		return r, nil
	case <-time.After(time.Millisecond):
		return r, os.ErrDeadlineExceeded
	}
}

func (m mirror) Close() error { return nil }

// guarded is a key that answers as it is told, and holds what reaches it against what the person at the desk has said.
// It reads requests in its own simple way, not in the desk's. Like any key it complains, on the channel it came on, about
// what is malformed or comes while it is busy, and goes on with what it does.
type guarded struct {
	mirror
	mu      sync.Mutex
	answers []byte // statuses, one for each request; waitsForTouch is none yet
	yes     bool   // was said, and is not used
	right   bool   // the last PIN was
	part    []byte
	head    [fido.ReportSize]byte
	run     []byte // what waits for a touch: its channel and command; nil = nothing
	wrong   []string

	requests atomic.Int64
}

const waitsForTouch = 0xBB

func (g *guarded) complain(r [fido.ReportSize]byte, code byte) error {
	back := message(r, 0x3F)
	back[6], back[7] = 1, code
	return g.mirror.Write(back)
}

func (g *guarded) Write(r [fido.ReportSize]byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := int(r[5])<<8 | int(r[6])
	switch busy := g.run != nil && bytes.Equal(r[:4], g.run[:4]); {
	case r[4] == 0x86 && n != 8, r[4] == 0x91 && n != 0:
		return g.complain(r, 3)
	case r[4] == 0x86:
		if busy {
			g.run = nil
		}
		back := message(r, 0x06)
		back[6] = 17
		return g.mirror.Write(back)
	case r[4] == 0x91 && busy:
		back := message(r, g.run[4])
		back[6], back[7], g.run = 1, 0x2D, nil
		return g.mirror.Write(back)
	case r[4] == 0x91:
		return g.complain(r, 1)
	case g.run != nil:
		if err := g.complain(r, 6); err != nil {
			return err
		}
		var keep [fido.ReportSize]byte
		copy(keep[:], g.run[:4])
		keep[4], keep[6], keep[7] = 0xBB, 1, 2
		return g.mirror.Write(keep)
	case r[4]&0x80 != 0:
		g.head, g.part = r, bytes.Clone(r[7:])
	case g.head != ([fido.ReportSize]byte{}) && [4]byte(r[:]) == [4]byte(g.head[:]):
		g.part = append(g.part, r[5:]...)
	default:
		return g.complain(r, 4)
	}
	if n = int(g.head[5])<<8 | int(g.head[6]); len(g.part) < n {
		return nil
	}
	body, cmd := g.part[:n], g.head[4]&0x7F
	back := message(g.head, cmd)
	g.head, g.part = [fido.ReportSize]byte{}, nil
	status := byte(0)
	if len(g.answers) > 0 {
		status, g.answers = g.answers[0], g.answers[1:]
	}
	switch {
	case cmd == 0x03:
		back[6], back[7] = 2, status
		if n < 2 || body[0] != 0 || body[1] < 1 || body[1] > 3 {
			g.wrong = append(g.wrong, fmt.Sprintf("U2F % x", body))
		}
	case cmd == 0x10 && n > 0:
		back[6], back[7] = 1, status
		g.request(body, status)
		g.requests.Add(1)
		if status == waitsForTouch {
			g.run = append(bytes.Clone(back[:4]), cmd)
			back = message(back, 0x3B)
			back[6], back[7] = 1, 2
		}
	case cmd != 0x01 && cmd != 0x04 && cmd != 0x08 && cmd != 0x10:
		g.wrong = append(g.wrong, fmt.Sprintf("the CTAPHID command %02x", cmd))
	}
	return g.mirror.Write(back)
}

// ended notes what the desk tells as done while the key waits for a touch that would do it.
func (g *guarded) ended(a share.Activity) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.run != nil {
		g.wrong = append(g.wrong, fmt.Sprintf("%s is told as done, and the key waits on channel % x for its touch", a.Command, g.run[:4]))
	}
}

// credit gives or takes a yes.
func (g *guarded) credit(yes bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.yes = yes
}

func message(to [fido.ReportSize]byte, cmd byte) (r [fido.ReportSize]byte) {
	copy(r[:], to[:4])
	r[4] = 0x80 | cmd
	return r
}

func (g *guarded) request(body []byte, status byte) {
	var fields map[any]any
	rest, err := cbor.UnmarshalFirst(body[1:], &fields)
	at := map[byte]uint64{0x06: 2, 0x09: 2, 0x40: 2, 0x0A: 1, 0x41: 1, 0x0D: 1}[body[0]]
	sub, number := fields[at].(uint64)
	pin := body[0] == 0x06 && (sub == 3 || sub == 4 || sub == 5 || sub == 9)
	guard := false
	switch body[0] {
	case 0x01, 0x02, 0x04, 0x08, 0x0B:
	case 0x06, 0x09, 0x40:
		reads := sub < 3 || sub == 7 || sub == 6 && body[0] == 0x06 || sub < 5 && body[0] != 0x06
		guard = !reads && (sub != 5 && sub != 9 || body[0] != 0x06 || !g.right)
	case 0x0A, 0x41:
		guard = sub > 5
	case 0x0C:
		_, guard = fields[uint64(2)]
	default: // reset, settings, and what nobody knows
		guard = true
	}
	guard = guard || at != 0 && fields[at] != nil && !number || at != 0 && (err != nil || len(rest) > 0)
	switch {
	case guard && !g.yes:
		g.wrong = append(g.wrong, fmt.Sprintf("without a yes: % x", body))
	case guard:
		g.yes = false
	}
	if pin {
		g.right = status == 0
	}
}

// Whatever comes over the connection, and whatever the person and the key say, the desk ends in order, tells nothing that
// could steer a terminal, lets nothing that waits for a yes to the key without one, and what it tells as done is done.
func FuzzDesk(f *testing.F) {
	report := func(head string) string { return "\x02\x00\x40" + head + string(make([]byte, 64-len(head))) }
	cborOf := func(body string) string { return report("\x00\x00\x00\x01\x90\x00" + string(byte(len(body))) + body) }
	begin := report("\xff\xff\xff\xff\x86\x00\x08abcdefgh")
	ready := "keyrollout key share 1\n\x01\x00\x0a/dev/pts/9"
	try, remove := cborOf("\x06\xA1\x02\x09"), cborOf("\x0A\xA1\x01\x06")
	f.Add([]byte(ready+begin+cborOf("\x04")), []byte(""), []byte(""))
	f.Add([]byte(ready+report("\x00\x00\x00\x01\x90\x00\x20\x01\xa1\x02\xa1bid\x6blogin.exam")), []byte(""), []byte(""))
	f.Add([]byte(ready+report("\x00\x00\x00\x01\x90\x00\x40\x02\xa1\x01\x78\x38")+report("\x00\x00\x00\x01\x00abc")), []byte(""), []byte(""))
	f.Add([]byte(ready+"\x03\x00\x03bye"), []byte(""), []byte(""))
	f.Add([]byte("Welcome"), []byte(""), []byte(""))
	f.Add([]byte(ready+try+try+try+begin+try), []byte("yyny"), []byte("\x00\x31\x31\x00"))
	f.Add([]byte(ready+cborOf("\x06\xA1\x02\x01")+try+try+try), []byte("yyyy"), []byte("\x00\x31\x34\x32"))
	f.Add([]byte(ready+remove+report("\x00\x00\x00\x01\x91")+remove+report("\x00\x00\x00\x01\x86\x00\x08abcdefgh")+remove), []byte("...ny"), []byte(""))
	f.Add([]byte(ready+cborOf("\x07")+cborOf("\x0D\xA1\x01\x02")+cborOf("\x50")+cborOf("\x06\xA1\x02\x04")), []byte("yyyy"), []byte("\x30"))
	f.Add([]byte(ready+strings.Repeat(report("\x00\x00\x00\x01\x83\x00\x05\x00\x01\x00\x00x"), 3)), []byte("n"), []byte("\x69\x69"))
	f.Add([]byte(ready+report("\x00\x00\x00\x01\x90\x00\x48\x0A\xA2\x01\x06")+try+report("\x00\x00\x00\x01\x00")), []byte("yy"), []byte(""))
	f.Add([]byte(ready+cborOf("\x02\xA1\x01\x61a")+report("\x00\x00\x00\x01\x86\x00\x08abcdefgh")+cborOf("\x04")), []byte(""), []byte{waitsForTouch})
	f.Add([]byte(ready+cborOf("\x02\xA1\x01\x61a")+report("\x00\x00\x00\x01\x91")+cborOf("\x02\xA1\x01\x61a")+begin), []byte("..n"), []byte{waitsForTouch, waitsForTouch})
	f.Add([]byte(ready+cborOf("\x02\xA1\x01\x61a")+report("\x00\x00\x00\x01\x86\x00\x07abcdefg")+report("\x00\x00\x00\x01\x91\x00\x01x")), []byte("...n"), []byte{waitsForTouch})
	f.Fuzz(func(t *testing.T, b, says, answers []byte) {
		near, far := net.Pipe()
		key := &guarded{mirror: mirror{make(chan [fido.ReportSize]byte, 64)}, answers: answers}
		decide, ended := make(chan bool), make(chan struct{})
		var held atomic.Bool
		var done atomic.Int64
		say := func(yes bool) {
			if yes && !held.Load() {
				return // it could be taken for one to what comes next, which is what ReadTime is for
			}
			before, doneBefore := key.requests.Load(), done.Load()
			key.credit(yes)
			select {
			case decide <- yes:
			case <-ended:
			}
			// Until it is done: a no from before may have been late.
			for yes && key.requests.Load() == before && done.Load() == doneBefore || !yes && held.Load() {
				select {
				case <-ended:
					return
				case <-time.After(10 * time.Microsecond):
				}
			}
			key.credit(false)
		}
		go io.Copy(io.Discard, far)
		go func() {
			defer far.Close()
			if len(says) > 0 {
				b = append(bytes.Clone(b), 2)
			}
			n := 1 // once the first byte of a frame is taken the frame before it has been dealt with
			if bytes.HasPrefix(b, []byte(ready)) {
				n += len(ready)
			}
			for ; len(b) > 0; n = 3 + fido.ReportSize {
				n = min(n, len(b))
				if _, err := far.Write(b[:n]); err != nil {
					return
				}
				if b = b[n:]; len(says) == 0 {
					continue
				}
				if says[0] == 'y' || says[0] == 'n' {
					say(says[0] == 'y')
				}
				says = says[1:]
			}
		}()
		err := share.Desk(t.Context(), near, key, share.DeskOptions{Ready: func(string) {}, Decide: decide,
			Tell: func(a share.Activity) {
				held.Store(a.Held != share.NotHeld && !a.Done)
				if a.Done {
					done.Add(1)
					key.ended(a)
				}
				for _, r := range a.Command + a.RPID {
					if r < ' ' || r >= 0x7f && r < 0xa0 {
						t.Errorf("told %q for %q", a.Command, a.RPID)
					}
				}
			}})
		close(ended)
		if !errors.Is(err, share.ErrProtocol) && !errors.Is(err, share.ErrHungUp) && !errors.Is(err, share.ErrFarEnded) {
			t.Errorf("ended with %v", err)
		}
		key.mu.Lock()
		defer key.mu.Unlock()
		for _, w := range key.wrong {
			t.Error(w)
		}
	})
}

// endpoint is a device path without a kernel.
type endpoint struct{ closed chan struct{} }

func (endpoint) Path() string               { return "/dev/pts/9" }
func (endpoint) Send([fido.ReportSize]byte) {}
func (endpoint) Fresh()                     {}
func (endpoint) Stalled() bool              { return true }
func (e endpoint) Read() ([fido.ReportSize]byte, error) {
	<-e.closed
	return [fido.ReportSize]byte{}, io.EOF
}
func (e endpoint) Close() error { close(e.closed); return nil }

func FuzzHost(f *testing.F) {
	hello := "keyrollout key share 1\n"
	f.Add([]byte(hello + "\x02\x00\x40\x00\x00\x00\x01\xbb\x00\x01\x02" + string(make([]byte, 56))))
	f.Add([]byte(hello + "\x03\x00\x01x"))
	f.Add([]byte(hello[:5]))
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		go func() { far.Write(b); far.Close() }()
		err := share.Host(t.Context(), near, endpoint{make(chan struct{})}, func(string) {})
		if err != nil && !errors.Is(err, share.ErrProtocol) && !errors.Is(err, share.ErrHungUp) {
			t.Errorf("ended with %v", err)
		}
	})
}
