package graph

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
)

// CredentialIDs decodes a credential id as Entra writes it: padded base64 (2024), base64url with a digit that counts
// the padding left out (2024 to 2026, and in the ids of registered passkeys), or base64url without padding (2026).
// Some texts are both of the last two; then both readings come back, the likelier one first. Nil means neither.
func CredentialIDs(s string) [][]byte {
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	if body := strings.TrimRight(s, "="); body != s {
		return readings(decode(body))
	}
	n := len(s)
	if n < 2 {
		return nil
	}
	body, last := s[:n-1], s[n-1]
	switch {
	case n%4 == 1 && last == '0': // no plain base64 has this length
		return readings(decode(body))
	case n%4 == 0 && last == '1', n%4 == 3 && last == '2':
		counted, plain := decode(body), decode(s)
		// What a program encoded ends in zero bits; a text that merely ends in a fitting digit seldom does.
		if counted != nil && base64.RawURLEncoding.EncodeToString(counted) == body {
			return readings(counted, plain)
		}
		return readings(plain, counted)
	}
	return readings(decode(s))
}

// Is reports whether the passkey is the credential with this id, under any reading of its own id.
func (p Passkey) Is(credentialID []byte) bool {
	return slices.ContainsFunc(p.IDs(), func(id []byte) bool { return bytes.Equal(id, credentialID) })
}

// IDs are the readings of the passkey's own id, each of them once, the likeliest first.
func (p Passkey) IDs() [][]byte {
	ids := readings(p.CredentialID)
	for _, id := range CredentialIDs(p.ID) {
		if !slices.ContainsFunc(ids, func(have []byte) bool { return bytes.Equal(have, id) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

func readings(ids ...[]byte) (list [][]byte) {
	for _, id := range ids {
		if len(id) > 0 {
			list = append(list, id)
		}
	}
	return list
}

// decode reads base64url without padding; nil where it is none. Line ends, which Go's decoder skips, are refused.
func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil
	}
	return b
}

// decodeBytes reads base64 or base64url, padded or not: everything but credential ids.
func decodeBytes(s string) []byte {
	return decode(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(s), "="))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
