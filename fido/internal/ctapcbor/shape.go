package ctapcbor

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

var (
	rawType = reflect.TypeFor[cbor.RawMessage]()
	idType  = reflect.TypeFor[CredentialID]()
)

// fits reports whether every value that a type has a place for is of its CBOR type (CTAP 2.1 section 8.1). The library
// alone would take a list of numbers for a byte string, and null for anything. b is canonical; what the type does not
// name, and what is raw, is passed over.
func fits(b []byte, t reflect.Type) (rest []byte, ok bool) {
	rest, _ = canonicalItem(b, maxDepth)
	if t == rawType {
		return rest, true
	}
	major, n, inner, _ := canonicalHead(b)
	switch t.Kind() {
	case reflect.Pointer:
		return fits(b, t.Elem())
	case reflect.Uint, reflect.Uint64:
		return rest, major == 0
	case reflect.Int, reflect.Int64:
		return rest, major <= 1
	case reflect.Bool:
		return rest, b[0] == cborFalse || b[0] == cborTrue
	case reflect.String:
		return rest, major == cborText
	case reflect.Struct:
		return rest, major == cborMap && membersFit(inner, n, t)
	case reflect.Map:
		return rest, major == cborMap && pairsFit(inner, n, t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return rest, major == cborBytes || t == idType && major == cborArray && n == 0
		}
		if major != cborArray {
			return rest, false
		}
		for range n {
			if inner, ok = fits(inner, t.Elem()); !ok {
				return rest, false
			}
		}
	}
	return rest, true
}

func pairsFit(b []byte, n uint64, t reflect.Type) (ok bool) {
	for range n {
		if b, ok = fits(b, t.Key()); ok {
			b, ok = fits(b, t.Elem())
		}
		if !ok {
			return false
		}
	}
	return true
}

func membersFit(b []byte, n uint64, t reflect.Type) bool {
	for range n {
		value, _ := canonicalItem(b, maxDepth)
		member, known := memberOf(t, b[:len(b)-len(value)])
		if !known {
			b, _ = canonicalItem(value, maxDepth)
			continue
		}
		var ok bool
		if b, ok = fits(value, member); !ok {
			return false
		}
	}
	return true
}

// memberOf finds what a struct's tags say about an encoded map key: `cbor:"1,keyasint"` or `cbor:"id"`.
func memberOf(t reflect.Type, key []byte) (reflect.Type, bool) {
	major, n, text, _ := canonicalHead(key)
	name := ""
	switch major {
	case 0:
		name = strconv.FormatUint(n, 10)
	case 1:
		name = "-" + strconv.FormatUint(n+1, 10)
	case cborText:
		name = string(text)
	default:
		return nil, false
	}
	for i := range t.NumField() {
		tag, option, _ := strings.Cut(t.Field(i).Tag.Get("cbor"), ",")
		if numbered := strings.HasPrefix(option, "keyasint"); tag == name && numbered == (major <= 1) {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}
