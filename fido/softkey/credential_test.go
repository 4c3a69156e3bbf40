package softkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/pinuv"
)

var testHash = bytes.Repeat([]byte{0xCD}, 32)

// makeParams asks for a discoverable ES256 credential; more overrides.
func makeParams(rp, user string, t tok, more m) m {
	r := m{
		1: testHash, 2: map[string]any{"id": rp, "name": "A site"},
		3: map[string]any{"id": []byte(user), "name": user + "@example", "displayName": "Person " + user},
		4: []any{map[string]any{"alg": algES256, "type": publicKeyType}},
		7: map[string]bool{"rk": true},
	}
	if t.value != nil {
		r[8], r[9] = t.sign(testHash), t.p
	}
	for k, v := range more {
		if v == nil {
			delete(r, k)
		} else {
			r[k] = v
		}
	}
	return r
}

func assertParams(rp string, t tok, more m) m {
	r := m{1: rp, 2: testHash}
	if t.value != nil {
		r[6], r[7] = t.sign(testHash), t.p
	}
	for k, v := range more {
		r[k] = v
	}
	return r
}

func allow(ids ...[]byte) []any {
	var l []any
	for _, id := range ids {
		l = append(l, map[string]any{"id": id, "type": publicKeyType, "transports": []string{"usb"}})
	}
	return l
}

// data is authenticator data taken apart.
type data struct {
	flags   byte
	counter uint32
	aaguid  []byte
	id      []byte
	key     crypto.PublicKey
	ext     map[string]any
}

func parse(t testing.TB, b []byte, rp string) (d data) {
	t.Helper()
	hash := sha256.Sum256([]byte(rp))
	if len(b) < 37 || !bytes.Equal(b[:32], hash[:]) {
		t.Fatalf("authenticator data %x is not for %s", b, rp)
	}
	d.flags, d.counter = b[32], binary.BigEndian.Uint32(b[33:])
	b = b[37:]
	if d.flags&flagAT != 0 {
		n := int(binary.BigEndian.Uint16(b[16:]))
		d.aaguid, d.id = b[:16], b[18:18+n]
		var c coseKey
		rest, err := cbor.UnmarshalFirst(b[18+n:], &c)
		if err != nil {
			t.Fatal(err)
		}
		d.key, b = fromCOSE(t, c), rest
	}
	if d.flags&flagED != 0 {
		rest, err := cbor.UnmarshalFirst(b, &d.ext)
		if err != nil {
			t.Fatal(err)
		}
		b = rest
	}
	if len(b) != 0 {
		t.Errorf("%d bytes too many in the authenticator data", len(b))
	}
	return d
}

func fromCOSE(t testing.TB, c coseKey) crypto.PublicKey {
	t.Helper()
	switch c.Alg {
	case algES256:
		if len(c.X) != 32 || len(c.Y) != 32 {
			t.Errorf("coordinates of %d and %d bytes", len(c.X), len(c.Y))
		}
		return &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(c.X), Y: new(big.Int).SetBytes(c.Y)}
	case algEdDSA:
		return ed25519.PublicKey(c.X)
	case algRS256:
		var n []byte
		if err := cbor.Unmarshal(c.Crv, &n); err != nil {
			t.Fatal(err)
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(c.X).Int64())}
	}
	t.Fatalf("algorithm %d", c.Alg)
	return nil
}

func verifies(t testing.TB, key crypto.PublicKey, sig []byte, message ...[]byte) bool {
	t.Helper()
	all := bytes.Join(message, nil)
	sum := sha256.Sum256(all)
	switch p := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, sum[:], sig)
	case ed25519.PublicKey:
		return ed25519.Verify(p, all, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(p, crypto.SHA256, sum[:], sig) == nil
	}
	return false
}

// protected is a key with a PIN.
func protectedKey(t testing.TB, o Options) (*Key, *client) {
	t.Helper()
	if o.Profile.Name == "" {
		o.Profile = relaxed()
	}
	k := open(t, o)
	c := dial(t, k)
	if s := c.setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatalf("set PIN: %#x", byte(s))
	}
	return k, c
}

func (c *client) make(rp, user string, more m) (makeAnswer, data) {
	c.t.Helper()
	var a makeAnswer
	c.must(cmdMake, makeParams(rp, user, c.mustToken("1234", permMake, rp), more), &a)
	return a, parse(c.t, a.AuthData, rp)
}

func (c *client) assert(rp string, more m) (assertAnswer, data) {
	c.t.Helper()
	var a assertAnswer
	c.must(cmdAssert, assertParams(rp, c.mustToken("1234", permAssert, rp), more), &a)
	return a, parse(c.t, a.AuthData, rp)
}

func TestMakeAndAssert(t *testing.T) {
	p := relaxed()
	p.Algorithms = []int{algES256, algEdDSA, algRS256}
	k, c := protectedKey(t, Options{Profile: p})
	for _, alg := range p.Algorithms {
		for _, rk := range []bool{true, false} {
			rp := "site.example"
			a, d := c.make(rp, "u", m{
				4: []any{map[string]any{"alg": -9999, "type": publicKeyType}, map[string]any{"alg": alg, "type": publicKeyType}},
				7: map[string]bool{"rk": rk},
			})
			if a.Format != "packed" || d.flags != flagUP|flagUV|flagAT || !bytes.Equal(d.aaguid, ownAAGUID[:]) {
				t.Errorf("alg %d rk %v: format %q, flags %#x, AAGUID %x", alg, rk, a.Format, d.flags, d.aaguid)
			}
			if len(d.id) > p.MaxCredID {
				t.Errorf("alg %d rk %v: a credential id of %d bytes", alg, rk, len(d.id))
			}
			checkAttestation(t, k, a)
			b, e := c.assert(rp, m{3: allow(make([]byte, 64), d.id)})
			if !verifies(t, d.key, b.Signature, b.AuthData, testHash) {
				t.Errorf("alg %d rk %v: the signature does not verify", alg, rk)
			}
			if e.flags != flagUP|flagUV || !bytes.Equal(b.Credential.ID, d.id) || (b.User != nil) != rk {
				t.Errorf("alg %d rk %v: flags %#x, id %x, user %v", alg, rk, e.flags, b.Credential.ID, b.User)
			}
			b2, e2 := c.assert(rp, m{3: allow(d.id)})
			if e2.counter <= e.counter || bytes.Equal(b.Signature, b2.Signature) {
				t.Errorf("alg %d rk %v: counters %d, %d", alg, rk, e.counter, e2.counter)
			}
			if s := c.cbor(cmdAssert, assertParams("other.example", c.mustToken("1234", permAssert, ""), m{3: allow(d.id)}), nil); s != errNoCredentials {
				t.Errorf("alg %d rk %v: at another site: %#x", alg, rk, byte(s))
			}
		}
	}
}

// The statement must be what WebAuthn section 8.2.1 asks of a packed attestation certificate.
func checkAttestation(t testing.TB, k *Key, a makeAnswer) {
	t.Helper()
	var p packed
	if b, err := encoder.Marshal(a.Statement); err != nil || cbor.Unmarshal(b, &p) != nil {
		t.Fatalf("statement %v", a.Statement)
	}
	cert, err := x509.ParseCertificate(p.X5C[0])
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(t, cert.PublicKey, p.Sig, a.AuthData, testHash) {
		t.Error("the attestation does not verify")
	}
	s := cert.Subject
	if cert.Version != 3 || cert.IsCA || !cert.BasicConstraintsValid || len(s.Country) != 1 || len(s.Organization) != 1 ||
		len(s.OrganizationalUnit) != 1 || s.OrganizationalUnit[0] != "Authenticator Attestation" || s.CommonName == "" {
		t.Errorf("certificate: version %d, CA %v, subject %v", cert.Version, cert.IsCA, s)
	}
	found := false
	for _, x := range cert.Extensions {
		if x.Id.Equal(oidAAGUID) {
			var id []byte
			if _, err := asn1.Unmarshal(x.Value, &id); err != nil || !bytes.Equal(id, a.AuthData[37:53]) || x.Critical {
				t.Errorf("AAGUID extension %x, critical %v", x.Value, x.Critical)
			}
			found = true
		}
	}
	if !found {
		t.Error("no AAGUID in the certificate")
	}
	root, err := x509.ParseCertificate(k.AttestationRoot())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Errorf("the chain: %v", err)
	}
}

func TestMakeRefusals(t *testing.T) {
	_, c := protectedKey(t, Options{})
	rp := "site.example"
	_, d := c.make(rp, "u", nil)
	tests := []struct {
		what string
		r    m
		want status
	}{
		{"no client data hash", makeParams(rp, "u", tok{}, m{1: nil}), errMissingParameter},
		{"no RP", makeParams(rp, "u", tok{}, m{2: nil}), errMissingParameter},
		{"no user", makeParams(rp, "u", tok{}, m{3: nil}), errMissingParameter},
		{"no algorithms", makeParams(rp, "u", tok{}, m{4: nil}), errMissingParameter},
		{"a text for a hash", makeParams(rp, "u", tok{}, m{1: "hash"}), errUnexpectedType},
		{"a short hash", makeParams(rp, "u", tok{}, m{1: []byte{1}}), errInvalidLength},
		{"a long user id", makeParams(rp, string(make([]byte, 65)), tok{}, nil), errInvalidLength},
		{"unknown algorithms", makeParams(rp, "u", tok{}, m{4: []any{map[string]any{"alg": -47, "type": publicKeyType}}}), errUnsupportedAlgorithm},
		{"another type", makeParams(rp, "u", tok{}, m{4: []any{map[string]any{"alg": -7, "type": "password"}}}), errUnsupportedAlgorithm},
		{"up false", makeParams(rp, "u", tok{}, m{7: map[string]bool{"up": false}}), errInvalidOption},
		{"uv without fingers", makeParams(rp, "u", tok{}, m{7: map[string]bool{"uv": true}}), errInvalidOption},
		{"no token", makeParams(rp, "u", tok{}, nil), errPUATRequired},
		{"a false token", makeParams(rp, "u", tok{pinuv.Two, make([]byte, 32)}, nil), errPINAuthInvalid},
		{"a token without protocol", makeParams(rp, "u", tok{}, m{8: testHash}), errMissingParameter},
		{"a token of protocol 7", makeParams(rp, "u", tok{}, m{8: testHash, 9: 7}), errInvalidParameter},
		{"enterprise attestation", makeParams(rp, "u", tok{}, m{7: map[string]bool{}, 10: 1}), errInvalidParameter},
		{"a probe", makeParams(rp, "u", tok{}, m{8: []byte{}}), errPINInvalid},
		{"21 excluded", makeParams(rp, "u", c.mustToken("1234", permMake, rp), m{5: allow(slices.Repeat([][]byte{{1}}, 21)...)}), errLimitExceeded},
		{"credProtect 4", makeParams(rp, "u", c.mustToken("1234", permMake, rp), m{6: map[string]any{"credProtect": 4}}), errInvalidOption},
		{"largeBlobKey without rk", makeParams(rp, "u", c.mustToken("1234", permMake, rp), m{6: map[string]any{"largeBlobKey": true}, 7: map[string]bool{}}), errInvalidOption},
		{"excluded", makeParams(rp, "v", c.mustToken("1234", permMake, rp), m{5: allow([]byte("other"), d.id)}), errCredentialExcluded},
	}
	for _, x := range tests {
		if s := c.cbor(cmdMake, x.r, nil); s != x.want {
			t.Errorf("%s: %#x, want %#x", x.what, byte(s), byte(x.want))
		}
	}
	if cmd, a := c.exchange(hidCBOR, []byte{cmdMake, 0xA1, 0x01}); cmd != hidCBOR || status(a[0]) != errInvalidCBOR {
		t.Errorf("half a map: %x", a)
	}
	if cmd, a := c.exchange(hidCBOR, []byte{0x33}); cmd != hidCBOR || status(a[0]) != errInvalidCommand {
		t.Errorf("an unknown command: %x", a)
	}
	if cmd, a := c.exchange(hidCBOR, append([]byte{cmdMake}, make([]byte, 2048)...)); cmd != hidCBOR || status(a[0]) != errRequestTooLarge {
		t.Errorf("a request over maxMsgSize: %x", a)
	}
}

// A credential on the list is told to somebody who touches, and to somebody who waits until the touch is too late.
func TestExcludedWantsTouch(t *testing.T) {
	f := &fingers{}
	_, c := protectedKey(t, Options{Toucher: f, TouchTimeout: 600 * time.Millisecond})
	f.script(Touch{}, Touch{})
	_, d := c.make("a.example", "u", nil)
	if s := c.cbor(cmdMake, makeParams("a.example", "u", c.mustToken("1234", permMake, "a.example"), m{5: allow(d.id)}), nil); s != errCredentialExcluded {
		t.Errorf("with a touch: %#x", byte(s))
	}
	if s := c.cbor(cmdMake, makeParams("a.example", "u", c.mustToken("1234", permMake, "a.example"), m{5: allow(d.id)}), nil); s != errCredentialExcluded {
		t.Errorf("without: %#x", byte(s))
	}
	if n := len(f.requests()); n != 3 {
		t.Errorf("%d touches asked for", n)
	}
}

func TestNewestFirstAndNext(t *testing.T) {
	now := newClock()
	_, c := protectedKey(t, Options{Clock: now.now})
	for _, u := range []string{"one", "two", "three"} {
		c.make("a.example", u, nil)
	}
	c.make("a.example", "two", nil) // takes the place of the first "two", and is the newest now
	a, _ := c.assert("a.example", nil)
	if a.Count != 3 || a.User.Name != "two@example" {
		t.Errorf("first of %d is %v", a.Count, a.User)
	}
	for _, want := range []string{"three", "one"} {
		var n assertAnswer
		c.must(cmdNext, nil, &n)
		if string(n.User.ID) != want || n.User.DisplayName != "Person "+want || n.Count != 0 {
			t.Errorf("next is %v, want %s", n.User, want)
		}
	}
	if s := c.cbor(cmdNext, nil, nil); s != errNotAllowed {
		t.Errorf("one too many: %#x", byte(s))
	}
	c.assert("a.example", nil)
	c.must(cmdInfo, nil, nil)
	if s := c.cbor(cmdNext, nil, nil); s != errNotAllowed {
		t.Errorf("after another command: %#x", byte(s))
	}
	c.assert("a.example", nil)
	now.turn(31 * time.Second)
	if s := c.cbor(cmdNext, nil, nil); s != errNotAllowed {
		t.Errorf("after 31 s: %#x", byte(s))
	}
}

// Names are told only to a verified user; a silent assertion has neither flag.
func TestUnverifiedAssertion(t *testing.T) {
	_, c := protectedKey(t, Options{})
	_, d := c.make("a.example", "u", nil)
	var a assertAnswer
	c.must(cmdAssert, assertParams("a.example", tok{}, nil), &a)
	if e := parse(t, a.AuthData, "a.example"); e.flags != flagUP || a.User.Name != "" || a.User.DisplayName != "" {
		t.Errorf("flags %#x, user %v", e.flags, a.User)
	}
	c.must(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id), 5: map[string]bool{"up": false}}), &a)
	if e := parse(t, a.AuthData, "a.example"); e.flags != 0 {
		t.Errorf("silent: flags %#x", e.flags)
	}
	for what, x := range map[string]struct {
		r    m
		want status
	}{
		"rk":         {m{5: map[string]bool{"rk": true}}, errUnsupportedOption},
		"uv":         {m{5: map[string]bool{"uv": true}}, errInvalidOption},
		"probe":      {m{6: []byte{}}, errPINInvalid},
		"short hash": {m{2: []byte{1}}, errInvalidLength},
		"21 allowed": {m{3: allow(slices.Repeat([][]byte{{1}}, 21)...)}, errLimitExceeded},
		"silent hmac-secret": {m{4: map[string]any{"hmac-secret": m{}}, 5: map[string]bool{"up": false}},
			errUnsupportedOption},
	} {
		if s := c.cbor(cmdAssert, assertParams("a.example", tok{}, x.r), nil); s != x.want {
			t.Errorf("%s: %#x, want %#x", what, byte(s), byte(x.want))
		}
	}
}

func TestCredProtect(t *testing.T) {
	_, c := protectedKey(t, Options{})
	for level := 1; level <= 3; level++ {
		for _, rk := range []bool{true, false} {
			rp := string(rune('a'+level)) + ".example"
			_, d := c.make(rp, "u", m{6: map[string]any{"credProtect": level}, 7: map[string]bool{"rk": rk}})
			if got := d.ext["credProtect"]; got != uint64(level) {
				t.Errorf("level %d came back as %v", level, got)
			}
			want := map[bool]status{true: statusOK, false: errNoCredentials}
			if s := c.cbor(cmdAssert, assertParams(rp, tok{}, m{3: allow(d.id)}), nil); s != want[level < 3] {
				t.Errorf("level %d, by id, unverified: %#x", level, byte(s))
			}
			if !rk {
				continue
			}
			if s := c.cbor(cmdAssert, assertParams(rp, tok{}, nil), nil); s != want[level < 2] {
				t.Errorf("level %d, discovered, unverified: %#x", level, byte(s))
			}
			c.assert(rp, nil)
		}
	}
}

func TestHMACSecret(t *testing.T) {
	_, c := protectedKey(t, Options{})
	for _, rk := range []bool{true, false} {
		_, d := c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true}, 7: map[string]bool{"rk": rk}})
		if d.ext["hmac-secret"] != true {
			t.Errorf("rk %v: %v", rk, d.ext)
		}
		salts := bytes.Repeat([]byte{1, 2}, 32)
		ask := func(p pinuv.Protocol, salt []byte, uv bool) []byte {
			s, pub := c.shared(p)
			enc := c.encrypt(s, salt)
			in := m{1: pub, 2: enc, 3: s.Authenticate(enc)}
			if p == pinuv.Two {
				in[4] = 2
			}
			var k tok
			if uv {
				k = c.mustToken("1234", permAssert, "a.example")
			}
			var a assertAnswer
			c.must(cmdAssert, assertParams("a.example", k, m{3: allow(d.id), 4: map[string]any{"hmac-secret": in}}), &a)
			out, err := s.Decrypt(parse(t, a.AuthData, "a.example").ext["hmac-secret"].([]byte))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		two := ask(pinuv.Two, salts, true)
		one := ask(pinuv.One, salts[:32], true)
		if len(two) != 64 || len(one) != 32 || !bytes.Equal(one, two[:32]) {
			t.Errorf("rk %v: %x and %x", rk, one, two)
		}
		if bytes.Equal(ask(pinuv.One, salts[:32], false), one) {
			t.Errorf("rk %v: the same secret with and without the user verified", rk)
		}
	}
	s, pub := c.shared(pinuv.One)
	enc := c.encrypt(s, make([]byte, 32))
	bad := m{1: pub, 2: enc, 3: make([]byte, 16)}
	if st := c.cbor(cmdAssert, assertParams("a.example", tok{}, m{4: map[string]any{"hmac-secret": bad}}), nil); st != errPINAuthInvalid {
		t.Errorf("a false saltAuth: %#x", byte(st))
	}
	enc = c.encrypt(s, make([]byte, 48))
	bad = m{1: pub, 2: enc, 3: s.Authenticate(enc)}
	if st := c.cbor(cmdAssert, assertParams("a.example", tok{}, m{4: map[string]any{"hmac-secret": bad}}), nil); st != errInvalidLength {
		t.Errorf("a salt and a half: %#x", byte(st))
	}
}

func TestFullKey(t *testing.T) {
	p := relaxed()
	p.MaxResident = 2
	k, c := protectedKey(t, Options{Profile: p})
	c.make("a.example", "u", nil)
	c.make("b.example", "u", nil)
	r := makeParams("c.example", "u", c.mustToken("1234", permMake, ""), nil)
	if s := c.cbor(cmdMake, r, nil); s != errKeyStoreFull {
		t.Errorf("a third: %#x", byte(s))
	}
	c.make("a.example", "u", nil) // takes the place of the old one
	if len(k.st.Resident) != 2 {
		t.Errorf("%d credentials", len(k.st.Resident))
	}
}

// As it leaves the factory the key makes nothing before there is a PIN or a finger.
func TestAlwaysUV(t *testing.T) {
	c := dial(t, open(t, Options{}))
	for _, rk := range []bool{true, false} {
		if s := c.cbor(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{"rk": rk}}), nil); s != errPUATRequired {
			t.Errorf("rk %v on a new key: %#x", rk, byte(s))
		}
	}
	c.setPIN(pinuv.Two, "1234")
	c.make("a.example", "u", nil)
	if s := c.cbor(cmdAssert, assertParams("a.example", tok{}, nil), nil); s != errPUATRequired {
		t.Errorf("an assertion without a token: %#x", byte(s))
	}
	c.assert("a.example", nil)
	var a assertAnswer
	c.must(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"up": false}}), &a) // a silent one is let through
}

func TestCredentialManagement(t *testing.T) {
	_, c := protectedKey(t, Options{})
	k := c.mustToken("1234", permCredMgmt, "")
	ask := func(cmd byte, k tok, sub int, params any, into any) status {
		t.Helper()
		r := m{1: sub, 3: k.p}
		signed := []byte{byte(sub)}
		if params != nil {
			b, err := encoder.Marshal(params)
			if err != nil {
				t.Fatal(err)
			}
			r[2], signed = cbor.RawMessage(b), append(signed, b...)
		}
		r[4] = k.sign(signed)
		return c.cbor(cmd, r, into)
	}
	var a mgmtAnswer
	if s := ask(cmdCredMgmt, k, 1, nil, &a); s != statusOK || *a.Existing != 0 || *a.Room != 100 {
		t.Errorf("metadata: %#x %v", byte(s), a)
	}
	if s := ask(cmdMgmtPre, k, 2, nil, nil); s != errNoCredentials {
		t.Errorf("RPs of an empty key: %#x", byte(s))
	}
	_, d1 := c.make("a.example", "u", nil)
	c.make("a.example", "v", m{6: map[string]any{"credProtect": 3}})
	c.make("b.example", "u", nil)
	c.make("b.example", "w", m{7: map[string]bool{}}) // not discoverable: not listed
	for _, cmd := range []byte{cmdCredMgmt, cmdMgmtPre} {
		k = c.mustToken("1234", permCredMgmt, "")
		a = mgmtAnswer{}
		if s := ask(cmd, k, 2, nil, &a); s != statusOK || a.TotalRPs != 2 || a.RP.ID != "a.example" {
			t.Errorf("RPs: %#x %v", byte(s), a)
		}
		hash := a.RPHash
		a = mgmtAnswer{}
		if s := c.cbor(cmd, m{1: 3}, &a); s != statusOK || a.RP.ID != "b.example" {
			t.Errorf("next RP: %#x %v", byte(s), a)
		}
		if s := c.cbor(cmd, m{1: 3}, nil); s != errNotAllowed {
			t.Errorf("one RP too many: %#x", byte(s))
		}
		a = mgmtAnswer{}
		if s := ask(cmd, k, 4, m{1: hash}, &a); s != statusOK || a.Total != 2 || !bytes.Equal(a.ID.ID, d1.id) ||
			a.User.Name != "u@example" || a.Protect != 1 || !d1.key.(*ecdsa.PublicKey).Equal(fromCOSE(t, *a.PublicKey)) {
			t.Errorf("credentials: %#x %v", byte(s), a)
		}
		a = mgmtAnswer{}
		if s := c.cbor(cmd, m{1: 5}, &a); s != statusOK || a.User.Name != "v@example" || a.Protect != 3 {
			t.Errorf("next credential: %#x %v", byte(s), a)
		}
	}
	id := map[string]any{"id": d1.id, "type": publicKeyType}
	if s := ask(cmdCredMgmt, k, 7, m{2: id, 3: map[string]any{"id": []byte("u"), "name": "new"}}, nil); s != statusOK {
		t.Errorf("update: %#x", byte(s))
	}
	if s := ask(cmdCredMgmt, k, 7, m{2: id, 3: map[string]any{"id": []byte("x"), "name": "new"}}, nil); s != errInvalidParameter {
		t.Errorf("update of another user: %#x", byte(s))
	}
	bound := c.mustToken("1234", permCredMgmt, "b.example")
	for sub, params := range map[int]any{1: nil, 2: nil, 6: m{2: id}} {
		if s := ask(cmdCredMgmt, bound, sub, params, nil); s != errPINAuthInvalid {
			t.Errorf("subcommand %d with a token for another site: %#x", sub, byte(s))
		}
	}
	k = c.mustToken("1234", permCredMgmt, "")
	if s := ask(cmdCredMgmt, k, 6, m{2: id}, nil); s != statusOK {
		t.Errorf("delete: %#x", byte(s))
	}
	if s := ask(cmdCredMgmt, k, 6, m{2: id}, nil); s != errNoCredentials {
		t.Errorf("delete twice: %#x", byte(s))
	}
	if s := c.cbor(cmdCredMgmt, m{1: 1}, nil); s != errPUATRequired {
		t.Errorf("without a token: %#x", byte(s))
	}
}

func TestReset(t *testing.T) {
	now := newClock()
	k, c := protectedKey(t, Options{Clock: now.now})
	_, d := c.make("a.example", "u", m{7: map[string]bool{}})
	now.turn(11 * time.Second)
	if s := c.cbor(cmdReset, nil, nil); s != errNotAllowed {
		t.Errorf("after 11 s: %#x", byte(s))
	}
	root := k.AttestationRoot()
	k.PlugOut()
	k.PlugIn()
	c.init()
	now.turn(9 * time.Second)
	c.must(cmdReset, nil, nil)
	if c.options()["clientPin"] || len(k.st.Resident) != 0 || !bytes.Equal(root, k.AttestationRoot()) {
		t.Error("something was left, or too much was wiped")
	}
	if s := c.cbor(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id)}), nil); s != errNoCredentials {
		t.Errorf("a derived credential after a reset: %#x", byte(s))
	}
}
