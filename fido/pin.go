package fido

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"keyrollout/internal/secret"
)

// MaxPIN is the longest PIN in bytes of UTF-8 (CTAP 2.1 section 6.5.1).
const MaxPIN = 63

// PINReason says why a PIN cannot be one.
type PINReason int

const (
	PINTooShort PINReason = iota + 1 // fewer code points than the key wants
	PINTooLong                       // more than MaxPIN bytes
	PINNotUTF8
	PINNotNFC // a composed character is written as several; the key would not recognise it from another keyboard
	PINZero   // holds U+0000, with which keys pad
)

// PINError is a PIN that would be refused. It does not hold the PIN.
type PINError struct {
	Reason PINReason
	Min    int // code points the key wants
	Has    int // code points, or for PINTooLong bytes, that were given
}

func (e *PINError) Error() string {
	switch e.Reason {
	case PINTooShort:
		return fmt.Sprintf("the PIN has %d characters, the key wants at least %d", e.Has, e.Min)
	case PINTooLong:
		return fmt.Sprintf("the PIN takes %d bytes, a key takes at most %d", e.Has, MaxPIN)
	case PINNotUTF8:
		return "the PIN is not text in UTF-8"
	case PINNotNFC:
		return "the PIN holds a character written in parts (not in Unicode's normal form NFC)"
	case PINZero:
		return "the PIN holds a zero character"
	}
	return "the PIN cannot be used"
}

// CheckPIN tells, before the key is asked and without a try being spent, whether a PIN can be this key's: at least
// i.MinPIN code points in Unicode's normal form NFC and at most 63 bytes of UTF-8 (CTAP 2.1 section 6.5.1). What it
// refuses is a *PINError. Rules of the key's own, such as one against simple PINs, only the key knows.
//
// The PIN is not normalised for the caller: that would make another one of it than the person typed and will type.
func CheckPIN(pin secret.Secret, i Info) (err error) {
	least := i.MinPIN
	if least == 0 {
		least = 4
	}
	pin.Use(func(b []byte) {
		bad := func(r PINReason, has int) error { return &PINError{Reason: r, Min: least, Has: has} }
		n := utf8.RuneCount(b)
		switch {
		case !utf8.Valid(b):
			err = bad(PINNotUTF8, n)
		case !norm.NFC.IsNormal(b):
			err = bad(PINNotNFC, n)
		case holdsZero(b):
			err = bad(PINZero, n)
		case len(b) > MaxPIN:
			err = bad(PINTooLong, len(b))
		case n < least:
			err = bad(PINTooShort, n)
		}
	})
	return err
}

func holdsZero(b []byte) bool {
	for _, c := range b {
		if c == 0 {
			return true
		}
	}
	return false
}
