package fido_test

import (
	"testing"
	"time"

	"keyrollout/fido"
)

// What no key can mean is not passed on.
func TestTriesOutOfRange(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for _, c := range []struct {
			n    []byte
			want int
		}{{[]byte{8}, 8}, {[]byte{0x18, 0xFF}, 255}, {[]byte{0x19, 1, 0}, -1}, {[]byte{0x1A, 0x7F, 0xFF, 0xFF, 0xFF}, -1}} {
			_, s := openFake(t, o, func(*fakeKey, []byte) []byte { return append([]byte{0, 0xA1, 3}, c.n...) })
			if r, err := s.Retries(t.Context()); err != nil || r.PIN != c.want {
				t.Errorf("% x: %+v %v", c.n, r, err)
			}
		}
	})
}

func TestInfoOutOfRange(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for _, n := range []byte{3, 64} {
			info := append([]byte{0, 0xA5}, fakeInfo[2:]...)
			info = append(info, 0x0D, 0x18, n)
			s, err := o(t.Context(), fido.Device{}, newFake(func(*fakeKey, []byte) []byte { return info }))
			if err != nil {
				t.Fatal(err)
			}
			if i, err := s.Info(t.Context()); err != nil || i.MinPIN != 4 {
				t.Errorf("%d: %d %v", n, i.MinPIN, err)
			}
			_ = s.Close()
		}
	})
}

// boast is a line to a key that says of its sites that there are 100,000.
type boast struct {
	fido.Link
	armed bool
}

func (l *boast) Write(r [64]byte) error {
	l.armed = l.armed || r[4] == 0x80|hidCBOR && r[7] == 0x0A
	return l.Link.Write(r)
}

func (l *boast) Read(d time.Duration) ([64]byte, error) {
	r, err := l.Link.Read(d)
	if err == nil && l.armed && r[4] == 0x80|hidCBOR {
		m := append([]byte{0, 50, 0, 0xA3, 3, 0xA1, 0x62, 'i', 'd', 0x61, 'a', 4, 0x58, 32}, make([]byte, 32)...)
		clear(r[5:])
		copy(r[5:], append(m, 5, 0x1A, 0, 1, 0x86, 0xA0))
	}
	return r, err
}

func TestListsWithoutAnEnd(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, k, _ := withPIN(t, o)
		if _, err := s.Make(t.Context(), pin(rightPIN), request("ana")); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		s, err := o(t.Context(), k.Device(), &boast{Link: k.Link()})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_, err = s.Credentials(t.Context(), pin(rightPIN), "")
		wantCode(t, err, fido.CodeGarbled)
	})
}
