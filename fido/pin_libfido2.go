//go:build cgo

package fido

/*
#include <fido.h>
*/
import "C"

import (
	"context"

	"keyrollout/internal/secret"
)

// SetPIN sets the first PIN. A key that has one answers CodeAuthInvalid or CodeNotAllowed.
func (s *session) SetPIN(ctx context.Context, pin secret.Secret) error {
	const op = "set the PIN"
	if pin.Empty() {
		return &Error{Op: op, Code: CodePINPolicy}
	}
	return s.call(ctx, op, touchTime, func() C.int {
		return withPIN(pin, func(p *C.char) C.int { return C.fido_dev_set_pin(s.dev, p, nil) })
	})
}

// ChangePIN replaces the PIN. A wrong old one costs a try.
func (s *session) ChangePIN(ctx context.Context, old, new secret.Secret) error {
	const op = "change the PIN"
	if new.Empty() {
		return &Error{Op: op, Code: CodePINPolicy}
	}
	if old.Empty() { // to libfido2 that would be the setting of a first PIN
		return &Error{Op: op, Code: CodePUATRequired}
	}
	return s.call(ctx, op, touchTime, func() C.int {
		return withPIN(old, func(o *C.char) C.int {
			return withPIN(new, func(n *C.char) C.int { return C.fido_dev_set_pin(s.dev, n, o) })
		})
	})
}

// Reset wipes the key.
func (s *session) Reset(ctx context.Context) error {
	err := s.call(ctx, "reset", touchTime, func() C.int { return C.fido_dev_reset(s.dev) })
	if err != nil {
		return err
	}
	return s.reread(ctx)
}

// reread looks at the key again after something it says of itself has changed. What was done is done even if ctx has
// ended meanwhile, so it does not end with it.
func (s *session) reread(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.reopen(ctx); err != nil {
		return err
	}
	_, err := s.Info(ctx)
	return err
}
