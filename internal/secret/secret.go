// Package secret holds values that must never be seen: PINs, Temporary Access Passes, tokens, private keys.
//
// A Secret prints as "(hidden)" whatever verb, logger or encoder it meets. Its bytes are lent to a function with
// Use and overwritten with Wipe; they are never handed out as a string.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const hidden = "(hidden)"

// Secret is a value that cannot be printed, logged, formatted or marshalled. Copies share the same bytes, so one
// Wipe empties them all. The zero Secret is empty.
type Secret struct{ b *[]byte }

// New takes ownership of b: the caller must not keep or change it.
func New(b []byte) Secret { return Secret{b: &b} }

// Empty reports whether there is nothing to hide: never set, or wiped.
func (s Secret) Empty() bool { return s.b == nil || len(*s.b) == 0 }

// Len is the number of bytes.
func (s Secret) Len() int {
	if s.b == nil {
		return 0
	}
	return len(*s.b)
}

// Use lends the bytes to f, which must neither keep nor change them.
func (s Secret) Use(f func([]byte)) {
	if s.b == nil {
		f(nil)
		return
	}
	f(*s.b)
}

// Clone returns a copy with bytes of its own, for a holder that wipes at another time.
func (s Secret) Clone() Secret {
	if s.b == nil {
		return Secret{}
	}
	return New(append([]byte(nil), *s.b...))
}

// Equal compares in constant time for equal lengths.
func (s Secret) Equal(t Secret) bool {
	var eq bool
	s.Use(func(a []byte) { t.Use(func(b []byte) { eq = subtle.ConstantTimeCompare(a, b) == 1 }) })
	return eq
}

// Wipe overwrites the bytes with zeros and empties the secret and all its copies.
func (s Secret) Wipe() {
	if s.b == nil {
		return
	}
	clear(*s.b)
	*s.b = (*s.b)[:0]
}

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) Format(w fmt.State, _ rune)   { _, _ = io.WriteString(w, hidden) }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
