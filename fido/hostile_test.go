package fido_test

import (
	"testing"
	"time"

	"keyrollout/fido"
)

// FuzzAnswers lets a key answer every question with the same bytes, whatever was asked: nothing may panic or hang, and
// every failure is an *Error.
func FuzzAnswers(f *testing.F) {
	for _, b := range [][]byte{
		{}, {0}, {0x31}, {0, 0xA0}, {0, 0xA1, 3, 8}, {0, 0xA1, 3, 0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
		{0, 0xA1, 7, 0x80}, {0, 0xA3, 4, 0x41, 1, 5, 0, 6, 0}, {0, 0xA1, 5, 0x19, 0xFF, 0xFF},
		{0, 0xA1, 1, 0xA5, 1, 2, 3, 0x38, 24, 0x20, 1, 0x21, 0x40, 0x22, 0x40}, fakeInfo,
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) > 7609 {
			return
		}
		for _, o := range openers {
			k := newFake(func(k *fakeKey, m []byte) []byte {
				if m[0] == 0x04 {
					return fakeBioInfo
				}
				return answer
			})
			s, err := o(t.Context(), fido.Device{}, k)
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range operations {
				if name == "enrol" { // a touch may be refused for ever; bounded, but long
					continue
				}
				start := time.Now()
				if err := f(t, s, pin(rightPIN)); err != nil {
					code(t, err)
				}
				if d := time.Since(start); d > 20*time.Second {
					t.Errorf("%s took %v", name, d)
				}
			}
			_ = s.Close()
		}
	})
}

// FuzzInfo lets a key say anything about itself, from the moment it is opened.
func FuzzInfo(f *testing.F) {
	for _, b := range [][]byte{fakeInfo, fakeBioInfo, {0, 0xA0}, {0, 0xA1, 5, 0x1A, 0xFF, 0xFF, 0xFF, 0xFF}, {0, 0x9A, 3, 0xFF, 0x1B, 0xFF}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) > 7609 {
			return
		}
		for _, o := range openers {
			k := newFake(func(k *fakeKey, m []byte) []byte {
				if m[0] == 0x04 {
					return answer
				}
				return []byte{0x01}
			})
			s, err := o(t.Context(), fido.Device{}, k)
			if err != nil {
				code(t, err)
				continue
			}
			for name, f := range operations {
				if err := f(t, s, pin(rightPIN)); err != nil && name != "info" {
					code(t, err)
				}
			}
			_ = s.Close()
		}
	})
}

// fakeBioInfo is getInfo with every option that opens a door: bioEnroll, credMgmt, authnrCfg, setMinPINLength, alwaysUv,
// uv, pinUvAuthToken, clientPin.
var fakeBioInfo = func() []byte {
	b := []byte{0x00, 0xA4, 0x01, 0x81, 0x68, 'F', 'I', 'D', 'O', '_', '2', '_', '1', 0x03, 0x50}
	b = append(b, make([]byte, 16)...)
	names := []string{"uv", "alwaysUv", "credMgmt", "authnrCfg", "bioEnroll", "clientPin", "pinUvAuthToken", "setMinPINLength"}
	b = append(b, 0x04, 0xA0|byte(len(names)))
	for _, n := range names {
		b = append(append(b, 0x60|byte(len(n))), n...)
		b = append(b, 0xF5)
	}
	return append(b, 0x06, 0x81, 0x02)
}()

// FuzzReports lets a key send arbitrary reports after it was asked for something.
func FuzzReports(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 0x90, 0, 1, 0})
	f.Add([]byte{1, 2, 3, 4, 0x90, 0xFF, 0xFF})
	f.Add([]byte{1, 2, 3, 4, 0xBF, 0, 1, 6})
	f.Add([]byte{1, 2, 3, 4, 0x90, 0, 100, 0, 0xA1})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0x90, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range openers {
			k := newFake(func(k *fakeKey, m []byte) []byte {
				if m[0] == 0x04 {
					return fakeInfo
				}
				for rest := b; len(rest) > 0 && len(k.out) < 100; rest = rest[min(64, len(rest)):] {
					var r [64]byte
					copy(r[:], rest)
					k.out <- r
				}
				k.pull()
				return nil
			})
			s, err := o(t.Context(), fido.Device{}, k)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Reset(t.Context()); err != nil {
				code(t, err)
			}
			_ = s.Close()
		}
	})
}
