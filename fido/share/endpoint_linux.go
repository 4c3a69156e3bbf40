package share

import (
	"context"
	"io"

	"keyrollout/fido/internal/devpath"
)

// pty is an endpoint at a pseudo-terminal.
type pty struct {
	*devpath.Line
	stop context.CancelFunc
}

// Listen opens a device path that only this user may use.
func Listen() (Endpoint, error) {
	l, err := devpath.Open()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	go l.Carry(ctx)
	return pty{l, stop}, nil
}

func (p pty) Read() (report, error) {
	r, err := p.Line.Read()
	if err != nil {
		return r, io.EOF
	}
	return r, nil
}

func (p pty) Close() error {
	p.stop()
	p.Lose()
	return p.Line.Close()
}
