//go:build cgo

package fido

import "context"

// OpenByLibfido2 opens a path as keys in a USB port are opened.
func OpenByLibfido2(ctx context.Context, path string) (Session, error) {
	d := Device{Path: path}
	if err := probe(ctx, path); err != nil {
		return nil, err
	}
	return openAttached(ctx, d)
}
