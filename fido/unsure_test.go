package fido_test

import (
	"errors"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

// lossy is a line to a key that does what it is asked, and whose answers are lost once cut is called for.
type lossy struct {
	fido.Link
	command byte // of the message whose answer is lost
	sub     byte // its subcommand: the byte behind the key that names it
	at      int  // where that stands
	armed   bool
}

func (l *lossy) Write(r [64]byte) error {
	if r[4] == 0x80|hidCBOR && r[7] == l.command && r[l.at] == l.sub {
		l.armed = true
	}
	return l.Link.Write(r)
}

func (l *lossy) Read(d time.Duration) ([64]byte, error) {
	r, err := l.Link.Read(d)
	if err == nil && l.armed && r[4] == 0x80|hidCBOR {
		_ = l.Link.Close()
		return [64]byte{}, errors.New("gone")
	}
	return r, err
}

// A change whose answer is lost is not said to have failed: here the key has done it.
func TestLostAnswersLeaveOpenWhatWasDone(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		k, _ := newKey(t)
		lost := func(command byte, at int, sub byte, do func(fido.Session) error) {
			t.Helper()
			s, err := o(t.Context(), k.Device(), &lossy{Link: k.Link(), command: command, at: at, sub: sub})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var e *fido.Error
			if err := do(s); !errors.As(err, &e) || e.Code != fido.CodeGone || !e.Unsure {
				t.Errorf("%02x %d: %v %+v", command, sub, err, e)
			}
		}
		lost(0x06, 12, 3, func(s fido.Session) error { return s.SetPIN(t.Context(), pin(rightPIN)) })
		s := open(t, o, k)
		if i, err := s.Info(t.Context()); err != nil || !i.HasPIN() {
			t.Fatalf("%v %v", i.Options, err)
		}
		made, err := s.Make(t.Context(), pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		lost(0x0A, 10, 6, func(s fido.Session) error { return s.DeleteCredential(t.Context(), pin(rightPIN), made.ID) })
		lost(0x0D, 10, 3, func(s fido.Session) error {
			return s.(fido.Configurer).SetMinPIN(t.Context(), pin(rightPIN), 6)
		})
	})
}

// What the key refuses, and what asks only, leaves nothing open.
func TestRefusalsAreSure(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, k, _ := withPIN(t, o, func(*softkey.Profile) {})
		var e *fido.Error
		if err := s.ChangePIN(t.Context(), pin(wrongPIN), pin("938271")); !errors.As(err, &e) || e.Unsure {
			t.Errorf("%+v", e)
		}
		k.PlugOut()
		if _, err := s.Fingerprints(t.Context(), pin(rightPIN)); !errors.As(err, &e) || e.Code != fido.CodeGone || e.Unsure {
			t.Errorf("%+v", e)
		}
	})
}
