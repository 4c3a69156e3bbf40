package softkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido"
	"keyrollout/fido/internal/pinuv"
)

// operations is every command and subcommand that a client can have interrupted. Each begins with a key as furnished
// makes it, whose token it is given, or with a new one.
var operations = []struct {
	name   string
	perm   uint
	fresh  bool
	writes int // of the store
	run    func(*client, tok)
}{
	{"getInfo", 0, false, 0, func(c *client, _ tok) { c.options() }},
	{"selection", 0, false, 0, func(c *client, _ tok) { c.cbor(cmdSelection, nil, nil) }},
	{"reset", 0, false, 1, func(c *client, _ tok) { c.cbor(cmdReset, nil, nil) }},
	{"setPIN", 0, true, 1, func(c *client, _ tok) { c.setPIN(pinuv.Two, "1234") }},
	{"changePIN", 0, false, 3, func(c *client, _ tok) { c.changePIN(pinuv.Two, "1234", "54321") }},
	{"changePIN with a wrong one", 0, false, 1, func(c *client, _ tok) { c.changePIN(pinuv.Two, "0000", "54321") }},
	{"getPinToken", 0, false, 2, func(c *client, _ tok) { c.pinToken(pinuv.One, "1234", 0, "") }},
	{"token using PIN", 0, false, 2, func(c *client, _ tok) { c.pinToken(pinuv.Two, "1234", permList, "") }},
	{"token using UV", 0, false, 2, func(c *client, _ tok) { c.uvToken(pinuv.Two, permMake, "a.example") }},
	{"makeCredential, discoverable", permMake, false, 1, func(c *client, k tok) {
		c.cbor(cmdMake, makeParams("a.example", "w", k, m{6: map[string]any{"hmac-secret": true, "largeBlobKey": true}}), nil)
	}},
	{"makeCredential, over an old one", permMake, false, 1, func(c *client, k tok) {
		c.cbor(cmdMake, makeParams("a.example", "u", k, m{3: map[string]any{"id": []byte("u"), "name": "again"}}), nil)
	}},
	{"makeCredential, derived", permMake, false, 0, func(c *client, k tok) {
		c.cbor(cmdMake, makeParams("a.example", "w", k, m{7: map[string]bool{}}), nil)
	}},
	{"makeCredential with a finger", 0, false, 3, func(c *client, _ tok) {
		c.cbor(cmdMake, makeParams("a.example", "w", tok{}, m{7: map[string]bool{"rk": true, "uv": true}}), nil)
	}},
	{"getAssertion and getNextAssertion", permAssert, false, 2, func(c *client, k tok) {
		c.cbor(cmdAssert, assertParams("a.example", k, nil), nil)
		c.cbor(cmdNext, nil, nil)
	}},
	{"getAssertion with a finger", 0, false, 3, func(c *client, _ tok) {
		c.cbor(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"uv": true}}), nil)
	}},
	{"getAssertion in silence", 0, false, 1, func(c *client, _ tok) {
		c.cbor(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"up": false}}), nil)
	}},
	{"enrol a finger", permBio, false, 1, func(c *client, k tok) { c.enrol(cmdBio, k) }},
	{"name a finger", permBio, false, 1, func(c *client, k tok) { c.bio(cmdBio, k, 5, m{1: []byte{1, 2, 3, 4}, 2: "Left"}, nil) }},
	{"remove a finger", permBio, false, 1, func(c *client, k tok) { c.bio(cmdBio, k, 6, m{1: []byte{1, 2, 3, 4}}, nil) }},
	{"list the RPs and credentials", permCredMgmt, false, 0, func(c *client, k tok) {
		hash := sha256.Sum256([]byte("a.example"))
		c.credMgmt(k, 2, nil, nil)
		c.credMgmt(k, 4, m{1: hash[:]}, nil)
		c.cbor(cmdCredMgmt, m{1: 5}, nil)
	}},
	{"update a user", permCredMgmt, false, 1, func(c *client, k tok) {
		c.credMgmt(k, 7, m{2: cred(c.firstCredential(k)), 3: map[string]any{"id": []byte("u"), "name": "new"}}, nil)
	}},
	{"delete a credential", permCredMgmt, false, 1, func(c *client, k tok) {
		c.credMgmt(k, 6, m{2: cred(c.firstCredential(k))}, nil)
	}},
	{"write large blobs", permBlob, false, 1, func(c *client, k tok) {
		whole := closeBlob(append([]byte{0x81, 0x58, 200}, make([]byte, 200)...))
		c.setBlob(k, 0, whole[:100], len(whole))
		c.setBlob(k, 100, whole[100:], nil)
	}},
	{"enable enterprise attestation", permConfig, false, 1, func(c *client, k tok) { c.config(k, 1, nil) }},
	{"toggle alwaysUv", permConfig, false, 1, func(c *client, k tok) { c.config(k, 2, nil) }},
	{"set the minimum PIN length", permConfig, false, 1, func(c *client, k tok) {
		c.config(k, 3, m{1: 6, 2: []string{"b.example"}, 4: true})
	}},
	{"enable long touch for reset", permConfig, false, 1, func(c *client, k tok) { c.config(k, 4, nil) }},
	{"U2F register and authenticate", 0, false, 1, func(c *client, _ tok) {
		a, sw := c.apdu(1, 0, make([]byte, 64))
		if sw == swOK && len(a) > 67 {
			c.apdu(2, 3, append(append(make([]byte, 64), a[66]), a[67:67+int(a[66])]...))
		}
	}},
}

func (c *client) credMgmt(k tok, sub int, params, into any) status {
	c.t.Helper()
	r, signed := m{1: sub, 3: k.p}, []byte{byte(sub)}
	if params != nil {
		b, err := encoder.Marshal(params)
		if err != nil {
			c.t.Fatal(err)
		}
		r[2], signed = cbor.RawMessage(b), append(signed, b...)
	}
	r[4] = k.sign(signed)
	return c.cbor(cmdCredMgmt, r, into)
}

func (c *client) firstCredential(k tok) []byte {
	c.t.Helper()
	hash := sha256.Sum256([]byte("a.example"))
	var a mgmtAnswer
	if s := c.credMgmt(k, 4, m{1: hash[:]}, &a); s != statusOK {
		c.t.Fatalf("status %#x", byte(s))
	}
	return a.ID.ID
}

// willing touches with whatever the key wants: the enrolled finger to be verified, another to be enrolled.
type willing struct{ n *int }

var willingPrints = sync.OnceValue(func() [2][]Touch { return [2][]Touch{presses(thumb, 0, 3), presses(stranger, 0, 12)} })

func (w willing) Touch(_ context.Context, r TouchRequest) (Touch, error) {
	*w.n++
	switch prints := willingPrints(); r.Reason {
	case Verify:
		return prints[0][*w.n%len(prints[0])], nil
	case Enrol:
		return prints[1][*w.n%len(prints[1])], nil
	}
	return Touch{Held: true}, nil
}

func operated() Profile { p := Complete(); p.Samples = 2; return p }

// furnished is the state of a key with a PIN, a finger, two credentials and large blobs; new, that of a new key.
var furnished = sync.OnceValues(func() (full, fresh []byte) {
	store := MemoryStore()
	t := &testing.T{}
	k, err := Open(Options{Profile: operated(), Store: store, Toucher: willing{new(int)}})
	if err != nil {
		panic(err)
	}
	fresh = bytes.Clone(k.saved)
	c := &client{t: t, link: k.Link()}
	c.init()
	c.setPIN(pinuv.Two, "1234")
	for _, user := range []string{"u", "v"} {
		c.make("a.example", user, nil)
	}
	c.setBlob(c.mustToken("1234", permBlob, ""), 0, closeBlob([]byte{0x81, 0x01}), 18)
	k.mu.Lock()
	k.st.Fingers = []finger{{ID: []byte{1, 2, 3, 4}, Name: "Right", Data: enrolledThumb(t)}}
	if err := k.commit(); err != nil {
		panic(err)
	}
	full = bytes.Clone(k.saved)
	k.mu.Unlock()
	if err := k.Close(); err != nil {
		panic(err)
	}
	return full, fresh
})

// outline is all of a state that a person would miss, and nothing that differs from one run to the next.
func outline(s *state) string {
	var all bytes.Buffer
	if s.PIN != nil {
		fmt.Fprintf(&all, "PIN of %d, ", s.PIN.Length)
	}
	for _, f := range s.Fingers {
		fmt.Fprintf(&all, "finger %q of %d bytes, ", f.Name, min(len(f.Data), 1))
	}
	for _, c := range s.Resident {
		fmt.Fprintf(&all, "%s %s %q, ", c.RPID, c.UserID, c.UserName)
	}
	fmt.Fprintf(&all, "%x %d %v %v %q %v %v %v", sha256.Sum256(s.LargeBlob), s.MinPIN, s.ForcePIN, s.AlwaysUV, s.MinPINRPs, s.Enterprise, s.LongTouch, s.PINPolicy)
	return all.String()
}

// operation is one key that an operation is tried on.
type operation struct {
	*testing.T
	k     *Key
	store Store
	k0    string // outline before
	tok   tok
}

// begin opens a key over a copy of the state that the operation begins with.
func begin(t *testing.T, i int, wrap func(Store) Store) *operation {
	t.Helper()
	full, fresh := furnished()
	o := operations[i]
	b := full
	if o.fresh {
		b = fresh
	}
	x := &operation{T: t, store: MemoryStore()}
	if err := x.store.Save(b); err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		x.store = wrap(x.store)
	}
	x.k = open(t, Options{Profile: operated(), Store: x.store, Toucher: willing{new(int)}})
	x.k0 = outline(x.k.st)
	x.grant(i)
	return x
}

// grant gives the operation its token.
func (x *operation) grant(i int) {
	x.Helper()
	x.k.mu.Lock()
	defer x.k.mu.Unlock()
	if perm := operations[i].perm; perm != 0 {
		if err := x.k.newToken(pinuv.Two, perm, "", false); err != nil {
			x.Fatal(err)
		}
		x.tok = tok{pinuv.Two, bytes.Clone(x.k.token.value)}
	}
}

// after is the outline of what is in a store, which has to open.
func after(t *testing.T, what string, b []byte) string {
	t.Helper()
	s, err := decodeState(b)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return outline(s)
}

// visit runs the operation as a client whose key may be gone.
func (x *operation) visit(i int, link fido.Link) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c := &client{t: gone{x.T}, link: link}
		c.init()
		operations[i].run(c, x.tok)
	}()
	<-done
}

// whole runs it to its end and gives the outline after that.
func whole(t *testing.T, i int) string {
	x := begin(t, i, nil)
	x.visit(i, x.k.Link())
	b, err := x.store.Load()
	if err != nil {
		t.Fatal(err)
	}
	return after(t, "at the end", b)
}

// gone is a test in which a client may find its key gone.
type gone struct{ testing.TB }

func (gone) Fatalf(string, ...any) { runtime.Goexit() }
func (gone) Fatal(...any)          { runtime.Goexit() }
func (gone) Errorf(string, ...any) {}

// cut is a line on which the key is pulled out with the n-th report, before or after it arrives.
type cut struct {
	fido.Link
	k      *Key
	n      int
	before bool
	done   bool
}

func (c *cut) Write(r report) error {
	c.n--
	if c.n == 0 && c.before {
		c.k.PlugOut()
		c.done = true
	}
	err := c.Link.Write(r)
	if c.n == 0 && !c.before {
		c.k.PlugOut()
		c.done = true
	}
	return err
}

// Pulled out at every report of every operation, the key comes back whole: its PIN opens it, what it had is there, and
// what was in flight is there whole or not at all.
func TestPulledOutAtEveryReport(t *testing.T) {
	for i, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			done := whole(t, i)
			for n := 1; ; n++ {
				for _, before := range []bool{true, false} {
					x := begin(t, i, nil)
					l := &cut{Link: x.k.Link(), k: x.k, n: n, before: before}
					x.visit(i, l)
					if !l.done {
						return
					}
					x.k.PlugIn()
					written, err := x.store.Load()
					if err != nil || !bytes.Equal(written, x.k.saved) {
						t.Errorf("report %d: the store holds another state, %v", n, err)
					}
					if got := after(t, "pulled out", written); got != x.k0 && got != done {
						t.Errorf("report %d: %s\nnot   %s\nnor   %s", n, got, x.k0, done)
					}
					if x.k.st.PIN == nil {
						continue
					}
					pin := map[int]string{4: "1234", 5: "54321"}[x.k.st.PIN.Length]
					if _, s := dial(t, x.k).pinToken(pinuv.Two, pin, permCredMgmt, ""); s != statusOK && !x.k.st.ForcePIN {
						t.Errorf("report %d: its PIN: %#x", n, byte(s))
					}
					_ = x.k.Close()
				}
			}
		})
	}
}

// Power is cut after every write of every operation: each state opens, with what was there before or with what was
// asked for, and the last one with the latter.
func TestPowerCutInEveryOperation(t *testing.T) {
	for i, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			var s *snapshots
			x := begin(t, i, func(m Store) Store { s = &snapshots{Store: m}; return s })
			x.visit(i, x.k.Link())
			done := whole(t, i)
			for n, b := range s.all {
				got := after(t, fmt.Sprint("write ", n), b)
				if got != x.k0 && got != done || n == len(s.all)-1 && got != done {
					t.Errorf("write %d of %d: %s", n, len(s.all), got)
				}
			}
			if len(s.all) != o.writes {
				t.Errorf("%d writes, not %d", len(s.all), o.writes)
			}
		})
	}
}

// failsOnce is a store whose n-th write fails.
type failsOnce struct {
	Store
	n int
}

func (f *failsOnce) Save(b []byte) error {
	f.n--
	if f.n == 0 {
		return errors.New("the disk is full")
	}
	return f.Store.Save(b)
}

// Whichever write of whichever operation fails, the key never goes on from a state that is not written, has what it had,
// and does the same again when it is asked again.
func TestEveryWriteOfEveryOperationFails(t *testing.T) {
	for i, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			done := whole(t, i)
			for n := 1; ; n++ {
				var s *failsOnce
				x := begin(t, i, func(m Store) Store { s = &failsOnce{Store: m, n: n}; return s })
				x.visit(i, x.k.Link())
				x.k.mu.Lock()
				now, err := encoder.Marshal(x.k.st)
				x.k.mu.Unlock()
				written, bad := x.store.Load()
				if err := errors.Join(err, bad); err != nil || !bytes.Equal(now, written) {
					t.Fatalf("write %d: the key goes on from a state that is not written, %v", n, err)
				}
				if got := after(t, "failed", written); got != x.k0 && got != done {
					t.Errorf("write %d: %s", n, got)
				}
				if s.n > 0 { // there are not so many writes
					return
				}
				if got := after(t, "failed", written); got != done {
					x.grant(i)
					x.visit(i, x.k.Link())
					if written, err = x.store.Load(); err != nil {
						t.Fatal(err)
					}
					if got := after(t, "again", written); got != done {
						t.Errorf("write %d, and again: %s", n, got)
					}
				}
				_ = x.k.Close()
			}
		})
	}
}
