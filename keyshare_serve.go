package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/internal/state"
)

// What the far machine's part leaves in the directory for state: the path of the key, and a lock that holds as long as
// the path is a key. The path alone proves nothing: after a crash its number may be somebody's terminal.
const (
	sharedPath = "path"
	sharedLock = "lock"
)

var errShared = errors.New("another key is shared with this user there already")

// serveShared is the far machine's part of  key share : the standard input and output are the connection.
func (a *app) serveShared(ctx context.Context) error {
	signal.Ignore(syscall.SIGPIPE) // the connection may be gone before the last word: tidy up all the same
	conn := newStdio(a.in, a.out.File)
	dir, unlock, err := a.ownPlace("shared", sharedLock)
	if errors.Is(err, state.ErrInUse) {
		err = errShared
	}
	if err != nil {
		return share.Refuse(conn, err)
	}
	defer unlock()
	at, err := share.Listen()
	if err != nil {
		return share.Refuse(conn, err)
	}
	file := filepath.Join(dir, sharedPath)
	defer os.Remove(file)
	return share.Host(ctx, conn, at, func(path string) {
		_ = state.WriteFile(file, []byte(path)) // without it the path has to be given by --device
	})
}

// sharedKeys is the key that is shared with this machine now, if there is one.
func (a *app) sharedKeys() (keys fido.Keys, ok bool) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, false
	}
	dir = filepath.Join(dir, "shared")
	b, err := os.ReadFile(filepath.Join(dir, sharedPath))
	if err != nil || state.Check(dir) != nil || !strings.HasPrefix(string(b), "/dev/pts/") {
		return nil, false
	}
	if unlock, err := state.Lock(filepath.Join(dir, sharedLock)); !errors.Is(err, state.ErrInUse) {
		if err == nil {
			_ = unlock()
		}
		return nil, false
	}
	return fido.At(string(b)), true
}

// ownPlace is a directory below the one for state, for this process alone.
func (a *app) ownPlace(name, lock string) (dir string, unlock func() error, err error) {
	if dir, err = a.stateDir(); err != nil {
		return "", nil, err
	}
	dir = filepath.Join(dir, name)
	if err := state.Ensure(dir); err != nil {
		return "", nil, err
	}
	unlock, err = state.Lock(filepath.Join(dir, lock))
	return dir, unlock, err
}

// stdio is the standard input and output as a connection. Reading goes through a pipe: closing it ends a read that
// waits, which closing the standard input does not.
type stdio struct {
	*io.PipeReader
	out *os.File
}

func newStdio(in io.Reader, out *os.File) stdio {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // nil is io.EOF
	}()
	return stdio{r, out}
}

func (s stdio) Write(b []byte) (int, error) { return s.out.Write(b) }
func (s stdio) Close() error                { return errors.Join(s.PipeReader.Close(), s.out.Close()) }
