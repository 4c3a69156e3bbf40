//go:build unix

package tui

// canSuspend: ctrl+z gives the terminal back to the shell.
const canSuspend = true

// Where secrets are read from and shown, whatever the input and the output are.
const ttyPath, ttyShown = "/dev/tty", "/dev/tty"

// namesTerminal: a terminal without a name in TERM is none that could be written to freely.
const namesTerminal = true
