package fido_test

import (
	"os"
	"os/signal"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// A terminal that is resized while a touch is awaited sends a signal, which any thread may get. A wait that it
// interrupts is no lost key.
func TestSignalsWhileWaiting(t *testing.T) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, unix.SIGWINCH)
	defer signal.Stop(got)
	path, _, h := serve(t)
	s, err := fido.OpenPath(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetPIN(t.Context(), pin(rightPIN)); err != nil {
		t.Fatal(err)
	}
	h.set(func(h *hand) { h.wait = make(chan struct{}) })
	done := make(chan error, 1)
	go func() { _, err := s.Make(t.Context(), pin(rightPIN), request("ana")); done <- err }()
	<-h.asked
	for range 100 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range threads {
			if id, err := strconv.Atoi(e.Name()); err == nil {
				_ = unix.Tgkill(os.Getpid(), id, unix.SIGWINCH)
			}
		}
		time.Sleep(time.Millisecond)
	}
	h.set(func(h *hand) { close(h.wait); h.wait = nil })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
