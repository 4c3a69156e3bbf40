package graph

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/zalando/go-keyring"
)

// TokenStore keeps a person's tokens between runs, when they ask for it. Without one tokens stay in memory.
type TokenStore interface {
	Load() ([]byte, error) // nil = nothing kept. The caller wipes it
	Save([]byte) error     // must not keep the slice
	Forget() error
}

// CodeNoKeyStore: the system has no place for secrets that can be used now, as often over SSH.
const CodeNoKeyStore = "no-key-store"

const (
	keyService = "keyrollout"
	keyName    = "key of the kept sign-in"
)

// SystemStore keeps tokens in a file, encrypted (AES-256-GCM) with a key that lies in the system's key store: Keychain,
// Credential Manager, Secret Service. It fails with CodeNoKeyStore where there is none: tokens are never kept in the
// clear.
func SystemStore(file string) (TokenStore, error) {
	key, err := systemKey()
	if err != nil {
		return nil, &Error{Op: "keep the sign-in", Code: CodeNoKeyStore, Message: "this system offers no key store at the moment; the sign-in is kept in memory only", Err: err}
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return systemStore{file, seal}, nil
}

// systemKey gets the key, or makes one the first time.
func systemKey() ([]byte, error) {
	text, err := keyring.Get(keyService, keyName)
	if err == nil {
		if key, err := base64.StdEncoding.DecodeString(text); err == nil && len(key) == 32 {
			return key, nil
		}
	} else if !errors.Is(err, keyring.ErrNotFound) {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	return key, keyring.Set(keyService, keyName, base64.StdEncoding.EncodeToString(key))
}

type systemStore struct {
	file string
	seal cipher.AEAD
}

// Load takes a file that cannot be opened, because its key is gone, for none: the person signs in again.
func (s systemStore) Load() ([]byte, error) {
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open, err := s.seal.Open(nil, nil, b, nil)
	if err != nil {
		return nil, nil
	}
	return open, nil
}

// Save writes the file whole or not at all.
func (s systemStore) Save(b []byte) error {
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(s.seal.Seal(nil, nil, b, nil))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Forget signs out on this machine: the file and its key go.
func (s systemStore) Forget() error {
	err := os.Remove(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if e := keyring.Delete(keyService, keyName); e != nil && !errors.Is(e, keyring.ErrNotFound) {
		err = errors.Join(err, e)
	}
	return err
}

// tokenCache hands the store to the library that signs in.
type tokenCache struct{ store TokenStore }

func (t tokenCache) Replace(_ context.Context, c cache.Unmarshaler, _ cache.ReplaceHints) error {
	b, err := t.store.Load()
	if err != nil || b == nil {
		return err
	}
	defer clear(b)
	return c.Unmarshal(b)
}

func (t tokenCache) Export(_ context.Context, c cache.Marshaler, _ cache.ExportHints) error {
	b, err := c.Marshal()
	if err != nil {
		return err
	}
	defer clear(b)
	return t.store.Save(b)
}
