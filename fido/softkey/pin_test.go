package softkey

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"keyrollout/fido/internal/pinuv"
)

var both = []pinuv.Protocol{pinuv.One, pinuv.Two}

func TestPINLife(t *testing.T) {
	for _, p := range both {
		k := open(t, Options{Profile: relaxed()})
		c := dial(t, k)
		if c.options()["clientPin"] {
			t.Error("a new key has a PIN")
		}
		if _, s := c.pinToken(p, "1234", permMake, "a"); s != errPINNotSet {
			t.Errorf("protocol %d: token without a PIN: %#x", p, byte(s))
		}
		for pin, want := range map[string]status{
			"123": errPINPolicyViolation, "": errPINPolicyViolation, "äöü": errPINPolicyViolation,
			strings.Repeat("1", 64): errPINPolicyViolation, "12\xff45": errPINPolicyViolation,
		} {
			if s := c.setPIN(p, pin); s != want {
				t.Errorf("protocol %d: PIN %q: %#x", p, pin, byte(s))
			}
		}
		s, pub := c.shared(p)
		enc := c.encrypt(s, make([]byte, 80))
		if st := c.cbor(cmdPIN, m{1: p, 2: 3, 3: pub, 4: s.Authenticate(enc), 5: enc}, nil); st != errPINPolicyViolation {
			t.Errorf("protocol %d: a PIN of 80 bytes: %#x", p, byte(st))
		}
		if s := c.setPIN(p, "åéîø"); s != statusOK { // four code points, eight bytes
			t.Errorf("protocol %d: set: %#x", p, byte(s))
		}
		if s := c.setPIN(p, "5678"); s != errPINAuthInvalid {
			t.Errorf("protocol %d: set again: %#x", p, byte(s))
		}
		if s := c.changePIN(p, "åéîø", strings.Repeat("9", 63)); s != statusOK {
			t.Errorf("protocol %d: change: %#x", p, byte(s))
		}
		if _, s := c.pinToken(p, strings.Repeat("9", 63), 0, ""); s != statusOK {
			t.Errorf("protocol %d: old-style token: %#x", p, byte(s))
		}
		if !c.options()["clientPin"] {
			t.Error("no PIN after it was set")
		}
	}
}

// Eight tries, three in a row until the key is unplugged; all of it survives power and process.
func TestPINLockOut(t *testing.T) {
	store := MemoryStore()
	k := open(t, Options{Profile: relaxed(), Store: store})
	c := dial(t, k)
	c.setPIN(pinuv.Two, "1234")
	left := 8
	for left > 0 {
		for i := 1; i <= 3 && left > 0; i++ {
			left--
			want := errPINInvalid
			switch {
			case left == 0:
				want = errPINBlocked
			case i == 3:
				want = errPINAuthBlocked
			}
			if _, s := c.pinToken(pinuv.Two, "0000", permMake, "a"); s != want {
				t.Errorf("%d left: %#x, want %#x", left, byte(s), byte(want))
			}
			if n, cycle := c.retries(); n != left || cycle != (i == 3) {
				t.Errorf("the key tells %d left and %v, want %d and %v", n, cycle, left, i == 3)
			}
		}
		if left > 0 {
			if _, s := c.pinToken(pinuv.Two, "1234", permMake, "a"); s != errPINAuthBlocked {
				t.Errorf("the right PIN before a power cycle: %#x", byte(s))
			}
		}
		_ = k.Close()
		k = open(t, Options{Profile: relaxed(), Store: store})
		c = dial(t, k)
	}
	if _, s := c.pinToken(pinuv.Two, "1234", permMake, "a"); s != errPINBlocked {
		t.Errorf("the right PIN on a blocked key: %#x", byte(s))
	}
	if s := c.changePIN(pinuv.One, "1234", "5678"); s != errPINBlocked {
		t.Errorf("changing the PIN of a blocked key: %#x", byte(s))
	}
}

func TestRightPINRestoresTries(t *testing.T) {
	k := open(t, Options{Profile: relaxed()})
	c := dial(t, k)
	c.setPIN(pinuv.One, "1234")
	k.mu.Lock()
	k.st.UVTries = 1
	k.mu.Unlock()
	for range 2 {
		c.pinToken(pinuv.One, "4321", permMake, "a")
	}
	if _, s := c.pinToken(pinuv.One, "1234", permMake, "a"); s != statusOK {
		t.Errorf("status %#x", byte(s))
	}
	if n, _ := c.retries(); n != 8 || k.st.UVTries != 5 {
		t.Errorf("%d PIN and %d UV tries left", n, k.st.UVTries)
	}
}

// A try is spent in the store before the PIN is looked at: a store that cannot be written lets nothing be tried.
func TestTryIsWrittenFirst(t *testing.T) {
	store := &failing{Store: MemoryStore()}
	k := open(t, Options{Profile: relaxed(), Store: store})
	c := dial(t, k)
	c.setPIN(pinuv.Two, "1234")
	store.refuse(true)
	if _, s := c.pinToken(pinuv.Two, "1234", permMake, "a"); s != errOther {
		t.Errorf("a token from a key that cannot write: %#x", byte(s))
	}
	store.refuse(false)
	if n, _ := c.retries(); n != 8 {
		t.Errorf("%d left after a try that was not made", n)
	}
}

func TestPermissions(t *testing.T) {
	k := open(t, Options{Profile: relaxed()})
	c := dial(t, k)
	c.setPIN(pinuv.Two, "1234")
	if _, s := c.pinToken(pinuv.Two, "1234", 0x80, ""); s != statusOK { // unknown bits are ignored
		t.Errorf("an unknown permission: %#x", byte(s))
	}
	s, pub := c.shared(pinuv.Two)
	hash := c.encrypt(s, hashPIN("1234"))
	for what, r := range map[string]m{
		"no permissions":          {1: 2, 2: 9, 3: pub, 6: hash, 9: 0},
		"protocol 3":              {1: 3, 2: 9, 3: pub, 6: hash, 9: 1},
		"permissions in getToken": {1: 2, 2: 5, 3: pub, 6: hash, 9: 1},
	} {
		if st := c.cbor(cmdPIN, r, nil); st != errInvalidParameter {
			t.Errorf("%s: %#x", what, byte(st))
		}
	}
	if st := c.cbor(cmdPIN, m{1: 2, 2: 9, 3: pub, 6: hash}, nil); st != errMissingParameter {
		t.Errorf("permissions missing: %#x", byte(st))
	}
	if st := c.cbor(cmdPIN, m{1: 2, 2: 99}, nil); st != errInvalidSubcommand {
		t.Errorf("subcommand 99: %#x", byte(st))
	}
	if _, st := c.uvToken(pinuv.Two, permMake, "a"); st != errNotAllowed {
		t.Errorf("a finger's token without fingers: %#x", byte(st))
	}
	bare := relaxed()
	bare.UVBioEnroll, bare.LargeBlob, bare.CredMgmt, bare.CredMgmtPreview, bare.Config = false, 0, false, false, false
	c = dial(t, open(t, Options{Profile: bare}))
	c.setPIN(pinuv.Two, "1234")
	for _, p := range []uint{permCredMgmt, permBlob, permConfig} {
		if _, st := c.pinToken(pinuv.Two, "1234", p, ""); st != errUnauthorizedPermission {
			t.Errorf("permission %#x: %#x", p, byte(st))
		}
	}
	if _, st := c.uvToken(pinuv.Two, permBio, ""); st != errUnauthorizedPermission {
		t.Errorf("a finger's token for enrolment: %#x", byte(st))
	}
}

// A token is for one use, one site, half a minute unused and ten minutes at most.
func TestTokenLimits(t *testing.T) {
	time0 := newClock()
	k := open(t, Options{Profile: relaxed(), Clock: time0.now})
	c := dial(t, k)
	c.setPIN(pinuv.Two, "1234")
	make := func(t tok, rp string) status { return c.cbor(cmdMake, makeParams(rp, "u", t, nil), nil) }

	k1 := c.mustToken("1234", permMake, "one.example")
	if s := make(k1, "two.example"); s != errPINAuthInvalid {
		t.Errorf("for another site: %#x", byte(s))
	}
	if s := make(k1, "one.example"); s != statusOK {
		t.Errorf("for its site: %#x", byte(s))
	}
	if s := make(k1, "one.example"); s != errPINAuthInvalid {
		t.Errorf("twice: %#x", byte(s))
	}
	k2 := c.mustToken("1234", permAssert, "one.example")
	if s := make(k2, "one.example"); s != errPINAuthInvalid {
		t.Errorf("without the permission: %#x", byte(s))
	}
	k3 := c.mustToken("1234", permMake, "one.example")
	time0.turn(30 * time.Second)
	if s := make(k3, "one.example"); s != errPINAuthInvalid {
		t.Errorf("unused for 30 s: %#x", byte(s))
	}
	k4 := c.mustToken("1234", permCredMgmt, "")
	list := func() status { return c.cbor(cmdCredMgmt, m{1: 1, 3: 2, 4: k4.sign([]byte{1})}, nil) }
	if s := list(); s != statusOK {
		t.Errorf("listing: %#x", byte(s))
	}
	time0.turn(9 * time.Minute)
	if s := list(); s != statusOK {
		t.Errorf("listing after nine minutes: %#x", byte(s))
	}
	time0.turn(time.Minute)
	if s := list(); s != errPINAuthInvalid {
		t.Errorf("listing after ten minutes: %#x", byte(s))
	}
	k5 := c.mustToken("1234", permMake, "")
	if s := make(k5, "one.example"); s != statusOK {
		t.Errorf("a token that binds itself: %#x", byte(s))
	}
	k6 := c.mustToken("1234", permMake, "one.example")
	if s := c.changePIN(pinuv.Two, "1234", "12345"); s != statusOK {
		t.Fatalf("change: %#x", byte(s))
	}
	if s := make(k6, "one.example"); s != errPINAuthInvalid {
		t.Errorf("after the PIN was changed: %#x", byte(s))
	}
	k7 := c.mustToken("12345", permMake, "one.example")
	k7.p = pinuv.One
	if s := make(k7, "one.example"); s != errPINAuthInvalid {
		t.Errorf("under the other protocol: %#x", byte(s))
	}
}

// What the store holds must not show the PIN, nor its hash as CTAP has it.
func TestStoreHoldsNoPIN(t *testing.T) {
	store := MemoryStore()
	c := dial(t, open(t, Options{Profile: relaxed(), Store: store}))
	c.setPIN(pinuv.Two, "correct horse")
	b, err := store.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{[]byte("correct horse"), hashPIN("correct horse")} {
		if bytes.Contains(b, bad) {
			t.Errorf("the state holds %x", bad)
		}
	}
}
