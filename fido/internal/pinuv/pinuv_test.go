package pinuv

import (
	"bytes"
	"crypto/rand"
	"testing"
)

// Both sides must come to the same secret, under both protocols, whatever is sent over it.
func TestBothSidesAgree(t *testing.T) {
	for _, p := range []Protocol{One, Two} {
		a, err := NewAgreement(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewAgreement(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := a.Shared(p, b.Public())
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Shared(p, a.Public())
		if err != nil {
			t.Fatal(err)
		}
		plain := bytes.Repeat([]byte{7}, 64)
		text, err := s.Encrypt(rand.Reader, plain)
		if err != nil {
			t.Fatal(err)
		}
		if want := 64 + 16*(int(p)-1); len(text) != want {
			t.Errorf("protocol %d: cipher text of %d bytes, want %d", p, len(text), want)
		}
		got, err := r.Decrypt(text)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("protocol %d: decrypted %x, %v", p, got, err)
		}
		sig := s.Authenticate(text)
		if want := 16 * int(p); len(sig) != want {
			t.Errorf("protocol %d: signature of %d bytes, want %d", p, len(sig), want)
		}
		if !r.Verify(text, sig) {
			t.Errorf("protocol %d: the signature does not verify", p)
		}
		sig[0] ^= 1
		if r.Verify(text, sig) || r.Verify(text, sig[:8]) || r.Verify(text, nil) {
			t.Errorf("protocol %d: a wrong signature verifies", p)
		}
	}
}

// What the other side sends may be anything.
func TestHostileInput(t *testing.T) {
	a, err := NewAgreement(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Shared(One, Point{}); err == nil {
		t.Error("the point (0,0) was taken")
	}
	if _, err := a.Shared(3, a.Public()); err == nil {
		t.Error("protocol 3 was taken")
	}
	for _, p := range []Protocol{One, Two} {
		s, err := a.Shared(p, a.Public())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 15, 17, 33} {
			if _, err := s.Decrypt(make([]byte, n)); err == nil {
				t.Errorf("protocol %d: %d bytes were decrypted", p, n)
			}
		}
	}
	if _, err := NewAgreement(bytes.NewReader(nil)); err == nil {
		t.Error("a key came out of an empty source")
	}
	if _, err := NewAgreement(zeros{}); err == nil {
		t.Error("a key came out of zeros")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
