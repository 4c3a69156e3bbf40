//go:build cgo

package fido

/*
#include <stddef.h>
#include <stdint.h>
#include <fido.h>
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"keyrollout/fido/internal/ctapclient"
)

// line is a Link as libfido2's I/O functions see it. libfido2 writes a report with a leading report id 0 and reads one
// without it.
type line struct {
	link Link
	mu   sync.Mutex   // one report at a time: a cancel comes from another thread
	gone atomic.Bool  // the link broke
	said atomic.Int32 // the last CTAPHID_ERROR, which libfido2 does not pass on; 0 = none
	left atomic.Bool  // nobody waits for the answer any more
	init atomic.Bool  // CTAPHID_INIT was answered: whatever is at the other end speaks CTAPHID

	channel atomic.Uint32 // that libfido2 last wrote to; no other is of interest
	asked   byte          // the command that was last asked
	info    Info          // the options of the key, as it last told them

	want int                // bytes of the CBOR answer that comes or came last
	last []byte             // of it, and of the padding behind it
	held [][ReportSize]byte // what libfido2 has not been given yet: of an answer, or another report
}

// gather takes in one report of the link, and tells whether libfido2 may read what is held. An answer is held back until
// it is whole, for libcbor makes room for as many elements as an answer claims to have before it looks for them: twelve
// bytes cost half a gigabyte.
func (l *line) gather(r [ReportSize]byte) bool {
	switch {
	case binary.BigEndian.Uint32(r[:]) != l.channel.Load():
		return false
	case r[4] == 0x80|hidCBOR:
		l.want, l.last, l.held = int(binary.BigEndian.Uint16(r[5:])), append(l.last[:0], r[7:]...), [][ReportSize]byte{r}
	case r[4]&0x80 != 0 || l.held == nil:
		l.held = [][ReportSize]byte{r}
		return true
	default:
		l.last, l.held = append(l.last, r[5:]...), append(l.held, r)
	}
	if len(l.last) < l.want {
		return false
	}
	// One that is longer than libfido2 has room for it would call the end of the line, and leave the rest of it to be read.
	if l.want > C.FIDO_MAXMSG || l.want > 1 && l.last[0] == 0 && !ctapclient.WellFormed(l.last[1:l.want]) ||
		l.tooMany() {
		refused := l.held[0]
		copy(refused[5:], []byte{0, 2, 0, 0xFF}) // success, and a break where an item has to be: libfido2 says what it is
		l.held = [][ReportSize]byte{refused}
	} else if l.asked == cmdInfo {
		var told struct {
			Options map[string]any `cbor:"4,keyasint"`
		}
		l.answer(&told)
		l.info.Options = map[string]bool{}
		for name, v := range told.Options {
			if set, ok := v.(bool); ok {
				l.info.Options[name] = set
			}
		}
	}
	return true
}

// next is the first report that is held.
func (l *line) next() [ReportSize]byte {
	r := l.held[0]
	if l.held = l.held[1:]; len(l.held) == 0 {
		l.held = nil
	}
	return r
}

// answer reads the last CBOR answer into out, and leaves out alone when it cannot be read. Between calls only.
func (l *line) answer(out any) {
	if l.want > 1 && len(l.last) >= l.want && l.last[0] == 0 {
		_ = ctapclient.Decode(l.last[1:l.want], out) // libfido2 has judged it
	}
}

// tooMany: libfido2 would make room for, and ask for, as many as a key says that it lists.
func (l *line) tooMany() bool {
	if l.asked != cmdMgmt && l.asked != cmdMgmtPreview {
		return false
	}
	var r struct {
		RPs         uint64 `cbor:"5,keyasint"`
		Credentials uint64 `cbor:"9,keyasint"`
	}
	l.answer(&r)
	return r.RPs > maxListings || r.Credentials > maxListings
}

func newLine(l Link) *line { return &line{link: l} }

// hidError is CTAPHID_ERROR (CTAP 2.1 section 11.2.9.1.6); its one byte is a status.
const (
	cmdInfo  = 0x04
	hidInit  = 0x06
	hidCBOR  = 0x10
	hidError = 0x3F
)

// slice is how long one read of the link lasts at most, so that a read that nobody waits for ends soon.
const slice = 200 * time.Millisecond

// read returns the next report; ms < 0 waits for ever.
func (l *line) read(ms int) ([ReportSize]byte, bool) {
	if len(l.held) > 0 {
		return l.next(), true
	}
	end := time.Now().Add(time.Duration(ms) * time.Millisecond)
	for !l.left.Load() {
		d := slice
		if ms >= 0 {
			if d = min(d, time.Until(end)); d <= 0 {
				break
			}
		}
		r, err := l.link.Read(d)
		if err == nil {
			if r[4] == 0x80|hidError {
				l.said.Store(int32(r[7]))
			}
			if r[4] == 0x80|hidInit && binary.BigEndian.Uint16(r[5:]) >= 17 { // not an echo of the question
				l.init.Store(true)
			}
			if l.gather(r) {
				return l.next(), true
			}
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			l.gone.Store(true)
			break
		}
	}
	l.held = nil // half an answer is none
	return [ReportSize]byte{}, false
}

func (l *line) write(frame []byte) bool {
	if len(frame) != ReportSize+1 || l.left.Load() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := [ReportSize]byte(frame[1:])
	l.channel.Store(binary.BigEndian.Uint32(r[:]))
	if r[4] == 0x80|hidCBOR { // libfido2 before 1.15 knows the preview's numbers only
		r[7] = l.info.command(r[7])
		l.asked = r[7]
	}
	if err := l.link.Write(r); err != nil {
		l.gone.Store(true)
		return false
	}
	return true
}

//export keyrolloutLinkRead
func keyrolloutLinkRead(h C.uintptr_t, buf *C.uchar, n C.size_t, ms C.int) C.int {
	r, ok := cgo.Handle(h).Value().(*line).read(int(ms))
	if !ok || n < ReportSize {
		return -1
	}
	return C.int(copy(unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(n)), r[:]))
}

//export keyrolloutLinkWrite
func keyrolloutLinkWrite(h C.uintptr_t, buf *C.uchar, n C.size_t) C.int {
	if !cgo.Handle(h).Value().(*line).write(unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(n))) {
		return -1
	}
	return C.int(n)
}
