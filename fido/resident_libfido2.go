//go:build cgo

package fido

/*
#include <stdlib.h>
#include <fido.h>
#include <fido/credman.h>
*/
import "C"

import (
	"context"
	"unsafe"

	"keyrollout/internal/secret"
)

func (s *libraryDriver) relyingParties(ctx context.Context, pin secret.Secret) ([]string, error) {
	var out []string
	err := s.call(ctx, touchTime, func() C.int {
		rps := C.fido_credman_rp_new()
		if rps == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_credman_rp_free(&rps)
		r := withPIN(pin, func(p *C.char) C.int { return C.fido_credman_get_dev_rp(s.dev, rps, p) })
		for i := range C.fido_credman_rp_count(rps) {
			out = append(out, C.GoString(C.fido_credman_rp_id(rps, i)))
		}
		return r
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *libraryDriver) residents(ctx context.Context, pin secret.Secret, rp string) ([]Resident, error) {
	var out []Resident
	err := s.call(ctx, touchTime, func() C.int {
		rks := C.fido_credman_rk_new()
		if rks == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_credman_rk_free(&rks)
		name := C.CString(rp)
		defer C.free(unsafe.Pointer(name))
		r := withPIN(pin, func(p *C.char) C.int { return C.fido_credman_get_dev_rk(s.dev, name, rks, p) })
		for i := range C.fido_credman_rk_count(rks) {
			c := C.fido_credman_rk(rks, i)
			out = append(out, Resident{
				ID:          goBytes(C.fido_cred_id_ptr(c), C.fido_cred_id_len(c)),
				RPID:        rp,
				UserID:      goBytes(C.fido_cred_user_id_ptr(c), C.fido_cred_user_id_len(c)),
				UserName:    C.GoString(C.fido_cred_user_name(c)),
				DisplayName: C.GoString(C.fido_cred_display_name(c)),
				CredProtect: int(C.fido_cred_prot(c)),
			})
		}
		return r
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *libraryDriver) deleteResident(ctx context.Context, pin secret.Secret, id []byte) error {
	return s.call(ctx, touchTime, func() C.int {
		return withPIN(pin, func(p *C.char) C.int {
			return C.fido_credman_del_dev_rk(s.dev, ptr(id), size(id), p)
		})
	})
}
