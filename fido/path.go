package fido

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
)

// OpenPath begins a visit to the key at a device path: a hidraw device, or on Linux a pseudo-terminal behind which a
// key answers. Errors tell apart what stands in the way: CodeNotFound, CodeNoAccess, CodeBusy, CodeGone (it is there
// but does not answer), CodeNotFIDO (a plain terminal, or another device than a key) and CodeUnsupported (it speaks U2F only, or this build lacks libfido2).
func OpenPath(ctx context.Context, path string) (Session, error) {
	return openDevice(ctx, Device{Path: path})
}

func openDevice(ctx context.Context, d Device) (Session, error) {
	if err := probe(ctx, d.Path); err != nil {
		return nil, err
	}
	l, err := openTTY(d.Path)
	switch {
	case err != nil:
		return nil, err
	case l != nil:
		s, err := OpenLink(ctx, d, l)
		if is(err, CodeTimeout) || is(err, CodeUserTimeout) || is(err, CodeActionTimeout) { // nothing was asked that takes a touch
			err = &Error{Op: "open", Code: CodeNotFIDO, Err: err}
		}
		return s, err
	}
	s, err := openAttached(ctx, d)
	if is(err, CodeGone) && runtime.GOOS == "linux" && !isHidraw(d.Path) {
		err = &Error{Op: "open", Code: CodeNotFIDO, Err: err}
	}
	return s, err
}

// isHidraw reports whether a path of Linux is a hidraw device, under this name or another.
func isHidraw(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err != nil || strings.HasPrefix(real, "/dev/hidraw")
}
