package fido_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

func TestEnrol(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, h := withPIN(t, o)
		h.first = []softkey.Touch{dry(), {None: true}}
		var seen []fido.Sample
		f, err := s.Enrol(ctx, pin(rightPIN), "right index", func(x fido.Sample) { seen = append(seen, x) })
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "right index" || len(f.ID) == 0 {
			t.Errorf("%+v", f)
		}
		good, last := 0, 4
		for i, x := range seen {
			if x.Remaining > last {
				t.Errorf("touch %d: more remain than before: %v", i, seen)
			}
			last = x.Remaining
			if x.Status == fido.SampleGood {
				good++
			}
		}
		if len(seen) < 5 || seen[0].Status == fido.SampleGood || seen[1].Status != fido.SampleNoActivity || good != 3 || last != 0 {
			t.Errorf("samples: %+v", seen)
		}
		i, err := s.Info(ctx)
		if err != nil || !i.HasFinger() || !i.Options["uv"] {
			t.Errorf("%v %v", i.Options, err)
		}
	})
}

func TestFingerprints(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, h := withPIN(t, o)
		if fs, err := s.Fingerprints(ctx, pin(rightPIN)); err != nil || len(fs) != 0 {
			t.Fatalf("%v %v", fs, err)
		}
		long := strings.Repeat("ü", 40)
		f, err := s.Enrol(ctx, pin(rightPIN), long, nil)
		if err != nil || f.Name != strings.Repeat("ü", 32) {
			t.Fatalf("%q %v", f.Name, err)
		}
		// The same finger again is told, and ends by itself.
		statuses := map[fido.SampleStatus]int{}
		_, err = s.Enrol(ctx, pin(rightPIN), "again", func(x fido.Sample) { statuses[x.Status]++ })
		wantCode(t, err, fido.CodeTouchesRefused)
		if statuses[fido.SampleExists] == 0 {
			t.Errorf("%v", statuses)
		}
		h.set(func(h *hand) { h.finger = otherFinger() })
		g, err := s.Enrol(ctx, pin(rightPIN), "", nil)
		if err != nil || g.Name != "" {
			t.Fatalf("%+v %v", g, err)
		}
		if err := s.RenameFingerprint(ctx, pin(rightPIN), f.ID, "left thumb"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.RenameFingerprint(ctx, pin(rightPIN), f.ID, strings.Repeat("x", 65)), fido.CodeInvalidLength)
		wantCode(t, s.RenameFingerprint(ctx, pin(rightPIN), []byte("nobody"), "x"), fido.CodeInvalidOption)
		wantCode(t, s.RemoveFingerprint(ctx, pin(rightPIN), nil), fido.CodeInvalidOption)
		fs, err := s.Fingerprints(ctx, pin(rightPIN))
		if err != nil || len(fs) != 2 || fs[0].Name != "left thumb" || string(fs[0].ID) != string(f.ID) {
			t.Fatalf("%+v %v", fs, err)
		}
		for _, f := range fs {
			if err := s.RemoveFingerprint(ctx, pin(rightPIN), f.ID); err != nil {
				t.Fatal(err)
			}
		}
		if i, err := s.Info(ctx); err != nil || i.HasFinger() {
			t.Errorf("%v %v", i.Options, err)
		}
		_, err = s.Enrol(ctx, pin(""), "x", nil)
		wantCode(t, err, fido.CodePUATRequired)
	})
}

// Stopped in the middle, an enrolment leaves nothing, and the key can begin anew.
func TestEnrolStopped(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, _ := withPIN(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.Enrol(ctx, pin(rightPIN), "x", func(fido.Sample) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if fs, err := s.Fingerprints(t.Context(), pin(rightPIN)); err != nil || len(fs) != 0 {
			t.Fatalf("%v %v", fs, err)
		}
		if _, err := s.Enrol(t.Context(), pin(rightPIN), "x", nil); err != nil {
			t.Fatal(err)
		}
	})
}

// Stopped while the key waits for a touch, it stops at once.
func TestEnrolStoppedWhileWaiting(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, h := withPIN(t, o)
		h.set(func(h *hand) { h.wait = make(chan struct{}) })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-h.asked; cancel() }()
		start := time.Now()
		_, err := s.Enrol(ctx, pin(rightPIN), "x", nil)
		if !errors.Is(err, context.Canceled) || time.Since(start) > 3*time.Second {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		h.set(func(h *hand) { h.wait = nil })
		if _, err := s.Enrol(t.Context(), pin(rightPIN), "x", nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEnrolEndsByItself(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, h := withPIN(t, o)
		for range 10 {
			h.first = append(h.first, softkey.Touch{None: true})
		}
		_, err := s.Enrol(t.Context(), pin(rightPIN), "x", nil)
		wantCode(t, err, fido.CodeUserTimeout)
		h.set(func(h *hand) {
			h.first = nil
			for range 40 {
				h.first = append(h.first, dry())
			}
		})
		_, err = s.Enrol(t.Context(), pin(rightPIN), "x", nil)
		if c := code(t, err); c != fido.CodeTouchesRefused && c != fido.CodeUserTimeout {
			t.Fatal(err)
		}
	})
}

func TestKeyFullOfFingers(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, h := withPIN(t, o, func(p *softkey.Profile) { p.Fingers = 1 })
		if _, err := s.Enrol(t.Context(), pin(rightPIN), "one", nil); err != nil {
			t.Fatal(err)
		}
		h.set(func(h *hand) { h.finger = otherFinger() })
		_, err := s.Enrol(t.Context(), pin(rightPIN), "two", nil)
		wantCode(t, err, fido.CodeFingersFull)
	})
}
