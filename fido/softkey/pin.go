package softkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"keyrollout/fido/internal/pinuv"
)

// maxMisses is how many wrong PINs in a row the key takes before it wants to be unplugged (CTAP 2.1 section 6.5.5.7).
const maxMisses = 3

// pinVerifier is what the key keeps of a PIN: LEFT(SHA-256(PIN), 16), as CTAP has it, under a KDF that makes guessing
// from a stolen store cost something.
type pinVerifier struct {
	Salt   []byte `cbor:"1,keyasint"`
	Hash   []byte `cbor:"2,keyasint"`
	Length int    `cbor:"3,keyasint"` // code points: setMinPINLength has to know
	// Complex: it was found not to be simple. One that was set before this was looked at counts as simple.
	Complex bool `cbor:"4,keyasint,omitempty"`
}

func stretch(hash, salt []byte) []byte { return argon2.IDKey(hash, salt, 2, 4*1024, 1, 32) }

func (v *pinVerifier) matches(hash []byte) bool {
	return subtle.ConstantTimeCompare(stretch(hash, v.Salt), v.Hash) == 1
}

// pinRequest is the parameters of authenticatorClientPIN (section 6.5.5).
type pinRequest struct {
	Protocol    *uint         `cbor:"1,keyasint"`
	Sub         *uint         `cbor:"2,keyasint"`
	Agreement   *agreementKey `cbor:"3,keyasint"`
	Param       []byte        `cbor:"4,keyasint"`
	NewPINEnc   []byte        `cbor:"5,keyasint"`
	PINHashEnc  []byte        `cbor:"6,keyasint"`
	Permissions *uint         `cbor:"9,keyasint"`
	RPID        *string       `cbor:"10,keyasint"`
}

// pinAnswer is its response.
type pinAnswer struct {
	Agreement  *coseKey `cbor:"1,keyasint,omitempty"`
	Token      []byte   `cbor:"2,keyasint,omitempty"`
	PINRetries *int     `cbor:"3,keyasint,omitempty"`
	PowerCycle *bool    `cbor:"4,keyasint,omitempty"`
	UVRetries  *int     `cbor:"5,keyasint,omitempty"`
}

// clientPIN is authenticatorClientPIN (section 6.5).
func (k *Key) clientPIN(ctx context.Context, body []byte) (any, error) {
	if len(k.o.Profile.Protocols) == 0 {
		return nil, errInvalidCommand
	}
	var r pinRequest
	if err := decode(body, &r); err != nil {
		return nil, err
	}
	if r.Sub == nil {
		return nil, errMissingParameter
	}
	switch *r.Sub {
	case 0x01:
		if k.st.PIN == nil { // the specification is silent; Yubico's keys and tests have it so
			return nil, errPINNotSet
		}
		tries, cycle := k.st.PINTries, k.misses >= maxMisses
		return pinAnswer{PINRetries: &tries, PowerCycle: &cycle}, nil
	case 0x02:
		return k.keyAgreement(r)
	case 0x03:
		return nil, k.setPIN(r)
	case 0x04:
		return nil, k.changePIN(r)
	case 0x05:
		return k.pinToken(r, true)
	case 0x06:
		if k.o.Profile.PinUvAuthToken && k.o.Profile.hasSensor() {
			return k.uvToken(ctx, r)
		}
	case 0x07:
		if k.o.Profile.hasSensor() {
			tries := k.st.UVTries
			return pinAnswer{UVRetries: &tries}, nil
		}
	case 0x09:
		if k.o.Profile.PinUvAuthToken {
			return k.pinToken(r, false)
		}
	}
	return nil, errInvalidSubcommand
}

// keyAgreement is getKeyAgreement (section 6.5.5.4).
func (k *Key) keyAgreement(r pinRequest) (any, error) {
	p, err := k.protocol(r.Protocol)
	if err != nil {
		return nil, err
	}
	a, err := k.agreement(p)
	if err != nil {
		return nil, err
	}
	pub := a.Public()
	return pinAnswer{Agreement: &coseKey{Kty: 2, Alg: -25, Crv: []byte{1}, X: pub.X[:], Y: pub.Y[:]}}, nil
}

// agreement is the key agreement key of a protocol. It lives until a wrong PIN or a power cycle.
func (k *Key) agreement(p pinuv.Protocol) (*pinuv.Agreement, error) {
	if a := k.agreements[p]; a != nil {
		return a, nil
	}
	a, err := pinuv.NewAgreement(k.o.Rand)
	if err == nil {
		k.agreements[p] = a
	}
	return a, err
}

// decapsulate derives the shared secret from the platform's key (section 6.5.6).
func (k *Key) decapsulate(p pinuv.Protocol, c *agreementKey) (*pinuv.Shared, error) {
	if c.Kty != 2 || c.Crv != 1 || len(c.X) != 32 || len(c.Y) != 32 {
		return nil, errInvalidParameter
	}
	a, err := k.agreement(p)
	if err != nil {
		return nil, err
	}
	s, err := a.Shared(p, pinuv.Point{X: [32]byte(c.X), Y: [32]byte(c.Y)})
	if err != nil {
		return nil, errInvalidParameter
	}
	return s, nil
}

// setPIN is section 6.5.5.5: the first PIN.
func (k *Key) setPIN(r pinRequest) error {
	if r.Protocol == nil || r.Agreement == nil || r.NewPINEnc == nil || r.Param == nil {
		return errMissingParameter
	}
	p, err := k.protocol(r.Protocol)
	if err != nil {
		return err
	}
	if k.st.PIN != nil {
		return errPINAuthInvalid
	}
	s, err := k.decapsulate(p, r.Agreement)
	if err != nil {
		return err
	}
	defer s.Wipe()
	if !s.Verify(r.NewPINEnc, r.Param) {
		return errPINAuthInvalid
	}
	pin, err := k.newPIN(s, r.NewPINEnc)
	if err != nil {
		return err
	}
	return k.keepPIN(pin)
}

// changePIN is section 6.5.5.6.
func (k *Key) changePIN(r pinRequest) error {
	if r.Protocol == nil || r.Agreement == nil || r.NewPINEnc == nil || r.PINHashEnc == nil || r.Param == nil {
		return errMissingParameter
	}
	p, err := k.protocol(r.Protocol)
	if err != nil {
		return err
	}
	if err := k.mayTryPIN(); err != nil {
		return err
	}
	s, err := k.decapsulate(p, r.Agreement)
	if err != nil {
		return err
	}
	defer s.Wipe()
	if !s.Verify(append(bytes.Clone(r.NewPINEnc), r.PINHashEnc...), r.Param) {
		return errPINAuthInvalid
	}
	if err := k.tryPIN(p, s, r.PINHashEnc); err != nil {
		return err
	}
	pin, err := k.newPIN(s, r.NewPINEnc)
	if err != nil {
		return err
	}
	if k.st.ForcePIN && k.st.PIN.matches(pin.Hash) {
		return errPINPolicyViolation
	}
	return k.keepPIN(pin)
}

// maxPIN is how many bytes a PIN may have (section 6.5.1), and so code points too; paddedPIN is how many travel.
const (
	maxPIN    = 63
	paddedPIN = 64
)

// newPIN decrypts a padded PIN and checks it: at least minPINLength code points, at most 63 bytes (section 6.5.1), and
// not simple where pinComplexityPolicy is on (CTAP 2.2 section 7.5). The hash of what it gives is not stretched yet.
func (k *Key) newPIN(s *pinuv.Shared, enc []byte) (*pinVerifier, error) {
	padded, err := s.Decrypt(enc)
	if err != nil {
		return nil, errPINAuthInvalid
	}
	defer clear(padded)
	if len(padded) < paddedPIN {
		return nil, errInvalidParameter
	}
	// The section has the same status for one that is longer. FIDO's conformance tests send such a PIN for one of more
	// than 63 bytes and expect what that gets; so do Google's.
	if len(padded) > paddedPIN {
		return nil, errPINPolicyViolation
	}
	pin := bytes.TrimRight(padded, "\x00")
	v := &pinVerifier{Length: utf8.RuneCount(pin), Complex: !simplePIN(string(pin))}
	if len(pin) > maxPIN || v.Length < k.st.MinPIN || !utf8.Valid(pin) || k.st.PINPolicy && !v.Complex {
		return nil, errPINPolicyViolation
	}
	sum := sha256.Sum256(pin)
	v.Hash = sum[:16]
	return v, nil
}

// simplePIN is this key's own idea of complexity, which CTAP leaves to the maker: fewer than three different characters
// are simple, and so is going up or down in equal steps (1234, 8642).
func simplePIN(pin string) bool {
	rs := []rune(pin)
	steps, different := true, map[rune]bool{}
	for i, r := range rs {
		different[r] = true
		steps = steps && (i < 2 || r-rs[i-1] == rs[1]-rs[0])
	}
	return steps || len(different) < 3
}

// keepPIN stores a new PIN. All tokens end with the old one.
func (k *Key) keepPIN(v *pinVerifier) error {
	v.Salt = make([]byte, 16)
	if _, err := io.ReadFull(k.o.Rand, v.Salt); err != nil {
		return err
	}
	hash := v.Hash
	v.Hash = stretch(hash, v.Salt)
	clear(hash)
	k.st.PIN, k.st.PINTries, k.st.ForcePIN = v, k.o.Profile.PINTries, false
	k.st.ListToken = nil
	if _, err := k.st.drawListToken(k.o.Profile, k.o.Rand); err != nil {
		return err
	}
	k.st.UVCount = 0
	k.misses = 0
	k.voidToken()
	return k.commit()
}

// mayTryPIN refuses before anything is compared.
func (k *Key) mayTryPIN() error {
	switch {
	case k.st.PIN == nil:
		return errPINNotSet
	case k.st.PINTries == 0:
		return errPINBlocked
	case k.misses >= maxMisses:
		return errPINAuthBlocked
	}
	return nil
}

// tryPIN compares a PIN (section 6.5.5.7.2). The try is taken off in the store before the comparison: pulling the key
// out in between gains nothing.
func (k *Key) tryPIN(p pinuv.Protocol, s *pinuv.Shared, enc []byte) error {
	k.st.PINTries--
	if err := k.commit(); err != nil {
		return err
	}
	hash, err := s.Decrypt(enc)
	defer clear(hash)
	if err != nil || len(hash) != 16 || !k.st.PIN.matches(hash) {
		delete(k.agreements, p)
		k.misses++
		switch {
		case k.st.PINTries == 0:
			return errPINBlocked
		case k.misses >= maxMisses:
			return errPINAuthBlocked
		}
		return errPINInvalid
	}
	k.misses = 0
	k.st.PINTries, k.st.UVTries, k.st.UVCount = k.o.Profile.PINTries, k.o.Profile.UVTries, 0
	return k.commit()
}
