package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
	"keyrollout/internal/state"
	"keyrollout/steps"
)

// typist types passphrases, one per question; after the last one nobody is there.
type typist struct {
	phrases []string
	asked   []string // names of the questions
}

func (p *typist) Ask(_ context.Context, q steps.Question) (steps.Answer, error) {
	p.asked = append(p.asked, q.Name)
	if len(p.phrases) == 0 {
		return steps.Answer{}, steps.ErrNoAnswer
	}
	phrase := p.phrases[0]
	p.phrases = p.phrases[1:]
	return steps.Answer{Secret: secret.New([]byte(phrase))}, nil
}

// opens opens the store, changes what is in it to see that this works, and gives what was there before.
func opens(t *testing.T, s sealing, dir string, types ...string) (was string, told []string, err error) {
	t.Helper()
	store, err := s.ownStore(t.Context(), dir, &typist{phrases: types}, func(e steps.Event) { told = append(told, e.Text.String()) })
	if err != nil {
		return "", told, err
	}
	defer store.(*softkey.File).Close()
	b, err := store.Load()
	if err == nil {
		err = store.Save([]byte("kept"))
	}
	return string(b), told, err
}

func code(err error) string {
	if p := (*steps.Problem)(nil); errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func keyStoreIs(t *testing.T, err error) {
	t.Helper()
	keyring.MockInit()
	if err != nil {
		keyring.MockInitWithError(err)
	}
	t.Cleanup(keyring.MockInit)
}

var errNoDBus = errors.New("no bus here")

func TestStoreInTheKeyStore(t *testing.T) {
	keyStoreIs(t, nil)
	dir := t.TempDir()
	for _, want := range []string{"", "kept"} {
		if was, told, err := opens(t, sealing{}, dir); was != want || err != nil || len(told) > 0 {
			t.Errorf("%q %q %v", was, told, err)
		}
	}
	is, name, err := softkey.SealingOf(storeFile(dir))
	if err != nil || is != softkey.SealedByVault || exists(storeKeyFile(dir)) {
		t.Errorf("sealed with %s, %v", is, err)
	}
	whole := wholeFile(t, storeFile(dir))
	key, err := keyring.Get(vaultService, vaultPrefix+name)
	if err != nil {
		t.Fatal(err)
	}
	keyStoreIs(t, errNoDBus) // as over SSH
	if _, _, err := opens(t, sealing{}, dir, "a passphrase"); code(err) != "softkey-key-store" || !errors.Is(err, errNoDBus) {
		t.Errorf("without the key store: %v", err)
	}
	keyStoreIs(t, nil) // another one, or the entry was deleted
	if _, _, err := opens(t, sealing{}, dir, "a passphrase"); code(err) != "softkey-key-lost" {
		t.Errorf("without the key: %v", err)
	}
	if _, _, err := opens(t, sealing{file: phraseFile(t, "a passphrase")}, dir); code(err) != "softkey-sealing" {
		t.Errorf("a passphrase for a key: %v", err)
	}
	if !bytes.Equal(whole, wholeFile(t, storeFile(dir))) {
		t.Error("the file was changed")
	}
	if err := keyring.Set(vaultService, vaultPrefix+name, key); err != nil {
		t.Fatal(err)
	}
	if was, _, err := opens(t, sealing{}, dir); was != "kept" || err != nil {
		t.Errorf("with its key again: %q %v", was, err)
	}
}

func TestStoreUnderAPassphrase(t *testing.T) {
	keyStoreIs(t, errNoDBus)
	dir := t.TempDir()
	_, told, err := opens(t, sealing{}, dir, "correct horse")
	if err != nil || len(told) != 1 || !strings.Contains(told[0], "no key store") {
		t.Fatalf("%q %v", told, err)
	}
	whole := wholeFile(t, storeFile(dir))
	if bytes.Contains(whole, []byte("kept")) {
		t.Error("the state can be read")
	}
	if _, _, err := opens(t, sealing{}, dir, "wrong horse", "another"); code(err) != "softkey-no-passphrase" {
		t.Errorf("two wrong ones and nobody: %v", err)
	}
	if _, _, err := opens(t, sealing{file: phraseFile(t, "wrong horse")}, dir); code(err) != "softkey-passphrase" {
		t.Errorf("a wrong one in a file: %v", err)
	}
	if !bytes.Equal(whole, wholeFile(t, storeFile(dir))) {
		t.Error("a wrong passphrase changed the file")
	}
	if was, _, err := opens(t, sealing{}, dir, "wrong horse", "correct horse"); was != "kept" || err != nil {
		t.Errorf("a wrong and the right one: %q %v", was, err)
	}
	for _, line := range []string{"correct horse", "correct horse\n", "correct horse\r\nmore"} {
		if was, _, err := opens(t, sealing{file: phraseFile(t, line)}, dir); was != "kept" || err != nil {
			t.Errorf("%q: %q %v", line, was, err)
		}
	}
}

func TestPassphrasesThatAreRefused(t *testing.T) {
	keyStoreIs(t, nil)
	dir := t.TempDir()
	open := phraseFile(t, "correct horse")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	refused := map[string]sealing{
		"softkey-passphrase-file":  {file: open},
		"softkey-short-passphrase": {file: phraseFile(t, "short")},
		"softkey-no-passphrase":    {phrase: true},
	}
	if runtime.GOOS == "windows" { // where no mode tells who may read a file
		delete(refused, "softkey-passphrase-file")
	}
	for what, s := range refused {
		if _, _, err := opens(t, s, dir); code(err) != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, bad := range []string{phraseFile(t, ""), phraseFile(t, "\nsecond line"), phraseFile(t, strings.Repeat("x", maxPhrase+1)), dir, filepath.Join(dir, "none")} {
		if _, _, err := opens(t, sealing{file: bad}, dir); code(err) != "softkey-passphrase-file" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if exists(storeFile(dir)) {
		t.Error("a file was made")
	}
}

// A store whose key lay in a file beside it is sealed anew, and the key file is gone; where that cannot be done
// everything stays as it is.
func TestStoreMovesAwayFromItsKeyFile(t *testing.T) {
	old := func(t *testing.T) string {
		dir := t.TempDir()
		s, err := keyStore(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Save([]byte("a")), s.Save([]byte("old")), s.(*softkey.File).Close()); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, c := range []struct {
		what  string
		store error
		s     sealing
		types []string
		then  softkey.Sealing
	}{
		{"the key store", nil, sealing{}, nil, softkey.SealedByVault},
		{"a passphrase", errNoDBus, sealing{}, []string{"correct horse"}, softkey.SealedByPassphrase},
		{"a passphrase from a file", nil, sealing{file: phraseFile(t, "correct horse")}, nil, softkey.SealedByPassphrase},
	} {
		t.Run(c.what, func(t *testing.T) {
			keyStoreIs(t, c.store)
			dir := old(t)
			key := wholeFile(t, storeKeyFile(dir))
			if was, told, err := opens(t, c.s, dir, c.types...); was != "old" || err != nil || len(told) == 0 {
				t.Fatalf("%q %q %v", was, told, err)
			}
			if is, _, err := softkey.SealingOf(storeFile(dir)); is != c.then || err != nil || exists(storeKeyFile(dir)) {
				t.Errorf("sealed with %s, %v", is, err)
			}
			for _, f := range []string{storeFile(dir), storeFile(dir) + ".before"} {
				if is, _, err := softkey.SealingOf(f); is != c.then || err != nil {
					t.Errorf("%s is sealed with %s, %v", f, is, err)
				}
			}
			// Power was cut before the key file was removed.
			if err := os.WriteFile(storeKeyFile(dir), key, 0o600); err != nil {
				t.Fatal(err)
			}
			c.types = []string{"correct horse"}
			if was, _, err := opens(t, c.s, dir, c.types...); was != "kept" || err != nil || exists(storeKeyFile(dir)) {
				t.Errorf("the rest of the move: %q %v", was, err)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		keyStoreIs(t, errNoDBus)
		dir := old(t)
		whole, key := wholeFile(t, storeFile(dir)), wholeFile(t, storeKeyFile(dir))
		if _, _, err := opens(t, sealing{}, dir); code(err) != "softkey-no-passphrase" {
			t.Errorf("%v", err)
		}
		if !bytes.Equal(whole, wholeFile(t, storeFile(dir))) || !bytes.Equal(key, wholeFile(t, storeKeyFile(dir))) {
			t.Error("something was changed")
		}
	})
}

func softkeyApp(t *testing.T) (*app, string) {
	t.Helper()
	root := t.TempDir()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	dir := filepath.Join(root, "softkey")
	if err := state.Ensure(dir); err != nil {
		t.Fatal(err)
	}
	return &app{environ: []string{"KEYROLLOUT_STATE=" + root}, in: null, out: &output{File: null}, err: null, say: steps.Text.String}, dir
}

func TestSealCommand(t *testing.T) {
	keyStoreIs(t, nil)
	a, dir := softkeyApp(t)
	if err := a.reseal(t.Context(), sealing{}, sealing{}); code(err) != "softkey-none" {
		t.Errorf("without a key: %v", err)
	}
	if _, _, err := opens(t, sealing{}, dir); err != nil {
		t.Fatal(err)
	}
	_, name, err := softkey.SealingOf(storeFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	one, two := sealing{file: phraseFile(t, "the first phrase")}, sealing{file: phraseFile(t, "the second phrase")}
	for _, step := range []struct{ now, then sealing }{{sealing{}, one}, {one, two}} {
		if err := a.reseal(t.Context(), step.now, step.then); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keyring.Get(vaultService, vaultPrefix+name); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the old key is still in the key store: %v", err)
	}
	if err := a.reseal(t.Context(), one, sealing{}); code(err) != "softkey-passphrase" {
		t.Errorf("with the passphrase before: %v", err)
	}
	if was, _, err := opens(t, two, dir); was != "kept" || err != nil {
		t.Errorf("%q %v", was, err)
	}
	if err := a.reseal(t.Context(), two, sealing{}); err != nil {
		t.Error(err)
	}
	_, name, _ = softkey.SealingOf(storeFile(dir))
	if _, err := keyring.Get(vaultService, vaultPrefix+name); err != nil {
		t.Error(err)
	}
	// --fresh with a passphrase that cannot be read says that nothing was changed, and so it is.
	short, nothing := phraseFile(t, "short"), filepath.Join(dir, "none")
	for _, file := range []string{short, nothing} {
		if s, err := (sealing{file: file}).freshStore(t.Context(), dir, &typist{}, func(steps.Event) {}); err == nil || s != nil {
			t.Errorf("a key was begun with %s: %v", file, err)
		}
	}
	if was, _, err := opens(t, sealing{}, dir); was != "kept" || err != nil {
		t.Errorf("after a --fresh that failed: %q %v", was, err)
	}
	fresh, err := one.freshStore(t.Context(), dir, &typist{}, func(steps.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := fresh.Load(); len(b) > 0 || err != nil {
		t.Errorf("--fresh left %q %v", b, err)
	}
	if err := fresh.(*softkey.File).Close(); err != nil {
		t.Error(err)
	}
	if _, err := keyring.Get(vaultService, vaultPrefix+name); !errors.Is(err, keyring.ErrNotFound) || exists(storeFile(dir)) {
		t.Errorf("--fresh left the key: %v", err)
	}
}

// A system without a key store is told in words, not in those of the library that looked for one.
func TestNoKeyStoreInWords(t *testing.T) {
	for told, want := range map[string]string{
		`exec: "dbus-launch": executable file not found in $PATH`:                 "none runs in this session",
		"The name org.freedesktop.secrets was not provided by any .service files": "none runs in this session",
		"dial unix /run/user/1000/bus: connect: no such file or directory":        "none runs in this session",
		"org.freedesktop.DBus.Error.AccessDenied: Rejected send message":          "AccessDenied",
		"The collection is locked":                                                "The collection is locked",
	} {
		if got := vaultWords(errors.New(told)).String(); !strings.Contains(got, want) {
			t.Errorf("%s: %q", told, got)
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("PATH", "")
	if runtime.GOOS != "linux" {
		t.Skip("the key store of this system needs no bus")
	}
	err := keyringVault{ctx: t.Context(), tell: func(steps.Event) {}}.works()
	if err == nil {
		t.Skip("a key store is reached without its address here")
	}
	if got := vaultWords(err).String(); !strings.HasPrefix(got, "none runs in this session") {
		t.Errorf("%v: %q", err, got)
	}
}

// A key store that waits for somebody to unlock it can be left.
func TestLeavingALockedKeyStore(t *testing.T) {
	ctx, leave := context.WithCancelCause(t.Context())
	v := systemVault(ctx, func(steps.Event) {})
	locked := make(chan struct{})
	defer close(locked)
	time.AfterFunc(10*time.Millisecond, func() { leave(steps.ErrQuit) })
	if err := v.within(func() error { <-locked; return nil }); !errors.Is(err, steps.ErrQuit) {
		t.Error(err)
	}
}

// The software key that is kept is one process's at a time; one that is in memory only is in nobody's way.
func TestAKeyInMemoryTakesNoLock(t *testing.T) {
	a, _ := softkeyApp(t)
	_, unlock, err := a.ownPlace("softkey", "lock")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	open := func(memory bool) error {
		own := &ownSoftkey{a: a, store: sealing{memory: memory}, auto: true, tell: func(steps.Event) {}}
		defer own.close()
		_, _, err := own.open(t.Context(), nobody{})
		return err
	}
	if err := open(true); err != nil {
		t.Errorf("beside another process: %v", err)
	}
	if err := open(false); code(err) != "softkey-in-use" {
		t.Errorf("the kept one is opened twice: %v", err)
	}
}

func TestServedKeys(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no software key is served at a device path here")
	}
	a, dir := softkeyApp(t)
	if keys := a.servedKeys(); len(keys) > 0 {
		t.Errorf("%v", keys)
	}
	withdraw, err := a.announceKey("/dev/pts/77", fido.Device{Product: "Software key (X)"})
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "serving-1.json") // its program was killed
	if err := errors.Join(os.WriteFile(stale, []byte(`{"Path":"/dev/pts/1"}`), 0o600), os.WriteFile(lockOf(stale), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	keys := a.servedKeys()
	if len(keys) != 1 || keys[0].Path != "/dev/pts/77" || !keys[0].Software || keys[0].Entra {
		t.Errorf("%+v", keys)
	}
	if exists(stale) || exists(lockOf(stale)) {
		t.Error("what a killed program left is still there")
	}
	withdraw()
	if keys := a.servedKeys(); len(keys) > 0 {
		t.Errorf("afterwards: %v", keys)
	}
	if keys := (&app{}).servedKeys(); len(keys) > 0 { // nothing says where state is kept
		t.Errorf("nowhere: %v", keys)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "serving-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func phraseFile(t *testing.T, phrase string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "phrase")
	if err := os.WriteFile(path, []byte(phrase), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wholeFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A store that cannot be used says its state and what to do; a new key begun over a torn one keeps what was good before.
func TestTornStore(t *testing.T) {
	keyStoreIs(t, nil)
	dir := t.TempDir()
	for range 2 {
		if _, _, err := opens(t, sealing{}, dir); err != nil {
			t.Fatal(err)
		}
	}
	whole, good := wholeFile(t, storeFile(dir)), wholeFile(t, storeFile(dir)+".before")
	for _, torn := range [][]byte{whole[:10], whole[:len(whole)-3]} {
		if err := errors.Join(os.WriteFile(storeFile(dir), torn, 0o600), os.WriteFile(storeFile(dir)+".before", good, 0o600)); err != nil {
			t.Fatal(err)
		}
		_, _, err := opens(t, sealing{}, dir)
		var p *steps.Problem
		if !errors.As(storeProblem(err), &p) || p.Code != "softkey-damaged" || p.State.Empty() || len(p.Next) == 0 {
			t.Errorf("%v", storeProblem(err))
		}
		var told string
		fresh, err := sealing{}.freshStore(t.Context(), dir, &typist{}, func(e steps.Event) { told += e.Text.String() })
		if err != nil {
			t.Fatal(err)
		}
		fresh.(*softkey.File).Close()
		kept, _ := filepath.Glob(filepath.Join(dir, "kept-softkey-*.sealed"))
		if len(kept) != 1 || !bytes.Equal(wholeFile(t, kept[0]), good) || !strings.Contains(told, kept[0]) {
			t.Errorf("kept %q, told %q", kept, told)
		}
		// Put in its place it opens again.
		if err := os.Rename(kept[0], storeFile(dir)); err != nil {
			t.Fatal(err)
		}
		if was, _, err := opens(t, sealing{}, dir); err != nil {
			t.Errorf("%q %v", was, err)
		}
	}
}

func TestStoreProblems(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(storeFile(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := opens(t, sealing{}, dir)
	for want, err := range map[string]error{"softkey-store": err, "softkey-in-use": softkey.ErrStoreInUse} {
		if code(storeProblem(err)) != want {
			t.Errorf("%v is not %s", err, want)
		}
	}
}

// A kept key stays what it is: another --profile is refused in words before anything changes, and whatever else opens it
// takes it as it is.
func TestAKeptKeyKeepsItsProfile(t *testing.T) {
	keyStoreIs(t, nil)
	a, dir := softkeyApp(t)
	store, err := sealing{}.ownStore(t.Context(), dir, &typist{}, func(steps.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	k, err := softkey.Open(softkey.Options{Profile: softkey.YubiKey5(), Store: store, Toucher: noTouch{}})
	if err != nil {
		t.Fatal(err)
	}
	_ = k.Close()
	before := wholeFile(t, storeFile(dir))
	err = a.serveKey(t.Context(), softkeyOptions{auto: true, profile: "bare-2.0"})
	var p *steps.Problem
	if !errors.As(err, &p) || p.Code != "softkey-profile" || p.What.Empty() || p.State.Empty() || len(p.Next) != 3 {
		t.Errorf("another profile: %v", err)
	}
	if !bytes.Equal(before, wholeFile(t, storeFile(dir))) {
		t.Error("the store was changed")
	}
	own := &ownSoftkey{a: a, auto: true, tell: func(steps.Event) {}, leave: func(error) {}}
	defer own.close()
	if _, _, err := own.open(t.Context(), &typist{}); err != nil || own.key.Profile().Name != softkey.YubiKey5().Name {
		t.Errorf("as another command opens it: %v", err)
	}
}
