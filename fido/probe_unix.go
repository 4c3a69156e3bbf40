//go:build unix

package fido

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"
)

// probe looks at a device file before libfido2 does, because libfido2 says of everything that goes wrong only that it
// went wrong, and of a key that another program holds after 21 seconds. Paths that are no files (a smart card reader,
// macOS's registry) are left to libfido2.
func probe(ctx context.Context, path string) error {
	if !strings.HasPrefix(path, "/") {
		return nil
	}
	const patience = time.Second // other programs hold a key for a moment when they list what is there
	for end := time.Now().Add(patience); ; {
		err := probeOnce(path)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeBusy || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func probeOnce(path string) error {
	fail := func(code Code, err error) error { return &Error{Op: "open", Code: code, Err: err} }
	// Without O_NOCTTY a pseudo-terminal could become our own terminal.
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.EISDIR):
		return fail(CodeNotFound, err)
	case errors.Is(err, os.ErrPermission):
		return fail(CodeNoAccess, err)
	case errors.Is(err, syscall.EBUSY):
		return fail(CodeBusy, err)
	case err != nil:
		return fail(CodeGone, err)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return fail(CodeNotFound, errors.New(path+" is not a device"))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		if by := holder(f); by != nil {
			return fail(CodeBusy, by)
		}
		return fail(CodeBusy, nil) // not a nil *HeldBy, which would be a cause
	}
	return nil
}
