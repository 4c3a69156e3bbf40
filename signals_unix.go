//go:build unix

package main

import (
	"os"
	"syscall"
)

// terminating are the signals that end a run in order: the key's operation is cancelled and the journal is whole.
var terminating = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
