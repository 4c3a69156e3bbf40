package fido_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/fido"
)

type opener = func(context.Context, fido.Device, fido.Link) (fido.Session, error)

// eachOpener runs a test against every implementation of Session.
func eachOpener(t *testing.T, f func(*testing.T, opener)) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) { t.Parallel(); f(t, open) })
	}
}

func code(t *testing.T, err error) fido.Code {
	t.Helper()
	var e *fido.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want a *fido.Error", err, err)
	}
	return e.Code
}

func wantCode(t *testing.T, err error, want fido.Code) {
	t.Helper()
	if got := code(t, err); got != want {
		t.Fatalf("got code %d (%v), want %d (%v)", int(got), err, int(want), want)
	}
}

func TestInfoOverALine(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		_, s := openFake(t, open, func(*fakeKey, []byte) []byte { return []byte{0x01} })
		i, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(i.Versions) != 1 || i.Versions[0] != "FIDO_2_0" || i.AAGUID[15] != 15 || !i.HasPIN() || !i.Options["rk"] {
			t.Errorf("info: %+v", i)
		}
		if i.MinPIN != 4 || i.Residents != -1 || i.CanEnrol() || len(i.Protocols) != 1 || i.Protocols[0] != 1 {
			t.Errorf("what the key does not tell: %+v", i)
		}
		if _, known := i.Option("uv"); known {
			t.Error("an option that the key does not name is known")
		}
		_, err = s.Sensor(t.Context())
		wantCode(t, err, fido.CodeUnsupported)
	})
}

func TestCancelReachesTheKey(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		waiting := make(chan struct{}, 1)
		k, s := openFake(t, open, func(k *fakeKey, m []byte) []byte {
			waiting <- struct{}{}
			return k.waitForCancel()
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-waiting; cancel() }()
		start := time.Now()
		if err := s.Reset(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("took %v to stop", d)
		}
		if k.cancels == 0 {
			t.Error("the key was never told")
		}
		if _, err := s.Info(t.Context()); err != nil { // and it is usable afterwards
			t.Fatal(err)
		}
	})
}

// A key that ignores a cancel must not hold the caller.
func TestAKeyThatDoesNotListenIsLeftBehind(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		_, s := openFake(t, open, func(*fakeKey, []byte) []byte { return nil })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := s.Reset(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		if d := time.Since(start); d > 4*time.Second {
			t.Errorf("took %v", d)
		}
		_, err := s.Info(t.Context())
		wantCode(t, err, fido.CodeGone)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAKeyThatIsPulledOut(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		_, s := openFake(t, open, func(k *fakeKey, m []byte) []byte {
			k.send(fakeChannel, hidKeepalive, []byte{2})
			k.pull()
			return nil
		})
		wantCode(t, s.Reset(t.Context()), fido.CodeGone)
		_, err := s.Info(t.Context())
		wantCode(t, err, fido.CodeGone)
	})
}

func TestAnEndedContextAsksNothing(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		_, s := openFake(t, open, func(k *fakeKey, m []byte) []byte { t.Error("asked"); return []byte{0} })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Reset(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}

func TestGarbage(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		answers := [][]byte{{}, {0x00}, {0x00, 0xFF}, {0x00, 0xA1}, {0x00, 0xA1, 0x03, 0x61, 0x61}, make([]byte, 3000)}
		for _, a := range answers {
			_, s := openFake(t, open, func(*fakeKey, []byte) []byte { return a })
			r, err := s.Retries(t.Context())
			if err == nil && r.PIN > 0 {
				t.Errorf("%x: retries %+v", a, r)
			}
			if err != nil {
				code(t, err)
			}
		}
	})
}

func TestNothingAnswersAtOpening(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		k := newFake(nil)
		k.pull()
		_, err := open(t.Context(), fido.Device{}, k)
		wantCode(t, err, fido.CodeGone)

		k = newFake(func(*fakeKey, []byte) []byte { return nil })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err = open(ctx, fido.Device{}, k); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

func TestAClosedSession(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		_, s := openFake(t, open, func(*fakeKey, []byte) []byte { return []byte{0} })
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Info(t.Context())
		wantCode(t, err, fido.CodeGone)
	})
}

// deaf takes every report, and answers none.
type deaf struct{ *fakeKey }

func (deaf) Write([64]byte) error { return nil }

// Who takes a channel speaks CTAPHID: such a key is gone. Of who answers nothing at all nobody knows what it is.
func TestSilenceAtOpening(t *testing.T) {
	eachOpener(t, func(t *testing.T, open opener) {
		mute := newFake(func(*fakeKey, []byte) []byte { return nil })
		for name, c := range map[string]struct {
			link fido.Link
			want fido.Code
		}{
			"no channel":         {deaf{newFake(nil)}, fido.CodeActionTimeout},
			"a channel, no info": {mute, fido.CodeGone},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, err := open(t.Context(), fido.Device{}, c.link)
				wantCode(t, err, c.want)
			})
		}
	})
}
