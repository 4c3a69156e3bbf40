package fido

// OpenGo is the session in Go alone, for the tests of builds with cgo.
var OpenGo = openGo

// ReadMetadataFrom is ReadMetadata with other roots; UseTable forgets the models that were added.
var ReadMetadataFrom = readMetadata

func UseTable() { added.Store(nil) }
