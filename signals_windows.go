package main

import "os"

// terminating are the signals that end a run in order: the key's operation is cancelled and the journal is whole.
var terminating = []os.Signal{os.Interrupt}
