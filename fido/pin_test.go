package fido_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

func TestCheckPIN(t *testing.T) {
	for _, c := range []struct {
		name, pin string
		min       int
		want      fido.PINReason
	}{
		{"four digits", "1234", 0, 0},
		{"three digits", "123", 0, fido.PINTooShort},
		{"none", "", 4, fido.PINTooShort},
		{"what the key wants", "12345", 6, fido.PINTooShort},
		{"code points, not bytes", "äöüß", 4, 0},
		{"three code points in twelve bytes", "🔑🔑🔑", 4, fido.PINTooShort},
		{"Japanese", "あんしょう", 4, 0},
		{"63 bytes", strings.Repeat("1", 63), 4, 0},
		{"64 bytes", strings.Repeat("1", 64), 4, fido.PINTooLong},
		{"16 keys of four bytes", strings.Repeat("🔑", 16), 4, fido.PINTooLong},
		{"a with combining dots", "a\u0308bcd", 4, fido.PINNotNFC},
		{"Latin-1", "\xe4bcd", 4, fido.PINNotUTF8},
		{"a zero", "12\x0034", 4, fido.PINZero},
	} {
		err := fido.CheckPIN(secret.New([]byte(c.pin)), fido.Info{MinPIN: c.min})
		var e *fido.PINError
		switch {
		case c.want == 0 && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != 0 && (!errors.As(err, &e) || e.Reason != c.want):
			t.Errorf("%s: got %v, want reason %d", c.name, err, c.want)
		case c.want != 0 && len(c.pin) > 2 && strings.Contains(err.Error(), c.pin):
			t.Errorf("%s: the error shows the PIN", c.name)
		}
	}
}

func FuzzCheckPIN(f *testing.F) {
	f.Add([]byte("1234"), 4)
	f.Add([]byte("a\u0308bcd"), 6)
	f.Add([]byte{0xff, 0, 0x80}, 0)
	f.Fuzz(func(t *testing.T, pin []byte, min int) {
		if fido.CheckPIN(secret.New(append([]byte(nil), pin...)), fido.Info{MinPIN: min}) != nil {
			return
		}
		n := utf8.RuneCount(pin)
		if !utf8.Valid(pin) || len(pin) > 63 || n < min || (min == 0 && n < 4) || string(norm.NFC.Bytes(pin)) != string(pin) {
			t.Errorf("%q passes with a minimum of %d", pin, min)
		}
	})
}
