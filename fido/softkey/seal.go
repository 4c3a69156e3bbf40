package softkey

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"keyrollout/internal/secret"
)

// Sealing is where the key of a store file comes from. The numbers stand in the files.
type Sealing byte

const (
	SealedByKey        Sealing = iota // a key of 32 bytes that its owner keeps
	SealedByPassphrase                // stretched from a passphrase
	SealedByVault                     // drawn at random and kept in a vault
)

func (s Sealing) String() string {
	switch s {
	case SealedByKey:
		return "a key"
	case SealedByPassphrase:
		return "a passphrase"
	case SealedByVault:
		return "the system's key store"
	}
	return "something unknown"
}

// Seal opens and closes store files: WithKey, WithPassphrase, WithVault.
type Seal interface {
	sealing() Sealing
	fresh() (id [idSize]byte, key []byte, err error) // for a new file
	key(id [idSize]byte) ([]byte, error)             // for one that is there
}

// Vault is a place for secrets that the operating system guards. Put must not return before the secret is safe.
type Vault interface {
	Get(name string) (secret.Secret, error)
	Put(name string, key secret.Secret) error
}

// WithKey seals with a key of 32 bytes.
func WithKey(key secret.Secret) Seal { return keySeal{key} }

type keySeal struct{ s secret.Secret }

func (keySeal) sealing() Sealing { return SealedByKey }

func (k keySeal) fresh() (id [idSize]byte, key []byte, err error) {
	key, err = k.key(id)
	return id, key, err
}

func (k keySeal) key([idSize]byte) (key []byte, err error) { return storeKeyOf(k.s) }

func storeKeyOf(s secret.Secret) (key []byte, err error) {
	s.Use(func(b []byte) { key = bytes.Clone(b) })
	if len(key) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("softkey: the store's key has %d bytes, not %d", len(key), chacha20poly1305.KeySize)
	}
	return key, nil
}

// WithPassphrase seals with a key stretched from a passphrase: Argon2id, two passes over 19 MiB (the second of the
// choices OWASP gives for it), with a salt of its own for each file.
func WithPassphrase(phrase secret.Secret) Seal { return phraseSeal{phrase} }

type phraseSeal struct{ s secret.Secret }

func (phraseSeal) sealing() Sealing { return SealedByPassphrase }

func (p phraseSeal) fresh() (id [idSize]byte, key []byte, err error) {
	if _, err = rand.Read(id[:]); err == nil {
		key, err = p.key(id)
	}
	return id, key, err
}

func (p phraseSeal) key(id [idSize]byte) (key []byte, err error) {
	if p.s.Empty() {
		return nil, errors.New("softkey: the passphrase is empty")
	}
	p.s.Use(func(b []byte) { key = argon2.IDKey(b, id[:], 2, 19*1024, 1, chacha20poly1305.KeySize) })
	return key, nil
}

func nameOf(id [idSize]byte) string { return hex.EncodeToString(id[:]) }

// WithVault seals with a random key that lies in a vault under a random name; the file knows the name.
func WithVault(v Vault) Seal { return vaultSeal{v} }

type vaultSeal struct{ v Vault }

func (vaultSeal) sealing() Sealing { return SealedByVault }

// fresh reads the key back before anything is sealed with it: a vault that forgets would cost the whole store.
func (v vaultSeal) fresh() (id [idSize]byte, key []byte, err error) {
	key = make([]byte, chacha20poly1305.KeySize)
	if _, err = rand.Read(key); err != nil {
		return id, nil, err
	}
	if _, err = rand.Read(id[:]); err != nil {
		return id, nil, err
	}
	if err = v.v.Put(nameOf(id), secret.New(key)); err != nil {
		return id, nil, err
	}
	kept, err := v.key(id)
	if err == nil && !bytes.Equal(kept, key) {
		err = errors.New("softkey: the key store gives back another key than it was given")
	}
	return id, kept, err
}

func (v vaultSeal) key(id [idSize]byte) ([]byte, error) {
	s, err := v.v.Get(nameOf(id))
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	return storeKeyOf(s)
}
