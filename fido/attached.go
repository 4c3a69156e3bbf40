package fido

import "context"

// Attached finds the keys that are plugged in, those too that this user may not open.
func Attached() Keys { return attached{} }

type attached struct{}

func (attached) List(ctx context.Context) ([]Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return listAttached()
}

func (attached) Open(ctx context.Context, d Device) (Session, error) {
	if d.Software {
		return nil, &Error{Op: "open", Code: CodeNotFound}
	}
	return openDevice(ctx, d)
}
