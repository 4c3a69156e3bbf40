//go:build unix

package state

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const writableByOthers os.FileMode = 0o022

// ours reports, as an error that goes on after a path, that f belongs to somebody else.
func ours(f os.FileInfo) error {
	s, ok := f.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() {
		return nil
	}
	owner := strconv.Itoa(int(s.Uid))
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	return fmt.Errorf("belongs to %s", owner)
}

// syncDir makes a rename in dir last.
func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	err = d.Sync()
	// Some network file systems know no fsync on a directory; the rename is as safe there as it gets.
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// lockFile takes a flock: it goes with the process, even by kill -9, and never waits.
func lockFile(f *os.File) error {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case err == unix.EINTR:
		case err == unix.EWOULDBLOCK:
			return ErrInUse
		default:
			return err
		}
	}
}
