package doctor

import (
	"errors"

	"golang.org/x/sys/windows"
)

func openDevice(string) error { return errors.ErrUnsupported }

func free(dir string) (bytes uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &bytes, nil, nil)
	return bytes, err
}
