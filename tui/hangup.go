package tui

import (
	"os"
	"os/signal"
	"syscall"

	"keyrollout/steps"
)

// onHangup calls f when the line is hung up, the console is closed or the program is told to end. The result stops
// listening.
func onHangup(f func(why steps.Text)) (stop func()) {
	c := make(chan os.Signal, 4)
	done := make(chan struct{})
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
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
