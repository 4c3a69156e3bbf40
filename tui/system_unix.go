//go:build unix

package tui

// canSuspend: ctrl+z gives the terminal back to the shell.
const canSuspend = true

// ttyPath is where secrets are read from, whatever the input is.
const ttyPath = "/dev/tty"

// namesTerminal: a terminal without a name in TERM is none that could be written to freely.
const namesTerminal = true
