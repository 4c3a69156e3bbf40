package share_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
)

type report = [fido.ReportSize]byte

// silent is a key that records what reaches it, and answers nothing but what the test makes it answer.
type silent struct {
	mu     sync.Mutex
	got    []report
	answer chan report
}

func (s *silent) Write(r report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, r)
	return nil
}

func (s *silent) Read(d time.Duration) (report, error) {
	select {
	case r := <-s.answer:
		return r, nil
	case <-time.After(d):
		return report{}, os.ErrDeadlineExceeded
	}
}

func (s *silent) say(t *testing.T, r report) {
	t.Helper()
	select {
	case s.answer <- r:
	case <-time.After(10 * time.Second):
		t.Fatal("the desk does not read from the key")
	}
}

func (*silent) Close() error { return nil }

// reached reports whether a command's message has come to the key.
func (s *silent) reached(part []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.got {
		if bytes.Contains(r[:], part) {
			return true
		}
	}
	return false
}

// hostile is a far side that writes what it likes.
type hostile struct {
	*testing.T
	conn net.Conn
	key  *silent
	mu   sync.Mutex
	told []share.Activity
	back chan report // what the desk sends
	says chan bool   // what the person says
}

func newHostile(t *testing.T) *hostile {
	near, far := net.Pipe()
	h := &hostile{T: t, conn: far, key: &silent{answer: make(chan report)}, back: make(chan report, 256), says: make(chan bool)}
	done := make(chan error, 1)
	go func() {
		done <- share.Desk(t.Context(), near, h.key, share.DeskOptions{Ready: func(string) {}, Decide: h.says, ReadTime: readTime, Tell: func(a share.Activity) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.told = append(h.told, a)
		}})
	}()
	hello := []byte("keyrollout key share 1\n")
	got := make([]byte, len(hello))
	if _, err := far.Read(got); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(h.back)
		for {
			var b [3 + fido.ReportSize]byte
			if _, err := readWhole(far, b[:]); err != nil {
				return
			}
			h.back <- report(b[3:])
		}
	}()
	t.Cleanup(func() {
		far.Close()
		<-done
	})
	h.raw(append(hello, "\x01\x00\x0a/dev/pts/9"...))
	return h
}

func readWhole(c net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = c.Read(b[n:])
		n += m
	}
	return n, err
}

func (h *hostile) raw(b []byte) {
	h.Helper()
	if _, err := h.conn.Write(b); err != nil {
		h.Fatal(err)
	}
}

// first sends a packet that begins a message of n bytes, next one that goes on with it.
func (h *hostile) first(cid uint32, cmd byte, n int, data []byte) {
	h.Helper()
	var r report
	binary.BigEndian.PutUint32(r[:], cid)
	r[4] = 0x80 | cmd
	binary.BigEndian.PutUint16(r[5:], uint16(n))
	copy(r[7:], data)
	h.raw(append([]byte{2, 0, fido.ReportSize}, r[:]...))
}

func (h *hostile) next(cid uint32, seq byte, data []byte) {
	h.Helper()
	var r report
	binary.BigEndian.PutUint32(r[:], cid)
	r[4] = seq
	copy(r[5:], data)
	h.raw(append([]byte{2, 0, fido.ReportSize}, r[:]...))
}

// reply is the next report that comes back.
func (h *hostile) reply() (r report) {
	h.Helper()
	select {
	case r = <-h.back:
	case <-time.After(10 * time.Second):
		h.Fatal("the desk does not answer")
	}
	return r
}

// settle waits until the desk has dealt with all that was sent: it answers a vendor's command itself.
func (h *hostile) settle() {
	h.Helper()
	h.first(99, 0x41, 0, nil)
	for end := time.After(10 * time.Second); ; {
		select {
		case r := <-h.back:
			if binary.BigEndian.Uint32(r[:]) == 99 {
				return
			}
		case <-end:
			h.Fatal("the desk does not answer")
		}
	}
}

// answers lets the key say something, and waits until the desk has passed it on.
func (h *hostile) answers(r report) {
	h.Helper()
	h.key.say(h.T, r)
	for got := h.reply(); [5]byte(got[:]) != [5]byte(r[:]); got = h.reply() {
	}
}

// all is what was told so far.
func (h *hostile) all() []share.Activity {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

func (h *hostile) held() (n int) {
	for _, a := range h.all() {
		if a.Held != share.NotHeld && !a.Done {
			n++
		}
	}
	return n
}

// allow says yes to what is held, once the question has stood there long enough, until it reaches the key.
func (h *hostile) allow(held []byte) {
	h.Helper()
	for end := time.Now().Add(10 * time.Second); !h.key.reached(held); h.settle() {
		if time.Now().After(end) {
			h.Fatalf("a yes is not taken: %+v", h.all())
		}
		time.Sleep(readTime + 50*time.Millisecond)
		h.says <- true
	}
}

// anew lets channel 1 begin anew, as far as the key's answers: to this, and to the desk's own INIT where it did not hear
// of a CANCEL.
func (h *hostile) anew() {
	h.Helper()
	h.first(1, 0x06, 8, []byte("abcdefgh"))
	h.settle()
	h.key.mu.Lock()
	begun := 0
	for _, r := range h.key.got {
		if r[4] == 0x86 {
			begun++
		}
	}
	h.key.mu.Unlock()
	for range begun {
		h.answers(report{3: 1, 4: 0x86, 6: 17})
	}
}

// A far side that has the PIN (it was typed there) can sign what it likes: the signature does not cover the outer map. The
// yes at the desk is what is left, so nothing gets past it in another shape.
func TestNoShapeOfAChangeGetsPastTheDesk(t *testing.T) {
	for what, b := range map[string]string{
		"a delete":                           "\x0A\xA1\x01\x06",
		"with a member of another kind":      "\x0A\xA2\x01\x06\x61x\x00",
		"with the subcommand twice":          "\x0A\xA2\x01\x06\x01\x01",
		"twice, once not in shortest form":   "\x0A\xA2\x01\x06\x18\x01\x01",
		"with bytes behind it":               "\x0A\xA1\x01\x06\x00",
		"a subcommand that is no number":     "\x0A\xA1\x01\x61x",
		"a subcommand nobody knows yet":      "\x0A\xA1\x01\x18\x20",
		"a long touch for reset, for good":   "\x0D\xA1\x01\x04",
		"a vendor's own setting":             "\x0D\xA1\x01\x18\xFF",
		"a reset":                            "\x07",
		"a try of the PIN":                   "\x06\xA1\x02\x05",
		"a try of the PIN for a site":        "\x06\xA2\x02\x09\x0A\x61a",
		"a new PIN, with the old one":        "\x06\xA1\x02\x04",
		"a large blob, named twice":          "\x0C\xA3\x03\x00\x02\x41x\x02\x41y",
		"a large blob among other members":   "\x0C\xA3\x02\x41x\x03\x00\x61x\x00",
		"a PIN among other members":          "\x06\xA2\x02\x03\x61x\x00",
		"a site named twice":                 "\x01\xA2\x02\xA1\x62id\x61a\x02\xA1\x62id\x61b",
		"two names of one site":              "\x01\xA1\x02\xA2\x62id\x61a\x62id\x61b",
		"a site named twice, for a sign-in":  "\x02\xA2\x01\x61a\x01\x61b",
		"a simple value as subcommand":       "\x06\xA1\x02\xE6",
		"text that is not UTF-8":             "\x09\xA1\x01\x61\xEF",
		"the preview's delete, with a stray": "\x41\xA2\x01\x06\x61x\x00",
		"a number longer than need be":       "\x06\xA1\x02\x18\x01",
		"members out of order":               "\x06\xA2\x02\x01\x01\x01",
		"a simple value as a member's name":  "\x06\xA2\x02\x01\xE9\x01",
		"null as subcommand":                 "\x0A\xA1\x01\xF6",
		"bytes as subcommand":                "\x0A\xA1\x01\x41\x04",
		"null for a site":                    "\x02\xA1\x01\xF6",
		"bytes for a site":                   "\x02\xA1\x01\x41a",
		"a list for a site":                  "\x01\xA1\x02\x81\x61a",
		"a site named in capitals":           "\x01\xA1\x02\xA1\x62ID\x61a",
		"no parameters at all":               "\x0A",
	} {
		t.Run(what, func(t *testing.T) {
			h := newHostile(t)
			h.first(1, 0x10, len(b), []byte(b))
			h.settle()
			if h.key.reached([]byte(b)) || h.held() != 1 {
				t.Errorf("reached the key: %v; held %d; told %+v", h.key.reached([]byte(b)), h.held(), h.all())
			}
		})
	}
}

// Nor by what is sent around it.
func TestNothingAroundAChangeGetsItPastTheDesk(t *testing.T) {
	remove := append([]byte("\x0A\xA2\x01\x06\x02\x58\x40"), bytes.Repeat([]byte{0xEE}, 64)...) // two packets
	t.Run("another channel's message between its packets", func(t *testing.T) {
		h := newHostile(t)
		h.first(1, 0x10, len(remove), remove[:57])
		h.first(2, 0x03, 4, []byte{0, 3, 0, 0})
		h.next(1, 0, remove[57:])
		h.settle()
		if h.key.reached(remove[:7]) {
			t.Errorf("it reached the key; told %+v", h.all())
		}
	})
	t.Run("an answer to something earlier", func(t *testing.T) {
		h := newHostile(t)
		h.first(1, 0x10, len(remove), remove[:57])
		h.next(1, 0, remove[57:])
		h.settle()
		h.answers(report{3: 1, 4: 0x81}) // PING on its channel
		h.settle()
		h.first(1, 0x10, 1, []byte{4}) // getInfo: what is held is still under way
		h.settle()
		if h.key.reached([]byte{0x90, 0, 1, 4}) || h.key.reached(remove[:7]) {
			t.Errorf("something reached the key; told %+v", h.all())
		}
	})
	t.Run("another change in the place of the one that waits", func(t *testing.T) {
		h := newHostile(t)
		h.first(1, 0x10, 4, []byte("\x0A\xA1\x01\x07"))
		h.settle()
		h.first(1, 0x10, 4, []byte("\x0A\xA1\x01\x06"))
		if r := h.reply(); r[4] != 0xBF || r[7] != 6 {
			t.Errorf("the second is answered with % x, not with busy", r[:8])
		}
		if h.held() != 1 {
			t.Errorf("told %+v", h.all())
		}
	})
}

// While the key waits for a touch the person at the desk goes on seeing what for, whatever else is sent.
func TestTheDeskKeepsShowingWhatTheKeyDoes(t *testing.T) {
	for cmd, name := range map[byte]string{0x01: "PING", 0x03: "MSG", 0x04: "LOCK", 0x08: "WINK", 0x10: "CBOR"} {
		for _, cid := range []uint32{1, 2} {
			t.Run(fmt.Sprintf("%s on channel %d", name, cid), func(t *testing.T) {
				h := newHostile(t)
				h.first(1, 0x10, 10, []byte("\x02\xA1\x01\x66evil.x"))
				h.settle()
				h.first(cid, cmd, 10, []byte("\x02\xA1\x01\x66good.x"))
				if r := h.reply(); r[4] != 0xBF || r[7] != 6 || binary.BigEndian.Uint32(r[:]) != cid {
					t.Errorf("answered with % x, not with busy", r[:8])
				}
				h.key.say(t, report{3: 1, 4: 0xBB, 6: 1, 7: 2}) // keepalive: touch needed
				h.reply()
				told := h.all()
				if last := told[len(told)-1]; last.RPID != "evil.x" || !last.Touch || h.key.reached([]byte("good.x")) {
					t.Errorf("told %+v", told)
				}
			})
		}
	}
}

// waits lets the key wait for a touch for evil.x, asked for on channel 1.
func (h *hostile) waits() {
	h.Helper()
	h.first(1, 0x10, 10, []byte("\x02\xA1\x01\x66evil.x"))
	h.settle()
	h.answers(report{3: 1, 4: 0xBB, 6: 1, 7: 2})
}

// goesOn fails if the desk takes what evil.x asked for as done, or n does not reach the key any more.
func (h *hostile) goesOn() {
	h.Helper()
	h.settle()
	for _, a := range h.all() {
		if a.Done {
			h.Fatalf("told as done: %+v", h.all())
		}
	}
	h.key.mu.Lock()
	h.key.got = nil
	h.key.mu.Unlock()
	h.says <- false
	h.says <- false // once this is taken the first has been dealt with
	if cancel := (report{3: 1, 4: 0x91}); !h.key.reached(cancel[:]) {
		h.Error("a no does not cancel it")
	}
}

// While the key waits for a touch nothing reaches it that it would only complain about: it is free to do that on the
// channel of what it waits for, and to go on waiting.
func TestWhatAKeyComplainsAboutStaysAtTheDesk(t *testing.T) {
	const length, seq, channel = 3, 4, 0x0B
	for what, c := range map[string]struct {
		send   func(h *hostile)
		answer report // in the key's place; none where the standard has none
	}{
		"a short INIT":           {func(h *hostile) { h.first(1, 0x06, 7, []byte("evilinit")) }, report{3: 1, 4: 0xBF, 6: 1, 7: length}},
		"a long INIT":            {func(h *hostile) { h.first(1, 0x06, 9, []byte("evilinit")) }, report{3: 1, 4: 0xBF, 6: 1, 7: length}},
		"an empty INIT":          {func(h *hostile) { h.first(1, 0x06, 0, []byte("evilinit")) }, report{3: 1, 4: 0xBF, 6: 1, 7: length}},
		"a short INIT for all":   {func(h *hostile) { h.first(0xFFFFFFFF, 0x06, 7, []byte("evilinit")) }, report{0: 255, 1: 255, 2: 255, 3: 255, 4: 0xBF, 6: 1, 7: length}},
		"a CANCEL with a body":   {func(h *hostile) { h.first(1, 0x11, 1, []byte("evilinit")) }, report{3: 1, 4: 0xBF, 6: 1, 7: length}},
		"a CANCEL elsewhere":     {func(h *hostile) { h.first(2, 0x11, 0, []byte("evilinit")) }, report{}},
		"a CANCEL for all":       {func(h *hostile) { h.first(0xFFFFFFFF, 0x11, 0, []byte("evilinit")) }, report{0: 255, 1: 255, 2: 255, 3: 255, 4: 0xBF, 6: 1, 7: channel}},
		"a request on channel 0": {func(h *hostile) { h.first(0, 0x10, 8, []byte("evilinit")) }, report{4: 0xBF, 6: 1, 7: channel}},
		"an INIT on channel 0":   {func(h *hostile) { h.first(0, 0x06, 8, []byte("evilinit")) }, report{4: 0xBF, 6: 1, 7: channel}},
		"a request for all":      {func(h *hostile) { h.first(0xFFFFFFFF, 0x10, 8, []byte("evilinit")) }, report{0: 255, 1: 255, 2: 255, 3: 255, 4: 0xBF, 6: 1, 7: channel}},
		"a stray continuation":   {func(h *hostile) { h.next(1, 0, []byte("evilinit")) }, report{}},
		"one behind a refusal": {func(h *hostile) {
			h.first(1, 0x10, 70, []byte("busy"))
			h.next(1, 0, []byte("evilinit"))
		}, report{3: 1, 4: 0xBF, 6: 1, 7: 6}},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHostile(t)
			h.waits()
			c.send(h)
			if c.answer != (report{}) {
				if r := h.reply(); r != c.answer {
					t.Errorf("answered with % x", r[:8])
				}
			}
			if h.settle(); h.key.reached([]byte("evilinit")) {
				t.Error("it reached the key")
			}
			h.goesOn()
		})
	}
	t.Run("packets out of turn", func(t *testing.T) {
		h := newHostile(t)
		for _, cmd := range []byte{0x01, 0x10} {
			h.first(1, cmd, 200, []byte("evilinit"))
			h.next(1, 1, nil)
			if r := h.reply(); r != (report{3: 1, 4: 0xBF, 6: 1, 7: seq}) {
				t.Errorf("answered with % x", r[:8])
			}
			h.next(1, 0, nil)
		}
		if h.settle(); len(h.key.got) != 0 {
			t.Errorf("%d reports reached the key", len(h.key.got))
		}
	})
}

// A complaint that may be about something else ends nothing.
func TestAnErrorIsNotTheEnd(t *testing.T) {
	complaint := report{3: 1, 4: 0xBF, 6: 1, 7: 1}
	t.Run("behind a CANCEL", func(t *testing.T) {
		h := newHostile(t)
		h.waits()
		h.first(1, 0x11, 0, nil)
		h.settle()
		h.answers(complaint)
		h.goesOn()
	})
	t.Run("behind a no", func(t *testing.T) {
		h := newHostile(t)
		h.waits()
		h.says <- false
		h.says <- false
		h.answers(complaint)
		h.goesOn()
	})
	t.Run("to a CANCEL that came too late", func(t *testing.T) {
		h := newHostile(t)
		h.waits()
		h.first(1, 0x11, 0, nil)
		h.settle()
		h.answers(report{3: 1, 4: 0x90, 6: 1})
		h.mu.Lock()
		h.told = nil
		h.mu.Unlock()
		h.waits()
		h.answers(complaint)
		h.goesOn()
	})
	t.Run("to what came before it", func(t *testing.T) {
		h := newHostile(t)
		h.first(1, 0x06, 8, []byte("abcdefgh"))
		h.waits()
		h.answers(complaint)
		h.goesOn()
	})
}

// A client that begins while the key does not stop finds it busy, and the person at the desk goes on seeing what with.
// It is stopped by all that the standard has for it.
func TestAKeyThatDoesNotStopIsStillBusy(t *testing.T) {
	h := newHostile(t)
	h.waits()
	h.first(0xFFFFFFFF, 0x06, 8, []byte("abcdefgh"))
	h.first(2, 0x10, 10, []byte("\x02\xA1\x01\x66good.x"))
	for r := h.reply(); r != (report{3: 2, 4: 0xBF, 6: 1, 7: 6}); r = h.reply() {
	}
	for what, want := range map[string]report{"a CANCEL": {3: 1, 4: 0x91}, "an INIT on its channel": {3: 1, 4: 0x86, 6: 8}} {
		if !h.key.reached(want[:]) {
			t.Errorf("%s did not reach the key", what)
		}
	}
	h.goesOn()
	h.answers(report{3: 1, 4: 0x86, 6: 17})
	if told := h.all(); !told[len(told)-1].Done {
		t.Errorf("its channel began anew, which ends it: %+v", told)
	}
}

// A site's name cannot be made to look like another's by what a terminal does not show, nor by its length.
func TestASiteIsShownAsItIsNamed(t *testing.T) {
	for id, want := range map[string]string{
		"login.microsoft.com":                                         "login.microsoft.com",
		"ключ.example":                                                "ключ.example",
		"login.microsoft\u202ecom.live":                               "login.microsoft?com.live",
		"a\u200bb\u00adc\u2066d\ufe0fe\u3164":                         "a?b?c?d?e?",
		"a\u00a0b\u2800c\u034fd\U000e0041e\xff":                       "a?b?c?d?e?",
		"a\x1b[2Jb\n":                                                 "a?[2Jb?",
		"login.microsoft.com." + strings.Repeat("a", 220) + ".evil.x": "login.microsoft.com.…" + strings.Repeat("a", 36) + ".evil.x",
	} {
		if got := share.Site(id); got != want {
			t.Errorf("%q is shown as %q, not %q", id, got, want)
		}
	}
	h := newHostile(t)
	h.first(1, 0x10, 13, []byte("\x02\xA1\x01\x69ev\u202eil.x"))
	h.settle()
	if told := h.all(); len(told) != 1 || told[0].RPID != "ev?il.x" {
		t.Errorf("told %+v", told)
	}
}

// What no key of the standard has is refused in the key's place, whoever sits at the desk.
func TestVendorsCommandsStayAtTheDesk(t *testing.T) {
	for what, c := range map[string]struct {
		cmd          byte
		body, answer string
	}{
		"a vendor's CTAPHID command": {0x41, "boom", "\xBF\x00\x01\x01"},
		"the last of them":           {0x7F, "boom", "\xBF\x00\x01\x01"},
		"a vendor's CTAP command":    {0x10, "\x50\xA0", "\x90\x00\x01\x01"},
		"one nobody knows yet":       {0x10, "\x0E\xA0", "\x90\x00\x01\x01"},
		"a vendor's U2F instruction": {0x03, "\x00\x40\x00\x00boom", "\x83\x00\x02\x6D\x00"},
		"another class of U2F":       {0x03, "\x80\x01\x00\x00boom", "\x83\x00\x02\x6D\x00"},
		"SELECT":                     {0x03, "\x00\xA4\x04\x00boom", "\x83\x00\x02\x6D\x00"},
		"half a U2F message":         {0x03, "\x00", "\x83\x00\x02\x6D\x00"},
	} {
		h := newHostile(t)
		h.first(1, c.cmd, len(c.body), []byte(c.body))
		if r := h.reply(); string(r[4:4+len(c.answer)]) != c.answer {
			t.Errorf("%s is answered with % x", what, r[:10])
		}
		if h.settle(); h.key.reached([]byte(c.body)) {
			t.Errorf("%s reached the key", what)
		}
	}
}

const readTime = 300 * time.Millisecond

// A yes is for the question that stood there: not for one that has just come, nor does a key that repeats say it.
func TestAYesThatCouldNotBeMeant(t *testing.T) {
	h := newHostile(t)
	h.first(1, 0x10, 4, []byte("\x0A\xA1\x01\x06"))
	h.settle()
	for range 5 {
		h.says <- true
		h.says <- true // once this is taken the first has been dealt with
		time.Sleep(readTime / 10)
	}
	if h.key.reached([]byte("\x0A\xA1\x01\x06")) {
		t.Fatal("a repeated key was a yes")
	}
	h.allow([]byte("\x0A\xA1\x01\x06"))
}

// What comes from the key while a try of its PIN waits is no answer to it: the next one is asked about as well.
func TestOnlyTheKeysAnswerToAPINCounts(t *testing.T) {
	try := []byte("\x06\xA1\x02\x05")
	for what, between := range map[string]func(h *hostile){
		"an answer from before": func(h *hostile) { h.answers(report{3: 1, 4: 0x90, 6: 1}) },
		"a client that begins":  func(h *hostile) { h.first(0xFFFFFFFF, 0x06, 8, []byte("abcdefgh")) },
		"its channel anew":      (*hostile).anew,
	} {
		h := newHostile(t)
		h.first(1, 0x10, len(try), try)
		h.settle()
		between(h)
		h.settle()
		h.first(2, 0x10, len(try), try)
		if h.settle(); h.key.reached(try) {
			t.Errorf("%s: a try reached the key", what)
		}
	}
}

// That a channel begins anew ends what was under way on it, and not what was asked on it since, however late the key says so.
func TestALateBeginningEndsNothingNew(t *testing.T) {
	h := newHostile(t)
	remove := []byte("\x0A\xA1\x01\x06")
	h.first(1, 0x06, 8, []byte("abcdefgh"))
	h.first(1, 0x10, len(remove), remove)
	h.settle()
	h.allow(remove)
	done := func() (n int) {
		h.settle()
		for _, a := range h.all() {
			if a.Done {
				n++
			}
		}
		return n
	}
	h.answers(report{3: 1, 4: 0x86, 6: 17})
	if done() != 0 {
		t.Fatalf("ended by what came before it: %+v", h.all())
	}
	h.answers(report{3: 1, 4: 0x90, 6: 1})
	if done() != 1 {
		t.Fatalf("not ended by its answer: %+v", h.all())
	}
}

// Once the PIN was right a program is free to use it, until it is wrong or its answer is not waited for.
func TestARightPINIsTrustedUntilItIsNot(t *testing.T) {
	try := []byte("\x06\xA1\x02\x05")
	for what, next := range map[string]func(h *hostile){
		"wrong": func(h *hostile) { h.answers(report{3: 1, 4: 0x90, 6: 1, 7: 0x31}) },
		"given up": func(h *hostile) {
			h.first(0xFFFFFFFF, 0x06, 8, []byte("abcdefgh"))
			h.answers(report{3: 1, 4: 0x90, 6: 1, 7: 0x2D})
		},
		"its channel new": (*hostile).anew,
		"an error":        func(h *hostile) { h.answers(report{3: 1, 4: 0xBF, 6: 1, 7: 0x7F}) },
	} {
		h := newHostile(t)
		h.first(1, 0x10, len(try), try)
		h.settle()
		h.allow(try)
		h.answers(report{3: 1, 4: 0x90, 6: 1})
		h.settle()
		h.first(1, 0x10, len(try), try)
		h.settle()
		if h.held() != 1 || len(h.all()) != 4 {
			t.Fatalf("%s: asked about a PIN that was right: %+v", what, h.all())
		}
		next(h)
		h.settle()
		h.first(1, 0x10, len(try), try)
		for end := time.Now().Add(10 * time.Second); h.held() != 2; h.settle() { // the desk may still wait for the key to stop
			if time.Now().After(end) {
				t.Fatalf("%s: not asked about: %+v", what, h.all())
			}
		}
	}
}

// A key without CTAP2 is asked again and again until it is touched; that is told once, and a no holds.
func TestU2FIsToldOnceAndCanBeRefused(t *testing.T) {
	h := newHostile(t)
	register := []byte("\x00\x01\x00\x00\x00\x00\x40challenge and site")
	count := func() (asked, touch, done int) {
		h.settle()
		for _, a := range h.all() {
			switch {
			case a.Command != "U2F register":
			case a.Done:
				done++
			case a.Touch:
				touch++
			default:
				asked++
			}
		}
		return asked, touch, done
	}
	for range 3 {
		h.first(1, 0x03, len(register), register)
		h.settle()
		h.key.say(t, report{3: 1, 4: 0x83, 6: 2, 7: 0x69, 8: 0x85})
		h.reply()
	}
	if asked, touch, done := count(); asked != 1 || touch != 1 || done != 0 {
		t.Errorf("told %d %d %d times: %+v", asked, touch, done, h.all())
	}
	h.says <- false
	h.says <- false
	h.key.mu.Lock()
	h.key.got = nil
	h.key.mu.Unlock()
	h.first(1, 0x03, len(register), register)
	if r := h.reply(); r[4] != 0x83 || r[7] != 0x69 || r[8] != 0x85 || h.key.reached(register) {
		t.Errorf("after the no: % x", r[:9])
	}
	if _, _, done := count(); done != 1 {
		t.Errorf("the refusal was told %d times", done)
	}
}
