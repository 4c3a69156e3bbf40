package fido

import (
	"encoding/binary"
	"errors"
)

// Offsets in authenticator data (WebAuthn section 6.1).
const (
	authDataFlags  = 32
	authDataAAGUID = 37
	authDataIDSize = 53 // two bytes, then the credential id
	flagAttested   = 0x40
)

var errAuthData = errors.New("the authenticator data are cut short")

// attestationObject is the CBOR map {fmt, attStmt, authData} that a relying party wants (WebAuthn section 6.5.4), in
// CTAP2's canonical order. stmt is CBOR already.
func attestationObject(format string, stmt, authData []byte) []byte {
	if len(stmt) == 0 {
		stmt = []byte{0xA0}
	}
	b := []byte{0xA3}
	b = append(cborHead(b, 3, 3), "fmt"...)
	b = append(cborHead(b, 3, len(format)), format...)
	b = append(cborHead(b, 3, 7), "attStmt"...)
	b = append(b, stmt...)
	b = append(cborHead(b, 3, 8), "authData"...)
	return append(cborHead(b, 2, len(authData)), authData...)
}

// cborHead appends the head of a data item: major type and length (RFC 8949 section 3).
func cborHead(b []byte, major byte, n int) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
}

// unwrapBytes takes a CBOR byte string out of its wrapping, as libfido2 hands out authenticator data.
func unwrapBytes(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0]>>5 != 2 {
		return nil, errAuthData
	}
	n, head := int(b[0]&0x1F), 1
	switch {
	case n < 24:
	case n == 24 && len(b) >= 2:
		n, head = int(b[1]), 2
	case n == 25 && len(b) >= 3:
		n, head = int(binary.BigEndian.Uint16(b[1:])), 3
	default: // longer than any CTAPHID message
		return nil, errAuthData
	}
	if len(b) != head+n {
		return nil, errAuthData
	}
	return b[head:], nil
}

// aaguidOf reads the key's model out of a new credential's authenticator data.
func aaguidOf(authData []byte) (id [16]byte, err error) {
	if len(authData) < authDataAAGUID+len(id) || authData[authDataFlags]&flagAttested == 0 {
		return id, errAuthData
	}
	copy(id[:], authData[authDataAAGUID:])
	return id, nil
}

// credentialID reads the id of a new credential.
func credentialID(authData []byte) ([]byte, error) {
	if _, err := aaguidOf(authData); err != nil {
		return nil, err
	}
	rest := authData[authDataIDSize:]
	if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
		return nil, errAuthData
	}
	return rest[2 : 2+int(binary.BigEndian.Uint16(rest))], nil
}
