package fido

import (
	"errors"

	"golang.org/x/sys/windows"
)

// AccessTo says why a key cannot be opened by this program.
func AccessTo(path string) Access {
	a := Access{Path: path}
	if !hidPath.MatchString(path) {
		a.Why = AccessGone
		return a
	}
	h, err := openHandle(path, windows.GENERIC_READ|windows.GENERIC_WRITE)
	if err == nil {
		_ = windows.CloseHandle(h)
		return a
	}
	err = openError(err)
	switch {
	case errors.Is(err, ErrAdminOnly):
		a.Why = AccessAdmin
	case is(err, CodeNotFound):
		a.Why = AccessGone
	default:
		a.Why, a.Err = AccessOther, err
	}
	return a
}
