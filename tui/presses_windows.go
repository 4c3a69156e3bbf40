package tui

import (
	"os"

	"golang.org/x/sys/windows"
)

// pressed lets single key presses be read from a console, without enter and without echo; Ctrl+C stays a signal.
func pressed(in *os.File) (restore func()) {
	h := windows.Handle(in.Fd())
	var before uint32
	if err := windows.GetConsoleMode(h, &before); err != nil {
		return func() {}
	}
	mode := before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT) | windows.ENABLE_PROCESSED_INPUT
	_ = windows.SetConsoleMode(h, mode) // else enter has to be pressed as well
	return func() { _ = windows.SetConsoleMode(h, before) }
}
