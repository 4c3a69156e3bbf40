package softkey

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/pinuv"
)

func (c *client) config(k tok, sub int, params any) status {
	c.t.Helper()
	r := m{1: sub}
	signed := append(bytes.Repeat([]byte{0xFF}, 32), cmdConfig, byte(sub))
	if params != nil {
		b, err := encoder.Marshal(params)
		if err != nil {
			c.t.Fatal(err)
		}
		r[2], signed = cbor.RawMessage(b), append(signed, b...)
	}
	if k.value != nil {
		r[3], r[4] = k.p, k.sign(signed)
	}
	return c.cbor(cmdConfig, r, nil)
}

func TestConfig(t *testing.T) {
	p := ATKeyPro21()
	p.CanEnterprise, p.EnterpriseRPs = true, []string{"a.example"}
	_, c := protectedKey(t, Options{Profile: p})
	k := c.mustToken("1234", permConfig, "")
	if s := c.config(tok{}, 2, nil); s != errPUATRequired {
		t.Errorf("without a token: %#x", byte(s))
	}
	if s := c.config(k, 2, nil); s != statusOK || c.options()["alwaysUv"] || !c.options()["makeCredUvNotRqd"] {
		t.Errorf("alwaysUv off: %#x %v", byte(s), c.options())
	}
	c.config(k, 2, nil)
	if o := c.options(); !o["alwaysUv"] || o["makeCredUvNotRqd"] {
		t.Errorf("alwaysUv on: %v", o)
	}
	if s := c.config(k, 1, nil); s != statusOK || !c.options()["ep"] {
		t.Errorf("enterprise attestation: %#x", byte(s))
	}
	for rp, want := range map[string][2]bool{"a.example": {true, true}, "b.example": {false, true}} {
		for i, want := range want {
			if a, _ := c.make(rp, "u", m{10: i + 1}); a.Enterprise != want {
				t.Errorf("enterprise attestation %d for %s: %v", i+1, rp, a.Enterprise)
			}
		}
	}
	if s := c.cbor(cmdMake, makeParams("a.example", "u", c.mustToken("1234", permMake, ""), m{10: 3}), nil); s != errInvalidOption {
		t.Errorf("enterprise attestation 3: %#x", byte(s))
	}
	if s := c.config(k, 9, nil); s != errInvalidParameter {
		t.Errorf("subcommand 9: %#x", byte(s))
	}
	k = c.mustToken("1234", permConfig, "")
	for what, x := range map[string]struct {
		params m
		want   status
	}{
		"shorter":      {m{1: 3}, errPINPolicyViolation},
		"64":           {m{1: 64}, errPINPolicyViolation},
		"eleven sites": {m{2: make([]string, 11)}, errKeyStoreFull},
		"one site":     {m{1: 4, 2: []string{"a.example"}}, statusOK},
	} {
		if s := c.config(k, 3, x.params); s != x.want {
			t.Errorf("%s: %#x", what, byte(s))
		}
	}
	for rp, want := range map[string]any{"a.example": uint64(4), "b.example": nil} {
		if _, d := c.make(rp, "u", m{6: map[string]any{"minPinLength": true}}); d.ext["minPinLength"] != want {
			t.Errorf("%s is told %v", rp, d.ext)
		}
	}
}

// A PIN that has to be changed opens nothing but its change.
func TestForcedChange(t *testing.T) {
	for name, params := range map[string]m{"by force": {3: true}, "by length": {1: 6}} {
		_, c := protectedKey(t, Options{})
		k := c.mustToken("1234", permConfig|permMake, "a.example")
		if s := c.config(k, 3, params); s != statusOK {
			t.Fatalf("%s: %#x", name, byte(s))
		}
		if s := c.cbor(cmdMake, makeParams("a.example", "u", k, nil), nil); s != errPINAuthInvalid {
			t.Errorf("%s: a token from before: %#x", name, byte(s))
		}
		if _, s := c.pinToken(pinuv.Two, "1234", permMake, ""); s != errPINPolicyViolation {
			t.Errorf("%s: a token: %#x", name, byte(s))
		}
		if _, s := c.pinToken(pinuv.Two, "1234", 0, ""); s != errPINInvalid {
			t.Errorf("%s: a token in the old way: %#x", name, byte(s))
		}
		if s := c.changePIN(pinuv.Two, "1234", "1234"); s != errPINPolicyViolation {
			t.Errorf("%s: the same PIN: %#x", name, byte(s))
		}
		if s := c.changePIN(pinuv.Two, "1234", "123456"); s != statusOK {
			t.Errorf("%s: another PIN: %#x", name, byte(s))
		}
		c.mustToken("123456", permMake, "")
	}
}

func (c *client) setBlob(k tok, offset int, data []byte, length any) status {
	c.t.Helper()
	sum := sha256.Sum256(data)
	signed := append(bytes.Repeat([]byte{0xFF}, 32), 0x0C, 0)
	signed = binary.LittleEndian.AppendUint32(signed, uint32(offset))
	r := m{2: data, 3: offset}
	if length != nil {
		r[4] = length
	}
	if k.value != nil {
		r[5], r[6] = k.sign(signed, sum[:]), k.p
	}
	return c.cbor(cmdBlobs, r, nil)
}

func TestLargeBlobs(t *testing.T) {
	_, c := protectedKey(t, Options{})
	get := func(n, offset int) []byte {
		t.Helper()
		var a blobAnswer
		c.must(cmdBlobs, m{1: n, 3: offset}, &a)
		return a.Config
	}
	empty := []byte{0x80, 0x76, 0xbe, 0x8b, 0x52, 0x8d, 0x00, 0x75, 0xf7, 0xaa, 0xe9, 0x8d, 0x6f, 0xa5, 0x7a, 0x6d, 0x3c}
	if got := get(960, 0); !bytes.Equal(got, empty) { // the value in section 6.10.1
		t.Errorf("a new key's array is %x", got)
	}
	whole := closeBlob(append([]byte{0x81, 0x59, 0x02, 0x58}, make([]byte, 600)...))
	k := c.mustToken("1234", permBlob, "")
	for what, x := range map[string]struct {
		got, want status
	}{
		"no token":           {c.setBlob(tok{}, 0, whole[:300], len(whole)), errPUATRequired},
		"no length":          {c.setBlob(k, 0, whole[:300], nil), errInvalidParameter},
		"too long":           {c.setBlob(k, 0, whole[:300], 1025), errLargeBlobStorageFull},
		"too short":          {c.setBlob(k, 0, whole[:16], 16), errInvalidParameter},
		"out of the blue":    {c.setBlob(k, 300, whole[300:], nil), errInvalidSeq},
		"too large fragment": {c.cbor(cmdBlobs, m{1: 1985, 3: 0}, nil), errInvalidLength},
		"behind the end":     {c.cbor(cmdBlobs, m{1: 1, 3: 18}, nil), errInvalidParameter},
		"both":               {c.cbor(cmdBlobs, m{1: 1, 2: []byte{1}, 3: 0}, nil), errInvalidParameter},
		"no offset":          {c.cbor(cmdBlobs, m{1: 1}, nil), errInvalidParameter},
	} {
		if x.got != x.want {
			t.Errorf("%s: %#x, want %#x", what, byte(x.got), byte(x.want))
		}
	}
	write := func(b []byte) (s status) {
		t.Helper()
		c.setBlob(k, 0, b[:300], len(b))
		return c.setBlob(k, 300, b[300:], nil)
	}
	broken := bytes.Clone(whole)
	broken[10] ^= 1
	if s := write(broken); s != errIntegrityFailure {
		t.Errorf("a broken array: %#x", byte(s))
	}
	if s := write(whole); s != statusOK {
		t.Errorf("write: %#x", byte(s))
	}
	if got := append(get(400, 0), get(960, 400)...); !bytes.Equal(got, whole) {
		t.Errorf("read %d bytes", len(got))
	}
	c.setBlob(k, 0, whole[:300], len(whole))
	c.must(cmdInfo, nil, nil)
	if s := c.setBlob(k, 300, whole[300:], nil); s != errInvalidSeq {
		t.Errorf("after another command: %#x", byte(s))
	}
}

func TestCredBlobAndLargeBlobKey(t *testing.T) {
	_, c := protectedKey(t, Options{})
	ext := map[string]any{"credBlob": []byte("thirty-two"), "largeBlobKey": true}
	a, d := c.make("a.example", "u", m{6: ext})
	if d.ext["credBlob"] != true || len(a.BlobKey) != 32 {
		t.Errorf("made with %v and a key of %d bytes", d.ext, len(a.BlobKey))
	}
	b, e := c.assert("a.example", m{4: map[string]any{"credBlob": true, "largeBlobKey": true}})
	if got, _ := e.ext["credBlob"].([]byte); string(got) != "thirty-two" || !bytes.Equal(a.BlobKey, b.BlobKey) {
		t.Errorf("asserted with %v and %x", e.ext, b.BlobKey)
	}
	_, d = c.make("b.example", "u", m{6: map[string]any{"credBlob": make([]byte, 257)}})
	if d.ext["credBlob"] != false {
		t.Errorf("257 bytes: %v", d.ext)
	}
	b, e = c.assert("b.example", m{4: map[string]any{"credBlob": true, "largeBlobKey": true}})
	if got, ok := e.ext["credBlob"].([]byte); !ok || len(got) != 0 || b.BlobKey != nil {
		t.Errorf("without either: %v and %x", e.ext, b.BlobKey)
	}
}

// hmac-secret-mc (CTAP 2.2) gives at once what hmac-secret gives later.
func TestHMACSecretMC(t *testing.T) {
	p := relaxed()
	p.Extensions = append(p.Extensions, "hmac-secret-mc")
	_, c := protectedKey(t, Options{Profile: p})
	s, pub := c.shared(pinuv.Two)
	enc := c.encrypt(s, make([]byte, 32))
	in := m{1: pub, 2: enc, 3: s.Authenticate(enc), 4: 2}
	_, d := c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true, "hmac-secret-mc": in}})
	now, err := s.Decrypt(d.ext["hmac-secret-mc"].([]byte))
	if err != nil {
		t.Fatal(err)
	}
	_, e := c.assert("a.example", m{4: map[string]any{"hmac-secret": in}})
	later, err := s.Decrypt(e.ext["hmac-secret"].([]byte))
	if err != nil || !bytes.Equal(now, later) {
		t.Errorf("%x and %x, %v", now, later, err)
	}
	r := makeParams("a.example", "u", c.mustToken("1234", permMake, ""), m{6: map[string]any{"hmac-secret-mc": in}})
	if s := c.cbor(cmdMake, r, nil); s != errMissingParameter {
		t.Errorf("without hmac-secret: %#x", byte(s))
	}
}

// apdu sends a U2F message and gives data and status word.
func (c *client) apdu(ins, p1 byte, data []byte) ([]byte, uint16) {
	c.t.Helper()
	msg := append([]byte{0, ins, p1, 0, 0, byte(len(data) >> 8), byte(len(data))}, data...)
	cmd, a := c.exchange(hidMsg, append(msg, 0, 0))
	if cmd != hidMsg || len(a) < 2 {
		c.t.Fatalf("a U2F message was answered with %#x %x", cmd, a)
	}
	return a[:len(a)-2], binary.BigEndian.Uint16(a[len(a)-2:])
}

// A touch that comes after the client has stopped asking is not kept for whoever asks next.
func TestU2FTouchIsNotKept(t *testing.T) {
	f := &fingers{}
	_, c := protectedKey(t, Options{Toucher: late{f, u2fWait + 200*time.Millisecond}})
	app := sha256.Sum256([]byte("a.example"))
	register := append(bytes.Repeat([]byte{3}, 32), app[:]...)
	f.script(Touch{}) // one, and no other
	if _, sw := c.apdu(1, 0, register); sw != swConditions {
		t.Fatalf("register before the touch: %#x", sw)
	}
	time.Sleep(u2fIdle + 500*time.Millisecond)
	other := sha256.Sum256([]byte("b.example"))
	if _, sw := c.apdu(1, 0, append(bytes.Repeat([]byte{3}, 32), other[:]...)); sw != swConditions {
		t.Errorf("register for another application, with a touch from before: %#x", sw)
	}
}

// Pulling the key out at the touch of a U2F message pulls it out, as at any other.
func TestU2FPull(t *testing.T) {
	for _, before := range []time.Duration{0, u2fWait + 100*time.Millisecond} { // while a message waits, and after it
		f := &fingers{fail: errors.New("pulled out")}
		k, c := protectedKey(t, Options{Toucher: late{f, before}})
		c.send(hidMsg, append([]byte{0, 1, 0, 0, 0, 0, 64}, make([]byte, 66)...))
		f.wait(t)
		out := false
		for end := time.Now().Add(10 * time.Second); !out && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			k.mu.Lock()
			out = k.agreements == nil && k.u2f == nil
			k.mu.Unlock()
		}
		if err := c.link.Write(report{}); !out || err == nil {
			t.Fatalf("the key is still in: %v", err)
		}
		k.PlugIn()
		c = dial(t, k)
		if _, sw := c.apdu(3, 0, nil); sw != swOK {
			t.Errorf("plugged in again: %#x", sw)
		}
	}
}

// What a U2F client asks is told once when the wait for a touch begins and once when it is over, however often the client
// asks; and a touch is for the command that was told.
func TestU2FIsTold(t *testing.T) {
	f := &fingers{}
	told := make(chan Activity, 100)
	_, c := protectedKey(t, Options{Toucher: f, Log: func(a Activity) {
		if a.Command != "authenticatorClientPIN" {
			told <- a
		}
	}})
	next := func(want ...Activity) {
		t.Helper()
		for _, w := range want {
			select {
			case a := <-told:
				if a != w {
					t.Fatalf("told was %+v, not %+v", a, w)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("never told: %+v", w)
			}
		}
		if len(told) > 0 {
			t.Fatalf("told more: %+v", <-told)
		}
	}
	register, authenticate := Activity{Command: "U2F register"}, Activity{Command: "U2F authenticate"}
	over := func(a Activity, s status) Activity { a.Done, a.Status = true, byte(s); return a }
	ask := func(want uint16) []byte {
		t.Helper()
		a, sw := c.apdu(1, 0, make([]byte, 64))
		if sw != want {
			t.Fatalf("register: %#x", sw)
		}
		return a
	}
	f.script(Touch{})
	a := ask(swOK)
	next(register, over(register, statusOK))
	ask(swConditions)
	ask(swConditions)
	next(register)
	handle := append(append(make([]byte, 64), a[66]), a[67:67+int(a[66])]...)
	f.script(Touch{})
	if _, sw := c.apdu(2, 3, handle); sw != swOK {
		t.Fatalf("authenticate: %#x", sw)
	}
	next(over(register, errKeepaliveCancel), authenticate, over(authenticate, statusOK))
	ask(swConditions)
	c.must(cmdInfo, nil, nil)
	info := Activity{Command: "authenticatorGetInfo"}
	next(register, over(register, errKeepaliveCancel), info, over(info, statusOK))
	ask(swConditions) // and never again
	next(register, over(register, errKeepaliveCancel))
	if _, sw := c.apdu(2, 8, handle); sw != swOK {
		t.Fatalf("authenticate without a touch: %#x", sw)
	}
	next(authenticate, over(authenticate, statusOK))
}

// late touches after a while.
type late struct {
	Toucher
	after time.Duration
}

func (l late) Touch(ctx context.Context, r TouchRequest) (Touch, error) {
	time.Sleep(l.after)
	return l.Toucher.Touch(ctx, r)
}

func TestU2F(t *testing.T) {
	f := &fingers{}
	_, c := protectedKey(t, Options{Toucher: f})
	if v, sw := c.apdu(3, 0, nil); string(v) != "U2F_V2" || sw != swOK {
		t.Errorf("version %q, %#x", v, sw)
	}
	app, challenge := sha256.Sum256([]byte("a.example")), bytes.Repeat([]byte{3}, 32)
	register := append(bytes.Clone(challenge), app[:]...)
	if _, sw := c.apdu(1, 0, register); sw != swConditions {
		t.Errorf("register without a touch: %#x", sw)
	}
	f.script(Touch{})
	time.Sleep(u2fIdle + 200*time.Millisecond) // the touch that was awaited is given up
	a, sw := c.apdu(1, 0, register)
	if sw != swOK {
		t.Fatalf("register: %#x", sw)
	}
	pub, n := a[1:66], int(a[66])
	id, rest := a[67:67+n], a[67+n:]
	cert, sig := derOf(t, rest)
	if !verifies(t, cert.PublicKey, sig, []byte{0}, app[:], challenge, id, pub) {
		t.Error("the registration does not verify")
	}
	auth := append(append(append(bytes.Clone(challenge), app[:]...), byte(n)), id...)
	if _, sw := c.apdu(2, 7, auth); sw != swConditions {
		t.Errorf("check only: %#x", sw)
	}
	f.script(Touch{})
	x, y := new(big.Int).SetBytes(pub[1:33]), new(big.Int).SetBytes(pub[33:])
	key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}
	a, sw = c.apdu(2, 3, auth)
	if sw != swOK || a[0] != 1 || !verifies(t, key, a[5:], app[:], a[:5], challenge) {
		t.Errorf("authenticate: %#x %x", sw, a)
	}
	// CTAP 2.1 section 10.3: the same credential answers getAssertion.
	f.script(Touch{})
	var b assertAnswer
	c.must(cmdAssert, assertParams("a.example", tok{}, m{3: allow(id)}), &b)
	if !verifies(t, key, b.Signature, b.AuthData, testHash) {
		t.Error("the assertion does not verify")
	}
	auth[40] ^= 1
	if _, sw := c.apdu(2, 7, auth); sw != swData {
		t.Errorf("for another application: %#x", sw)
	}
	for what, x := range map[string]struct {
		msg  []byte
		want uint16
	}{
		"class": {[]byte{1, 3, 0, 0}, swCLA}, "instruction": {[]byte{0, 9, 0, 0}, swINS}, "short": {[]byte{0, 1}, swLength},
		"length": {[]byte{0, 1, 0, 0, 5, 1}, swLength}, "register": {[]byte{0, 1, 0, 0}, swLength},
	} {
		if _, a := c.exchange(hidMsg, x.msg); binary.BigEndian.Uint16(a) != x.want {
			t.Errorf("%s: %x", what, a)
		}
	}
	c = dial(t, open(t, Options{Toucher: f})) // alwaysUv, no finger
	if _, sw := c.apdu(1, 0, register); sw != swNotAllowed {
		t.Errorf("with alwaysUv: %#x", sw)
	}
}

// derOf splits a certificate from what follows it.
func derOf(t *testing.T, b []byte) (*x509.Certificate, []byte) {
	t.Helper()
	n := 4 + int(binary.BigEndian.Uint16(b[2:4]))
	c, err := x509.ParseCertificate(b[:n])
	if err != nil {
		t.Fatal(err)
	}
	return c, b[n:]
}

func TestProfiles(t *testing.T) {
	for _, name := range ProfileNames() {
		p, ok := ProfileNamed(name)
		if !ok {
			t.Fatal(name)
		}
		p.AlwaysUV = false
		c := dial(t, open(t, Options{Profile: p}))
		proto := pinuv.Protocol(p.Protocols[0])
		if s := c.setPIN(proto, "1234"); s != statusOK {
			t.Errorf("%s: set PIN: %#x", name, byte(s))
		}
		tk, s := c.pinToken(proto, "1234", 0, "")
		if s != statusOK {
			t.Errorf("%s: token: %#x", name, byte(s))
		}
		var a makeAnswer
		c.must(cmdMake, makeParams("a.example", "u", tk, nil), &a)
		tk, _ = c.pinToken(proto, "1234", 0, "")
		c.must(cmdAssert, assertParams("a.example", tk, nil), nil)
		if parse(t, a.AuthData, "a.example"); p.AAGUID != ownAAGUID {
			t.Errorf("%s passes for hardware", name)
		}
		for cmd, has := range map[byte]bool{
			cmdBio: p.hasSensor(), cmdBioPre: p.BioPreview, cmdCredMgmt: p.CredMgmt, cmdMgmtPre: p.CredMgmtPreview,
			cmdBlobs: p.LargeBlob > 0, cmdConfig: p.Config, cmdSelection: p.PinUvAuthToken,
		} {
			if s := c.cbor(cmd, nil, nil); (s == errInvalidCommand) == has {
				t.Errorf("%s: command %#x: %#x", name, cmd, byte(s))
			}
		}
	}
	if _, ok := ProfileNamed("nokia-3310"); ok {
		t.Error("an unknown profile was found")
	}
}

// The parts of CTAP 2.2 that the profile "complete" has.
func TestComplete(t *testing.T) {
	k, c := protectedKey(t, Options{Profile: Complete()})
	for _, want := range []string{formatNone, formatPacked} {
		if a, _ := c.make("a.example", "u", m{11: []string{"tpm", want, formatPacked}}); a.Format != want {
			t.Errorf("asked for %s, got %s", want, a.Format)
		}
	}
	if _, s := c.pinToken(pinuv.Two, "1234", permList|permMake, ""); s != errInvalidParameter {
		t.Errorf("pcmr among others: %#x", byte(s))
	}
	tk := c.mustToken("1234", permList, "")
	list := func(sub byte) status { return c.cbor(cmdCredMgmt, m{1: sub, 3: 2, 4: tk.sign([]byte{sub})}, nil) }
	k.PlugOut()
	k.PlugIn()
	c.init()
	for sub, want := range map[byte]status{1: statusOK, 2: statusOK, 6: errPINAuthInvalid, 7: errPINAuthInvalid} {
		if s := list(sub); s != want {
			t.Errorf("subcommand %d with a persistent token: %#x", sub, byte(s))
		}
	}
	if s := c.changePIN(pinuv.Two, "1234", "5678"); s != statusOK {
		t.Fatal(s)
	}
	if s := list(1); s != errPINAuthInvalid {
		t.Errorf("after the PIN was changed: %#x", byte(s))
	}
}

// The longest of everything that a profile keeps fits into answers of its maxMsgSize: clients read no longer ones. What was
// too long is cut, and whole characters stay.
func TestLongestAnswers(t *testing.T) {
	for _, name := range ProfileNames() {
		p, _ := ProfileNamed(name)
		if !p.CredMgmt {
			continue
		}
		k, c := protectedKey(t, Options{Profile: p})
		rp, long := strings.Repeat("a", maxRPID), "x"+strings.Repeat("ü", (p.MaxMsg-p.MaxBlob-700)/6)
		whole := long[:63]
		extensions := map[string]any{"largeBlobKey": true, "credBlob": make([]byte, p.MaxBlob), "credProtect": 1, "hmac-secret": true}
		for _, user := range []string{"u", "v"} {
			c.make(rp, user, m{2: map[string]any{"id": rp, "name": long}, 6: extensions,
				3: map[string]any{"id": bytes.Repeat([]byte(user), 64), "name": long, "displayName": long},
				4: []any{map[string]any{"alg": p.Algorithms[len(p.Algorithms)-1], "type": publicKeyType}}})
		}
		fits := func(what string, into any) {
			t.Helper()
			_, a := c.receive()
			if len(a) == 0 || a[0] != 0 || len(a) > p.MaxMsg {
				t.Fatalf("%s: %s is %d bytes long: %x", name, what, len(a), a[:min(len(a), 1)])
			}
			if err := cbor.Unmarshal(a[1:], into); err != nil {
				t.Fatal(err)
			}
		}
		list := c.mustToken("1234", permCredMgmt, "")
		c.start(cmdCredMgmt, m{1: 2, 3: list.p, 4: list.sign([]byte{2})})
		var site mgmtAnswer
		if fits("a site", &site); site.RP.ID != rp || site.RP.Name != whole {
			t.Errorf("%s: the site is %d and %d bytes", name, len(site.RP.ID), len(site.RP.Name))
		}
		params, err := encoder.Marshal(m{1: hashOf(rp)})
		if err != nil {
			t.Fatal(err)
		}
		c.start(cmdCredMgmt, m{1: 4, 2: cbor.RawMessage(params), 3: list.p, 4: list.sign([]byte{4}, params)})
		var one mgmtAnswer
		if fits("a credential", &one); one.User.Name != whole || one.User.DisplayName != whole {
			t.Errorf("%s: the names are %d and %d bytes", name, len(one.User.Name), len(one.User.DisplayName))
		}
		c.start(cmdAssert, assertParams(rp, c.mustToken("1234", permAssert, rp), m{4: map[string]any{"credBlob": true, "largeBlobKey": true}}))
		var a assertAnswer
		if fits("an assertion", &a); a.User.Name != whole {
			t.Errorf("%s: the assertion's name is %d bytes", name, len(a.User.Name))
		}
		if s := c.cbor(cmdMake, makeParams(rp+"a", "u", c.mustToken("1234", permMake, rp+"a"), nil), nil); s != errLimitExceeded {
			t.Errorf("%s: an RP id of %d bytes: %#x", name, len(rp)+1, byte(s))
		}
		k.mu.Lock() // as an earlier version left it
		k.st.Resident[0].UserName = long
		b, err := encoder.Marshal(k.st)
		k.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		if st, err := decodeState(b); err != nil || st.Resident[0].UserName != whole {
			t.Errorf("%s: a long name that was kept: %v", name, err)
		}
	}
}
