package softkey

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"keyrollout/matcher"
)

func TestEnrolAlone(t *testing.T) {
	f := &fingers{}
	var mu sync.Mutex
	var lights []Light
	k := open(t, Options{Profile: quick(), Toucher: f, TouchTimeout: 600 * time.Millisecond, Light: func(l Light) {
		mu.Lock()
		defer mu.Unlock()
		lights = append(lights, l)
	}})
	c := dial(t, k)
	last := func() (seen map[Light]bool, l Light) {
		mu.Lock()
		defer mu.Unlock()
		seen = map[Light]bool{}
		for _, l := range lights {
			seen[l] = true
		}
		l, lights = lights[len(lights)-1], nil
		return seen, l
	}
	remaining := -1
	f.script(presses(thumb, 0, 40)...)
	if err := k.EnrolAlone(t.Context(), func(_ matcher.Verdict, n int) { remaining = n }); err != nil || remaining != 0 {
		t.Fatalf("%v, %d remain", err, remaining)
	}
	if seen, l := last(); l != (Light{"cyan", false}) || !seen[lightEnrol] || !seen[lightGood] || seen[lightAlone] {
		t.Errorf("lights %v, at last %v", seen, l)
	}
	if !c.options()["uv"] || c.options()["clientPin"] {
		t.Error("a finger without a PIN is what this is about")
	}

	f.script(append(presses(thumb, 100, 1), presses(stranger, 0, 40)...)...) // the known finger first
	if err := k.EnrolAlone(t.Context(), nil); err != nil || len(k.st.Fingers) != 2 {
		t.Errorf("%v, %d fingers", err, len(k.st.Fingers))
	}
	if seen, _ := last(); !seen[lightAlone] {
		t.Errorf("lights %v", seen)
	}
	f.script()
	if err := k.EnrolAlone(t.Context(), nil); !errors.Is(err, ErrNoFinger) {
		t.Errorf("nobody touched: %v", err)
	}

	f.script()
	k.o.TouchTimeout = 5 * time.Second
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.EnrolAlone(ctx, nil) }()
	f.wait(t)
	c.raw(c.cid, hidCBOR, 1, []byte{cmdInfo})
	c.wantError(c.cid, hidErrBusy)
	if err := k.EnrolAlone(t.Context(), nil); !errors.Is(err, ErrOccupied) {
		t.Errorf("twice at once: %v", err)
	}
	stop() // the button
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("left by the button: %v", err)
	}
	f.script()
	go func() { done <- k.EnrolAlone(t.Context(), nil) }()
	f.wait(t)
	k.PlugOut()
	if err := <-done; !errors.Is(err, errUnplugged) {
		t.Errorf("pulled out: %v", err)
	}
	if err := open(t, Options{Profile: YubiKey5()}).EnrolAlone(t.Context(), nil); !errors.Is(err, ErrNoSensor) {
		t.Errorf("without a sensor: %v", err)
	}
}
