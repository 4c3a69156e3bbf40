//go:build !linux && !darwin && !windows

package tui

import "os"

func pressed(*os.File) (restore func()) { return func() {} } // keys come with enter
