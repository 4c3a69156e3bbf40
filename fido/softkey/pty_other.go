//go:build !linux

package softkey

import (
	"context"
	"errors"
)

// ErrNoServe says that a device path needs Linux, where libfido2 takes a pseudo-terminal for a device.
var ErrNoServe = errors.New("softkey: a device path for other programs needs Linux; the key works within this program")

// Serve offers the key at a device path on Linux. Here it fails with ErrNoServe.
func (k *Key) Serve(context.Context) (path string, wait func() error, err error) {
	return "", nil, ErrNoServe
}
