package softkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// COSE algorithm numbers (RFC 8152 section 8, RFC 8812 section 2).
const (
	algES256 = -7
	algEdDSA = -8
	algRS256 = -257
)

const publicKeyType = "public-key"

// drawKey makes the private part of a new credential of an algorithm.
func drawKey(alg int, rand io.Reader) ([]byte, error) {
	if alg == algRS256 {
		key, err := rsa.GenerateKey(rand, 2048)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS1PrivateKey(key), nil
	}
	return drawSeed(alg, func(b []byte) error { _, err := io.ReadFull(rand, b); return err })
}

// drawSeed draws 32 bytes until they are a private key of the algorithm: for P-256 all but one in 2^32 are.
func drawSeed(alg int, draw func([]byte) error) ([]byte, error) {
	b := make([]byte, 32)
	for range 8 {
		if err := draw(b); err != nil {
			return nil, err
		}
		if alg == algEdDSA {
			return b, nil
		}
		if _, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b); err == nil {
			return b, nil
		}
	}
	return nil, errors.New("softkey: the source of randomness is broken")
}

// signer is the private key.
func (c credential) signer() (crypto.Signer, error) {
	switch c.Alg {
	case algES256:
		return ecdsa.ParseRawPrivateKey(elliptic.P256(), c.Key)
	case algEdDSA:
		if len(c.Key) != ed25519.SeedSize {
			return nil, errors.New("softkey: a seed of the wrong length")
		}
		return ed25519.NewKeyFromSeed(c.Key), nil
	case algRS256:
		return x509.ParsePKCS1PrivateKey(c.Key)
	}
	return nil, fmt.Errorf("softkey: algorithm %d is unknown", c.Alg)
}

// sign signs for an assertion, or for the attestation. ECDSA is deterministic (RFC 6979): a broken source of
// randomness must not give the key away.
func sign(s crypto.Signer, message ...[]byte) ([]byte, error) {
	var all []byte
	for _, m := range message {
		all = append(all, m...)
	}
	if _, ok := s.(ed25519.PrivateKey); ok {
		return s.Sign(nil, all, crypto.Hash(0))
	}
	sum := sha256.Sum256(all)
	return s.Sign(nil, sum[:], crypto.SHA256)
}

// publicKey is the COSE_Key of a private key. Coordinates keep their leading zeros.
func publicKey(s crypto.Signer) (coseKey, error) {
	switch p := s.Public().(type) {
	case *ecdsa.PublicKey:
		b, err := p.Bytes() // 04 ‖ x ‖ y
		if err != nil {
			return coseKey{}, err
		}
		return coseKey{Kty: 2, Alg: algES256, Crv: cbor.RawMessage{1}, X: b[1:33], Y: b[33:]}, nil
	case ed25519.PublicKey:
		return coseKey{Kty: 1, Alg: algEdDSA, Crv: cbor.RawMessage{6}, X: p}, nil
	case *rsa.PublicKey:
		n, err := encoder.Marshal(p.N.Bytes())
		if err != nil {
			return coseKey{}, err
		}
		e := []byte{byte(p.E >> 16), byte(p.E >> 8), byte(p.E)}
		return coseKey{Kty: 3, Alg: algRS256, Crv: n, X: e}, nil
	}
	return coseKey{}, errors.New("softkey: a key of an unknown kind")
}

// A derived credential is not stored: its id says what it is, and all its secrets come from the key's seed and the id.
//
//	id = kind ‖ algorithm ‖ credProtect level, 80 for thirdPartyPayment ‖ nonce (29) ‖ HMAC-SHA-256(mac key, the first 32 bytes ‖ RP id hash)
//
// 64 bytes in all, the longest id the ATKey profile allows. The seed is drawn anew by a reset, and all ids are void.
const (
	derivedKind = 0xD1
	derivedSize = 64
	derivedPays = 0x80
)

func (k *Key) derive(info string, salt []byte, n int) ([]byte, error) {
	return hkdf.Key(sha256.New, k.st.Seed, salt, "keyrollout softkey "+info, n)
}

func (k *Key) derivedTag(head []byte, rpHash [32]byte) ([]byte, error) {
	key, err := k.derive("id", nil, 32)
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(head)
	h.Write(rpHash[:])
	return h.Sum(nil), nil
}

// newDerived makes a credential that is not stored.
func (k *Key) newDerived(rpHash [32]byte, alg, protect int, payment bool) (credential, error) {
	head := make([]byte, 32)
	if _, err := io.ReadFull(k.o.Rand, head); err != nil {
		return credential{}, err
	}
	head[0], head[1], head[2] = derivedKind, byte(-alg), byte(protect)
	if payment {
		head[2] |= derivedPays
	}
	tag, err := k.derivedTag(head, rpHash)
	if err != nil {
		return credential{}, err
	}
	return k.derived(append(head, tag...), rpHash)
}

// derived makes a credential again from its id. An id that this key did not make for this RP is errNoCredentials.
func (k *Key) derived(id []byte, rpHash [32]byte) (credential, error) {
	if len(id) != derivedSize || id[0] != derivedKind {
		return credential{}, errNoCredentials
	}
	tag, err := k.derivedTag(id[:32], rpHash)
	if err != nil {
		return credential{}, err
	}
	if subtle.ConstantTimeCompare(tag, id[32:]) != 1 {
		return credential{}, errNoCredentials
	}
	c := credential{ID: id, Alg: -int(id[1]), Protect: int(id[2] &^ derivedPays), Payment: id[2]&derivedPays != 0, derived: true}
	round := 0
	c.Key, err = drawSeed(c.Alg, func(b []byte) error {
		round++
		d, err := k.derive(fmt.Sprintf("key %d", round), id, 32)
		copy(b, d)
		return err
	})
	if err != nil {
		return credential{}, err
	}
	if c.RandomUV, err = k.derive("uv", id, 32); err != nil {
		return credential{}, err
	}
	c.RandomNoUV, err = k.derive("no uv", id, 32)
	return c, err
}

// newStored makes a credential that the key keeps.
func (k *Key) newStored(alg, protect int) (credential, error) {
	c := credential{ID: make([]byte, 32), Alg: alg, Protect: protect,
		RandomUV: make([]byte, 32), RandomNoUV: make([]byte, 32), BlobKey: make([]byte, 32)}
	for _, b := range [][]byte{c.ID, c.RandomUV, c.RandomNoUV, c.BlobKey} {
		if _, err := io.ReadFull(k.o.Rand, b); err != nil {
			return c, err
		}
	}
	var err error
	c.Key, err = drawKey(alg, k.o.Rand)
	k.st.Serial++
	c.Serial = k.st.Serial
	return c, err
}

// find looks for a credential of an RP by its id, stored or derived.
func (k *Key) find(id []byte, rpID string) (credential, error) {
	for _, c := range k.st.Resident {
		if c.RPID == rpID && subtle.ConstantTimeCompare(c.ID, id) == 1 {
			return c, nil
		}
	}
	return k.derived(id, sha256.Sum256([]byte(rpID)))
}

// count raises a credential's signature counter and writes it before the signature leaves.
func (k *Key) count(c *credential) (uint32, error) {
	if c.derived {
		k.st.Counter++
		return k.st.Counter, k.commit()
	}
	for i := range k.st.Resident {
		if k.st.Resident[i].Serial == c.Serial {
			k.st.Resident[i].Counter++
			c.Counter = k.st.Resident[i].Counter
		}
	}
	return c.Counter, k.commit()
}

// room is how many discoverable credentials still fit.
func (k *Key) room() int { return max(0, k.o.Profile.MaxResident-len(k.st.Resident)) }
