package fido

import (
	"context"
	"time"
)

// OpenPath begins a visit to the key at a device path: a hidraw device, or on Linux a pseudo-terminal behind which a
// key answers. Errors tell apart what stands in the way: CodeNotFound, CodeNoAccess, CodeBusy, CodeGone (it is there
// but does not answer), CodeNotFIDO (a plain terminal, or another device than a key) and CodeUnsupported (it speaks U2F
// only, its reports are not of 64 bytes, or this build cannot reach attached keys).
func OpenPath(ctx context.Context, path string) (Session, error) {
	return openDevice(ctx, Device{Path: path})
}

// openOverHID opens a key over a line of our own.
func openOverHID(ctx context.Context, d Device) (Session, error) {
	l, err := openInTime(ctx, d.Path)
	if err != nil {
		return nil, err
	}
	s, err := OpenLink(ctx, d, l)
	if is(err, CodeTimeout) || is(err, CodeUserTimeout) || is(err, CodeActionTimeout) { // nothing was asked that takes a touch
		silent := CodeGone
		if t, ok := l.(interface{ terminal() bool }); ok && t.terminal() {
			silent = CodeNotFIDO
		}
		err = &Error{Op: "open", Code: silent, Err: err}
	}
	return s, err
}

// openInTime is OpenHID with patience: other programs hold a key for a moment when they list what is there.
func openInTime(ctx context.Context, path string) (Link, error) {
	const patience = time.Second
	for end := time.Now().Add(patience); ; {
		l, err := OpenHID(path)
		if !is(err, CodeBusy) || time.Now().After(end) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
