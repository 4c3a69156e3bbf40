//go:build !linux

package softkey

import (
	"context"
	"errors"
)

// Errors of the ways to other programs, which are Linux's.
var (
	ErrNoServe = errors.New("softkey: a device path for other programs needs Linux; the key works within this program")
	ErrNoUHID  = errors.New("softkey: a HID device in software needs Linux; the key works within this program")
)

// Serve offers the key at a device path on Linux. Here it fails with ErrNoServe.
func (k *Key) Serve(context.Context) (path string, wait func() error, err error) {
	return "", nil, ErrNoServe
}

// ServeUHID makes the key a HID device on Linux. Here it fails with ErrNoUHID.
func (k *Key) ServeUHID(context.Context) (wait func() error, err error) { return nil, ErrNoUHID }
