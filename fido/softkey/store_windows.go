package softkey

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the file for this program, until it is closed.
func lockFile(f *os.File) error {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrStoreInUse
	}
	return err
}

// syncDir has nothing to do: NTFS journals renames, and directories cannot be synced there.
func syncDir(string) error { return nil }
