//go:build !linux

package share

import "errors"

// Listen offers a device path on Linux.
func Listen() (Endpoint, error) {
	return nil, errors.New("a device path for a shared key needs Linux")
}
