package graph

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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
	if e := keyring.Delete(keyService, keyName); err == nil && e != nil && !errors.Is(e, keyring.ErrNotFound) {
		err = &Error{Op: "forget the sign-in", Code: CodeNoKeyStore, Message: "the system's key store cannot be reached", Err: e}
	}
	return err
}

// KeptLogin is one person whose sign-in a store keeps.
type KeptLogin struct {
	UPN, TenantID, Login string // Login is the authority's host
	ClientIDs            []string
}

// Kept lists whose sign-ins a store keeps, in the order of their names. It reads the schema that Microsoft's libraries
// share ("unified cache"), and takes no token out.
func Kept(s TokenStore) ([]KeptLogin, error) {
	b, err := s.Load()
	if err != nil || b == nil {
		return nil, err
	}
	defer clear(b)
	var w struct {
		Account map[string]struct {
			ID       string `json:"home_account_id"`
			Host     string `json:"environment"`
			Tenant   string `json:"realm"`
			Username string `json:"username"`
		}
		RefreshToken map[string]struct {
			ID     string `json:"home_account_id"`
			Client string `json:"client_id"`
		}
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, &Error{Op: "read the kept sign-in", Code: CodeGarbled, Message: "it is not what this program keeps"}
	}
	var list []KeptLogin
	for _, a := range w.Account {
		k := KeptLogin{UPN: a.Username, TenantID: a.Tenant, Login: a.Host}
		for _, r := range w.RefreshToken {
			if r.ID == a.ID && !slices.Contains(k.ClientIDs, r.Client) {
				k.ClientIDs = append(k.ClientIDs, r.Client)
			}
		}
		slices.Sort(k.ClientIDs)
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b KeptLogin) int {
		return cmp.Or(cmp.Compare(a.UPN, b.UPN), cmp.Compare(a.TenantID, b.TenantID))
	})
	return list, nil
}

// ForgetKept removes what SystemStore keeps in file, and its key. The file goes even where the key store cannot be
// reached; then the error has CodeNoKeyStore, and the key that is left opens nothing.
func ForgetKept(file string) error { return systemStore{file: file}.Forget() }

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
