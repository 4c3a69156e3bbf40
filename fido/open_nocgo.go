//go:build !cgo

package fido

import "context"

func listAttached() ([]Device, error) { return listHID() }

func openDevice(ctx context.Context, d Device) (Session, error) { return openOverHID(ctx, d) }

// OpenLink begins a visit to the key at the other end of l, which is closed with the session, or at once when it
// cannot be opened.
func OpenLink(ctx context.Context, d Device, l Link) (Session, error) { return openGo(ctx, d, l) }
