package softkey

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"
)

// extensions is the inputs of a request, each still as it came (CTAP 2.1 section 12). What the key does not offer is
// ignored; the outputs are a subset of the inputs.
type extensions map[string]cbor.RawMessage

// asked decodes one input. It is false when the client did not send it or the profile does not offer it.
func (k *Key) asked(x extensions, name string, v any) (bool, error) {
	raw, ok := x[name]
	if !ok || !k.o.Profile.has(name) {
		return false, nil
	}
	return true, decode(raw, v)
}

// makeInputs is what the extensions of a makeCredential ask for.
type makeInputs struct {
	secret     bool // hmac-secret
	protect    int  // credProtect level as asked; 0: not asked
	blob       []byte
	blobAsked  bool
	blobKey    bool // largeBlobKey
	minPIN     bool // minPinLength
	policy     bool // pinComplexityPolicy, CTAP 2.2
	payment    bool // thirdPartyPayment, CTAP 2.2
	secretMC   *hmacSecretInput
	protectNow int // level in force
}

func (k *Key) makeInputs(x extensions, rk bool) (in makeInputs, err error) {
	in.protectNow = 1
	if _, err = k.asked(x, "hmac-secret", &in.secret); err != nil {
		return in, err
	}
	if ok, err := k.asked(x, "credProtect", &in.protect); err != nil {
		return in, err
	} else if ok {
		if in.protect < 1 || in.protect > 3 {
			return in, errInvalidOption
		}
		in.protectNow = in.protect
	}
	if in.blobAsked, err = k.asked(x, "credBlob", &in.blob); err != nil {
		return in, err
	}
	if ok, err := k.asked(x, "largeBlobKey", &in.blobKey); err != nil {
		return in, err
	} else if ok && (!in.blobKey || !rk) { // section 12.3: only true, and only with rk
		return in, errInvalidOption
	}
	if _, err = k.asked(x, "minPinLength", &in.minPIN); err != nil {
		return in, err
	}
	if _, err = k.asked(x, "pinComplexityPolicy", &in.policy); err != nil {
		return in, err
	}
	if _, err = k.asked(x, "thirdPartyPayment", &in.payment); err != nil {
		return in, err
	}
	in.secretMC = new(hmacSecretInput)
	if ok, err := k.asked(x, "hmac-secret-mc", in.secretMC); err != nil || !ok {
		in.secretMC = nil
		return in, err
	}
	if !in.secret { // CTAP 2.2 section 12.8: only together with hmac-secret
		return in, errMissingParameter
	}
	return in, nil
}

// makeOutputs is the extension part of the authenticator data of a new credential.
func (k *Key) makeOutputs(in makeInputs, c *credential, rpID string, uv bool) (map[string]any, error) {
	out := map[string]any{}
	if in.secret {
		out["hmac-secret"] = true
	}
	if in.protect > 0 {
		out["credProtect"] = in.protect
	}
	if in.blobAsked {
		fits := !c.derived && !c.Hidden && len(in.blob) <= k.o.Profile.MaxBlob
		if fits {
			c.Blob = in.blob
		}
		out["credBlob"] = fits
	}
	if in.minPIN && k.mayKnowMinPIN(rpID) {
		out["minPinLength"] = k.st.MinPIN
	}
	if in.policy && k.mayKnowMinPIN(rpID) {
		out["pinComplexityPolicy"] = k.st.PINPolicy
	}
	if in.secretMC != nil {
		enc, err := k.hmacSecret(*in.secretMC, *c, uv)
		if err != nil {
			return nil, err
		}
		out["hmac-secret-mc"] = enc
	}
	return out, nil
}

func (k *Key) mayKnowMinPIN(rpID string) bool {
	for _, id := range k.st.MinPINRPs {
		if id == rpID {
			return true
		}
	}
	return false
}

// hmacSecretInput is the input of hmac-secret in an assertion (section 12.5).
type hmacSecretInput struct {
	Agreement *agreementKey `cbor:"1,keyasint"`
	SaltEnc   []byte        `cbor:"2,keyasint"`
	SaltAuth  []byte        `cbor:"3,keyasint"`
	Protocol  *uint         `cbor:"4,keyasint"`
}

// hmacSecret computes one or two outputs. The secret of a credential with user verification is not the one without.
func (k *Key) hmacSecret(in hmacSecretInput, c credential, uv bool) ([]byte, error) {
	if in.Agreement == nil || in.SaltEnc == nil || in.SaltAuth == nil {
		return nil, errMissingParameter
	}
	one := uint(1)
	if in.Protocol == nil {
		in.Protocol = &one
	}
	p, err := k.protocol(in.Protocol)
	if err != nil {
		return nil, err
	}
	s, err := k.decapsulate(p, in.Agreement)
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	if !s.Verify(in.SaltEnc, in.SaltAuth) {
		return nil, errPINAuthInvalid
	}
	salts, err := s.Decrypt(in.SaltEnc)
	if err != nil || len(salts) != 32 && len(salts) != 64 {
		return nil, errInvalidLength
	}
	random := c.RandomNoUV
	if uv {
		random = c.RandomUV
	}
	var out []byte
	for ; len(salts) > 0; salts = salts[32:] {
		h := hmac.New(sha256.New, random)
		h.Write(salts[:32])
		out = h.Sum(out)
	}
	defer clear(out)
	return s.Encrypt(k.o.Rand, out)
}

// assertInputs is what the extensions of a getAssertion ask for.
type assertInputs struct {
	secret  *hmacSecretInput
	blob    bool // credBlob
	blobKey bool // largeBlobKey
	payment bool // thirdPartyPayment
}

func (k *Key) assertInputs(x extensions, up bool) (in assertInputs, err error) {
	in.secret = new(hmacSecretInput)
	if ok, err := k.asked(x, "hmac-secret", in.secret); err != nil {
		return in, err
	} else if !ok {
		in.secret = nil
	} else if !up { // section 12.5: no secret without a touch
		return in, errUnsupportedOption
	}
	if _, err = k.asked(x, "credBlob", &in.blob); err != nil {
		return in, err
	}
	if ok, err := k.asked(x, "largeBlobKey", &in.blobKey); err != nil {
		return in, err
	} else if ok && !in.blobKey {
		return in, errInvalidOption
	}
	_, err = k.asked(x, "thirdPartyPayment", &in.payment)
	return in, err
}

// assertOutputs is the extension part of the authenticator data of an assertion.
func (k *Key) assertOutputs(in assertInputs, c credential, uv bool) (map[string]any, error) {
	out := map[string]any{}
	if in.secret != nil {
		enc, err := k.hmacSecret(*in.secret, c, uv)
		if err != nil {
			return nil, err
		}
		out["hmac-secret"] = enc
	}
	if in.blob {
		blob := c.Blob
		if blob == nil {
			blob = []byte{} // section 12.2: an empty byte string where there is none
		}
		out["credBlob"] = blob
	}
	if in.payment {
		out["thirdPartyPayment"] = c.Payment
	}
	return out, nil
}
