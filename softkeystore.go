package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"github.com/zalando/go-keyring"

	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
	"keyrollout/internal/state"
	"keyrollout/steps"
)

// sealing says how the software key's store is sealed, where the command line says it.
type sealing struct {
	file   string // with the passphrase in it
	phrase bool   // a passphrase, although the system has a key store
	memory bool   // nothing is kept
}

func (s *sealing) add(f *pflag.FlagSet) {
	f.StringVar(&s.file, "passphrase-file", "", "the passphrase of the store is the first line of `FILE`; for services, such as systemd credentials")
	f.BoolVar(&s.phrase, "passphrase", false, "seal a new store with a passphrase, although this system has a key store")
	f.BoolVar(&s.memory, "in-memory", false, "keep nothing: the key is gone when this ends")
}

// sealingHelp is what  keyrollout softkey --help  says of the store.
const sealingHelp = `The key keeps what it holds (PIN, fingers, sign-ins) in one file, softkey.sealed in the state directory, encrypted. The
key to that file lies in the system's key store (Keychain, Credential Manager, Secret Service); where there is none, as
often over SSH, it is made from a passphrase, which is asked for and kept nowhere. A service gives it with
--passphrase-file. Without the one or the other nobody opens the file again, this program included; a wrong passphrase
changes nothing.  keyrollout softkey seal  changes from one way to the other, or the passphrase.`

// storeFile is where the software key of a directory keeps its state, storeKeyFile the key an earlier version of this
// program kept beside it.
func storeFile(dir string) string    { return filepath.Join(dir, "softkey.sealed") }
func storeKeyFile(dir string) string { return filepath.Join(dir, "softkey.key") }

// ownStore opens the store of this user's software key, or makes it.
func (s sealing) ownStore(ctx context.Context, dir string, ask steps.Asker, tell func(steps.Event)) (softkey.Store, error) {
	if s.memory {
		return softkey.MemoryStore(), nil
	}
	path := storeFile(dir)
	is, _, err := softkey.SealingOf(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		seal, err := s.newSeal(ctx, ask, tell)
		if err != nil {
			return nil, err
		}
		return opened(softkey.FileStore(path, seal))
	case err != nil:
		return nil, err
	case is == softkey.SealedByKey:
		return s.moveOver(ctx, dir, ask, tell)
	}
	f, err := s.open(ctx, dir, is, ask, tell)
	if err != nil {
		return nil, err
	}
	if !exists(storeKeyFile(dir)) {
		return f, nil
	}
	// The move away from the key file was interrupted between its last two steps.
	if err := finishMove(f, dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// freshStore begins a new store in the place of the one that is there. How the new one is sealed is settled before the
// old one goes: a passphrase that cannot be read must cost nobody a key.
func (s sealing) freshStore(ctx context.Context, dir string, ask steps.Asker, tell func(steps.Event)) (softkey.Store, error) {
	seal, err := s.newSeal(ctx, ask, tell)
	if err != nil {
		return nil, err
	}
	is, name, sealed := softkey.SealingOf(storeFile(dir))
	kept, err := keepLastGood(dir, seal, sealed)
	if err != nil {
		return nil, err
	}
	if kept != "" {
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("The software key's file was damaged. The state before its last change is kept as %s.", kept)})
	}
	if err := forgetFiles(dir); err != nil {
		return nil, err
	}
	if kept == "" && sealed == nil && is == softkey.SealedByVault {
		// Where the key store cannot be reached its entry stays: it opens nothing any more.
		_ = systemVault(ctx, func(steps.Event) {}).remove(name)
	}
	return opened(softkey.FileStore(storeFile(dir), seal))
}

// keepLastGood moves the state before the last change out of the way of a new store, where the file itself is damaged:
// nobody chose to forget what a torn file hides. It is "" where there is nothing to keep.
func keepLastGood(dir string, seal softkey.Seal, err error) (string, error) {
	if err == nil { // its head is whole: the rest shows where the new store's seal opens the old one too
		var f *softkey.File
		if f, err = softkey.FileStore(storeFile(dir), seal); err == nil {
			_, err = f.Load()
			_ = f.Close()
		}
	}
	before := storeFile(dir) + ".before"
	if !errors.Is(err, softkey.ErrStoreDamaged) || !exists(before) {
		return "", nil
	}
	kept := filepath.Join(dir, "kept-softkey-"+time.Now().Format("20060102-150405.000")+".sealed")
	return kept, os.Rename(before, kept)
}

// storeProblem says in words what keeps the software key's file from being used.
func storeProblem(err error) error {
	var told *steps.Problem
	var place *fs.PathError
	var other *softkey.ProfileError
	p := &steps.Problem{Err: err, State: steps.T("Nothing was changed.")}
	next := func(t steps.Text) { p.Next = []steps.Choice{{ID: "retry", Text: t}} }
	switch {
	case err == nil, errors.As(err, &told):
		return err
	case errors.As(err, &other) && other.Asked != "":
		p.Code, p.What = "softkey-profile", steps.T("The software key's file holds a key that behaves as %s, not as %s.", other.Kept, other.Asked)
		p.Next = []steps.Choice{
			{ID: "retry", Text: steps.T("leave --profile away to use that key")},
			{ID: "memory", Text: steps.T("or try the other one out, with --in-memory")},
			{ID: "fresh", Text: steps.T("or begin with it, with --fresh; the key that is there is lost then")},
		}
		return p
	case errors.Is(err, softkey.ErrStoreDamaged):
		p.Code = "softkey-damaged"
		next(steps.T("do as it says; or begin with a new key:  keyrollout softkey --fresh"))
	case errors.Is(err, softkey.ErrStoreInUse), errors.Is(err, state.ErrInUse):
		p.Code = "softkey-in-use"
		next(steps.T("end the other keyrollout, then try again"))
	case errors.As(err, &place), errors.Is(err, errors.ErrUnsupported), errors.As(err, new(*softkey.WriteError)):
		p.Code = "softkey-store"
		next(steps.T("have this place readable and writable, or keep nothing, with --in-memory"))
	default:
		return err
	}
	p.What = steps.T("The software key's file cannot be used: %s.", strings.TrimSuffix(strings.TrimPrefix(err.Error(), "softkey: "), "."))
	return p
}

// opened keeps a nil *File from becoming a Store that is not nil.
func opened(f *softkey.File, err error) (softkey.Store, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// open opens a store that is there, as it is sealed.
func (s sealing) open(ctx context.Context, dir string, is softkey.Sealing, ask steps.Asker, tell func(steps.Event)) (*softkey.File, error) {
	path := storeFile(dir)
	switch is {
	case softkey.SealedByKey:
		k, err := sealingKey(storeKeyFile(dir))
		if err != nil {
			return nil, err
		}
		return softkey.FileStore(path, softkey.WithKey(k))
	case softkey.SealedByVault:
		if s.file != "" {
			return nil, &steps.Problem{Code: "softkey-sealing", State: steps.T("Nothing was changed."),
				What: steps.T("%s is sealed with a key in the system's key store, not with a passphrase.", path),
				Next: []steps.Choice{{ID: "retry", Text: steps.T("leave --passphrase-file away, or change it first:  keyrollout softkey seal")}}}
		}
		f, err := softkey.FileStore(path, softkey.WithVault(systemVault(ctx, tell)))
		return f, vaultProblem(err)
	}
	for {
		f, err := s.openWithPhrase(ctx, path, ask)
		if !errors.Is(err, softkey.ErrPassphrase) || s.file != "" {
			return f, phraseProblem(err, path)
		}
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("The passphrase does not open it. Nothing was changed.")})
	}
}

func (s sealing) openWithPhrase(ctx context.Context, path string, ask steps.Asker) (*softkey.File, error) {
	phrase, err := s.passphrase(ctx, ask, steps.Question{Name: "softkey.passphrase", Text: steps.T("The passphrase of the software key")})
	if err != nil {
		return nil, err
	}
	f, err := softkey.FileStore(path, softkey.WithPassphrase(phrase))
	if err != nil {
		return nil, err
	}
	if _, err := f.Load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// newSeal is how a new store is sealed: with the system's key store where there is one and nothing else is asked for.
func (s sealing) newSeal(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (softkey.Seal, error) {
	if s.file == "" && !s.phrase {
		v := systemVault(ctx, tell)
		err := v.works()
		if err == nil {
			return softkey.WithVault(v), nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("This system offers no key store at the moment (%s); the software key is sealed with a passphrase instead.", vaultWords(err))})
	}
	phrase, err := s.passphrase(ctx, ask, steps.Question{Name: "softkey.new-passphrase", Twice: true, CheckSecret: goodPhrase,
		Text:   steps.T("A passphrase for the software key's file"),
		Detail: []steps.Text{steps.T("It is kept nowhere. Without it the key cannot be opened again.")}})
	if err != nil {
		return nil, err
	}
	if p := goodPhrase(phrase); p != nil {
		return nil, p
	}
	return softkey.WithPassphrase(phrase), nil
}

// moveOver seals a store anew that an earlier version sealed with a key in a file beside it, and removes that file.
func (s sealing) moveOver(ctx context.Context, dir string, ask steps.Asker, tell func(steps.Event)) (softkey.Store, error) {
	f, err := s.open(ctx, dir, softkey.SealedByKey, ask, tell)
	if err != nil {
		return nil, err
	}
	if _, err := f.Load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	seal, err := s.newSeal(ctx, ask, tell)
	if err == nil {
		err = f.Reseal(seal)
	}
	if err == nil {
		err = finishMove(f, dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	tell(steps.Event{Name: steps.EventNote, Text: steps.T("The software key's file was opened by a key in the file beside it. It is sealed anew, and that file is gone.")})
	return f, nil
}

// finishMove removes the key file, once the state before the last is not sealed with it any more either.
func finishMove(f *softkey.File, dir string) error {
	b, err := f.Load()
	if err == nil {
		err = f.Save(b)
	}
	if err == nil {
		err = os.Remove(storeKeyFile(dir))
	}
	return err
}

// reseal is  keyrollout softkey seal.
func (a *app) reseal(ctx context.Context, now, then sealing) error {
	dir, unlock, err := a.ownPlace("softkey", "lock")
	if err != nil {
		return storeProblem(err)
	}
	defer unlock()
	return a.onLines(ctx, func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (err error) {
		defer func() { err = storeProblem(err) }()
		is, name, err := softkey.SealingOf(storeFile(dir))
		if errors.Is(err, fs.ErrNotExist) {
			return &steps.Problem{Code: "softkey-none", What: steps.T("There is no software key in %s yet.", dir), State: steps.T("Nothing was changed."),
				Next: []steps.Choice{{ID: "retry", Text: steps.T("begin with one:  keyrollout softkey")}}}
		}
		if err != nil {
			return err
		}
		f, err := now.open(ctx, dir, is, ask, tell)
		if err != nil {
			return err
		}
		defer f.Close()
		seal, err := then.newSeal(ctx, ask, tell)
		if err == nil {
			err = f.Reseal(seal)
		}
		if err != nil {
			return err
		}
		switch is {
		case softkey.SealedByKey:
			err = finishMove(f, dir)
		case softkey.SealedByVault:
			err = systemVault(ctx, tell).remove(name)
		}
		if err != nil {
			return err
		}
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("The software key's file is sealed anew; what opened it before opens it no more.")})
		return nil
	})
}

// passphrase reads the passphrase from the file, or asks for it.
func (s sealing) passphrase(ctx context.Context, ask steps.Asker, q steps.Question) (secret.Secret, error) {
	if s.file != "" {
		return phraseFromFile(s.file)
	}
	q.Kind = steps.Secret
	a, err := ask.Ask(ctx, q)
	if errors.Is(err, steps.ErrNoAnswer) {
		return secret.Secret{}, &steps.Problem{Code: "softkey-no-passphrase", Err: err, State: steps.T("Nothing was changed."),
			What: steps.T("The software key's file needs a passphrase, and nobody is there to type it."),
			Next: []steps.Choice{
				{ID: "retry", Text: steps.T("give it with --passphrase-file FILE")},
				{ID: "memory", Text: steps.T("or keep nothing, with --in-memory")},
			}}
	}
	return a.Secret, err
}

// maxPhrase is how long a passphrase file may be.
const maxPhrase = 4096

// phraseFromFile reads the first line. A file that others may read is refused; a pipe or a descriptor has no others.
func phraseFromFile(path string) (secret.Secret, error) {
	wrong := func(err error) (secret.Secret, error) {
		return secret.Secret{}, &steps.Problem{Code: "softkey-passphrase-file", Err: err, State: steps.T("Nothing was changed."),
			What: steps.T("The passphrase cannot be read: %s.", inWords(err))}
	}
	f, err := os.Open(path)
	if err != nil {
		return wrong(err)
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil {
		return wrong(err)
	} else if runtime.GOOS != "windows" && i.Mode().IsRegular() && i.Mode().Perm()&0o077 != 0 {
		return wrong(wordsError{steps.T("others may read %s (mode %s): chmod 600 %s", path, fmt.Sprintf("%04o", i.Mode().Perm()), path)})
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPhrase+1))
	if err != nil {
		return wrong(err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(b) > maxPhrase:
		return wrong(wordsError{steps.T("%s is longer than %d bytes", path, maxPhrase)})
	case len(line) == 0:
		return wrong(wordsError{steps.T("the first line of %s is empty", path)})
	}
	return secret.New(line), nil
}

// shortestPhrase is how many characters a new passphrase has at least: guessing goes on where no key counts the tries.
const shortestPhrase = 8

func goodPhrase(s secret.Secret) *steps.Problem {
	n := 0
	s.Use(func(b []byte) { n = utf8.RuneCount(b) })
	if n >= shortestPhrase {
		return nil
	}
	return &steps.Problem{Code: "softkey-short-passphrase", What: steps.T("A passphrase has at least %d characters.", shortestPhrase), State: steps.T("Nothing was changed.")}
}

func phraseProblem(err error, path string) error {
	if !errors.Is(err, softkey.ErrPassphrase) {
		return err
	}
	return &steps.Problem{Code: "softkey-passphrase", Err: err, What: steps.T("The passphrase does not open %s, nor the state before it.", path), State: steps.T("Nothing was changed."),
		Next: []steps.Choice{{ID: "retry", Text: steps.T("try another passphrase; with --fresh a new key begins, and this one is lost")}}}
}

// vaultProblem says what to do where the system's key store does not give the key.
func vaultProblem(err error) error {
	switch {
	case err == nil, errors.Is(err, softkey.ErrStoreInUse), errors.Is(err, softkey.ErrStoreDamaged), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return &steps.Problem{Code: "softkey-key-lost", Err: err, State: steps.T("Nothing was changed."),
			What: steps.T("The key to the software key's file is not in the system's key store any more."),
			Next: []steps.Choice{{ID: "retry", Text: steps.T("restore the key store from a backup; with --fresh a new key begins, and this one is lost")}}}
	}
	return &steps.Problem{Code: "softkey-key-store", Err: err, State: steps.T("Nothing was changed."),
		What: steps.T("The key to the software key's file lies in the system's key store, which cannot be used now: %s.", vaultWords(err)),
		Next: []steps.Choice{
			{ID: "retry", Text: steps.T("unlock it at the desktop, or start this where it runs: over SSH there is often none")},
			{ID: "seal", Text: steps.T("to need none from now on, there:  keyrollout softkey seal --passphrase")},
		}}
}

// vaultWords says why the key store cannot be used. On Linux the library speaks to it over D-Bus, and where nobody
// answers there it tries to start a bus, and tells of that.
func vaultWords(err error) steps.Text {
	told := err.Error()
	for _, s := range []string{"dbus", "was not provided by any .service", "dial unix"} {
		if strings.Contains(told, s) {
			return steps.T("none runs in this session, as often over SSH and in containers")
		}
	}
	if errors.Is(err, errVaultSilent) {
		return steps.T("it is locked, and nobody unlocked it")
	}
	return steps.T("%s", told)
}

// keyringVault is the system's key store.
type keyringVault struct {
	ctx  context.Context
	tell func(steps.Event)
}

var _ softkey.Vault = keyringVault{}

// systemVault is the key store within ctx: who is asked to unlock it may take a while, and may leave.
func systemVault(ctx context.Context, tell func(steps.Event)) keyringVault {
	return keyringVault{ctx, tell}
}

const (
	vaultService = "keyrollout"
	vaultPrefix  = "key of the software key "
	vaultPatient = 3 * time.Second // after this it is told what is waited for
	vaultWait    = time.Minute     // for somebody to unlock it
)

var errVaultSilent = errors.New("the key store is locked, and nobody unlocked it")

// within runs f, which may wait for a person to unlock the key store and has no way to be stopped.
func (v keyringVault) within(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	patience, late := time.NewTimer(vaultPatient), time.NewTimer(vaultWait)
	defer patience.Stop()
	defer late.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-patience.C:
			v.tell(steps.Event{Name: steps.EventNote, Text: steps.T("Waiting for the system's key store to be unlocked.")})
		case <-late.C:
			return errVaultSilent
		case <-v.ctx.Done():
			return context.Cause(v.ctx)
		}
	}
}

func (v keyringVault) Get(name string) (s secret.Secret, err error) {
	var text string
	err = v.within(func() (err error) { text, err = keyring.Get(vaultService, vaultPrefix+name); return err })
	if err != nil {
		return s, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return secret.New(b), err
}

func (v keyringVault) Put(name string, key secret.Secret) error {
	var text string
	key.Use(func(b []byte) { text = base64.StdEncoding.EncodeToString(b) })
	return v.within(func() error { return keyring.Set(vaultService, vaultPrefix+name, text) })
}

// works looks whether there is a key store that can be used, without changing it.
func (v keyringVault) works() error {
	_, err := v.Get(hex.EncodeToString(make([]byte, 16)))
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

func (v keyringVault) remove(name string) error {
	err := v.within(func() error { return keyring.Delete(vaultService, vaultPrefix+name) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}
