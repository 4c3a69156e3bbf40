package fido

// OpenGo is the session in Go alone, for the tests of builds with cgo.
var OpenGo = openGo
