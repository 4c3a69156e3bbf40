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

	"golang.org/x/crypto/chacha20poly1305"
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
	// ErrPassphrase: neither the file nor the one before it opens. Nothing tells a wrong passphrase from two changed files.
	ErrPassphrase = errors.New("the passphrase does not open the software key's file")
	// ErrSealing: the file is sealed in another way than the one it was to be opened with.
	ErrSealing = errors.New("the software key's file is sealed in another way")
)

// A store file is
//
//	magic (8) ‖ sealing (1) ‖ id (16) ‖ nonce (24) ‖ XChaCha20-Poly1305(state)
//
// and all before the sealed part is authenticated with it. Sealing says where the key comes from; the id is what else it
// takes to find it: the salt of a passphrase, the name in a vault, zero for a key that stands for itself and for no
// other. So no single bit makes one sealing look like another one.
const (
	storeMagic = "KRSOFTK1"
	idSize     = 16
	headSize   = len(storeMagic) + 1 + idSize + chacha20poly1305.NonceSizeX
	maxStore   = 16 << 20
)

// File is a Store in one sealed file, with the state before it beside it as path.before.
type File struct {
	path string
	seal Seal
	id   [idSize]byte
	key  []byte
	lock *os.File
}

// FileStore keeps the state in one file, sealed as seal says. The file belongs to one program at a time: ErrStoreInUse.
// Its directory must exist. A file that is there already and sealed in another way is ErrSealing.
//
// Who can write the file can also put an older one back, retry counters and all: only hardware can prevent that.
func FileStore(path string, seal Seal) (*File, error) {
	f := &File{path: path, seal: seal}
	if err := f.takeLock(); err != nil {
		return nil, err
	}
	if err := f.findKey(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// SealingOf tells how the file at path is sealed, without opening it, and the name its key has in a vault. It is an
// fs.ErrNotExist where there is none.
func SealingOf(path string) (is Sealing, name string, err error) {
	f := &File{path: path}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && f.hasBefore() {
		err = f.damaged()
	}
	if err == nil {
		err = f.checkHead(b)
	}
	if err != nil {
		return 0, "", err
	}
	return Sealing(b[len(storeMagic)]), nameOf(idOf(b)), nil
}

// hasBefore reports whether there is a state before the last one. Where the file itself is missing it was lost, and a
// key that begins anew would bury the old one for good.
func (f *File) hasBefore() bool {
	_, err := os.Stat(f.before())
	return err == nil
}

// takeLock takes the lock. It is a file of its own: the state's file is replaced with every write.
func (f *File) takeLock() error {
	l, err := os.OpenFile(f.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("softkey: %w", err)
	}
	if err := lockFile(l); err != nil {
		_ = l.Close()
		return fmt.Errorf("softkey: %s: %w", f.path, err)
	}
	f.lock = l
	return nil
}

// findKey gets the key of the file that is there, or makes one for a file to come.
func (f *File) findKey() error {
	b, err := f.read()
	switch {
	case err != nil:
		return err
	case b == nil:
		f.id, f.key, err = f.seal.fresh()
		return err
	}
	f.id = idOf(b)
	f.key, err = f.seal.key(f.id)
	if err != nil && f.beforeOpens() { // the key is there: it is the file that names another one
		return f.damaged()
	}
	return err
}

// Close gives the file free.
func (f *File) Close() error {
	clear(f.key)
	return f.lock.Close()
}

func idOf(b []byte) [idSize]byte { return [idSize]byte(b[len(storeMagic)+1:]) }

// checkHead looks at all that is not sealed.
func (f *File) checkHead(b []byte) error {
	if len(b) < headSize || len(b) > maxStore || string(b[:len(storeMagic)]) != storeMagic {
		return f.damaged()
	}
	is := Sealing(b[len(storeMagic)])
	if is > SealedByVault || (is == SealedByKey) != (idOf(b) == [idSize]byte{}) {
		return f.damaged()
	}
	return nil
}

// read gives the whole file after looking at its head, nil where there is none.
func (f *File) read() ([]byte, error) {
	b, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if f.hasBefore() {
			return nil, f.damaged()
		}
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("softkey: %w", err)
	}
	if err := f.checkHead(b); err != nil {
		return nil, err
	}
	if is := Sealing(b[len(storeMagic)]); is != f.seal.sealing() {
		return nil, fmt.Errorf("softkey: %s: %w: with %s, not with %s", f.path, ErrSealing, is, f.seal.sealing())
	}
	return b, nil
}

// damaged says what happened, that nothing was changed, and how to go on.
func (f *File) damaged() error {
	if f.hasBefore() {
		return fmt.Errorf("softkey: %s: %w; it was left as it is. The state before the last change is in %s: "+
			"put that in its place, or move both away to begin with a new key", f.path, ErrStoreDamaged, f.before())
	}
	return fmt.Errorf("softkey: %s: %w; it was left as it is. Move it away to begin with a new key", f.path, ErrStoreDamaged)
}

func (f *File) before() string { return f.path + ".before" }

// Load reads the state. A file that does not open is left as it is.
func (f *File) Load() ([]byte, error) {
	b, err := f.read()
	if err != nil || b == nil {
		return nil, err
	}
	if state, err := unseal(b, f.key); err == nil {
		return state, nil
	}
	if f.seal.sealing() == SealedByPassphrase && !f.beforeOpens() {
		return nil, fmt.Errorf("softkey: %s: %w; nothing was changed", f.path, ErrPassphrase)
	}
	return nil, f.damaged()
}

// beforeOpens reports whether the state before the last one opens: the key is right then, and the file itself is not.
func (f *File) beforeOpens() bool {
	b, err := os.ReadFile(f.before())
	if err != nil || f.checkHead(b) != nil {
		return false
	}
	key := f.key
	if id := idOf(b); id != f.id {
		if key, err = f.seal.key(id); err != nil {
			return false
		}
		defer clear(key)
	}
	_, err = unseal(b, key)
	return err == nil
}

func unseal(b, key []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	head := b[:headSize]
	return aead.Open(nil, head[headSize-chacha20poly1305.NonceSizeX:], b[headSize:], head)
}

// Save writes a new file, syncs it, keeps the old one as path.before and puts the new one in its place. There is a whole
// file at path at every moment.
func (f *File) Save(state []byte) error {
	aead, err := chacha20poly1305.NewX(f.key)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	// Not the injected source: two programs with the same seed must never share a nonce.
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	b := make([]byte, 0, headSize+len(state)+aead.Overhead())
	b = append(append(b, storeMagic...), byte(f.seal.sealing()))
	b = append(append(b, f.id[:]...), nonce...)
	b = aead.Seal(b, nonce, state, b)
	if err := writeSynced(f.path+".new", b); err != nil {
		return err
	}
	if err := keepBefore(f.path, f.before()); err != nil {
		return err
	}
	if err := os.Rename(f.path+".new", f.path); err != nil {
		return err
	}
	if !f.hasBefore() { // the first state stands for the one before it too, as a file of its own: it tells what is damaged
		if err := writeSynced(f.before(), b); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(f.path))
}

// Reseal seals the file in another way, or with another passphrase, and the state before it too: what opened them until
// now opens neither. When it fails at the first write everything is as it was.
func (f *File) Reseal(seal Seal) error {
	state, err := f.Load()
	if err != nil {
		return err
	}
	old := *f
	f.seal = seal
	if f.id, f.key, err = seal.fresh(); err == nil {
		err = f.Save(state)
	}
	if err != nil {
		*f = old
		return err
	}
	clear(old.key)
	return f.Save(state) // the one before
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
