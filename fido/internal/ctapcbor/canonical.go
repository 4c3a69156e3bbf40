package ctapcbor

import (
	"bytes"
	"cmp"
	"encoding/binary"
)

// maxDepth is how deep maps and arrays may lie in one another, the outermost one counted (CTAP 2.1 section 8).
const maxDepth = 4

// Major types of CBOR beside the numbers (0 and 1), and two simple values whole (RFC 8949 sections 3.1 and 3.3).
const (
	cborBytes  byte = 2
	cborText   byte = 3
	cborArray  byte = 4
	cborMap    byte = 5
	cborTag    byte = 6
	cborSimple byte = 7
	cborFalse  byte = 0xF4
	cborTrue   byte = 0xF5
)

// canonical reports whether b is one data item in the CTAP2 canonical CBOR form (CTAP 2.1 section 8): numbers and
// lengths as short as they go, definite lengths, no tags, map keys in their order and none twice, at most four maps and
// arrays deep. The section leaves floating-point numbers as they are; whether text is UTF-8 is the decoder's to say.
func canonical(b []byte) bool {
	rest, ok := canonicalItem(b, maxDepth)
	return ok && len(rest) == 0
}

// canonicalItem checks the first data item of b and gives what follows it. depth is how many levels are left.
func canonicalItem(b []byte, depth int) (rest []byte, ok bool) {
	major, n, rest, ok := canonicalHead(b)
	if !ok {
		return nil, false
	}
	switch major {
	case cborBytes, cborText:
		if n > uint64(len(rest)) {
			return nil, false
		}
		return rest[n:], true
	case cborTag:
		return nil, false
	case cborArray, cborMap:
		if depth == 0 {
			return nil, false
		}
	default:
		return rest, true
	}
	var before []byte
	for i := uint64(0); i < n; i++ { // each round takes a byte at least, whatever n claims
		item := rest
		if rest, ok = canonicalItem(rest, depth-1); !ok {
			return nil, false
		}
		if major == cborArray {
			continue
		}
		key := item[:len(item)-len(rest)]
		if i > 0 && compareKeys(before, key) >= 0 {
			return nil, false
		}
		before = key
		if rest, ok = canonicalItem(rest, depth-1); !ok {
			return nil, false
		}
	}
	return rest, true
}

// canonicalHead reads an item's major type and its argument: the number itself, a length or a count.
func canonicalHead(b []byte) (major byte, n uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, 0, nil, false
	}
	major, n, b = b[0]>>5, uint64(b[0]&0x1F), b[1:]
	if n < 24 {
		return major, n, b, true
	}
	size := 1 << (n - 24)
	if size > 8 || len(b) < size { // 28 to 30 are reserved, 31 is an indefinite length
		return 0, 0, nil, false
	}
	var whole [8]byte
	copy(whole[8-size:], b)
	n = binary.BigEndian.Uint64(whole[:])
	if major == cborSimple && size > 1 { // a floating-point number
		return major, 0, b[size:], true
	}
	least := uint64(1) << (4 * size) // what half the bytes do not hold
	switch {
	case major == cborSimple:
		least = 32 // RFC 8949 section 3.3
	case size == 1:
		least = 24
	}
	return major, n, b[size:], n >= least
}

// compareKeys orders two encoded map keys: by major type, then the shorter first, then byte by byte.
func compareKeys(a, b []byte) int {
	return cmp.Or(cmp.Compare(a[0]>>5, b[0]>>5), cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}
