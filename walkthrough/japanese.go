package walkthrough

// japanese translates the English formats of steps, tui and this package. A verb whose place changes has its number:
// %[2]s.
var japanese = map[string]string{}
