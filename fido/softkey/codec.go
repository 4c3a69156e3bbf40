package softkey

import (
	"errors"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/ctapcbor"
)

// encoder writes the CTAP2 canonical CBOR form (CTAP 2.1 section 8). stored reads the key's own state, where byte strings
// may be long and lists many.
var (
	encoder = must(cbor.CTAP2EncOptions().EncMode())
	stored  = must(cbor.DecOptions{
		DupMapKey:   cbor.DupMapKeyEnforcedAPF,
		IndefLength: cbor.IndefLengthForbidden,
		TagsMd:      cbor.TagsForbidden,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the options above are constant: only a mistake in this file comes here
	}
	return v
}

// decode reads a command's parameters. No parameters at all are an empty map (section 8.1). What is not canonical is
// refused before the types of anything in it are looked at.
func decode(b []byte, v any) error {
	if len(b) == 0 {
		return nil
	}
	switch err := ctapcbor.Decode(b, v); {
	case err == nil:
		return nil
	case errors.Is(err, ctapcbor.ErrType):
		return errUnexpectedType
	}
	return errInvalidCBOR
}

// agreementKey is a platform's key agreement key, a COSE_Key on P-256 (CTAP 2.1 section 6.5.6).
type agreementKey struct {
	Kty int    `cbor:"1,keyasint"`
	Alg int    `cbor:"3,keyasint"`
	Crv int    `cbor:"-1,keyasint"`
	X   []byte `cbor:"-2,keyasint"`
	Y   []byte `cbor:"-3,keyasint"`
}

// coseKey is a COSE_Key on P-256 or Ed25519, or an RSA key (RFC 8152 section 13, RFC 8230 section 4). Byte strings of
// coordinates are always 32 bytes long.
type coseKey struct {
	Kty int             `cbor:"1,keyasint"`
	Alg int             `cbor:"3,keyasint,omitempty"`
	Crv cbor.RawMessage `cbor:"-1,keyasint,omitempty"` // curve, or the modulus of an RSA key
	X   []byte          `cbor:"-2,keyasint,omitempty"` // x, or the exponent of an RSA key
	Y   []byte          `cbor:"-3,keyasint,omitempty"`
}
