package practice

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Store keeps the tenant's state. Save returns when the bytes would survive a crash; Load of an empty store gives none.
type Store interface {
	Load() ([]byte, error)
	Save([]byte) error
}

// Memory keeps the state as long as the process lives.
func Memory() Store { return &memory{} }

type memory struct {
	mu sync.Mutex
	b  []byte
}

func (m *memory) Load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]byte(nil), m.b...), nil
}

func (m *memory) Save(b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b = append(m.b[:0:0], b...)
	return nil
}

// File keeps the state in one file, readable by its owner alone. A crash leaves the old state or the new one, never a
// mixture: the new one is written beside it, flushed, and put in its place by a rename.
func File(path string) Store { return &file{path: path} }

type file struct {
	path string
	mu   sync.Mutex
	last fs.FileInfo // as this process read or wrote it
}

// ErrTaken means that another process has changed the state since this one read it. Two processes on one state would
// each undo what the other does.
var ErrTaken = errors.New("another keyrollout is at work on the same practice tenant")

func (f *file) Load() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f.last, err = os.Stat(f.path)
	return b, err
}

func (f *file) Save(b []byte) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := os.Stat(f.path)
	if err == nil && (f.last == nil || !os.SameFile(f.last, now) || !now.ModTime().Equal(f.last.ModTime())) {
		return ErrTaken
	}
	dir := filepath.Dir(f.path)
	tmp, err := os.CreateTemp(dir, ".practice-*") // 0600 by os.CreateTemp
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(b); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), f.path); err != nil {
		return err
	}
	if f.last, err = os.Stat(f.path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the rename itself durable. Windows has no such call and needs none: NTFS journals the rename.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
