package fido

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ttyLink is the line to a key behind a raw pseudo-terminal: reports of 64 bytes to us, of 65 with a leading report id
// 0 from us. libfido2 could open it too. But in a session without a terminal, as of `ssh host keyrollout`, it would
// make the key our controlling terminal: its end would end us, and ours would hang it up for everybody.
type ttyLink struct {
	f    *os.File
	half []byte // of a report
	last time.Time
}

const (
	ttyWrite = 5 * time.Second        // a key that takes no report for so long is gone
	ttyHalf  = 150 * time.Millisecond // and so is one that sends half a report: it is a key's way to say so
)

// openTTY opens path when it is a terminal; otherwise it returns nil and no error.
func openTTY(path string) (Link, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil // probe has been here: let libfido2 find out what has changed
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	tty, busy := false, false
	err = raw.Control(func(fd uintptr) {
		if _, e := unix.IoctlGetTermios(int(fd), unix.TCGETS); e != nil {
			return
		}
		tty = true
		busy = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) != nil
		if !busy { // what a client that is gone has not read
			_ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
		}
	})
	switch {
	case err != nil, !tty:
		return nil, errors.Join(err, f.Close())
	case busy:
		return nil, errors.Join(&Error{Op: "open", Code: CodeBusy}, f.Close())
	}
	return &ttyLink{f: f}, nil
}

func (l *ttyLink) Write(report [ReportSize]byte) error {
	if err := l.f.SetWriteDeadline(time.Now().Add(ttyWrite)); err != nil {
		return err
	}
	_, err := l.f.Write(append([]byte{0}, report[:]...))
	return err
}

func (l *ttyLink) Read(d time.Duration) (r [ReportSize]byte, err error) {
	var deadline time.Time
	if d >= 0 {
		deadline = time.Now().Add(d)
	}
	if err := l.f.SetReadDeadline(deadline); err != nil {
		return r, io.EOF
	}
	for len(l.half) < ReportSize {
		var b [ReportSize]byte
		n, err := l.f.Read(b[:ReportSize-len(l.half)])
		if n > 0 {
			l.half, l.last = append(l.half, b[:n]...), time.Now()
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if len(l.half) > 0 && time.Since(l.last) > ttyHalf {
				return r, io.EOF
			}
			return r, os.ErrDeadlineExceeded
		case err != nil: // EIO: nobody is at the other end
			return r, io.EOF
		}
	}
	copy(r[:], l.half)
	l.half = l.half[:0]
	return r, nil
}

func (l *ttyLink) Close() error { return l.f.Close() }
