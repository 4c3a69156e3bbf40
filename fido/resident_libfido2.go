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

// Credentials lists resident credentials. Each relying party is one question to the key, and with an empty PIN one
// finger each.
func (s *session) Credentials(ctx context.Context, pin secret.Secret, rpID string) ([]Resident, error) {
	const op = "list the credentials"
	if !s.info.CanListCredentials() {
		return nil, &Error{Op: op, Code: CodeUnsupported}
	}
	rps := []string{rpID}
	if rpID == "" {
		var err error
		if rps, err = s.relyingParties(ctx, op, pin); err != nil {
			return nil, none(err)
		}
	}
	var out []Resident
	for _, rp := range rps {
		some, err := s.residents(ctx, op, pin, rp)
		if none(err) != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func (s *session) relyingParties(ctx context.Context, op string, pin secret.Secret) ([]string, error) {
	var out []string
	err := s.call(ctx, op, touchTime, func() C.int {
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

func (s *session) residents(ctx context.Context, op string, pin secret.Secret, rp string) ([]Resident, error) {
	var out []Resident
	err := s.call(ctx, op, touchTime, func() C.int {
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

// DeleteCredential deletes one resident credential. CodeNoCredentials: the key does not hold it.
func (s *session) DeleteCredential(ctx context.Context, pin secret.Secret, id []byte) error {
	const op = "delete the credential"
	if !s.info.CanListCredentials() {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	if len(id) == 0 {
		return &Error{Op: op, Code: CodeNoCredentials}
	}
	return s.call(ctx, op, touchTime, func() C.int {
		return withPIN(pin, func(p *C.char) C.int {
			return C.fido_credman_del_dev_rk(s.dev, ptr(id), size(id), p)
		})
	})
}
