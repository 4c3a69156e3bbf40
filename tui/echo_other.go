//go:build !linux && !darwin

package tui

// quiet leaves the echo to ReadPassword, which switches it off while it reads.
func quiet(int) (restore func()) { return func() {} }
