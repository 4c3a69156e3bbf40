package softkey

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"keyrollout/fido/internal/pinuv"
	"keyrollout/internal/secret"
)

func storeKey(b byte) secret.Secret { return secret.New(bytes.Repeat([]byte{b}, 32)) }

func fileStoreAt(t testing.TB, path string) *File {
	t.Helper()
	s, err := FileStore(path, WithKey(storeKey(7)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *File) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestFileStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	s := fileStoreAt(t, path)
	if b, err := s.Load(); err != nil || b != nil {
		t.Errorf("a new store holds %x, %v", b, err)
	}
	for _, v := range []string{"one", "two", "three"} {
		if err := s.Save([]byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := FileStore(path, WithKey(storeKey(7))); !errors.Is(err, ErrStoreInUse) {
		t.Errorf("a second program: %v", err)
	}
	closeStore(t, s)
	s = fileStoreAt(t, path)
	if b, err := s.Load(); err != nil || string(b) != "three" {
		t.Errorf("loaded %q, %v", b, err)
	}
	closeStore(t, s)
	if i, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && i.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", i.Mode(), err)
	}
	if err := os.Rename(path+".before", path); err != nil {
		t.Fatal(err)
	}
	s = fileStoreAt(t, path)
	if b, err := s.Load(); err != nil || string(b) != "two" {
		t.Errorf("the state before is %q, %v", b, err)
	}
	closeStore(t, s)
	if _, err := FileStore(path+".other", WithKey(secret.New([]byte("short")))); err == nil {
		t.Error("a key of five bytes was taken")
	}
}

func TestFileStorePassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	open := func(phrase string) (*File, error) {
		return FileStore(path, WithPassphrase(secret.New([]byte(phrase))))
	}
	load := func(phrase string) (string, error) {
		t.Helper()
		s, err := open(phrase)
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, s)
		b, err := s.Load()
		return string(b), err
	}
	s, err := open("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save([]byte("state")); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	for range 2 { // with one file, and with the one before it
		whole := read(t, path)
		if b, err := load("correct horse"); err != nil || b != "state" {
			t.Errorf("loaded %q, %v", b, err)
		}
		if _, err := load("wrong horse"); !errors.Is(err, ErrPassphrase) {
			t.Errorf("a wrong passphrase: %v", err)
		}
		if read(t, path) != whole {
			t.Error("a wrong passphrase changed the file")
		}
		s, err := open("correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Save([]byte("state")); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	if is, _, err := SealingOf(path); err != nil || is != SealedByPassphrase {
		t.Errorf("sealed with %s, %v", is, err)
	}
	if _, err := FileStore(path, WithKey(storeKey(7))); !errors.Is(err, ErrSealing) || !strings.Contains(err.Error(), "with a passphrase, not with a key") {
		t.Errorf("a key for a passphrase: %v", err)
	}
	// The passphrase is right, and the file was changed: that is told apart while the one before it is whole.
	whole := []byte(read(t, path))
	for _, i := range []int{len(storeMagic) + 1, len(whole) - 1} {
		b := bytes.Clone(whole)
		b[i] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load("correct horse"); !errors.Is(err, ErrStoreDamaged) || errors.Is(err, ErrPassphrase) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if _, err := FileStore(path+".new one", WithPassphrase(secret.Secret{})); err == nil {
		t.Error("no passphrase was taken")
	}
}

// vault is a key store in memory.
type vault struct {
	held   map[string]secret.Secret
	broken error
	forget bool // takes everything and keeps nothing
}

func (v *vault) Get(name string) (secret.Secret, error) {
	s, ok := v.held[name]
	switch {
	case v.broken != nil:
		return s, v.broken
	case !ok:
		return s, errors.New("not there")
	}
	return s.Clone(), nil
}

func (v *vault) Put(name string, key secret.Secret) error {
	if v.broken == nil && !v.forget {
		v.held[name] = key.Clone()
	}
	return v.broken
}

func TestFileStoreVault(t *testing.T) {
	dir := t.TempDir()
	v := &vault{held: map[string]secret.Secret{}}
	open := func(name string) (*File, error) { return FileStore(filepath.Join(dir, name), WithVault(v)) }
	for _, name := range []string{"one", "two"} {
		s, err := open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Save([]byte(name)); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	for _, name := range []string{"one", "two"} {
		s, err := open(name)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := s.Load(); err != nil || string(b) != name {
			t.Errorf("loaded %q, %v", b, err)
		}
		closeStore(t, s)
	}
	if len(v.held) != 2 {
		t.Errorf("%d keys for two files", len(v.held))
	}
	v.broken = errors.New("locked")
	if _, err := open("one"); !errors.Is(err, v.broken) {
		t.Errorf("a locked vault: %v", err)
	}
	if _, err := open("three"); !errors.Is(err, v.broken) {
		t.Errorf("a locked vault and a new file: %v", err)
	}
	v.broken, v.forget = nil, true
	if _, err := open("three"); err == nil {
		t.Error("a vault that forgets was trusted")
	}
	clear(v.held)
	if _, err := open("one"); err == nil {
		t.Error("opened without its key")
	}
}

// A file can be sealed in another way; what opened it opens neither it nor the one before it any more, and at every
// failure one of the two ways opens it.
func TestReseal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	s := fileStoreAt(t, path)
	if err := errors.Join(s.Save([]byte("a")), s.Save([]byte("b"))); err != nil {
		t.Fatal(err)
	}
	v := &vault{held: map[string]secret.Secret{}, broken: errors.New("locked")}
	if err := s.Reseal(WithVault(v)); !errors.Is(err, v.broken) {
		t.Errorf("a locked vault: %v", err)
	}
	if err := os.Mkdir(path+".new", 0o700); err != nil { // in the way of the first write
		t.Fatal(err)
	}
	if err := s.Reseal(WithPassphrase(storeKey(1))); err == nil {
		t.Error("a write that could not be made went well")
	}
	if err := os.Remove(path + ".new"); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Load(); err != nil || string(b) != "b" {
		t.Errorf("after failures: %q, %v", b, err)
	}
	for _, seal := range []Seal{WithPassphrase(storeKey(1)), WithPassphrase(storeKey(2)), WithKey(storeKey(3))} {
		if err := s.Reseal(seal); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Load(); err != nil || string(b) != "b" {
			t.Errorf("loaded %q, %v", b, err)
		}
		closeStore(t, s)
		var err error
		if s, err = FileStore(path, seal); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{path, path + ".before"} {
			if b, err := unseal([]byte(read(t, f)), s.key); err != nil || string(b) != "b" {
				t.Errorf("%s: %q, %v", f, b, err)
			}
		}
	}
	closeStore(t, s)
}

// Where the file is gone and the one before it is not, no new key begins.
func TestTheFileIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	s := fileStoreAt(t, path)
	if err := errors.Join(s.Save([]byte("a")), s.Save([]byte("b")), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(); !errors.Is(err, ErrStoreDamaged) {
		t.Errorf("loaded: %v", err)
	}
	closeStore(t, s)
	if _, err := FileStore(path, WithKey(storeKey(7))); !errors.Is(err, ErrStoreDamaged) {
		t.Errorf("opened: %v", err)
	}
}

// Any byte changed, any length but the right one: an error that says so, and the file as it was.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	s := fileStoreAt(t, path)
	defer closeStore(t, s)
	if err := errors.Join(s.Save([]byte("before")), s.Save([]byte("now"))); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Load(); err == nil {
			t.Errorf("%s: loaded %q", what, got)
		}
		if _, err := Open(Options{Store: s, Toucher: toucher{}}); err == nil {
			t.Errorf("%s: a key opened", what)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
			t.Errorf("%s: the file was changed", what)
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x40
		try("a changed byte", b)
		try("a torn file", whole[:i])
	}
	try("a byte too many", append(bytes.Clone(whole), 0))
	if _, err := s.Load(); !errors.Is(err, ErrStoreDamaged) || !strings.Contains(err.Error(), "key.before") {
		t.Errorf("the error does not say how to go on: %v", err)
	}
}

// One bit of the file is another one: however it is sealed, and whether it was written once or often, that is a damaged
// file on the way that a program goes, and neither a key nor a passphrase that is missing.
func TestOneBit(t *testing.T) {
	v := &vault{held: map[string]secret.Secret{}}
	for name, c := range map[string]struct {
		seal Seal
		step int // bits of the head between two tries: stretching a passphrase takes its time
	}{
		"key": {WithKey(storeKey(7)), 1}, "vault": {WithVault(v), 1}, "passphrase": {WithPassphrase(storeKey(1)), 13},
	} {
		for writes := 1; writes <= 2; writes++ {
			path := filepath.Join(t.TempDir(), "key")
			s, err := FileStore(path, c.seal)
			if err != nil {
				t.Fatal(err)
			}
			for range writes {
				if err := s.Save([]byte("state")); err != nil {
					t.Fatal(err)
				}
			}
			closeStore(t, s)
			whole := []byte(read(t, path))
			for bit := 0; bit < len(whole)*8; bit++ {
				if at := bit / 8; at > len(storeMagic) && bit%c.step != 0 || at >= headSize && bit%37 != 0 {
					continue
				}
				b := bytes.Clone(whole)
				b[bit/8] ^= 1 << (bit % 8)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := openAsProgram(path, c.seal); !errors.Is(err, ErrStoreDamaged) {
					t.Errorf("%s, %d writes, byte %d bit %d: %v", name, writes, bit/8, bit%8, err)
				}
			}
		}
	}
}

// openAsProgram looks how a file is sealed, opens it and loads it.
func openAsProgram(path string, seal Seal) error {
	is, _, err := SealingOf(path)
	if err != nil {
		return err
	}
	if is != seal.sealing() {
		return fmt.Errorf("it looks sealed with %s", is)
	}
	s, err := FileStore(path, seal)
	if err != nil {
		return err
	}
	_, err = s.Load()
	return errors.Join(err, s.Close())
}

// snapshots records every state that a power cut could leave.
type snapshots struct {
	Store
	all [][]byte
}

func (s *snapshots) Save(b []byte) error {
	s.all = append(s.all, bytes.Clone(b))
	return s.Store.Save(b)
}

// Power is cut after every write of a whole life: each state opens, and nothing that was answered is lost.
func TestPowerCutAtEveryWrite(t *testing.T) {
	s := &snapshots{Store: MemoryStore()}
	f := &fingers{}
	k, c := protectedKey(t, Options{Profile: quick(), Store: s, Toucher: f})
	f.script(append(presses(thumb, 0, 40), make([]Touch, 20)...)...)
	c.enrol(cmdBio, c.mustToken("1234", permBio, ""))
	f.script(make([]Touch, 20)...)
	_, d := c.make("a.example", "u", nil)
	made := len(s.all)
	c.assert("a.example", nil)
	c.pinToken(pinuv.Two, "0000", permMake, "a.example")
	_ = k.Close()
	for i, b := range s.all {
		m := MemoryStore()
		if err := m.Save(b); err != nil {
			t.Fatal(err)
		}
		k, err := Open(Options{Profile: quick(), Store: m, Toucher: toucher{}})
		if err != nil {
			t.Errorf("write %d: %v", i, err)
			continue
		}
		if i >= made-1 && (len(k.st.Resident) != 1 || !bytes.Equal(k.st.Resident[0].ID, d.id)) {
			t.Errorf("write %d: the credential is lost", i)
		}
		_ = k.Close()
	}
	last, err := decodeState(s.all[len(s.all)-1])
	if err != nil || last.PINTries != 7 {
		t.Errorf("after a wrong PIN and a power cut: %v tries, %v", last.PINTries, err)
	}
}

// A write that fails part of the way leaves the file as it was.
func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	s := fileStoreAt(t, path)
	defer closeStore(t, s)
	if err := s.Save([]byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path+".new", 0o700); err != nil { // in the way of the next write
		t.Fatal(err)
	}
	if err := s.Save([]byte("two")); err == nil {
		t.Error("a write that could not be made went well")
	}
	if b, err := s.Load(); err != nil || string(b) != "one" {
		t.Errorf("loaded %q, %v", b, err)
	}
}

// The AAGUID of the profile is in the certificate; another profile gets another certificate from the same root.
func TestBatchFollowsProfile(t *testing.T) {
	store := MemoryStore()
	k := open(t, Options{Store: store})
	root, cert := k.AttestationRoot(), k.st.Batch.Cert
	_ = k.Close()
	p := ATKeyPro21()
	p.AAGUID[0] ^= 0xFF
	k = open(t, Options{Store: store, Profile: p})
	if !bytes.Equal(root, k.AttestationRoot()) || bytes.Equal(cert, k.st.Batch.Cert) {
		t.Error("another AAGUID wants the same root and another certificate")
	}
}

// A key in a store stays what it is: another profile over it is refused before anything is changed, and none takes its
// own.
func TestStoreKeepsItsProfile(t *testing.T) {
	for _, kept := range profiles {
		store := MemoryStore()
		if err := open(t, Options{Profile: kept.make(), Store: store}).Close(); err != nil {
			t.Fatal(err)
		}
		before, _ := store.Load()
		for _, asked := range profiles {
			k, err := Open(Options{Profile: asked.make(), Store: store, Toucher: toucher{}})
			var other *ProfileError
			switch {
			case asked.name == kept.name:
				if err != nil {
					t.Errorf("%s as itself: %v", kept.name, err)
				}
			case !errors.As(err, &other) || other.Kept != kept.make().Name || other.Asked != asked.make().Name:
				t.Errorf("%s as %s: %v", kept.name, asked.name, err)
			}
			if err == nil {
				_ = k.Close()
			}
		}
		if now, _ := store.Load(); !bytes.Equal(before, now) {
			t.Errorf("%s: looking at it changed the store", kept.name)
		}
		if k := open(t, Options{Store: store}); k.Profile().Name != kept.make().Name {
			t.Errorf("%s: without a profile it is %s", kept.name, k.Profile().Name)
		}
	}
	unknown := MemoryStore()
	p := ATKeyPro21()
	p.Name = "of a later version"
	open(t, Options{Profile: p, Store: unknown})
	if _, err := Open(Options{Store: unknown, Toucher: toucher{}}); !errors.As(err, new(*ProfileError)) {
		t.Errorf("a profile that is not known: %v", err)
	}
}

// The store of a version that wrote no profile is of any that can have come to its state: alwaysUv, tries of a finger and
// fingers are nothing that a key without them could ever undo.
func TestStoreWithoutAProfile(t *testing.T) {
	earlier := func(p Profile, change func(*state)) Store {
		st, err := factory(p, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		change(st)
		b, err := encoder.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		s := MemoryStore()
		if err := s.Save(b); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		of     Profile
		change func(*state)
		asked  Profile
		is     string // the profile it opens under; "": refused
	}{
		{ATKeyPro21(), func(*state) {}, Profile{}, "ATKey.Pro CTAP2.1"},
		{ATKeyPro21(), func(*state) {}, ATKeyPro21(), "ATKey.Pro CTAP2.1"},
		{ATKeyPro21(), func(*state) {}, Bare20(), ""},
		{ATKeyPro21(), func(*state) {}, YubiKey5(), ""},
		{ATKeyPro21(), func(*state) {}, YubiKeyBio(), ""},
		{ATKeyPro21(), func(s *state) { s.Fingers, s.UVTries = make([]finger, 6), 0 }, YubiKeyBio(), ""},
		{ATKeyPro21(), func(s *state) { s.Fingers, s.UVTries, s.AlwaysUV = make([]finger, 1), 0, false }, YubiKey5(), ""},
		{YubiKey5(), func(*state) {}, YubiKey5(), "YubiKey 5"},
		{YubiKey5(), func(s *state) { s.AlwaysUV = true }, Bare20(), ""},
		{YubiKey5(), func(s *state) { s.LargeBlob = make([]byte, 4096) }, Profile{}, "YubiKey 5"},
	} {
		store := earlier(c.of, c.change)
		k, err := Open(Options{Profile: c.asked, Store: store, Toucher: toucher{}})
		switch {
		case c.is == "" && !errors.As(err, new(*ProfileError)):
			t.Errorf("%s as %s: %v", c.of.Name, c.asked.Name, err)
		case c.is != "" && (err != nil || k.Profile().Name != c.is):
			t.Errorf("%s as %q: %v", c.of.Name, c.asked.Name, err)
		}
		if err == nil {
			_ = k.Close()
		}
	}
	store := earlier(ATKeyPro21(), func(*state) {})
	_, c := protectedKey(t, Options{Profile: Complete(), Store: store})
	_ = c.link.Close()
	if _, err := Open(Options{Profile: ATKeyPro21(), Store: store, Toucher: toucher{}}); !errors.As(err, new(*ProfileError)) {
		t.Errorf("once it was written to it is of one profile: %v", err)
	}
}
