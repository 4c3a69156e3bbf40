package softkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// ptyFrame is a report as libfido2 writes it, with a report id in front. It reads reports without one.
const ptyFrame = fido.ReportSize + 1

const (
	ptyPause   = 100 * time.Millisecond // a frame that takes longer was left by a client that is gone
	ptyBacklog = 32 * fido.ReportSize   // unread bytes after which nobody is listening: 2.4 s of keepalives
)

// ptyLine is a line over a raw pseudo-terminal: libfido2 takes its path for a device (see the package comment).
type ptyLine struct {
	master *os.File
	slave  *os.File // held open, else the master reads EIO whenever a client closes
	path   string
	out    *outbox
}

// Serve offers the key at a device path, to one client at a time: fido2-token, ssh-keygen -O device=,
// systemd-cryptenroll --fido2-device= and whatever else hands a path to libfido2. It ends with ctx, or when the key is
// closed; wait then returns.
func (k *Key) Serve(ctx context.Context) (path string, wait func() error, err error) {
	l, err := openPTY()
	if err != nil {
		return "", nil, fmt.Errorf("softkey: no device path: %w", err)
	}
	if k.closed.Load() {
		return "", nil, errors.Join(errUnplugged, l.close())
	}
	return l.path, k.carry(ctx, l, l.readAll, l.writeAll, l.master, l.close), nil
}

func openPTY() (*ptyLine, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	l := &ptyLine{master: os.NewFile(uintptr(fd), "/dev/ptmx"), out: newOutbox()}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, errors.Join(err, l.master.Close())
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, errors.Join(err, l.master.Close())
	}
	l.path = fmt.Sprintf("/dev/pts/%d", n)
	if l.slave, err = os.OpenFile(l.path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, errors.Join(err, l.master.Close())
	}
	if err := errors.Join(l.slave.Chmod(0o600), l.raw(fido.ReportSize)); err != nil { // the group tty has no business here
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// raw makes the terminal carry bytes as they are. A read waits for so many of them: libfido2 takes a shorter one than a
// report for a broken device.
func (l *ptyLine) raw(least uint8) error {
	return l.onSlave(func(fd int) error {
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

func (l *ptyLine) onSlave(f func(fd int) error) error {
	c, err := l.slave.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	return errors.Join(c.Control(func(fd uintptr) { inner = f(int(fd)) }), inner)
}

// unread is how much the client has not read yet. Polling first makes the kernel count what is still on its way:
// without a reader it may leave that lying for a long time.
func (l *ptyLine) unread() (n int) {
	_ = l.onSlave(func(fd int) (err error) {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return n
}

// flush throws away what the client has not read yet: what is on its way, then what has arrived.
func (l *ptyLine) flush() {
	if c, err := l.master.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH) })
	}
	_ = l.onSlave(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
}

func (l *ptyLine) close() error { return errors.Join(l.slave.Close(), l.master.Close()) }

// readAll puts frames together, which may arrive joined or in pieces.
func (l *ptyLine) readAll(h *hid) error {
	buf, have := make([]byte, 16*ptyFrame), 0
	for {
		if have%ptyFrame != 0 && !l.readable(ptyPause) {
			have = copy(buf, inStep(buf[:have]))
		} else {
			n, err := l.master.Read(buf[have:])
			switch {
			case ended(err):
				return nil
			case err != nil:
				return fmt.Errorf("softkey: %s: %w", l.path, err)
			}
			have += n
		}
		if have%ptyFrame != 0 {
			continue
		}
		for frame := range slices.Chunk(buf[:have], ptyFrame) {
			if err := h.receive(l, report(frame[1:])); err != nil {
				l.breakRead()
			}
		}
		have = 0
	}
}

// readable waits for something to read.
func (l *ptyLine) readable(d time.Duration) bool {
	n := 1
	if c, err := l.master.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) {
			for err := error(unix.EINTR); errors.Is(err, unix.EINTR); {
				n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(d.Milliseconds()))
			}
		})
	}
	return n > 0
}

// inStep gives what is left of bytes that are no whole number of frames although nothing follows: some client died while
// it wrote. Another that has begun meanwhile waits for the answer to its INIT, which is the last that came; without one
// nobody waits. Looking for an INIT earlier in the stream, or before it pauses, would let what a client passes on (a
// user's name, a credential's id) pass for packets.
func inStep(b []byte) []byte {
	last := b[max(0, len(b)-ptyFrame):]
	if len(last) == ptyFrame && bytes.HasPrefix(last, []byte{0, 0xFF, 0xFF, 0xFF, 0xFF, hidInit, 0, 8}) {
		return last
	}
	return nil
}

// writeAll writes what is queued, without ever holding up the packet layer.
func (l *ptyLine) writeAll(ctx context.Context) {
	for {
		r, ok := l.out.next(ctx)
		if !ok {
			return
		}
		if _, err := l.master.Write(r[:]); err != nil {
			return
		}
	}
}

func (l *ptyLine) send(r report) { l.out.put(r) }

// fresh drops what an earlier client has left: a client that begins has not asked for anything yet. Nothing tells the
// key that a client has closed the path, but there is one at a time, so that one that begins shows it.
func (l *ptyLine) fresh() (gone bool) {
	l.out.drop()
	l.flush()
	return true
}

// stalled finds out that a client is gone: nobody told us, but nobody reads.
func (l *ptyLine) stalled() bool { return l.unread() > ptyBacklog }

// plug lets a client that waits see the key go: a read that comes back short.
func (l *ptyLine) plug(in bool) {
	was := l.out.plug(in)
	switch {
	case in && !was:
		l.flush()
		_ = l.raw(fido.ReportSize)
	case was && !in:
		l.breakRead()
	}
}

// breakRead makes the client's next read come back with a single byte, which libfido2 takes for a lost device.
func (l *ptyLine) breakRead() {
	l.flush()
	_ = l.raw(1)
	_, _ = l.master.Write([]byte{0}) // one byte into an empty line does not block
}
