package fido_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
)

const rp = "login.example"

func request(user string) fido.MakeRequest {
	return fido.MakeRequest{
		RPID: rp, RPName: "Example", UserID: []byte("id of " + user), UserName: user, DisplayName: "Übung " + user,
		ClientDataHash: sha256.Sum256([]byte("create " + user)), Algorithms: []int{fido.RS256, fido.ES256},
		HMACSecret: true, CredProtect: 1,
	}
}

// publicKey reads the ES256 key out of a new credential.
func publicKey(t *testing.T, c fido.Credential) *ecdsa.PublicKey {
	t.Helper()
	var key struct {
		Kty int    `cbor:"1,keyasint"`
		Alg int    `cbor:"3,keyasint"`
		X   []byte `cbor:"-2,keyasint"`
		Y   []byte `cbor:"-3,keyasint"`
	}
	rest := c.AuthData[55+len(c.ID):]
	if _, err := cbor.UnmarshalFirst(rest, &key); err != nil || key.Alg != fido.ES256 {
		t.Fatalf("public key: %v, algorithm %d", err, key.Alg)
	}
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(key.X), Y: new(big.Int).SetBytes(key.Y)}
}

func verify(t *testing.T, key *ecdsa.PublicKey, hash [32]byte, a fido.Assertion) {
	t.Helper()
	sum := sha256.Sum256(append(bytes.Clone(a.AuthData), hash[:]...))
	if !ecdsa.VerifyASN1(key, sum[:], a.Signature) {
		t.Error("the signature is wrong")
	}
	site := sha256.Sum256([]byte(rp))
	if !bytes.Equal(a.AuthData[:32], site[:]) {
		t.Error("the assertion is for another site")
	}
}

const flagVerified = 0x04

func TestMakeAndAssert(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o)
		c, err := s.Make(ctx, pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		var object struct {
			Fmt      string         `cbor:"fmt"`
			Stmt     map[string]any `cbor:"attStmt"`
			AuthData []byte         `cbor:"authData"`
		}
		if err := cbor.Unmarshal(c.AttestationObject, &object); err != nil {
			t.Fatal(err)
		}
		if object.Fmt != c.Format || c.Format != "packed" || !bytes.Equal(object.AuthData, c.AuthData) || object.Stmt["x5c"] == nil {
			t.Errorf("attestation object: %s %v", object.Fmt, object.Stmt)
		}
		if fido.FormatAAGUID(c.AAGUID) != softkey.AAGUID || !bytes.Equal(c.ID, c.AuthData[55:55+len(c.ID)]) {
			t.Errorf("%+v", c)
		}
		if c.AuthData[32]&flagVerified == 0 {
			t.Error("the user was not verified")
		}
		hash := sha256.Sum256([]byte("get"))
		as, err := s.Assert(ctx, pin(rightPIN), fido.AssertRequest{RPID: rp, ClientDataHash: hash, VerifyUser: true})
		if err != nil || len(as) != 1 {
			t.Fatalf("%v %v", as, err)
		}
		verify(t, publicKey(t, c), hash, as[0])
		if !bytes.Equal(as[0].CredentialID, c.ID) || string(as[0].UserID) != "id of ana" || as[0].AuthData[32]&flagVerified == 0 {
			t.Errorf("%+v", as[0])
		}
		// With the credential named, and with two accounts.
		as, err = s.Assert(ctx, pin(rightPIN), fido.AssertRequest{RPID: rp, ClientDataHash: hash, VerifyUser: true, Allow: [][]byte{c.ID}})
		if err != nil || len(as) != 1 || !bytes.Equal(as[0].CredentialID, c.ID) {
			t.Fatalf("%v %v", as, err)
		}
		if _, err := s.Make(ctx, pin(rightPIN), request("bo")); err != nil {
			t.Fatal(err)
		}
		as, err = s.Assert(ctx, pin(rightPIN), fido.AssertRequest{RPID: rp, ClientDataHash: hash, VerifyUser: true})
		if err != nil || len(as) != 2 || as[0].UserName != "bo" || as[1].UserName != "ana" {
			t.Fatalf("%+v %v", as, err)
		}
		verify(t, publicKey(t, c), hash, as[1])
	})
}

// An empty PIN lets the key verify the user by finger, in the same session that enrolled it.
func TestByFinger(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, h := withPIN(t, o)
		_, err := s.Make(ctx, secret.Secret{}, request("ana"))
		wantCode(t, err, fido.CodePUATRequired)
		if _, err := s.Enrol(ctx, pin(rightPIN), "x", nil); err != nil {
			t.Fatal(err)
		}
		c, err := s.Make(ctx, secret.Secret{}, request("ana"))
		if err != nil || c.AuthData[32]&flagVerified == 0 {
			t.Fatal(err)
		}
		if _, err := s.Assert(ctx, secret.Secret{}, fido.AssertRequest{RPID: rp, VerifyUser: true}); err != nil {
			t.Fatal(err)
		}
		h.set(func(h *hand) { h.finger = otherFinger() })
		_, err = s.Assert(ctx, secret.Secret{}, fido.AssertRequest{RPID: rp, VerifyUser: true})
		wantCode(t, err, fido.CodeUVInvalid)
		for range 3 {
			_, err = s.Assert(ctx, secret.Secret{}, fido.AssertRequest{RPID: rp, VerifyUser: true})
		}
		wantCode(t, err, fido.CodeUVBlocked)
		if r, err := s.Retries(ctx); err != nil || r.UV != 0 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// A key of before permissions is told to verify the user itself, and says PIN_BLOCKED when the finger's tries are spent
// (CTAP 2.1 section 6.1.2): that is not the PIN's end.
func TestFingerBlockedIsNotThePIN(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		h, store := newHand(), softkey.MemoryStore()
		plug := func(p softkey.Profile) (*softkey.Key, fido.Session) {
			p.Samples, p.AlwaysUV = 3, false
			k, err := softkey.Open(softkey.Options{Profile: p, Store: store, Toucher: h})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = k.Close() })
			return k, open(t, o, k)
		}
		k, s := plug(softkey.ATKeyPro21())
		if err := s.SetPIN(ctx, pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrol(ctx, pin(rightPIN), "x", nil); err != nil {
			t.Fatal(err)
		}
		_, _ = s.Close(), k.Close()
		old := softkey.ATKeyPro21()
		old.PinUvAuthToken = false
		_, s = plug(old)
		h.set(func(h *hand) { h.finger = otherFinger() })
		var err error
		for range 3 {
			_, err = s.Make(ctx, secret.Secret{}, request("ana"))
		}
		wantCode(t, err, fido.CodeUVBlocked)
		if r, err := s.Retries(ctx); err != nil || r.UV != 0 || r.PIN != 8 {
			t.Errorf("%+v %v", r, err)
		}
		for range 3 {
			_, err = s.Make(ctx, pin(wrongPIN), request("ana"))
		}
		wantCode(t, err, fido.CodePINPowerCycle)
	})
}

func TestExclude(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o, func(p *softkey.Profile) { p.MaxCredList = 2 })
		c, err := s.Make(ctx, pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		again := request("ana")
		again.Exclude = [][]byte{c.ID}
		_, err = s.Make(ctx, pin(rightPIN), again)
		wantCode(t, err, fido.CodeExcluded)
		// In a list that is longer than the key takes, among ids that cannot be its own.
		filler := func(b byte) []byte { return bytes.Repeat([]byte{b}, 48) }
		again.Exclude = [][]byte{filler(1), filler(2), filler(3), bytes.Repeat([]byte{9}, 500), {}, c.ID, filler(4)}
		_, err = s.Make(ctx, pin(rightPIN), again)
		wantCode(t, err, fido.CodeExcluded)
		again.Exclude = again.Exclude[:4]
		if _, err = s.Make(ctx, pin(rightPIN), again); err != nil {
			t.Fatal(err)
		}
		long := fido.AssertRequest{RPID: rp, VerifyUser: true, Allow: [][]byte{filler(1), filler(2), filler(3)}}
		_, err = s.Assert(ctx, pin(rightPIN), long)
		wantCode(t, err, fido.CodeNoCredentials)
		long.Allow = [][]byte{bytes.Repeat([]byte{9}, 500)}
		_, err = s.Assert(ctx, pin(rightPIN), long)
		wantCode(t, err, fido.CodeNoCredentials)
	})
}

func TestMakeIsRefused(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, h := withPIN(t, o, func(p *softkey.Profile) { p.MaxResident = 1 })
		r := request("ana")
		r.Algorithms = []int{fido.RS256, -999}
		_, err := s.Make(ctx, pin(rightPIN), r)
		wantCode(t, err, fido.CodeAlgorithm)
		_, err = s.Make(ctx, pin(wrongPIN), request("ana"))
		wantCode(t, err, fido.CodePINInvalid)
		_, err = s.Assert(ctx, pin(rightPIN), fido.AssertRequest{RPID: "nowhere.example", VerifyUser: true})
		wantCode(t, err, fido.CodeNoCredentials)

		h.set(func(h *hand) { h.wait = make(chan struct{}) })
		stop, cancel := context.WithCancel(ctx)
		go func() { <-h.asked; cancel() }()
		if _, err = s.Make(stop, pin(rightPIN), request("ana")); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		h.set(func(h *hand) { h.wait = nil })
		if list, err := s.Credentials(ctx, pin(rightPIN), rp); err != nil || len(list) != 0 {
			t.Fatalf("%v %v", list, err)
		}
		if _, err = s.Make(ctx, pin(rightPIN), request("ana")); err != nil {
			t.Fatal(err)
		}
		_, err = s.Make(ctx, pin(rightPIN), request("bo"))
		wantCode(t, err, fido.CodeKeyFull)
	})
}

// A site whose credentials cannot be read costs the list those, and no others: the key is there, and answers on.
func TestCredentialsThatCannotBeRead(t *testing.T) {
	long := append([]byte{0, 0xA1, 0x01, 0x59, 0x09, 0xC4}, make([]byte, 2500)...) // {1: 2,500 bytes}: libfido2 has room for 2,048
	for name, answer := range map[string][]byte{"too long": long, "half a map": {0, 0xA2, 0x01}, "a name that was cut": {0x2E}} {
		t.Run(name, func(t *testing.T) {
			eachOpener(t, func(t *testing.T, o opener) {
				ctx := t.Context()
				s, k, _ := withPIN(t, o)
				for _, site := range []string{"a.example", "b.example", "c.example"} {
					r := request("ana")
					r.RPID = site
					if _, err := s.Make(ctx, pin(rightPIN), r); err != nil {
						t.Fatal(err)
					}
				}
				_ = s.Close()
				hash := sha256.Sum256([]byte("b.example"))
				s, err := o(ctx, k.Device(), &tamperedLink{Link: k.Link(), about: hash[:], answer: answer})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				list, err := s.Credentials(ctx, pin(rightPIN), "")
				var unread *fido.UnreadError
				if !errors.As(err, &unread) || !slices.Equal(unread.RPIDs, []string{"b.example"}) {
					t.Errorf("%v", err)
				}
				if len(list) != 2 || list[0].RPID != "a.example" || list[1].RPID != "c.example" {
					t.Errorf("%+v", list)
				}
				if _, err := s.Info(ctx); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// tamperedLink answers requests that hold certain bytes in the key's place.
type tamperedLink struct {
	fido.Link
	about, answer []byte

	mu    sync.Mutex
	frame [][fido.ReportSize]byte // of a request that is not whole yet
	body  []byte
	queue [][fido.ReportSize]byte // of the answer
}

func (l *tamperedLink) Write(r [fido.ReportSize]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r[4]&0x80 != 0 {
		l.frame, l.body = nil, append([]byte(nil), r[7:]...)
	} else {
		l.body = append(l.body, r[5:]...)
	}
	l.frame = append(l.frame, r)
	if first := l.frame[0]; len(l.body) < int(binary.BigEndian.Uint16(first[5:])) {
		return nil
	}
	if bytes.Contains(l.body, l.about) {
		channel, f := binary.BigEndian.Uint32(r[:]), &fakeKey{out: make(chan [64]byte, 1024)}
		f.send(channel, hidCBOR, l.answer)
		for range len(f.out) {
			l.queue = append(l.queue, <-f.out)
		}
		return nil
	}
	for _, f := range l.frame {
		if err := l.Link.Write(f); err != nil {
			return err
		}
	}
	return nil
}

func (l *tamperedLink) Read(d time.Duration) (r [fido.ReportSize]byte, err error) {
	l.mu.Lock()
	if len(l.queue) > 0 {
		r, l.queue = l.queue[0], l.queue[1:]
		l.mu.Unlock()
		return r, nil
	}
	l.mu.Unlock()
	return l.Link.Read(d)
}

func TestCredentials(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o)
		if list, err := s.Credentials(ctx, pin(rightPIN), ""); err != nil || len(list) != 0 {
			t.Fatalf("%v %v", list, err)
		}
		for _, site := range []string{rp, "other.example"} {
			for _, user := range []string{"ana", "bo"} {
				r := request(user)
				r.RPID = site
				if _, err := s.Make(ctx, pin(rightPIN), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		list, err := s.Credentials(ctx, pin(rightPIN), "")
		if err != nil || len(list) != 4 {
			t.Fatalf("%+v %v", list, err)
		}
		list, err = s.Credentials(ctx, pin(rightPIN), rp)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v %v", list, err)
		}
		for _, r := range list {
			if r.RPID != rp || string(r.UserID) != "id of "+r.UserName || r.DisplayName != "Übung "+r.UserName || len(r.ID) == 0 {
				t.Errorf("%+v", r)
			}
		}
		if err := s.DeleteCredential(ctx, pin(rightPIN), list[0].ID); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.DeleteCredential(ctx, pin(rightPIN), list[0].ID), fido.CodeNoCredentials)
		wantCode(t, s.DeleteCredential(ctx, pin(rightPIN), nil), fido.CodeNoCredentials)
		if rest, err := s.Credentials(ctx, pin(rightPIN), rp); err != nil || len(rest) != 1 || !bytes.Equal(rest[0].ID, list[1].ID) {
			t.Fatalf("%+v %v", rest, err)
		}
		if none, err := s.Credentials(ctx, pin(rightPIN), "nowhere.example"); err != nil || len(none) != 0 {
			t.Fatalf("%+v %v", none, err)
		}
	})
}
