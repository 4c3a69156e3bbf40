package softkey

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"keyrollout/fido/internal/devpath"
)

// ptyLine is a line over a raw pseudo-terminal: libfido2 takes its path for a device (see the package comment).
type ptyLine struct {
	*devpath.Line
	in atomic.Bool // plugged in
}

// Serve offers the key at a device path, to one client at a time: fido2-token, ssh-keygen -O device=,
// systemd-cryptenroll --fido2-device= and whatever else hands a path to libfido2. It ends with ctx, or when the key is
// closed; wait then returns.
func (k *Key) Serve(ctx context.Context) (path string, wait func() error, err error) {
	at, err := devpath.Open()
	if err != nil {
		return "", nil, fmt.Errorf("softkey: no device path: %w", err)
	}
	l := &ptyLine{Line: at}
	if k.closed.Load() {
		return "", nil, errors.Join(errUnplugged, l.Close())
	}
	return l.Path(), k.carry(ctx, l, l.readAll, l.Carry, l.Master(), l.Close), nil
}

func (l *ptyLine) readAll(h *hid) error {
	for {
		r, err := l.Read()
		switch {
		case ended(err):
			return nil
		case err != nil:
			return fmt.Errorf("softkey: %s: %w", l.Path(), err)
		}
		if h.receive(l, r) != nil {
			l.Lose()
		}
	}
}

func (l *ptyLine) send(r report) {
	if l.in.Load() {
		l.Send(r)
	}
}

// fresh drops what an earlier client has left: a client that begins has not asked for anything yet. Nothing tells the
// key that a client has closed the path, but there is one at a time, so that one that begins shows it.
func (l *ptyLine) fresh() (gone bool) {
	l.Fresh()
	return true
}

// stalled finds out that a client is gone: nobody told us, but nobody reads.
func (l *ptyLine) stalled() bool { return l.Stalled() }

// plug lets a client that waits see the key go: a read that comes back short.
func (l *ptyLine) plug(in bool) {
	switch was := l.in.Swap(in); {
	case in && !was:
		_ = l.Mend()
	case was && !in:
		l.Lose()
	}
}
