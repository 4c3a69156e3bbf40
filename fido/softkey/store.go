package softkey

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"keyrollout/internal/secret"
)

// Store keeps a key's state, which is opaque to it. Load gives nothing where nothing was saved. When Save returns, the
// state is safe from a power cut. A store that is an io.Closer is closed with the key.
type Store interface {
	Load() ([]byte, error)
	Save([]byte) error
}

// MemoryStore keeps the state until the program ends.
func MemoryStore() Store { return new(memoryStore) }

type memoryStore struct {
	mu sync.Mutex
	b  []byte
}

func (m *memoryStore) Load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.b), nil
}

func (m *memoryStore) Save(b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b = bytes.Clone(b)
	return nil
}

// Errors of a file store.
var (
	ErrStoreDamaged = errors.New("the software key's file is torn, was changed, or belongs to another key")
	ErrStoreInUse   = errors.New("the software key's file is in use by another program")
)

// A store file is
//
//	magic (8) ‖ kind (1) ‖ salt (16) ‖ nonce (24) ‖ XChaCha20-Poly1305(state)
//
// and all before the sealed part is authenticated with it. Kind says how the key came about; the salt is zero where
// none was needed.
const (
	storeMagic      = "KRSOFTK1"
	kindKey    byte = 0
	kindPhrase byte = 1
	saltSize        = 16
	headSize        = len(storeMagic) + 1 + saltSize + chacha20poly1305.NonceSizeX
	maxStore        = 16 << 20
)

// fileStore is one sealed file, with the state before it beside it as path.before.
type fileStore struct {
	path string
	kind byte
	salt [saltSize]byte
	key  []byte
	lock *os.File
}

// FileStore keeps the state in one file, sealed under a key of 32 bytes. The file belongs to one program at a time:
// ErrStoreInUse. Its directory must exist.
//
// Who can write the file can also put an older one back, retry counters and all: only hardware can prevent that.
func FileStore(path string, key secret.Secret) (Store, error) {
	s := &fileStore{path: path, kind: kindKey}
	key.Use(func(b []byte) { s.key = bytes.Clone(b) })
	if len(s.key) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("softkey: the store's key has %d bytes, not %d", len(s.key), chacha20poly1305.KeySize)
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// FileStorePassphrase is FileStore with a key stretched from a passphrase: Argon2id, two passes over 19 MiB.
func FileStorePassphrase(path string, phrase secret.Secret) (Store, error) {
	if phrase.Empty() {
		return nil, errors.New("softkey: the passphrase is empty")
	}
	s := &fileStore{path: path, kind: kindPhrase}
	if err := s.open(); err != nil {
		return nil, err
	}
	b, err := s.read()
	if err == nil && b == nil {
		_, err = rand.Read(s.salt[:])
	} else if err == nil {
		copy(s.salt[:], b[len(storeMagic)+1:])
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	phrase.Use(func(p []byte) { s.key = argon2.IDKey(p, s.salt[:], 2, 19*1024, 1, chacha20poly1305.KeySize) })
	return s, nil
}

// open takes the lock. It is a file of its own: the state's file is replaced with every write.
func (s *fileStore) open() error {
	f, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("softkey: %w", err)
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("softkey: %s: %w", s.path, err)
	}
	s.lock = f
	return nil
}

// Close gives the file free.
func (s *fileStore) Close() error {
	clear(s.key)
	return s.lock.Close()
}

// read gives the whole file after looking at its head, nil where there is none.
func (s *fileStore) read() ([]byte, error) {
	b, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("softkey: %w", err)
	case len(b) < headSize || len(b) > maxStore || string(b[:len(storeMagic)]) != storeMagic:
		return nil, s.damaged()
	case b[len(storeMagic)] != s.kind && s.kind == kindPhrase:
		return nil, fmt.Errorf("softkey: %s is sealed with a key, not with a passphrase", s.path)
	case b[len(storeMagic)] != s.kind:
		return nil, fmt.Errorf("softkey: %s is sealed with a passphrase, not with a key", s.path)
	}
	return b, nil
}

// damaged says what happened, that nothing was changed, and how to go on.
func (s *fileStore) damaged() error {
	if _, err := os.Stat(s.before()); err == nil {
		return fmt.Errorf("softkey: %s: %w; it was left as it is. The state before the last change is in %s: "+
			"put that in its place, or move both away to begin with a new key", s.path, ErrStoreDamaged, s.before())
	}
	return fmt.Errorf("softkey: %s: %w; it was left as it is. Move it away to begin with a new key", s.path, ErrStoreDamaged)
}

func (s *fileStore) before() string { return s.path + ".before" }

func (s *fileStore) Load() ([]byte, error) {
	b, err := s.read()
	if err != nil || b == nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(s.key)
	if err != nil {
		return nil, err
	}
	head := b[:headSize]
	state, err := aead.Open(nil, head[headSize-chacha20poly1305.NonceSizeX:], b[headSize:], head)
	if err != nil {
		return nil, s.damaged()
	}
	return state, nil
}

// Save writes a new file, syncs it, keeps the old one as path.before and puts the new one in its place. There is a whole
// file at path at every moment.
func (s *fileStore) Save(state []byte) error {
	aead, err := chacha20poly1305.NewX(s.key)
	if err != nil {
		return err
	}
	b := append([]byte(storeMagic), s.kind)
	b = append(b, s.salt[:]...)
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	// Not the injected source: two programs with the same seed must never share a nonce.
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	b = append(b, nonce...)
	b = aead.Seal(b, nonce, state, b)
	if err := writeSynced(s.path+".new", b); err != nil {
		return err
	}
	if err := keepBefore(s.path, s.before()); err != nil {
		return err
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(s.path))
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// keepBefore gives the file a second name without ever taking its first. Where the file system has no hard links it is
// copied.
func keepBefore(path, before string) error {
	tmp := before + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Link(path, tmp)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the first write
		return nil
	case err != nil:
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := writeSynced(tmp, b); err != nil {
			return err
		}
	}
	return os.Rename(tmp, before)
}
