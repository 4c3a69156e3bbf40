package fido_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
)

// operations is every operation of a Session that asks the key something.
var operations = map[string]func(*testing.T, fido.Session, secret.Secret) error{
	"info": func(t *testing.T, s fido.Session, p secret.Secret) error { _, err := s.Info(t.Context()); return err },
	"retries": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Retries(t.Context())
		return err
	},
	"set PIN":    func(t *testing.T, s fido.Session, p secret.Secret) error { return s.SetPIN(t.Context(), p) },
	"change PIN": func(t *testing.T, s fido.Session, p secret.Secret) error { return s.ChangePIN(t.Context(), p, p) },
	"sensor":     func(t *testing.T, s fido.Session, p secret.Secret) error { _, err := s.Sensor(t.Context()); return err },
	"fingers": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Fingerprints(t.Context(), p)
		return err
	},
	"rename": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.RenameFingerprint(t.Context(), p, []byte("id"), "x")
	},
	"remove": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.RemoveFingerprint(t.Context(), p, []byte("id"))
	},
	"credentials": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Credentials(t.Context(), p, "")
		return err
	},
	"delete": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.DeleteCredential(t.Context(), p, []byte("id"))
	},
	"reset": func(t *testing.T, s fido.Session, p secret.Secret) error { return s.Reset(t.Context()) },
	"enrol": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Enrol(t.Context(), p, "x", nil)
		return err
	},
	"make": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Make(t.Context(), p, request("ana"))
		return err
	},
	"assert": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, err := s.Assert(t.Context(), p, fido.AssertRequest{RPID: rp, VerifyUser: true})
		return err
	},
	"min PIN": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.(fido.Configurer).SetMinPIN(t.Context(), p, 5)
	},
	"force PIN": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.(fido.Configurer).ForcePINChange(t.Context(), p)
	},
	"always uv": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.(fido.Configurer).ToggleAlwaysUV(t.Context(), p)
	},
	"room": func(t *testing.T, s fido.Session, p secret.Secret) error {
		_, _, err := s.(fido.Configurer).Room(t.Context(), p)
		return err
	},
	"touch": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.(fido.Toucher).Touch(t.Context())
	},
	"update user": func(t *testing.T, s fido.Session, p secret.Secret) error {
		return s.(fido.Configurer).UpdateUser(t.Context(), p, fido.Resident{ID: []byte("id"), UserID: []byte("u")})
	},
}

func TestPulledOutBefore(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for name, f := range operations {
			s, k, _ := withPIN(t, o)
			k.PlugOut()
			start := time.Now()
			if err := f(t, s, pin(rightPIN)); !is(err, fido.CodeGone) {
				t.Errorf("%s: %v", name, err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("%s: took %v", name, d)
			}
		}
	})
}

// Every operation, with the key pulled out after each report that it sends, until it gets as far as it does with a key
// that stays.
func TestPulledOutAtEveryReport(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for name, f := range operations {
			if testing.Short() && name != "make" && name != "set PIN" && name != "enrol" {
				continue
			}
			whole := pullOutAfter(t, o, name, f, -1)
			for n := 0; ; n++ {
				err := pullOutAfter(t, o, name, f, n)
				if is(err, fido.CodeGone) && n < 100 {
					continue
				}
				if fmt.Sprint(err) != fmt.Sprint(whole) || n == 0 {
					t.Errorf("%s, pulled out after report %d: %v", name, n, err)
				}
				break
			}
		}
	})
}

// pullOutAfter runs an operation on a fresh key that is pulled out after so many reports; not at all when n < 0.
func pullOutAfter(t *testing.T, o opener, name string, f func(*testing.T, fido.Session, secret.Secret) error, n int) error {
	k, _ := newKey(t)
	defer k.Close()
	s := open(t, o, k)
	if name != "set PIN" {
		if err := s.SetPIN(t.Context(), pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.Close()
	l := &cutLink{Link: k.Link(), left: -1}
	s, err := o(t.Context(), k.Device(), l)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l.left = n
	return f(t, s, pin(rightPIN))
}

// cutLink breaks after so many reports have been read.
type cutLink struct {
	fido.Link
	left int // touched by the reading side only, and by the test while nobody reads
}

func (l *cutLink) Read(d time.Duration) ([fido.ReportSize]byte, error) {
	if l.left == 0 {
		return [fido.ReportSize]byte{}, errors.New("cut")
	}
	r, err := l.Link.Read(d)
	if err == nil && r[4] != 0x80|hidKeepalive {
		l.left--
	}
	return r, err
}

func is(err error, c fido.Code) bool {
	var e *fido.Error
	return errors.As(err, &e) && e.Code == c
}

func TestPulledOutDuringATouch(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for _, name := range []string{"enrol", "make"} {
			s, k, h := withPIN(t, o)
			h.set(func(h *hand) { h.wait = make(chan struct{}) })
			out := make(chan struct{})
			go func() { <-h.asked; k.PlugOut(); close(out) }()
			if err := operations[name](t, s, pin(rightPIN)); !is(err, fido.CodeGone) {
				t.Errorf("%s: %v", name, err)
			}
			<-out
			k.PlugIn()
			h.set(func(h *hand) { h.wait = nil })
			s = open(t, o, k) // nothing stayed behind
			if fs, err := s.Fingerprints(t.Context(), pin(rightPIN)); err != nil || len(fs) != 0 {
				t.Errorf("%s: %v %v", name, fs, err)
			}
			if cs, err := s.Credentials(t.Context(), pin(rightPIN), ""); err != nil || len(cs) != 0 {
				t.Errorf("%s: %v %v", name, cs, err)
			}
		}
	})
}

func TestTwoSessions(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, k, h := withPIN(t, o)
		other := open(t, o, k)
		for range 3 {
			for _, s := range []fido.Session{s, other} {
				if i, err := s.Info(t.Context()); err != nil || !i.HasPIN() {
					t.Fatal(err)
				}
			}
		}
		// While one waits for a touch, the other is told that the key is busy or gets its answer; nobody hangs.
		h.set(func(h *hand) { h.wait = make(chan struct{}) })
		done := make(chan error)
		go func() { _, err := s.Make(t.Context(), pin(rightPIN), request("ana")); done <- err }()
		<-h.asked
		if _, err := other.Info(t.Context()); err != nil {
			code(t, err)
		}
		h.set(func(h *hand) { close(h.wait); h.wait = nil })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// No error of any operation shows a PIN, right or wrong.
func TestErrorsDoNotShowThePIN(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for name, f := range operations {
			s, _, _ := withPIN(t, o, func(p *softkey.Profile) { p.MaxResident = 0 })
			err := f(t, s, pin(wrongPIN))
			for e := err; e != nil; e = errors.Unwrap(e) {
				text := fmt.Sprintf("%v %+v %#v", e, e, e)
				if strings.Contains(text, wrongPIN) || strings.Contains(text, fmt.Sprintf("%x", wrongPIN)) {
					t.Errorf("%s: %s", name, text)
				}
			}
		}
	})
}
