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

func (s *libraryDriver) makeCredential(ctx context.Context, pin secret.Secret, r MakeRequest) (attested, error) {
	var out attested
	err := s.call(ctx, touchTime, func() C.int {
		cred := C.fido_cred_new()
		if cred == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_cred_free(&cred)
		if e := fillCred(cred, r, pin.Empty()); e != C.FIDO_OK {
			return e
		}
		e := withPIN(pin, func(p *C.char) C.int { return C.fido_dev_make_cred(s.dev, cred, p) })
		if e == C.FIDO_OK {
			out = attested{
				format:   C.GoString(C.fido_cred_fmt(cred)),
				authData: goBytes(C.fido_cred_authdata_raw_ptr(cred), C.fido_cred_authdata_raw_len(cred)),
				stmt:     goBytes(C.fido_cred_attstmt_ptr(cred), C.fido_cred_attstmt_len(cred)),
			}
		}
		return e
	})
	if err != nil {
		return attested{}, err
	}
	return out, nil
}

func fillCred(cred *C.fido_cred_t, r MakeRequest, byFinger bool) C.int {
	var mem cArena
	defer mem.free()
	steps := []C.int{
		C.fido_cred_set_type(cred, C.int(r.Algorithms[0])),
		C.fido_cred_set_clientdata_hash(cred, ptr(r.ClientDataHash[:]), size(r.ClientDataHash[:])),
		C.fido_cred_set_rp(cred, mem.text(r.RPID), mem.text(r.RPName)),
		C.fido_cred_set_user(cred, ptr(r.UserID), size(r.UserID), mem.text(r.UserName), mem.text(r.DisplayName), nil),
		C.fido_cred_set_rk(cred, C.FIDO_OPT_TRUE),
	}
	if byFinger {
		steps = append(steps, C.fido_cred_set_uv(cred, C.FIDO_OPT_TRUE))
	}
	if r.HMACSecret {
		steps = append(steps, C.fido_cred_set_extensions(cred, C.FIDO_EXT_HMAC_SECRET))
	}
	if r.CredProtect != 0 {
		steps = append(steps, C.fido_cred_set_prot(cred, C.int(r.CredProtect)))
	}
	for _, id := range r.Exclude {
		steps = append(steps, C.fido_cred_exclude(cred, ptr(id), size(id)))
	}
	for _, e := range steps {
		if e != C.FIDO_OK {
			return e
		}
	}
	return C.FIDO_OK
}

func (s *libraryDriver) assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	var out []Assertion
	err := s.call(ctx, touchTime, func() C.int {
		a := C.fido_assert_new()
		if a == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_assert_free(&a)
		if e := fillAssert(a, r, pin.Empty()); e != C.FIDO_OK {
			return e
		}
		e := withPIN(pin, func(p *C.char) C.int { return C.fido_dev_get_assert(s.dev, a, p) })
		if e != C.FIDO_OK {
			return e
		}
		for i := range C.fido_assert_count(a) {
			one, err := readAssert(a, i)
			if err != nil {
				return C.FIDO_ERR_RX_INVALID_CBOR
			}
			out = append(out, one)
		}
		return C.FIDO_OK
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func fillAssert(a *C.fido_assert_t, r AssertRequest, byFinger bool) C.int {
	var mem cArena
	defer mem.free()
	steps := []C.int{
		C.fido_assert_set_rp(a, mem.text(r.RPID)),
		C.fido_assert_set_clientdata_hash(a, ptr(r.ClientDataHash[:]), size(r.ClientDataHash[:])),
	}
	if r.VerifyUser && byFinger {
		steps = append(steps, C.fido_assert_set_uv(a, C.FIDO_OPT_TRUE))
	}
	if r.Silent {
		steps = append(steps, C.fido_assert_set_up(a, C.FIDO_OPT_FALSE))
	}
	for _, id := range r.Allow {
		steps = append(steps, C.fido_assert_allow_cred(a, ptr(id), size(id)))
	}
	for _, e := range steps {
		if e != C.FIDO_OK {
			return e
		}
	}
	return C.FIDO_OK
}

func readAssert(a *C.fido_assert_t, i C.size_t) (Assertion, error) {
	authData, err := unwrapBytes(goBytes(C.fido_assert_authdata_ptr(a, i), C.fido_assert_authdata_len(a, i)))
	return Assertion{
		CredentialID: goBytes(C.fido_assert_id_ptr(a, i), C.fido_assert_id_len(a, i)),
		AuthData:     authData,
		Signature:    goBytes(C.fido_assert_sig_ptr(a, i), C.fido_assert_sig_len(a, i)),
		UserID:       goBytes(C.fido_assert_user_id_ptr(a, i), C.fido_assert_user_id_len(a, i)),
		UserName:     C.GoString(C.fido_assert_user_name(a, i)),
	}, err
}
