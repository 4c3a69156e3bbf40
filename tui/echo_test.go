//go:build linux || darwin

package tui

import (
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A shell that brings the program back after Ctrl+Z has put the terminal right, echo and all: the secret that is being
// typed must not show from then on.
func TestNoEchoAfterComingBack(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	fd := int(tty.Fd())
	termios := func() *unix.Termios {
		a, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	echo := func() bool { return termios().Lflag&unix.ECHO != 0 }
	if !echo() {
		t.Fatal("a new terminal does not echo: nothing is tested here")
	}
	restore := quiet(fd)
	if echo() {
		t.Fatal("it echoes from the beginning")
	}
	for range 2 { // whoever suspends twice comes back twice
		a := termios()
		a.Lflag |= unix.ECHO
		if err := unix.IoctlSetTermios(fd, setTermios, a); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		limit := time.Now().Add(30 * time.Second)
		for echo() {
			if time.Now().After(limit) {
				t.Fatal("it echoes after coming back")
			}
			time.Sleep(time.Millisecond)
		}
	}
	restore()
	if !echo() {
		t.Fatal("the terminal is left without echo")
	}
}
