// Package pinuv is the cryptography between a platform and an authenticator that hides PINs and proves possession of a
// pinUvAuthToken: PIN/UV auth protocols one and two (CTAP 2.1 sections 6.5.6 and 6.5.7).
//
// Both sides make an Agreement, exchange Points and derive the same Shared secret; Authenticate and Verify work with a
// token afterwards.
package pinuv

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// Protocol is a pinUvAuthProtocol number.
type Protocol uint

const (
	One Protocol = 1
	Two Protocol = 2
)

// Known reports whether this package speaks the protocol.
func (p Protocol) Known() bool { return p == One || p == Two }

// TokenSize is the length of a pinUvAuthToken in both protocols. Protocol one allows 16 as well; 32 suits both.
const TokenSize = 32

// Point is a P-256 public key with coordinates of fixed width: a leading zero is part of the number.
type Point struct{ X, Y [32]byte }

// Agreement is one side's key agreement key (regenerate(), section 6.5.6).
type Agreement struct{ key *ecdh.PrivateKey }

// NewAgreement draws a key. The scalar is read from rand itself, since crypto/ecdh looks no more at the source it is
// given; one draw in 2^32 is out of range and drawn again.
func NewAgreement(rand io.Reader) (*Agreement, error) {
	var b [32]byte
	defer clear(b[:])
	for range 8 {
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			return nil, fmt.Errorf("pinuv: key agreement: %w", err)
		}
		if k, err := ecdh.P256().NewPrivateKey(b[:]); err == nil {
			return &Agreement{k}, nil
		}
	}
	return nil, errors.New("pinuv: key agreement: the source of randomness is broken")
}

// Public is getPublicKey() of section 6.5.6.
func (a *Agreement) Public() Point {
	var p Point
	b := a.key.PublicKey().Bytes() // 04 ‖ x ‖ y
	copy(p.X[:], b[1:33])
	copy(p.Y[:], b[33:])
	return p
}

// Shared derives the shared secret with the other side (decapsulate, ecdh and kdf of section 6.5.6).
func (a *Agreement) Shared(p Protocol, peer Point) (*Shared, error) {
	if !p.Known() {
		return nil, fmt.Errorf("pinuv: protocol %d is unknown", p)
	}
	raw := append(append([]byte{4}, peer.X[:]...), peer.Y[:]...)
	pub, err := ecdh.P256().NewPublicKey(raw)
	if err != nil {
		return nil, errors.New("pinuv: the other side's key is not on the curve")
	}
	z, err := a.key.ECDH(pub)
	if err != nil {
		return nil, errors.New("pinuv: key agreement failed")
	}
	defer clear(z)
	if p == One {
		h := sha256.Sum256(z)
		return &Shared{p, h[:], h[:]}, nil
	}
	salt := make([]byte, 32)
	mac, err := hkdf.Key(sha256.New, z, salt, "CTAP2 HMAC key", 32)
	if err != nil {
		return nil, err
	}
	enc, err := hkdf.Key(sha256.New, z, salt, "CTAP2 AES key", 32)
	if err != nil {
		return nil, err
	}
	return &Shared{p, mac, enc}, nil
}

// Shared is the secret both sides derived.
type Shared struct {
	protocol Protocol
	mac, enc []byte
}

// Encrypt encrypts whole AES blocks.
func (s *Shared) Encrypt(rand io.Reader, plain []byte) ([]byte, error) {
	if len(plain)%aes.BlockSize != 0 {
		return nil, errors.New("pinuv: the plain text is not whole blocks")
	}
	block, err := aes.NewCipher(s.enc)
	if err != nil {
		return nil, err
	}
	var iv [aes.BlockSize]byte
	var out []byte
	if s.protocol == Two {
		if _, err := io.ReadFull(rand, iv[:]); err != nil {
			return nil, fmt.Errorf("pinuv: initialisation vector: %w", err)
		}
		out = append(out, iv[:]...)
	}
	n := len(out)
	out = append(out, plain...)
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(out[n:], out[n:])
	return out, nil
}

// Decrypt is the reverse of Encrypt.
func (s *Shared) Decrypt(text []byte) ([]byte, error) {
	iv := make([]byte, aes.BlockSize)
	if s.protocol == Two {
		if len(text) < aes.BlockSize {
			return nil, errors.New("pinuv: the cipher text is too short")
		}
		iv, text = text[:aes.BlockSize], text[aes.BlockSize:]
	}
	if len(text)%aes.BlockSize != 0 {
		return nil, errors.New("pinuv: the cipher text is not whole blocks")
	}
	block, err := aes.NewCipher(s.enc)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(text))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, text)
	return out, nil
}

// Authenticate signs with the shared secret.
func (s *Shared) Authenticate(message []byte) []byte { return Authenticate(s.protocol, s.mac, message) }

// Verify checks a signature made with the shared secret.
func (s *Shared) Verify(message, signature []byte) bool {
	return Verify(s.protocol, s.mac, message, signature)
}

// Wipe overwrites the keys.
func (s *Shared) Wipe() { clear(s.mac); clear(s.enc) }

// Authenticate signs a message with a key or a pinUvAuthToken: HMAC-SHA-256, cut to 16 bytes by protocol one.
func Authenticate(p Protocol, key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	sum := h.Sum(nil)
	if p == One {
		return sum[:16]
	}
	return sum
}

// Verify checks a signature in constant time.
func Verify(p Protocol, key, message, signature []byte) bool {
	return hmac.Equal(Authenticate(p, key, message), signature)
}
