package fido

import (
	"context"
	"crypto/sha256"
)

// touch asks for a touch with a makeCredential that cannot succeed, because its pinUvAuthParam is empty (CTAP 2.1
// section 6.1.2, step 1).
func (s *ctapDriver) touch(ctx context.Context) error {
	hash := sha256.Sum256(nil)
	r := struct {
		Hash   []byte `cbor:"1,keyasint"`
		RP     any    `cbor:"2,keyasint"`
		User   any    `cbor:"3,keyasint"`
		Params []any  `cbor:"4,keyasint"`
		Auth   []byte `cbor:"8,keyasint"`
		Proto  uint   `cbor:"9,keyasint"`
	}{
		hash[:], map[string]string{"id": ".dummy"}, userEntity{ID: []byte{1}, Name: "dummy"},
		[]any{map[string]any{"alg": ES256, "type": "public-key"}}, []byte{}, uint(s.protocol()),
	}
	err := s.do(ctx, 0x01, r, nil)
	if is(err, CodePINInvalid) || is(err, CodePINNotSet) || is(err, CodeAuthInvalid) { // how keys say "touched"
		return nil
	}
	return err
}
