package fido_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

// serve offers a key at a device path, as libfido2 opens a key in a USB port.
func serve(t *testing.T) (string, *softkey.Key, *hand) {
	t.Helper()
	k, h := newKey(t)
	ctx, stop := context.WithCancel(t.Context())
	path, wait, err := k.Serve(ctx)
	if err != nil {
		stop()
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { stop(); _ = wait() })
	return path, k, h
}

func openPath(t *testing.T, path string) fido.Session {
	t.Helper()
	s, err := fido.OpenPath(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPath(t *testing.T) {
	ctx := t.Context()
	path, k, h := serve(t)
	s := openPath(t, path)
	if d := s.Device(); d.Path != path || d.Software {
		t.Errorf("%+v", d)
	}
	if err := s.SetPIN(ctx, pin(rightPIN)); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Enrol(ctx, pin(rightPIN), "x", nil); err != nil || f.Name != "x" {
		t.Fatal(err)
	}
	if _, err := s.Make(ctx, pin(rightPIN), request("ana")); err != nil {
		t.Fatal(err)
	}
	_, err := s.Fingerprints(ctx, pin(wrongPIN))
	wantCode(t, err, fido.CodePINInvalid)

	// One visit at a time, told at once and not after 21 seconds.
	start := time.Now()
	_, err = fido.OpenPath(ctx, path)
	wantCode(t, err, fido.CodeBusy)
	var held *fido.HeldBy
	if !errors.As(err, &held) || held.PID != os.Getpid() || held.Program == "" {
		t.Errorf("who holds it is not named: %v", err)
	}
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("took %v", d)
	}

	h.set(func(h *hand) { h.wait = make(chan struct{}) })
	drain(h)
	stop, cancel := context.WithCancel(ctx)
	go func() { <-h.asked; cancel() }()
	if _, err := s.Make(stop, pin(rightPIN), request("bo")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := s.Info(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openPath(t, path)
	k.PlugOut()
	start = time.Now()
	_, err = s.Info(ctx)
	wantCode(t, err, fido.CodeGone)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

// The path itself goes away under a waiting call.
func TestPathGoes(t *testing.T) {
	k, h := newKey(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	path, wait, err := k.Serve(ctx)
	if err != nil {
		t.Skip(err)
	}
	s := openPath(t, path)
	h.set(func(h *hand) { h.wait = make(chan struct{}) })
	go func() { <-h.asked; stop(); _ = wait() }()
	wantCode(t, s.Reset(t.Context()), fido.CodeGone)
	_ = s.Close()
	_, err = fido.OpenPath(t.Context(), path)
	wantCode(t, err, fido.CodeNotFound)
}

func TestPathsThatAreNoKeys(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.Symlink("/dev/null", "link"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fido.Code{
		"link":                     fido.CodeNotFIDO, // by whatever name
		filepath.Join(dir, "none"): fido.CodeNotFound,
		file:                       fido.CodeNotFound,
		dir:                        fido.CodeNotFound,
		"/dev/null":                fido.CodeNotFIDO, // a device that is no key
		"/dev/tty":                 fido.CodeNotFIDO, // whoever types here is none
		"hidraw0":                  fido.CodeNotFound,
		"":                         fido.CodeNotFound,
	} {
		start := time.Now()
		_, err := fido.OpenPath(t.Context(), path)
		if !is(err, want) {
			t.Errorf("%q: %v", path, err)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%q took %v", path, d)
		}
	}
}

func TestAPathOfSomebodyElse(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may open everything")
	}
	path, _, _ := serve(t)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := fido.OpenPath(t.Context(), path)
	wantCode(t, err, fido.CodeNoAccess)
}

// A terminal that somebody types at is no key.
func TestPlainTerminalIsNoKey(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = fido.OpenPath(t.Context(), fmt.Sprintf("/dev/pts/%d", n))
	wantCode(t, err, fido.CodeNotFIDO)
}
