// Package state is where keyrollout keeps what has to outlive it: the software key, the practice tenant, the journal,
// the evidence.
//
// Start at Dir, which says where that is, and Ensure, which makes it and refuses a place that others could change.
// WriteFile replaces a file in one piece, and Lock keeps a second keyrollout out.
package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Override is the variable that moves everything elsewhere.
const Override = "KEYROLLOUT_STATE"

// Dir is the directory for state, as the system has it: $XDG_STATE_HOME/keyrollout (~/.local/state/keyrollout),
// ~/Library/Application Support/keyrollout on a Mac, %LocalAppData%\keyrollout on Windows. It need not exist yet.
func Dir(env func(string) string, goos string) (string, error) {
	if d := env(Override); d != "" {
		return filepath.Abs(d)
	}
	under := func(variable string, path ...string) (string, error) {
		base := env(variable)
		if base == "" {
			return "", fmt.Errorf("no place for state: %s is not set. Set it, or %s to a directory of your own", variable, Override)
		}
		return filepath.Join(append(append([]string{base}, path...), "keyrollout")...), nil
	}
	switch goos {
	case "windows":
		return under("LocalAppData")
	case "darwin", "ios":
		return under("HOME", "Library", "Application Support")
	}
	// The XDG rules: a relative path is to be ignored.
	if filepath.IsAbs(env("XDG_STATE_HOME")) {
		return under("XDG_STATE_HOME")
	}
	return under("HOME", ".local", "state")
}

// Ensure makes dir for its owner alone (0700) where it is missing, and refuses one that somebody else owns or may
// write to: who can change the software key or the journal can make this program do things.
func Ensure(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the directory for state cannot be made: %w", err)
	}
	return Check(dir)
}

// Check is Ensure without making anything.
func Check(dir string) error {
	link, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	at, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !at.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	// The link and what it points to: whoever owns either decides what is read here.
	for _, f := range []os.FileInfo{link, at} {
		if err := ours(f); err != nil {
			return fmt.Errorf("%s %w. Set %s to a directory of your own", dir, err, Override)
		}
	}
	if bad := at.Mode().Perm() & writableByOthers; bad != 0 {
		return fmt.Errorf("others may write to %s (mode %04o). If nobody has: chmod 700 %[1]s", dir, at.Mode().Perm())
	}
	return nil
}

// WriteFile replaces the file at path by data, readable by its owner alone (0600). After a crash at any moment the
// file has all of the old content or all of the new, and once WriteFile has returned nil it is the new.
func WriteFile(path string, data []byte) (err error) {
	dir, name := filepath.Split(path)
	f, err := os.CreateTemp(dir, "."+name+".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// ErrInUse is what Lock's error wraps when another process holds the lock.
var ErrInUse = errors.New("another keyrollout is using this")

// Lock makes this process the only one that works with what path stands for, until unlock is called or the process
// ends, however it ends. The file stays: to remove it would let two processes hold two different files of that name.
func Lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		defer f.Close()
		if !errors.Is(err, ErrInUse) {
			return nil, fmt.Errorf("%s cannot be locked: %w", path, err)
		}
		if holder, _ := os.ReadFile(path); len(holder) > 0 {
			return nil, fmt.Errorf("%w: process %s (%s). Wait until it has ended, or end it", err, holder, path)
		}
		return nil, fmt.Errorf("%w (%s). Wait until it has ended, or end it", err, path)
	}
	// For the sentence above only; the lock holds without it, so a full disk is no reason to stop.
	if f.Truncate(0) == nil {
		_, _ = fmt.Fprintf(f, "%d", os.Getpid())
	}
	return f.Close, nil // closing unlocks
}
