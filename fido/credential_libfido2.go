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

// Make makes a resident credential, with the user verified. An empty PIN asks the key to verify the user itself. Of
// r.Algorithms the first that the key has is taken, because libfido2 asks for one only. CodeExcluded: the key already
// holds one of r.Exclude, told after a touch.
func (s *session) Make(ctx context.Context, pin secret.Secret, r MakeRequest) (Credential, error) {
	const op = "make a credential"
	alg, ok := s.info.algorithm(r.Algorithms)
	if !ok {
		return Credential{}, &Error{Op: op, Code: CodeAlgorithm}
	}
	exclude, err := s.known(ctx, pin, r.RPID, s.info.inLists(s.info.fitting(r.Exclude)))
	if err != nil {
		return Credential{}, err
	}
	var out Credential
	err = s.call(ctx, op, touchTime, func() C.int {
		cred := C.fido_cred_new()
		if cred == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_cred_free(&cred)
		if e := fillCred(cred, alg, r, exclude, pin.Empty()); e != C.FIDO_OK {
			return e
		}
		e := withPIN(pin, func(p *C.char) C.int { return C.fido_dev_make_cred(s.dev, cred, p) })
		if e == C.FIDO_OK {
			out = readCred(cred)
		}
		return e
	})
	if err != nil {
		return Credential{}, err
	}
	if out.AAGUID, err = aaguidOf(out.AuthData); err != nil {
		return Credential{}, &Error{Op: op, Code: CodeGarbled, Err: err}
	}
	return out, nil
}

func fillCred(cred *C.fido_cred_t, alg int, r MakeRequest, exclude [][]byte, byFinger bool) C.int {
	var mem cArena
	defer mem.free()
	steps := []C.int{
		C.fido_cred_set_type(cred, C.int(alg)),
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
	for _, id := range exclude {
		steps = append(steps, C.fido_cred_exclude(cred, ptr(id), size(id)))
	}
	for _, e := range steps {
		if e != C.FIDO_OK {
			return e
		}
	}
	return C.FIDO_OK
}

func readCred(cred *C.fido_cred_t) Credential {
	c := Credential{
		ID:       goBytes(C.fido_cred_id_ptr(cred), C.fido_cred_id_len(cred)),
		Format:   C.GoString(C.fido_cred_fmt(cred)),
		AuthData: goBytes(C.fido_cred_authdata_raw_ptr(cred), C.fido_cred_authdata_raw_len(cred)),
	}
	stmt := goBytes(C.fido_cred_attstmt_ptr(cred), C.fido_cred_attstmt_len(cred))
	c.AttestationObject = attestationObject(c.Format, stmt, c.AuthData)
	return c
}

// known chooses among lists of credential ids, when there is more than one, the first that the key knows something of,
// by asking in silence (CTAP 2.1 section 6.1.1, pre-flight). Nil when it knows none of them.
func (s *session) known(ctx context.Context, pin secret.Secret, rp string, lists [][][]byte) ([][]byte, error) {
	if len(lists) == 1 {
		return lists[0], nil
	}
	for _, list := range lists {
		_, err := s.assert(ctx, pin, AssertRequest{RPID: rp, Allow: list, Silent: true})
		if err == nil {
			return list, nil
		}
		if none(err) != nil {
			return nil, err
		}
	}
	return nil, nil
}

// Assert asks for assertions. With r.VerifyUser the user is verified, by pin or, when that is empty, by the key. All
// accounts that the key has are answered; names come with verification only. CodeNoCredentials: none.
func (s *session) Assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	if !r.VerifyUser {
		pin = secret.Secret{}
	}
	if len(r.Allow) > 0 {
		list, err := s.known(ctx, pin, r.RPID, s.info.inLists(s.info.fitting(r.Allow)))
		if err != nil {
			return nil, err
		}
		if len(list) == 0 { // to send an empty list would mean any credential
			return nil, &Error{Op: assertOp, Code: CodeNoCredentials}
		}
		r.Allow = list
	}
	return s.assert(ctx, pin, r)
}

// assert asks for what the key can take in one question.
func (s *session) assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	var out []Assertion
	err := s.call(ctx, assertOp, touchTime, func() C.int {
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
	if len(out) == 1 && len(out[0].CredentialID) == 0 && len(r.Allow) == 1 {
		out[0].CredentialID = r.Allow[0] // a key may leave out what was the only choice
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
