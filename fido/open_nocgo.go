//go:build !cgo

package fido

import (
	"context"
	"errors"
)

var errNoCgo = errors.New("this build of keyrollout cannot drive attached keys: it was made without cgo and libfido2")

// Attached finds nothing in a build without cgo, and says why.
func Attached() Keys { return unattached{} }

type unattached struct{}

func (unattached) List(context.Context) ([]Device, error) {
	return nil, &Error{Op: "look for keys", Code: CodeUnsupported, Err: errNoCgo}
}

func (unattached) Open(ctx context.Context, d Device) (Session, error) { return openAttached(ctx, d) }

// openAttached cannot open a key that needs libfido2.
func openAttached(context.Context, Device) (Session, error) {
	return nil, &Error{Op: "open", Code: CodeUnsupported, Err: errNoCgo}
}

// OpenLink begins a visit to the key at the other end of l, which is closed with the session, or at once when it
// cannot be opened.
func OpenLink(ctx context.Context, d Device, l Link) (Session, error) { return openGo(ctx, d, l) }
