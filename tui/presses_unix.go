//go:build linux || darwin

package tui

import (
	"os"

	"golang.org/x/sys/unix"
)

// pressed lets single key presses be read from a terminal, without enter and without echo; Ctrl+C stays a signal and
// the screen is left alone.
func pressed(in *os.File) (restore func()) {
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}
	}
	t := *before
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(fd, setTermios, &t) // else enter has to be pressed as well
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }
}
