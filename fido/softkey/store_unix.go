//go:build unix

package softkey

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the file for this program, until it is closed.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrStoreInUse
	}
	return err
}

// syncDir makes a rename in a directory safe from a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return errors.Join(err, d.Close())
	}
	return d.Close()
}
