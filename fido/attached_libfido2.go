//go:build cgo

package fido

import (
	"context"

	"github.com/keys-pub/go-libfido2"
)

// Attached finds the keys that are plugged in, by go-libfido2, which lists well; and on Linux those too that this user
// may not open.
func Attached() Keys { return attached{} }

type attached struct{}

func (attached) List(ctx context.Context) ([]Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := libfido2.DeviceLocations()
	if err != nil {
		return nil, &Error{Op: "look for keys", Code: CodeInternal, Err: err}
	}
	out := make([]Device, 0, len(found))
	for _, f := range found {
		serial := usbSerial(f.Path)
		if serial == "" {
			serial = productSerial(f.Product)
		}
		out = append(out, Device{
			Path:         f.Path,
			Serial:       serial,
			VendorID:     uint16(f.VendorID), // go-libfido2 has them signed
			ProductID:    uint16(f.ProductID),
			Manufacturer: f.Manufacturer,
			Product:      f.Product,
		})
	}
	return append(out, hiddenKeys(out)...), nil
}

func (attached) Open(ctx context.Context, d Device) (Session, error) {
	if d.Software {
		return nil, &Error{Op: "open", Code: CodeNotFound}
	}
	return openDevice(ctx, d)
}
