package tui

import (
	"context"
	"os"
)

// Presses calls on for each key that is pressed at a terminal until ctx ends, and puts the terminal right with restore.
// One read may outlast them both: it takes one key press more.
func Presses(ctx context.Context, in *os.File, on func(byte)) (restore func()) {
	restore = pressed(in)
	go func() {
		var b [1]byte
		for ctx.Err() == nil {
			if _, err := in.Read(b[:]); err != nil {
				return
			}
			if ctx.Err() == nil {
				on(b[0])
			}
		}
	}()
	return restore
}
