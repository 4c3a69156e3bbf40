package fido

import "context"

// OpenPath begins a visit to the key at a device path: a hidraw device, or on Linux a pseudo-terminal behind which a
// key answers. Errors tell apart what stands in the way: CodeNotFound, CodeNoAccess, CodeBusy, CodeGone (it is there
// but does not answer) and CodeUnsupported (it speaks U2F only, or this build lacks libfido2).
func OpenPath(ctx context.Context, path string) (Session, error) {
	return openDevice(ctx, Device{Path: path})
}

func openDevice(ctx context.Context, d Device) (Session, error) {
	if err := probe(ctx, d.Path); err != nil {
		return nil, err
	}
	l, err := openTTY(d.Path)
	switch {
	case err != nil:
		return nil, err
	case l != nil:
		return OpenLink(ctx, d, l)
	}
	return openAttached(ctx, d)
}
