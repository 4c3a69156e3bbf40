//go:build cgo

package fido

/*
#include <fido.h>
#include <fido/config.h>
#include <fido/credman.h>
*/
import "C"

import (
	"context"

	"keyrollout/internal/secret"
)

func (s *libraryDriver) minPIN(ctx context.Context, pin secret.Secret, points int) error {
	return s.configure(ctx, pin, func(p *C.char) C.int { return C.fido_dev_set_pin_minlen(s.dev, C.size_t(points), p) })
}

func (s *libraryDriver) forcePIN(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, pin, func(p *C.char) C.int { return C.fido_dev_force_pin_change(s.dev, p) })
}

func (s *libraryDriver) alwaysUV(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, pin, func(p *C.char) C.int { return C.fido_dev_toggle_always_uv(s.dev, p) })
}

func (s *libraryDriver) configure(ctx context.Context, pin secret.Secret, f func(*C.char) C.int) error {
	return s.call(ctx, touchTime, func() C.int { return withPIN(pin, f) })
}

func (s *libraryDriver) room(ctx context.Context, pin secret.Secret) (used, free int, err error) {
	var u, f C.uint64_t
	err = s.call(ctx, touchTime, func() C.int {
		m := C.fido_credman_metadata_new()
		if m == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_credman_metadata_free(&m)
		r := withPIN(pin, func(p *C.char) C.int { return C.fido_credman_get_dev_metadata(s.dev, m, p) })
		u, f = C.fido_credman_rk_existing(m), C.fido_credman_rk_remaining(m)
		return r
	})
	if err != nil {
		return 0, 0, err
	}
	return int(u), int(f), nil
}

func (s *libraryDriver) updateResident(ctx context.Context, pin secret.Secret, r Resident) error {
	return s.call(ctx, touchTime, func() C.int {
		cred := C.fido_cred_new()
		if cred == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_cred_free(&cred)
		var mem cArena
		defer mem.free()
		if e := C.fido_cred_set_id(cred, ptr(r.ID), size(r.ID)); e != C.FIDO_OK {
			return e
		}
		if e := C.fido_cred_set_user(cred, ptr(r.UserID), size(r.UserID), mem.text(r.UserName), mem.text(r.DisplayName),
			nil); e != C.FIDO_OK {
			return e
		}
		return withPIN(pin, func(p *C.char) C.int { return C.fido_credman_set_dev_rk(s.dev, cred, p) })
	})
}
