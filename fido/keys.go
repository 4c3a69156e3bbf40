package fido

import (
	"context"
	"errors"
	"os"
)

// Software is the one key that answers over link: the software key in this process. Each visit gets a line of its own.
// While the key is pulled out it is not listed.
func Software(d Device, link func() Link) Keys {
	d.Software = true
	return software{d, link}
}

type software struct {
	device Device
	link   func() Link
}

func (k software) List(ctx context.Context) ([]Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := k.link()
	defer l.Close()
	if _, err := l.Read(0); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, nil
	}
	return []Device{k.device}, nil
}

func (k software) Open(ctx context.Context, d Device) (Session, error) {
	if d.Path != k.device.Path {
		return nil, &Error{Op: "open", Code: CodeNotFound}
	}
	return OpenLink(ctx, k.device, k.link())
}

// At is the key at one device path that is not listed anywhere: a pseudo-terminal.
func At(path string) Keys { return AtNamed(path, "key at "+path) }

// AtNamed is At for a key whose model is known.
func AtNamed(path, product string) Keys { return at{Device{Path: path, Product: product}} }

type at struct{ device Device }

func (k at) List(ctx context.Context) ([]Device, error) { return []Device{k.device}, ctx.Err() }

func (k at) Open(ctx context.Context, d Device) (Session, error) {
	if d.Path != k.device.Path {
		return nil, &Error{Op: "open", Code: CodeNotFound}
	}
	return OpenPath(ctx, d.Path)
}

// Join lists the keys of several, in their order, and opens a key with the one that knows it. One that cannot list is
// passed over as long as another can.
func Join(keys ...Keys) Keys { return joined(keys) }

type joined []Keys

func (j joined) List(ctx context.Context) ([]Device, error) {
	var all []Device
	var failed []error
	for _, k := range j {
		some, err := k.List(ctx)
		if err != nil {
			failed = append(failed, err)
		}
		all = append(all, some...)
	}
	if len(j) > 0 && len(failed) == len(j) || ctx.Err() != nil {
		return all, errors.Join(append(failed, ctx.Err())...)
	}
	return all, nil
}

func (j joined) Open(ctx context.Context, d Device) (Session, error) {
	err := error(&Error{Op: "open", Code: CodeNotFound})
	for _, k := range j {
		s, e := k.Open(ctx, d)
		if e == nil {
			return s, nil
		}
		var no *Error
		if errors.As(e, &no) && (no.Code == CodeNotFound || no.Code == CodeUnsupported) {
			if no.Code == CodeUnsupported {
				err = e
			}
			continue
		}
		return nil, e
	}
	return nil, err
}
