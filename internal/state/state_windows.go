package state

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Windows guards the profile's own directories by access lists, which the mode bits do not show.
const writableByOthers os.FileMode = 0

func ours(os.FileInfo) error { return nil }

// syncDir does nothing: NTFS journals a rename by itself.
func syncDir(string) error { return nil }

// lockFile locks one byte far behind the content, because what is locked on Windows cannot be read either, and the
// content says who holds the lock.
func lockFile(f *os.File) error {
	at := &windows.Overlapped{Offset: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrInUse
	}
	return err
}
