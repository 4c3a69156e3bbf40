//go:build !linux

package share

import (
	"errors"

	"keyrollout/fido"
)

// ErrNotKey refuses a path behind which no security key answers.
var ErrNotKey = errors.New("this is no security key")

// Listen offers a device path on Linux.
func Listen() (Endpoint, error) {
	return nil, errors.New("a device path for a shared key needs Linux")
}

// OpenDevice opens a key on Linux. Elsewhere reports reach a key through the system's own libraries only.
func OpenDevice(string) (fido.Link, error) {
	return nil, &fido.Error{Op: "share an attached key (Linux only so far)", Code: fido.CodeUnsupported}
}
