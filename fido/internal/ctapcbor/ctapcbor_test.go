package ctapcbor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"keyrollout/fido/internal/ctapclient"
)

// Each rule of CTAP 2.1 section 8 with what just keeps it and what just breaks it.
func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		rule, good, bad string
	}{
		{"a number under 24 in one byte", "17", "1817"},
		{"a number under 256 in two", "1818", "190018"},
		{"a number under 2^16 in three", "190100", "1a00000100"},
		{"a number under 2^32 in five", "1a00010000", "1b0000000000010000"},
		{"a number over 2^32 in nine", "1b0000000100000000", "1c"},
		{"a negative number as short", "37", "3817"},
		{"the length of a byte string as short", "40", "5800"},
		{"the length of a text as short", "6161", "780161"},
		{"the count of an array as short", "8101", "980101"},
		{"the count of a map as short", "a10102", "b8010102"},
		{"definite lengths", "820102", "9f0102ff"},
		{"definite lengths of maps and strings", "a10141ff", "bf0141ffff"},
		{"no tags", "01", "c101"},
		{"map keys that rise", "a201000200", "a202000100"},
		{"no key twice", "a201000200", "a201000100"},
		{"a shorter key first", "a261620062616100", "a262616100616200"},
		{"the major type before the length", "a21818002000", "a22000181800"},
		{"text behind numbers", "a20100616100", "a26161000100"},
		{"bytes before text", "a2416100616100", "a2616100416100"},
		{"four levels", "a101a101a101a10101", "a101a101a101a101a10101"},
		{"four levels of arrays too", "8181818101", "818181818101"},
		{"four levels beside one another", "828181810181818101", "82818181810181818101"},
		{"order in what lies inside", "a101a201000200", "a101a202000100"},
		{"false, true and null", "83f4f5f6", "f814"},
		{"floating-point numbers as they are", "83f93e00fa3fc00000fb3ff8000000000000", "f93e"},
		{"nothing behind it", "a0", "a000"},
		{"all that it counts", "820102", "8201"},
		{"as many bytes as it says", "420102", "4201"},
		{"no more than there is", "4101", "5bffffffffffffffff00"},
	} {
		for form, want := range map[string]bool{c.good: true, c.bad: false} {
			b, err := hex.DecodeString(form)
			if err != nil {
				t.Fatal(err)
			}
			if got := canonical(b); got != want {
				t.Errorf("%s: canonical(%s) is %t", c.rule, form, got)
			}
		}
	}
}

// A value of one type is not read as another one's, and null as none: the library alone would do both.
func TestDecodeKeepsTypesApart(t *testing.T) {
	type ids struct {
		ID CredentialID `cbor:"id"`
	}
	for _, c := range []struct {
		what, form string
		into       any
		want       error
	}{
		{"a number", "06", new(uint64), nil},
		{"a simple value for a number", "e6", new(uint64), ErrType},
		{"null for a number", "f6", new(uint64), ErrType},
		{"a negative number", "25", new(uint64), ErrType},
		{"a simple value as a key", "a1e106", new(map[int]any), ErrType},
		{"text as a key", "a2010661780a", new(map[int]any), ErrType},
		{"null for a map", "f6", new(map[int]any), ErrType},
		{"nothing", "", new(map[int]any), ErrForm},
		{"a map that is not canonical", "a20106020118", new(map[int]any), ErrForm},
		{"a list for a byte string", "8101", new([]byte), ErrType},
		{"an empty list for a byte string", "80", new([]byte), ErrType},
		{"text for a byte string", "6161", new([]byte), ErrType},
		{"bytes for text", "4161", new(string), ErrType},
		{"text that is not UTF-8", "61ef", new(string), ErrForm},
		{"text that is not UTF-8, deep within", "a101a10161ef", new(map[int]any), ErrForm},
		{"an empty list for a credential's id", "a162696480", new(ids), nil},
		{"a list for a credential's id", "a16269648101", new(ids), ErrType},
	} {
		b, err := hex.DecodeString(c.form)
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(b, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", c.what, err, c.want)
		}
	}
}

// requests are what commands have as parameters, in all the types there are.
var requests = []any{
	map[int]any{1: 2, 2: 9, 3: map[int]any{1: 2, 3: -25, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)}, 10: "a.example"},
	map[int]any{
		1: make([]byte, 32), 2: map[string]string{"id": "a.example", "name": "A"}, 3: map[string]any{"id": []byte{1}, "displayName": "U"},
		4: []map[string]any{{"alg": -7, "type": "public-key"}}, 6: map[string]any{"credProtect": 2, "hmac-secret": true},
		7: map[string]bool{"rk": true, "uv": false},
	},
}

// FuzzCanonical holds the check against the encoder: what passes is what the encoder would have written.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"a0", "a201000200", "a202000100", "1817", "a101a101a101a10101", "83f4f5f6", "a2626161006162"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, v := range requests {
		b, err := ctapclient.Encode(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if Decode(b, &v) != nil || bytes.ContainsAny(b, "\xf9\xfa\xfb") { // floats are widened
			return
		}
		if again, err := ctapclient.Encode(v); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x passes, and the encoder writes %x, %v", b, again, err)
		}
	})
}
