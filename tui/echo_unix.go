//go:build linux || darwin

package tui

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// quiet switches the terminal's echo off before a secret is asked for, and off again whenever the program comes back
// from Ctrl+Z. The function it returns puts the terminal as it was.
func quiet(fd int) (restore func()) {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {} // no terminal: nothing is echoed
	}
	off := func() {
		t := *before
		t.Lflag &^= unix.ECHO
		_ = unix.IoctlSetTermios(fd, setTermios, &t) // ReadPassword tries, and tells, once more
	}
	off()
	back := make(chan os.Signal, 1)
	signal.Notify(back, syscall.SIGCONT)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-back:
				off()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(back)
		close(done)
		_ = unix.IoctlSetTermios(fd, setTermios, before)
	}
}
