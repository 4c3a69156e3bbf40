package tui

// canSuspend: Windows has no ctrl+z.
const canSuspend = false

// ttyPath is where secrets are read from, whatever the input is.
const ttyPath = "CONIN$"

// namesTerminal: the console sets no TERM, and moves its cursor since Windows 10.
const namesTerminal = false
