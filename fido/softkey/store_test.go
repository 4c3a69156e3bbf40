package softkey

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrollout/fido/internal/pinuv"
	"keyrollout/internal/secret"
)

func storeKey(b byte) secret.Secret { return secret.New(bytes.Repeat([]byte{b}, 32)) }

func fileStoreAt(t testing.TB, path string) Store {
	t.Helper()
	s, err := FileStore(path, storeKey(7))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s Store) {
	t.Helper()
	if err := s.(*fileStore).Close(); err != nil {
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
	if _, err := FileStore(path, storeKey(7)); !errors.Is(err, ErrStoreInUse) {
		t.Errorf("a second program: %v", err)
	}
	closeStore(t, s)
	s = fileStoreAt(t, path)
	if b, err := s.Load(); err != nil || string(b) != "three" {
		t.Errorf("loaded %q, %v", b, err)
	}
	closeStore(t, s)
	if i, err := os.Stat(path); err != nil || i.Mode().Perm()&0o077 != 0 {
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
	if _, err := FileStore(path, secret.New([]byte("short"))); err == nil {
		t.Error("a key of five bytes was taken")
	}
}

func TestFileStorePassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	open := func(phrase string) Store {
		t.Helper()
		s, err := FileStorePassphrase(path, secret.New([]byte(phrase)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open("correct horse")
	if err := s.Save([]byte("state")); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open("correct horse")
	if b, err := s.Load(); err != nil || string(b) != "state" {
		t.Errorf("loaded %q, %v", b, err)
	}
	closeStore(t, s)
	s = open("wrong horse")
	if _, err := s.Load(); !errors.Is(err, ErrStoreDamaged) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	closeStore(t, s)
	s = fileStoreAt(t, path)
	if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("a key for a passphrase: %v", err)
	}
	closeStore(t, s)
	if _, err := FileStorePassphrase(path, secret.Secret{}); err == nil {
		t.Error("no passphrase was taken")
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
	last, err := decodeState(s.all[len(s.all)-1], quick())
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
