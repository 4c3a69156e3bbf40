package fido_test

import (
	"context"
	"sync"
	"testing"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// Tests against the software key, a whole authenticator.

// hand is the person at the sensor: which finger touches, and what goes wrong first.
type hand struct {
	mu     sync.Mutex
	finger *synth.Finger
	count  int
	first  []softkey.Touch     // touches before the right ones
	before func(n int) error   // called before touch n, from 1; an error pulls the key out
	wait   chan struct{}       // when set, a touch waits for it to be closed
	asked  chan softkey.Reason // told of every request
}

func (h *hand) Touch(ctx context.Context, r softkey.TouchRequest) (softkey.Touch, error) {
	h.mu.Lock()
	h.count++
	n, wait, before, f := h.count, h.wait, h.before, h.finger
	var t softkey.Touch
	scripted := r.Reason != softkey.Presence && len(h.first) > 0
	if scripted {
		t, h.first = h.first[0], h.first[1:]
	}
	h.mu.Unlock()
	select {
	case h.asked <- r.Reason:
	default:
	}
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
	if before != nil {
		if err := before(n); err != nil {
			return t, err
		}
	}
	if !scripted && r.Reason != softkey.Presence {
		img := f.Touch(n)
		t.Image = &img
	}
	return t, nil
}

func (h *hand) set(f func(*hand)) { h.mu.Lock(); f(h); h.mu.Unlock() }

// drain forgets the requests told so far.
func drain(h *hand) {
	for {
		select {
		case <-h.asked:
		default:
			return
		}
	}
}

var practiceFinger = sync.OnceValue(func() *synth.Finger { return synth.New(4) })
var otherFinger = sync.OnceValue(func() *synth.Finger { return synth.New(9) })

// dry is a picture without a finger on it.
func dry() softkey.Touch {
	img := matcher.Image{Pix: make([]byte, synth.Sensor*synth.Sensor), W: synth.Sensor, H: synth.Sensor}
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return softkey.Touch{Image: &img}
}

func newHand() *hand { return &hand{finger: practiceFinger(), asked: make(chan softkey.Reason, 100)} }

// newKey makes a software key with a short enrolment.
func newKey(t *testing.T, change ...func(*softkey.Profile)) (*softkey.Key, *hand) {
	t.Helper()
	p := softkey.ATKeyPro21()
	p.Samples = 3
	for _, f := range change {
		f(&p)
	}
	h := newHand()
	k, err := softkey.Open(softkey.Options{Profile: p, Store: softkey.MemoryStore(), Toucher: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k, h
}

func open(t *testing.T, o opener, k *softkey.Key) fido.Session {
	t.Helper()
	s, err := o(t.Context(), k.Device(), k.Link())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func pin(text string) secret.Secret { return secret.New([]byte(text)) }

const rightPIN, wrongPIN = "482615", "591736"

// withPIN is a key with a PIN set.
func withPIN(t *testing.T, o opener, change ...func(*softkey.Profile)) (fido.Session, *softkey.Key, *hand) {
	t.Helper()
	k, h := newKey(t, change...)
	s := open(t, o, k)
	if err := s.SetPIN(t.Context(), pin(rightPIN)); err != nil {
		t.Fatal(err)
	}
	return s, k, h
}

func TestKeyInfo(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		k, _ := newKey(t)
		s := open(t, o, k)
		i, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i.Firmware != 20001 || i.MinPIN != 4 || i.MaxMsg != 2048 || i.MaxCredIDs != 20 || i.MaxCredID != 64 {
			t.Errorf("%+v", i)
		}
		if len(i.Algorithms) != 2 || i.Algorithms[0] != fido.ES256 || len(i.Transports) != 1 || i.Transports[0] != "usb" {
			t.Errorf("%+v", i)
		}
		if i.HasPIN() || !i.CanEnrol() || i.HasFinger() || !i.CanListCredentials() || i.ForcePIN {
			t.Errorf("%+v", i.Options)
		}
		if i.MaxLargeBlob != 1024 || i.MaxCredBlob != 256 || i.MinPINRPs != 10 || i.UVModality != 2 {
			t.Errorf("%+v", i)
		}
		if got := fido.FormatAAGUID(i.AAGUID); got != softkey.AAGUID {
			t.Error(got)
		}
		if d := s.Device(); !d.Software {
			t.Errorf("%+v", d)
		}
		sensor, err := s.Sensor(t.Context())
		if err != nil || sensor != (fido.Sensor{Kind: "touch", Samples: 3, NameSize: 64}) {
			t.Errorf("%+v %v", sensor, err)
		}
	})
}

func TestPIN(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		k, _ := newKey(t)
		s := open(t, o, k)
		_, err := s.Fingerprints(ctx, pin(rightPIN))
		wantCode(t, err, fido.CodePINNotSet)
		if r, err := s.Retries(ctx); err != nil || r.PIN != -1 || r.UV < 1 { // a key without a PIN counts no tries yet
			t.Errorf("tries without a PIN: %+v %v", r, err)
		}
		wantCode(t, s.SetPIN(ctx, pin("12")), fido.CodePINPolicy)
		wantCode(t, s.SetPIN(ctx, pin("")), fido.CodePINPolicy)
		wantCode(t, s.SetPIN(ctx, pin("1234\x0056")), fido.CodePINPolicy)
		if err := s.SetPIN(ctx, pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(ctx); err != nil || !i.HasPIN() {
			t.Errorf("%v %v", i.Options, err)
		}
		wantCode(t, s.ChangePIN(ctx, pin(wrongPIN), pin("7777")), fido.CodePINInvalid)
		if r, err := s.Retries(ctx); err != nil || r.PIN != 7 || r.UV < 1 {
			t.Errorf("%+v %v", r, err)
		}
		if err := s.ChangePIN(ctx, pin(rightPIN), pin("あんしょうばんごう")); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Retries(ctx); err != nil || r.PIN != 8 {
			t.Errorf("%+v %v", r, err)
		}
		if err := s.ChangePIN(ctx, pin("あんしょうばんごう"), pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPINLocks(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, k, _ := withPIN(t, o)
		left := 8
		for _, want := range []fido.Code{fido.CodePINInvalid, fido.CodePINInvalid, fido.CodePINPowerCycle, fido.CodePINPowerCycle} {
			_, err := s.Fingerprints(ctx, pin(wrongPIN))
			wantCode(t, err, want)
		}
		if r, err := s.Retries(ctx); err != nil || r.PIN != left-3 {
			t.Errorf("after three wrong PINs: %+v %v", r, err)
		}
		for range 2 { // plug it in anew, wrong again
			k.PlugOut()
			k.PlugIn()
			s = open(t, o, k)
			for range 3 {
				_, _ = s.Fingerprints(ctx, pin(wrongPIN))
			}
		}
		_, err := s.Fingerprints(ctx, pin(rightPIN))
		wantCode(t, err, fido.CodePINBlocked)
		if r, err := s.Retries(ctx); err != nil || r.PIN != 0 {
			t.Errorf("locked: %+v %v", r, err)
		}
		k.PlugOut()
		k.PlugIn()
		s = open(t, o, k)
		if err := s.Reset(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.SetPIN(ctx, pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
	})
}
