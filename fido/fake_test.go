package fido_test

import (
	"encoding/binary"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"keyrollout/fido"
)

// CTAPHID commands (CTAP 2.1 section 11.2.9).
const (
	hidInit      = 0x06
	hidCBOR      = 0x10
	hidCancel    = 0x11
	hidKeepalive = 0x3B
	hidError     = 0x3F
)

// fakeKey is a scripted key: CTAPHID on one channel, and a function that answers CBOR messages. It can misbehave in
// ways that no real authenticator does on purpose.
type fakeKey struct {
	answer func(k *fakeKey, request []byte) []byte // nil = never answers

	mu        sync.Mutex
	out       chan [64]byte
	gone      chan struct{}
	once      sync.Once
	cancelled chan struct{}
	message   []byte // being received
	want      int
	command   byte
	cancels   int
}

const fakeChannel = 0x01020304

func newFake(answer func(*fakeKey, []byte) []byte) *fakeKey {
	return &fakeKey{answer: answer, out: make(chan [64]byte, 1024), gone: make(chan struct{}), cancelled: make(chan struct{}, 1000)}
}

func (k *fakeKey) pull() { k.once.Do(func() { close(k.gone) }) }

func (k *fakeKey) Close() error { k.pull(); return nil }

func (k *fakeKey) Read(d time.Duration) ([64]byte, error) {
	var late <-chan time.Time
	if d >= 0 {
		late = time.After(d)
	}
	select {
	case r := <-k.out:
		return r, nil
	case <-k.gone:
		return [64]byte{}, io.EOF
	case <-late:
		return [64]byte{}, os.ErrDeadlineExceeded
	}
}

func (k *fakeKey) Write(r [64]byte) error {
	select {
	case <-k.gone:
		return io.ErrClosedPipe
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if r[4]&0x80 != 0 {
		k.command, k.want = r[4]&0x7F, int(binary.BigEndian.Uint16(r[5:]))
		k.message = append([]byte(nil), r[7:]...)
	} else {
		k.message = append(k.message, r[5:]...)
	}
	if len(k.message) < k.want {
		return nil
	}
	m := k.message[:k.want]
	switch k.command {
	case hidInit:
		b := append([]byte(nil), m[:8]...)
		b = binary.BigEndian.AppendUint32(b, fakeChannel)
		k.send(0xFFFFFFFF, hidInit, append(b, 2, 1, 0, 0, 0x04|0x08))
	case hidCancel:
		k.cancels++
		k.cancelled <- struct{}{}
	case hidCBOR:
		go func() {
			if a := k.answer(k, m); a != nil {
				k.send(fakeChannel, hidCBOR, a)
			}
		}()
	}
	return nil
}

func (k *fakeKey) send(channel uint32, command byte, data []byte) {
	var r [64]byte
	binary.BigEndian.PutUint32(r[:], channel)
	r[4] = command | 0x80
	binary.BigEndian.PutUint16(r[5:], uint16(len(data)))
	n := copy(r[7:], data)
	k.out <- r
	for seq := byte(0); n < len(data); seq++ {
		r = [64]byte{}
		binary.BigEndian.PutUint32(r[:], channel)
		r[4] = seq
		n += copy(r[5:], data[n:])
		k.out <- r
	}
}

// waitForCancel sends keepalives until the platform cancels, and answers as the standard says.
func (k *fakeKey) waitForCancel() []byte {
	for {
		k.send(fakeChannel, hidKeepalive, []byte{2})
		select {
		case <-k.cancelled:
			return []byte{0x2D}
		case <-k.gone:
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// fakeInfo is a getInfo answer: FIDO_2_0, an AAGUID of 0..15, rk, clientPin set, PIN protocol 1.
var fakeInfo = append([]byte{0x00, 0xA4,
	0x01, 0x81, 0x68, 'F', 'I', 'D', 'O', '_', '2', '_', '0',
	0x03, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	0x04, 0xA2, 0x62, 'r', 'k', 0xF5, 0x69}, append([]byte("clientPin"), 0xF5, 0x06, 0x81, 0x01)...)

// openers are the two implementations of Session over a Link, which must not differ.
var openers = map[string]opener{"session": fido.OpenLink, "go": fido.OpenGo}

// openFake opens a session on a scripted key that answers getInfo by itself.
func openFake(t *testing.T, open opener, answer func(k *fakeKey, request []byte) []byte) (*fakeKey, fido.Session) {
	t.Helper()
	k := newFake(func(k *fakeKey, m []byte) []byte {
		if m[0] == 0x04 {
			return fakeInfo
		}
		return answer(k, m)
	})
	s, err := open(t.Context(), fido.Device{Path: "fake:", Software: true}, k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return k, s
}
