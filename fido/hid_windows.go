package fido

import "errors"

var errNoHID = errors.New("this build of keyrollout cannot drive attached keys: it was made without cgo and libfido2")

// OpenHID would open the line to a key by its device path: CodeUnsupported.
func OpenHID(string) (Link, error) {
	return nil, &Error{Op: "open", Code: CodeUnsupported, Err: errNoHID}
}

// listHID lists nothing here: CodeUnsupported.
func listHID() ([]Device, error) {
	return nil, &Error{Op: "look for keys", Code: CodeUnsupported, Err: errNoHID}
}
