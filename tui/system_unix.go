//go:build unix

package tui

import (
	"os"
	"os/signal"
	"syscall"

	"keyrollout/steps"
)

// canSuspend: ctrl+z gives the terminal back to the shell.
const canSuspend = true

// ttyPath is where secrets are read from, whatever the input is.
const ttyPath = "/dev/tty"

// onHangup calls f when the line is hung up or the program is told to end. The result stops listening.
func onHangup(f func(why steps.Text)) (stop func()) {
	return listen(f, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
}

// because is a signal in words.
func because(s os.Signal) steps.Text {
	switch s {
	case syscall.SIGHUP:
		return steps.T("Stopped: the line was hung up.")
	case syscall.SIGTERM:
		return steps.T("Stopped: the system asked keyrollout to end.")
	}
	return steps.T("You left.")
}

func listen(f func(steps.Text), signals ...os.Signal) (stop func()) {
	c := make(chan os.Signal, 4)
	done := make(chan struct{})
	signal.Notify(c, signals...)
	go func() {
		for {
			select {
			case s := <-c:
				f(because(s))
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(c); close(done) }
}
