package graph

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"

	"keyrollout/internal/secret"
)

var errHidden = errors.New("the answer cannot be read (it is not shown: it may hold a secret)")

// secretText is a JSON string that never becomes a Go string, because those cannot be wiped.
type secretText secret.Secret

// UnmarshalJSON takes over the text; null leaves the secret empty.
func (s *secretText) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return errHidden
	}
	out := make([]byte, 0, len(b)) // never grows, so no copy is left behind
	for b = b[1 : len(b)-1]; len(b) > 0; {
		if b[0] != '\\' {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		var r rune
		if r, b = unescape(b); r < 0 {
			clear(out)
			return errHidden
		}
		out = utf8.AppendRune(out, r)
	}
	*s = secretText(secret.New(out))
	return nil
}

// unescape reads one escape of a JSON string and returns what follows it. -1 = none.
func unescape(b []byte) (rune, []byte) {
	if len(b) < 2 {
		return -1, nil
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), b[2:]
	case 'b':
		return '\b', b[2:]
	case 'f':
		return '\f', b[2:]
	case 'n':
		return '\n', b[2:]
	case 'r':
		return '\r', b[2:]
	case 't':
		return '\t', b[2:]
	case 'u':
		r, rest := hex4(b[2:])
		if utf16.IsSurrogate(r) && len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
			low, after := hex4(rest[2:])
			return utf16.DecodeRune(r, low), after
		}
		return r, rest
	}
	return -1, nil
}

func hex4(b []byte) (rune, []byte) {
	if len(b) < 4 {
		return -1, nil
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1, nil
		}
	}
	return r, b[4:]
}

// jsonString writes a secret as a JSON string into a buffer large enough that it never moves.
func jsonString(s secret.Secret) []byte {
	out := make([]byte, 0, 2+6*s.Len())
	const digits = "0123456789abcdef"
	out = append(out, '"')
	s.Use(func(b []byte) {
		for _, c := range b {
			switch {
			case c == '"' || c == '\\':
				out = append(out, '\\', c)
			case c < 0x20:
				out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			default:
				out = append(out, c)
			}
		}
	})
	return append(out, '"')
}
