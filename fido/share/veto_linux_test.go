package share_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/internal/secret"
)

// waitFor waits until the desk was told something.
func (p *pair) waitFor(t *testing.T, is func(share.Activity) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !p.any(is); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not told: %+v", p.told)
		}
	}
}

func held(a share.Activity) bool { return a.Held && !a.Done }

func refusedWith(err error, c fido.Code) bool {
	var e *fido.Error
	return errors.As(err, &e) && e.Code == c
}

// What changes the key without a touch is done only after a yes at the desk; after a no the key never hears of it.
func TestDeskAllowsAndRefusesChanges(t *testing.T) {
	decide := make(chan bool)
	p := decided(t, touching{}, decide)
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pin := secret.New([]byte("482913"))
	for _, yes := range []bool{false, true} {
		done := make(chan error, 1)
		go func() { done <- s.SetPIN(t.Context(), pin) }()
		p.waitFor(t, held)
		decide <- yes
		err := ended(t, done)
		if yes && err != nil || !yes && !refusedWith(err, fido.CodeDenied) {
			t.Fatalf("after %v: %v", yes, err)
		}
		if i, err := s.Info(t.Context()); err != nil || i.HasPIN() != yes {
			t.Fatalf("after %v: %v %v", yes, i.HasPIN(), err)
		}
		p.mu.Lock()
		p.told = nil
		p.mu.Unlock()
	}
	// What a touch allows does not wait for a yes.
	if _, err := s.Make(t.Context(), pin, makeRequest()); err != nil {
		t.Fatal(err)
	}
}

// A request that waits for a touch can be refused; the sharing goes on.
func TestDeskRefusesATouch(t *testing.T) {
	decide := make(chan bool, 1)
	p := decided(t, touching{never: true}, decide)
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done := make(chan error, 1)
	go func() { done <- s.(fido.Toucher).Touch(t.Context()) }()
	p.waitFor(t, func(a share.Activity) bool { return a.Touch })
	decide <- false
	if err := ended(t, done); !refusedWith(err, fido.CodeDenied) {
		t.Fatalf("refused with %v", err)
	}
	if _, err := s.Info(t.Context()); err != nil {
		t.Fatalf("after the refusal: %v", err)
	}
}

// A client that gives up what waits for a yes is told so, and the key never hears of it.
func TestClientGivesUpWhatIsHeld(t *testing.T) {
	p := decided(t, touching{}, make(chan bool))
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.SetPIN(ctx, secret.New([]byte("482913"))) }()
	p.waitFor(t, held)
	cancel()
	if err := ended(t, done); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if i, err := s.Info(t.Context()); err != nil || i.HasPIN() {
		t.Errorf("%v %v", i.HasPIN(), err)
	}
}
