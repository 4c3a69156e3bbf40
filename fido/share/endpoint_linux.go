package share

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// pty is a raw pseudo-terminal: libfido2 takes its path for a device. It writes reports of 65 bytes, the first being
// report id 0, and reads exactly 64 (facts/keys.md section 3; tried with libfido2 1.12).
type pty struct {
	master, slave *os.File // the slave is held open, else the master reads EIO whenever a program closes
	path          string
	buf           []byte // of reports, in pieces
	last          time.Time
}

const (
	ptyFrame   = fido.ReportSize + 1
	ptyStale   = 500 * time.Millisecond // a half report older than this was left by a program that is gone
	ptyBacklog = 32 * fido.ReportSize   // unread bytes after which nobody is listening: 2.4 s of keepalives
)

// Listen opens a device path that only this user may use.
func Listen() (Endpoint, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	p := &pty{master: os.NewFile(uintptr(fd), "/dev/ptmx")}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)); err != nil {
		return nil, errors.Join(err, p.master.Close())
	}
	p.path = fmt.Sprintf("/dev/pts/%d", n)
	if p.slave, err = os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, errors.Join(err, p.master.Close())
	}
	if err := errors.Join(p.slave.Chmod(0o600), p.raw(fido.ReportSize)); err != nil {
		return nil, errors.Join(err, p.slave.Close(), p.master.Close())
	}
	return p, nil
}

func (p *pty) Path() string { return p.path }

// raw makes the terminal carry bytes as they are. A read waits for so many of them: libfido2 takes a shorter one than a
// report for a broken key.
func (p *pty) raw(least uint8) error {
	return onFD(p.slave, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = least, 0
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
}

func onFD(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	return errors.Join(c.Control(func(fd uintptr) { inner = do(int(fd)) }), inner)
}

// Read puts a report together, which may arrive in pieces or joined to others.
func (p *pty) Read() (r report, err error) {
	for len(p.buf) < ptyFrame {
		var b [16 * ptyFrame]byte
		n, err := p.master.Read(b[:])
		if err != nil {
			return r, io.EOF
		}
		if now := time.Now(); now.Sub(p.last) > ptyStale {
			p.buf, p.last = p.buf[:0], now
		} else {
			p.last = now
		}
		p.buf = append(p.buf, b[:n]...)
	}
	copy(r[:], p.buf[1:ptyFrame])
	p.buf = p.buf[:copy(p.buf, p.buf[ptyFrame:])]
	return r, nil
}

func (p *pty) Write(r report) error {
	if err := p.master.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := p.master.Write(r[:])
	if err != nil {
		p.Fresh() // half a report would shift all that follow
	}
	return err
}

// Fresh throws away what is on its way to the program, then what has arrived.
func (p *pty) Fresh() {
	_ = onFD(p.master, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH) })
	_ = onFD(p.slave, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
}

// Stalled looks at how much lies unread. Polling first makes the kernel count what is still on its way.
func (p *pty) Stalled() bool {
	unread := 0
	_ = onFD(p.slave, func(fd int) (err error) {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		unread, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return unread > ptyBacklog
}

// Close makes a read that waits come back with a single byte, which libfido2 takes for a lost key, and goes.
func (p *pty) Close() error {
	p.Fresh()
	_ = p.raw(1)
	_ = p.master.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = p.master.Write([]byte{0})
	return errors.Join(p.slave.Close(), p.master.Close())
}
