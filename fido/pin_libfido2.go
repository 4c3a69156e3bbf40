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

func (s *libraryDriver) pinRetries(ctx context.Context) (int, error) {
	return s.count(ctx, func(n *C.int) C.int { return C.fido_dev_get_retry_count(s.dev, n) })
}

func (s *libraryDriver) uvRetries(ctx context.Context) (int, error) {
	return s.count(ctx, func(n *C.int) C.int { return C.fido_dev_get_uv_retry_count(s.dev, n) })
}

func (s *libraryDriver) count(ctx context.Context, f func(*C.int) C.int) (int, error) {
	var n C.int
	err := s.call(ctx, quickTime, func() C.int { return f(&n) })
	if err != nil {
		return 0, err
	}
	return int(n), nil
}

func (s *libraryDriver) setPIN(ctx context.Context, pin secret.Secret) error {
	return s.call(ctx, touchTime, func() C.int {
		return withPIN(pin, func(p *C.char) C.int { return C.fido_dev_set_pin(s.dev, p, nil) })
	})
}

func (s *libraryDriver) changePIN(ctx context.Context, old, new secret.Secret) error {
	return s.call(ctx, touchTime, func() C.int {
		return withPIN(old, func(o *C.char) C.int {
			return withPIN(new, func(n *C.char) C.int { return C.fido_dev_set_pin(s.dev, n, o) })
		})
	})
}

func (s *libraryDriver) reset(ctx context.Context) error {
	return s.call(ctx, touchTime, func() C.int { return C.fido_dev_reset(s.dev) })
}
