package share_test

import (
	"context"
	"errors"
	"slices"
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

func held(a share.Activity) bool { return a.Held != share.NotHeld && !a.Done }

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
	// What a touch allows does not wait for a yes, nor does the PIN that was set with one.
	if _, err := s.Make(t.Context(), pin, makeRequest()); err != nil {
		t.Fatal(err)
	}
}

// tries are the PIN tries that were held, as they were told.
func (p *pair) tries() (all []share.Activity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.told {
		if a.Held == share.HoldPIN && !a.Done {
			all = append(all, a)
		}
	}
	return all
}

// A far side that guesses needs a yes for each guess: nothing burns the tries of a PIN behind the back of the person at
// the desk. Who types the right one is asked once.
func TestDeskGuardsTheTriesOfThePIN(t *testing.T) {
	decide := make(chan bool)
	p := decided(t, touching{}, decide)
	right, wrong := secret.New([]byte("482913")), secret.New([]byte("111111"))
	near, err := fido.OpenLink(t.Context(), fido.Device{}, p.key.Link()) // at the desk itself
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if err := near.SetPIN(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	left := func(want int) {
		t.Helper()
		if r, err := s.Retries(t.Context()); err != nil || r.PIN != want {
			t.Fatalf("%+v %v, not %d tries", r, err, want)
		}
	}
	try := func(pin secret.Secret) chan error {
		done := make(chan error, 1)
		go func() { _, err := s.Make(t.Context(), pin, makeRequest()); done <- err }()
		return done
	}
	n := 0
	asked := func(pin secret.Secret, yes bool) error {
		t.Helper()
		done := try(pin)
		for n++; len(p.tries()) < n; time.Sleep(time.Millisecond) {
			select {
			case err := <-done:
				t.Fatalf("a try that was not asked about ended with %v", err)
			default:
			}
		}
		decide <- yes
		return ended(t, done)
	}
	if err := asked(wrong, false); !refusedWith(err, fido.CodeDenied) {
		t.Fatal(err)
	}
	left(8)
	if err := asked(wrong, true); !refusedWith(err, fido.CodePINInvalid) {
		t.Fatal(err)
	}
	left(7)
	if err := asked(right, true); err != nil {
		t.Fatal(err)
	}
	if err := ended(t, try(right)); err != nil { // not asked about
		t.Fatal(err)
	}
	if err := ended(t, try(wrong)); !refusedWith(err, fido.CodePINInvalid) { // nor is this one: it was right so far
		t.Fatal(err)
	}
	left(7)
	for _, want := range []fido.Code{fido.CodePINInvalid, fido.CodePINPowerCycle} {
		if err := asked(wrong, true); !refusedWith(err, want) {
			t.Fatal(err)
		}
	}
	if !p.any(func(a share.Activity) bool { return a.Done && a.Status == byte(fido.CodePINPowerCycle) }) {
		t.Error("not told that the key wants to be unplugged")
	}
	var told []int
	for _, a := range p.tries() {
		told = append(told, a.Tries)
	}
	if want := []int{0, 8, 7, 7, 6}; !slices.Equal(told, want) { // at first the key had not been asked
		t.Errorf("tries told: %v, not %v", told, want)
	}
	left(5)
	done := make(chan error, 1)
	go func() { done <- s.ChangePIN(t.Context(), right, wrong) }() // tries the old one: always asked about
	for n++; len(p.tries()) < n; time.Sleep(time.Millisecond) {
	}
	decide <- false
	if err := ended(t, done); !refusedWith(err, fido.CodeDenied) {
		t.Fatal(err)
	}
}

// Without a person at the desk what waits for a yes is refused, and told; what needs none goes on.
func TestNobodyAtTheDesk(t *testing.T) {
	p := decided(t, touching{}, nil)
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pin := secret.New([]byte("482913"))
	if err := s.SetPIN(t.Context(), pin); !refusedWith(err, fido.CodeDenied) {
		t.Fatal(err)
	}
	if !p.any(func(a share.Activity) bool {
		return a.Done && a.Held == share.HoldChange && a.Status == byte(fido.CodeDenied)
	}) {
		t.Errorf("told %+v", p.told)
	}
	near, err := fido.OpenLink(t.Context(), fido.Device{}, p.key.Link())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if err := near.SetPIN(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Make(t.Context(), pin, makeRequest()); !refusedWith(err, fido.CodeDenied) { // a try of the PIN
		t.Fatal(err)
	}
	if r, err := s.Retries(t.Context()); err != nil || r.PIN != 8 {
		t.Errorf("%+v %v", r, err)
	}
	if err := s.(fido.Toucher).Touch(t.Context()); err != nil {
		t.Errorf("a touch: %v", err)
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
