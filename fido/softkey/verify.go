package softkey

import (
	"context"
	"errors"
)

// request is what makeCredential and getAssertion have in common, and what came of the user.
type request struct {
	rpID     string
	hash     []byte // clientDataHash
	up, uv   bool   // options as they stand
	param    []byte // pinUvAuthParam; nil: absent
	protocol *uint
	perm     uint
	token    *token

	verified bool // the user was verified
	present  bool // and touched while that was done
}

// probe answers an empty pinUvAuthParam: older platforms let a person choose a key by a touch with it (CTAP 2.1 section
// 6.1.2 step 1).
func (k *Key) probe(ctx context.Context, rpID string) error {
	if err := k.presence(ctx, rpID, errOperationDenied); err != nil {
		return err
	}
	if k.st.PIN == nil {
		return errPINNotSet
	}
	return errPINInvalid
}

// denied is the answer where a token is missing: PUAT_REQUIRED when a PIN could get one, else OPERATION_DENIED.
func (k *Key) denied() error {
	if len(k.o.Profile.Protocols) > 0 {
		return errPUATRequired
	}
	return errOperationDenied
}

// noUV refuses the option uv where no finger is enrolled. CTAP 2.0 had another status for it (section 5.1).
func (k *Key) noUV() error {
	if !k.o.Profile.PinUvAuthToken {
		return errUnsupportedOption
	}
	return errInvalidOption
}

// alwaysUV is what the alwaysUv feature does to a request (section 6.1.2 step 6, 6.2.2 step 5).
func (k *Key) alwaysUV(r *request) error {
	if !k.st.AlwaysUV {
		return nil
	}
	if !k.protected() {
		return k.denied()
	}
	if r.param == nil && !r.uv {
		if len(k.st.Fingers) == 0 {
			return k.denied()
		}
		r.uv = true
	}
	return nil
}

// verify verifies the user by the token or, where uv stands, by the finger (section 6.1.2 step 11, 6.2.2 step 6).
func (k *Key) verify(ctx context.Context, r *request) error {
	if !k.protected() {
		if r.param != nil { // CTAP 2.1 passes over it in silence; CTAP 2.0 (5.1 step 7, 5.2 step 5) names the status
			return errPINNotSet
		}
		return nil
	}
	if r.param != nil {
		t, err := k.authorise(r.protocol, r.param, r.perm, r.hash)
		if err != nil {
			return err
		}
		if !t.verified {
			return errPINAuthInvalid
		}
		if err := t.bind(r.rpID); err != nil {
			return err
		}
		r.token, r.verified, r.present = t, true, t.present
		return nil
	}
	if !r.uv {
		return nil
	}
	err := k.verifyUser(ctx, r.rpID, k.o.Profile.UVInside)
	if err == nil {
		r.verified, r.present = true, true
		return nil
	}
	var s status
	if !errors.As(err, &s) || s == errUserActionTimeout || s == errKeepaliveCancel {
		return err
	}
	switch {
	case k.st.UVTries == 0 && r.perm == permMake:
		return errPINBlocked
	case k.st.PIN != nil:
		return errPUATRequired
	}
	return errOperationDenied
}

// touched makes sure of the user's presence and spends the token (section 6.1.2 step 14, 6.2.2 step 9).
func (k *Key) touched(ctx context.Context, r *request) error {
	if !r.present {
		if err := k.presence(ctx, r.rpID, errOperationDenied); err != nil {
			return err
		}
	}
	if r.token != nil {
		r.token.spend()
	}
	return nil
}
