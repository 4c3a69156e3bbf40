package tui

import (
	"os"
	"os/signal"

	"keyrollout/steps"
)

// canSuspend: Windows has no ctrl+z.
const canSuspend = false

// ttyPath is where secrets are read from, whatever the input is.
const ttyPath = "CONIN$"

// onHangup calls f when the console is closed or ctrl+c or ctrl+break arrives. The result stops listening.
func onHangup(f func(why steps.Text)) (stop func()) {
	c := make(chan os.Signal, 4)
	done := make(chan struct{})
	signal.Notify(c, os.Interrupt)
	go func() {
		for {
			select {
			case <-c:
				f(steps.T("You left."))
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(c); close(done) }
}
