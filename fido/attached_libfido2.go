//go:build cgo

package fido

import (
	"slices"

	"github.com/keys-pub/go-libfido2"
)

// listAttached is what go-libfido2 finds, and what listHID knows beyond that: libfido2 opens each device to see whether
// it is a key, and so a key without permission is to it no key at all; nor does it tell serial numbers, nor the name of
// a key that the kernel alone has a name for.
func listAttached() ([]Device, error) {
	found, err := libfido2.DeviceLocations()
	if err != nil {
		return nil, &Error{Op: "look for keys", Code: CodeInternal, Err: err}
	}
	out := make([]Device, 0, len(found))
	for _, f := range found {
		out = append(out, Device{
			Path:         f.Path,
			Serial:       productSerial(f.Product),
			VendorID:     uint16(f.VendorID), // go-libfido2 has them signed
			ProductID:    uint16(f.ProductID),
			Manufacturer: f.Manufacturer,
			Product:      f.Product,
		})
	}
	known, _ := listHID() // an error where libfido2 alone lists
	for _, d := range known {
		if i := slices.IndexFunc(out, func(o Device) bool { return o.Path == d.Path }); i >= 0 {
			out[i] = d
		} else {
			out = append(out, d)
		}
	}
	return out, nil
}
