package fido

import "math"

// The parts of Info and its use that do not depend on who asked the key.

// complete fills in what the standard says of a key that is silent.
func (i Info) complete() Info {
	if i.MinPIN < 4 || i.MinPIN > MaxPIN { // 4 is the standard's own, and no PIN is longer than that
		i.MinPIN = 4
	}
	if i.MaxMsg < 1024 { // less is not allowed (CTAP 2.1 section 6.4)
		i.MaxMsg = 1024
	}
	i.Residents = told(i.Residents, maxListings, -1)
	for _, n := range []*int{&i.MaxCredID, &i.MaxLargeBlob, &i.MaxCredBlob, &i.MinPINRPs, &i.UVAttempts} {
		*n = told(*n, math.MaxInt32, 0)
	}
	return i
}

// told is n where a key can mean it, and else what stands for "not told".
func told(n, most, not int) int {
	if n < 0 || n > most {
		return not
	}
	return n
}

// maxListings is more than any key holds of what it lists or counts.
const maxListings = 10000

// hasSensor reports whether the key can verify its user by itself.
func (i Info) hasSensor() bool {
	_, uv := i.Options["uv"]
	return uv || i.CanEnrol()
}

// Commands that a preview of CTAP 2.1 had under other numbers, with the same bodies.
const (
	cmdBio, cmdBioPreview   = 0x09, 0x40
	cmdMgmt, cmdMgmtPreview = 0x0A, 0x41
)

// command is the number under which this key has a command: the final one where it names the final option (CTAP 2.1
// section 6.4), for a newer key no longer knows the preview's, and an older one knows no other.
func (i Info) command(c byte) byte {
	_, bio := i.Option("bioEnroll")
	switch {
	case c == cmdBioPreview && bio:
		return cmdBio
	case c == cmdMgmtPreview && i.Options["credMgmt"]:
		return cmdMgmt
	}
	return c
}

// algorithm chooses the first one that the server wants and the key has. A key that does not tell has ES256.
func (i Info) algorithm(wanted []int) (int, bool) {
	has := i.Algorithms
	if len(has) == 0 {
		has = []int{ES256}
	}
	for _, w := range wanted {
		for _, h := range has {
			if w == h && drivable(w) {
				return w, true
			}
		}
	}
	return 0, false
}

// assertOp is what Assert does, in errors.
const assertOp = "sign in"

// COSE algorithm numbers (IANA COSE registry).
const (
	ES256 = -7
	EdDSA = -8
	ES384 = -35
	RS256 = -257
)

// drivable reports whether libfido2 reads credentials of this algorithm.
func drivable(alg int) bool { return alg == ES256 || alg == EdDSA || alg == ES384 || alg == RS256 }

// fitting drops the credential ids that cannot be this key's: an empty one, or one longer than any of its own. Servers
// list the ids of all of a user's keys, and a key may refuse a list with one it cannot hold.
func (i Info) fitting(ids [][]byte) [][]byte {
	var out [][]byte
	for _, id := range ids {
		if len(id) > 0 && (i.MaxCredID <= 0 || len(id) <= i.MaxCredID) {
			out = append(out, id)
		}
	}
	return out
}

// inLists cuts ids into lists that the key accepts.
func (i Info) inLists(ids [][]byte) [][][]byte {
	n := i.MaxCredIDs
	if n <= 0 {
		n = 8 // what most keys take
	}
	var out [][][]byte
	for len(ids) > 0 {
		k := min(n, len(ids))
		out = append(out, ids[:k])
		ids = ids[k:]
	}
	return out
}
