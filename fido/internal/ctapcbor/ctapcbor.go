// Package ctapcbor reads what clients send to a key in one way only: in the CTAP2 canonical CBOR form (CTAP 2.1 section
// 8), with every value of the type that is asked for. Begin at Decode. Answers of keys are read by ctapclient, which
// forgives more.
package ctapcbor

import (
	"errors"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

var (
	// ErrForm is what is not one item in the canonical form, or holds more than any request does.
	ErrForm = errors.New("ctapcbor: not in CTAP's canonical form")
	// ErrType is a value of another CBOR type than the one that is asked for.
	ErrType = errors.New("ctapcbor: a value of another type")
)

// CredentialID is a byte string, or an empty list: python-fido2 2.2 sends that for an empty id.
type CredentialID []byte

var decoder = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxArrayElements: 256,
		MaxMapPairs:      64,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constant: only a mistake in this file comes here
	}
	return m
}()

// Decode reads one item into what v points to, and ignores members that it has no place for. The form is looked at
// before any type is, so an error is ErrForm where both are wrong; text that is not UTF-8 is ErrForm as well, where it is
// read. v may be filled in part after an error.
func Decode(b []byte, v any) error {
	if !canonical(b) {
		return ErrForm
	}
	if _, ok := fits(b, reflect.TypeOf(v)); !ok {
		return ErrType
	}
	err := decoder.Unmarshal(b, v)
	var wrong *cbor.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return ErrType
	}
	return ErrForm
}
