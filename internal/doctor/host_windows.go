package doctor

import (
	"errors"

	"golang.org/x/sys/windows"
)

func openDevice(string) error { return errors.ErrUnsupported }

// administrator: an administrator's account is not enough, for its programs run without those rights as a rule.
func administrator() bool { return windows.GetCurrentProcessToken().IsElevated() }

func free(dir string) (bytes uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &bytes, nil, nil)
	return bytes, err
}
