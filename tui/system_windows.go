package tui

// canSuspend: Windows has no ctrl+z.
const canSuspend = false

// Where secrets are read from and shown, whatever the input and the output are: a console's two halves.
const ttyPath, ttyShown = "CONIN$", "CONOUT$"

// namesTerminal: the console sets no TERM, and moves its cursor since Windows 10.
const namesTerminal = false
