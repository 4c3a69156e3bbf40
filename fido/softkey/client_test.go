package softkey

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido"
	"keyrollout/fido/internal/ctapcbor"
	"keyrollout/fido/internal/pinuv"
)

// client is the other end of the line: as much of a platform as the tests need.
type client struct {
	t    testing.TB
	link fido.Link
	cid  uint32
	keep []byte // statuses of the keepalives seen
}

func dial(t testing.TB, k *Key) *client {
	t.Helper()
	c := &client{t: t, link: k.Link(), cid: broadcast}
	t.Cleanup(func() { _ = c.link.Close() })
	c.init()
	return c
}

func (c *client) init() {
	c.t.Helper()
	c.cid = broadcast
	nonce := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	cmd, a := c.exchange(hidInit, nonce)
	if cmd != hidInit || len(a) != 17 || !bytes.Equal(a[:8], nonce) {
		c.t.Fatalf("INIT was answered with %#x %x", cmd, a)
	}
	c.cid = binary.BigEndian.Uint32(a[8:])
}

func (c *client) write(r report) {
	c.t.Helper()
	if err := c.link.Write(r); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// send cuts a message into reports.
func (c *client) send(cmd byte, msg []byte) {
	c.t.Helper()
	for _, r := range frames(c.cid, cmd, msg) {
		c.write(r)
	}
}

func frames(cid uint32, cmd byte, msg []byte) (rs []report) {
	var r report
	binary.BigEndian.PutUint32(r[:], cid)
	r[4] = cmd
	binary.BigEndian.PutUint16(r[5:], uint16(len(msg)))
	n := copy(r[7:], msg)
	rs = append(rs, r)
	for seq := byte(0); n < len(msg); seq++ {
		clear(r[4:])
		r[4] = seq
		n += copy(r[5:], msg[n:])
		rs = append(rs, r)
	}
	return rs
}

// frame reads one report for this channel.
func (c *client) frame() report {
	c.t.Helper()
	for {
		r, err := c.link.Read(10 * time.Second)
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		if binary.BigEndian.Uint32(r[:]) == c.cid {
			return r
		}
	}
}

// receive reads one message, over keepalives.
func (c *client) receive() (byte, []byte) {
	c.t.Helper()
	for {
		r := c.frame()
		cmd, n := r[4], int(binary.BigEndian.Uint16(r[5:]))
		msg := append([]byte(nil), r[7:7+min(n, firstRoom)]...)
		for seq := byte(0); len(msg) < n; seq++ {
			r := c.frame()
			if r[4] != seq {
				c.t.Fatalf("continuation packet %d came as %d", seq, r[4])
			}
			msg = append(msg, r[5:5+min(n-len(msg), nextRoom)]...)
		}
		if cmd != hidKeepalive {
			return cmd, msg
		}
		c.keep = append(c.keep, msg[0])
	}
}

func (c *client) exchange(cmd byte, msg []byte) (byte, []byte) {
	c.t.Helper()
	c.send(cmd, msg)
	return c.receive()
}

func (c *client) start(cmd byte, params any) {
	c.t.Helper()
	msg := []byte{cmd}
	if params != nil {
		b, err := encoder.Marshal(params)
		if err != nil {
			c.t.Fatal(err)
		}
		msg = append(msg, b...)
	}
	c.send(hidCBOR, msg)
}

func (c *client) finish(into any) status {
	c.t.Helper()
	cmd, a := c.receive()
	if cmd != hidCBOR || len(a) == 0 {
		c.t.Fatalf("a CBOR request was answered with %#x %x", cmd, a)
	}
	if len(a) > 1 {
		c.canonical(a[1:])
	}
	if into != nil && a[0] == 0 && len(a) > 1 {
		if err := cbor.Unmarshal(a[1:], into); err != nil {
			c.t.Fatalf("the response is not what it should be: %v: %x", err, a)
		}
	}
	return status(a[0])
}

// canonical checks that a response is in the CTAP2 canonical CBOR form (section 8): encoded again it is the same.
func (c *client) canonical(b []byte) {
	c.t.Helper()
	var v any
	if err := ctapcbor.Decode(b, &v); err != nil {
		c.t.Errorf("a response that no client would read: %v: %x", err, b)
		return
	}
	if again, err := encoder.Marshal(v); err != nil || !bytes.Equal(again, b) {
		c.t.Errorf("a response that is not canonical: %x, not %x, %v", b, again, err)
	}
}

// cbor sends a request and gives its status.
func (c *client) cbor(cmd byte, params, into any) status {
	c.t.Helper()
	c.start(cmd, params)
	return c.finish(into)
}

func (c *client) must(cmd byte, params, into any) {
	c.t.Helper()
	if s := c.cbor(cmd, params, into); s != statusOK {
		c.t.Fatalf("command %#x: status %#x", cmd, byte(s))
	}
}

type m = map[int]any

// shared agrees on a secret.
func (c *client) shared(p pinuv.Protocol) (*pinuv.Shared, coseKey) {
	c.t.Helper()
	var a pinAnswer
	c.must(cmdPIN, m{1: p, 2: 2}, &a)
	own, err := pinuv.NewAgreement(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := own.Shared(p, pinuv.Point{X: [32]byte(a.Agreement.X), Y: [32]byte(a.Agreement.Y)})
	if err != nil {
		c.t.Fatal(err)
	}
	pub := own.Public()
	return s, coseKey{Kty: 2, Alg: -25, Crv: []byte{1}, X: pub.X[:], Y: pub.Y[:]}
}

func (c *client) encrypt(s *pinuv.Shared, b []byte) []byte {
	c.t.Helper()
	enc, err := s.Encrypt(rand.Reader, b)
	if err != nil {
		c.t.Fatal(err)
	}
	return enc
}

func padPIN(pin string) []byte { return append([]byte(pin), make([]byte, max(0, 64-len(pin)))...) }

func hashPIN(pin string) []byte { h := sha256.Sum256([]byte(pin)); return h[:16] }

func (c *client) setPIN(p pinuv.Protocol, pin string) status {
	c.t.Helper()
	s, pub := c.shared(p)
	enc := c.encrypt(s, padPIN(pin))
	return c.cbor(cmdPIN, m{1: p, 2: 3, 3: pub, 4: s.Authenticate(enc), 5: enc}, nil)
}

func (c *client) changePIN(p pinuv.Protocol, old, new string) status {
	c.t.Helper()
	s, pub := c.shared(p)
	enc, hash := c.encrypt(s, padPIN(new)), c.encrypt(s, hashPIN(old))
	return c.cbor(cmdPIN, m{1: p, 2: 4, 3: pub, 4: s.Authenticate(append(bytes.Clone(enc), hash...)), 5: enc, 6: hash}, nil)
}

// tok is a token on the platform's side.
type tok struct {
	p     pinuv.Protocol
	value []byte
}

func (k tok) sign(parts ...[]byte) []byte {
	return pinuv.Authenticate(k.p, k.value, bytes.Join(parts, nil))
}

// pinToken asks for a token by PIN; permissions 0 asks in the old way.
func (c *client) pinToken(p pinuv.Protocol, pin string, permissions uint, rpID string) (tok, status) {
	c.t.Helper()
	s, pub := c.shared(p)
	r := m{1: p, 2: 5, 3: pub, 6: c.encrypt(s, hashPIN(pin))}
	if permissions != 0 {
		r[2], r[9] = 9, permissions
		if rpID != "" {
			r[10] = rpID
		}
	}
	return c.token(p, s, r)
}

func (c *client) uvToken(p pinuv.Protocol, permissions uint, rpID string) (tok, status) {
	c.t.Helper()
	s, pub := c.shared(p)
	r := m{1: p, 2: 6, 3: pub, 9: permissions}
	if rpID != "" {
		r[10] = rpID
	}
	return c.token(p, s, r)
}

func (c *client) token(p pinuv.Protocol, s *pinuv.Shared, r m) (tok, status) {
	c.t.Helper()
	var a pinAnswer
	if st := c.cbor(cmdPIN, r, &a); st != statusOK {
		return tok{}, st
	}
	v, err := s.Decrypt(a.Token)
	if err != nil || len(v) != pinuv.TokenSize {
		c.t.Fatalf("token of %d bytes: %v", len(v), err)
	}
	return tok{p, v}, statusOK
}

func (c *client) mustToken(pin string, permissions uint, rpID string) tok {
	c.t.Helper()
	k, s := c.pinToken(pinuv.Two, pin, permissions, rpID)
	if s != statusOK {
		c.t.Fatalf("no token: status %#x", byte(s))
	}
	return k
}

func (c *client) retries() (pin int, cycle bool) {
	c.t.Helper()
	var a pinAnswer
	c.must(cmdPIN, m{2: 1}, &a)
	return *a.PINRetries, *a.PowerCycle
}

func (c *client) options() map[string]bool {
	c.t.Helper()
	var i info
	c.must(cmdInfo, nil, &i)
	return i.Options
}

// fingers is a Toucher that plays a script: one Touch per request. When it is over, nobody touches.
type fingers struct {
	mu    sync.Mutex
	next  []Touch
	asked []TouchRequest
	fail  error
}

func (f *fingers) Touch(ctx context.Context, r TouchRequest) (Touch, error) {
	f.mu.Lock()
	f.asked = append(f.asked, r)
	if f.fail != nil {
		defer f.mu.Unlock()
		return Touch{}, f.fail
	}
	if len(f.next) > 0 {
		defer f.mu.Unlock()
		t := f.next[0]
		f.next = f.next[1:]
		return t, nil
	}
	f.mu.Unlock()
	<-ctx.Done()
	return Touch{}, ctx.Err()
}

func (f *fingers) script(ts ...Touch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next, f.asked = ts, nil
}

func (f *fingers) requests() []TouchRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]TouchRequest(nil), f.asked...)
}

// wait waits until a touch is asked for.
func (f *fingers) wait(t testing.TB) {
	t.Helper()
	for range 1000 {
		if len(f.requests()) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("no touch was asked for")
}

// byReason plays the script where a finger is looked at, and touches at once otherwise.
type byReason struct{ *fingers }

func (b byReason) Touch(ctx context.Context, r TouchRequest) (Touch, error) {
	if r.Reason == Presence {
		return Touch{}, nil
	}
	return b.fingers.Touch(ctx, r)
}

// toucher is any touch, at once, always.
type toucher struct{}

func (toucher) Touch(context.Context, TouchRequest) (Touch, error) { return Touch{}, nil }

// clock is a clock that a test turns.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) turn(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// relaxed is a profile without alwaysUv, for tests that are about something else.
func relaxed() Profile { p := ATKeyPro21(); p.AlwaysUV = false; return p }

func open(t testing.TB, o Options) *Key {
	t.Helper()
	if o.Store == nil {
		o.Store = MemoryStore()
	}
	if o.Toucher == nil {
		o.Toucher = toucher{}
	}
	k, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// failing is a store that cannot be written any more once it is told so.
type failing struct {
	Store
	mu  sync.Mutex
	bad bool
}

func (f *failing) Save(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad {
		return errors.New("the disk is full")
	}
	return f.Store.Save(b)
}

func (f *failing) refuse(bad bool) { f.mu.Lock(); defer f.mu.Unlock(); f.bad = bad }
