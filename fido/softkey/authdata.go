package softkey

import (
	"crypto/sha256"
	"encoding/binary"
)

// Flags of authenticator data (WebAuthn section 6.1).
const (
	flagUP byte = 0x01
	flagUV byte = 0x04
	flagAT byte = 0x40
	flagED byte = 0x80
)

// authData is authenticator data (WebAuthn section 6.1): attested is empty in an assertion.
func authData(rpID string, up, uv bool, counter uint32, attested []byte, outputs map[string]any) ([]byte, error) {
	hash := sha256.Sum256([]byte(rpID))
	var flags byte
	if up {
		flags |= flagUP
	}
	if uv {
		flags |= flagUV
	}
	if len(attested) > 0 {
		flags |= flagAT
	}
	if len(outputs) > 0 {
		flags |= flagED
	}
	b := append(hash[:], flags)
	b = binary.BigEndian.AppendUint32(b, counter)
	b = append(b, attested...)
	if len(outputs) == 0 {
		return b, nil
	}
	x, err := encoder.Marshal(outputs)
	return append(b, x...), err
}

// attestedData is attested credential data (WebAuthn section 6.5.1).
func (k *Key) attestedData(c credential) ([]byte, error) {
	s, err := c.signer()
	if err != nil {
		return nil, err
	}
	pub, err := publicKey(s)
	if err != nil {
		return nil, err
	}
	cose, err := encoder.Marshal(pub)
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), k.o.Profile.AAGUID[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.ID)))
	b = append(b, c.ID...)
	return append(b, cose...), nil
}
