// Package devpath is a device path behind which a security key answers: a raw pseudo-terminal, which libfido2 takes for
// a device. Programs write reports of 65 bytes to it, the first being report id 0, and read exactly 64
// (facts/keys.md section 3; tried with libfido2 1.12).
package devpath

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// Report is a CTAPHID report.
type Report = [fido.ReportSize]byte

// Frame is the bytes of a report as a program writes it.
const Frame = fido.ReportSize + 1

const (
	mostWaiting = 16 * 129                // reports for a program that does not read: 16 of the longest messages
	stalledFor  = 2400 * time.Millisecond // a program that takes nothing for so long is gone
	// Pause is how long a program may take between the pieces of a report: what stays cut was left by one that is gone.
	Pause   = 100 * time.Millisecond
	waitMin = 50 * time.Microsecond
	waitMax = 5 * time.Millisecond
)

// Line is the key's end of the path. Its methods may be called at any time, Read and Carry by one goroutine each.
type Line struct {
	master *os.File
	slave  *os.File // held open, else the master reads EIO whenever a program closes
	path   string

	buf   []byte // from the program
	have  int
	whole []Report

	mu    sync.Mutex // guards what goes to the program
	queue []Report
	since time.Time     // when what is first in the queue got there
	put   time.Time     // when the last one was put into the terminal
	wake  chan struct{} // holds one value when something waits
}

// Open opens a path that only this user may use.
func Open() (*Line, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	l := &Line{master: os.NewFile(uintptr(fd), "/dev/ptmx"), buf: make([]byte, 16*Frame), wake: make(chan struct{}, 1)}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)); err != nil {
		return nil, errors.Join(err, l.master.Close())
	}
	l.path = fmt.Sprintf("/dev/pts/%d", n)
	if l.slave, err = os.OpenFile(l.path, os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, errors.Join(err, l.master.Close())
	}
	if err := errors.Join(l.slave.Chmod(0o600), l.raw(fido.ReportSize)); err != nil { // the group tty has no business here
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Path is where programs meet the key.
func (l *Line) Path() string { return l.path }

// Master is the file that Read and Carry work on: both end when its deadline passes.
func (l *Line) Master() *os.File { return l.master }

// Close closes both ends.
func (l *Line) Close() error { return errors.Join(l.slave.Close(), l.master.Close()) }

// raw makes the terminal carry bytes as they are. A read waits for so many of them: libfido2 takes a shorter one than a
// report for a broken key.
func (l *Line) raw(least uint8) error {
	return on(l.slave, func(fd int) error {
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

func on(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	return errors.Join(c.Control(func(fd uintptr) { inner = do(int(fd)) }), inner)
}

// Read waits for a report of a program. They may arrive in pieces, or joined to others.
func (l *Line) Read() (r Report, err error) {
	for len(l.whole) == 0 {
		if l.have%Frame != 0 && !l.readable(Pause) {
			l.have = copy(l.buf, InStep(l.buf[:l.have]))
		} else {
			n, err := l.master.Read(l.buf[l.have:])
			if err != nil {
				return r, err
			}
			l.have += n
		}
		if l.have%Frame != 0 {
			continue
		}
		for frame := range slices.Chunk(l.buf[:l.have], Frame) {
			l.whole = append(l.whole, Report(frame[1:]))
		}
		l.have = 0
	}
	r, l.whole = l.whole[0], l.whole[1:]
	return r, nil
}

// readable waits for something to read.
func (l *Line) readable(d time.Duration) bool {
	n := 1
	_ = on(l.master, func(fd int) (err error) {
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(d.Milliseconds()))
		}
		return err
	})
	return n > 0
}

// InStep gives what is left of bytes that are no whole number of frames although nothing follows: some program died while
// it wrote. Another that has begun meanwhile waits for the answer to its INIT, which is the last that came; without one
// nobody waits. Looking for an INIT earlier in the stream, or before it pauses, would let what a program passes on (a
// user's name, a credential's id) pass for packets.
func InStep(b []byte) []byte {
	last := b[max(0, len(b)-Frame):]
	if len(last) == Frame && bytes.HasPrefix(last, []byte{0, 0xFF, 0xFF, 0xFF, 0xFF, 0x86, 0, 8}) {
		return last
	}
	return nil
}

// Send hands a report to the program. It never blocks.
func (l *Line) Send(r Report) {
	l.mu.Lock()
	if len(l.queue) == 0 {
		l.since = time.Now()
	}
	if len(l.queue) < mostWaiting {
		l.queue = append(l.queue, r)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Carry carries what is sent until ctx ends, one report at a time: the next comes when the program has taken the one
// before. Of several the kernel may show the program one cut, and Fresh would throw the rest of it away.
//
// What lies there unread for long was left by a program that is gone, and does not wait for the next one: that may read
// it before its INIT, which clears the line, has come here.
func (l *Line) Carry(ctx context.Context) {
	for wait := waitMin; ; {
		carried, again := l.carry(wait)
		if carried {
			wait = waitMin
			continue
		}
		select {
		case <-l.wake:
			wait = waitMin
		case <-time.After(again):
			wait = min(2*wait, waitMax)
		case <-ctx.Done():
			return
		}
	}
}

// carry carries one report; where it cannot, again says when to look again.
func (l *Line) carry(wait time.Duration) (carried bool, again time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	unread := l.unread()
	switch {
	case unread >= fido.ReportSize && time.Since(l.put) > stalledFor:
		l.queue = nil
		l.flush()
		return false, stalledFor
	case len(l.queue) == 0:
		return false, stalledFor
	case unread > 0:
		return false, wait
	}
	_, _ = l.master.Write(l.queue[0][:]) // there is room; when that fails nobody is there any more
	now := time.Now()
	l.queue, l.since, l.put = l.queue[1:], now, now
	return true, 0
}

// unread is how many bytes the program has not read yet. Polling first makes the kernel count what is still on its way:
// without a reader it may leave that lying for a long time.
func (l *Line) unread() (n int) {
	_ = on(l.slave, func(fd int) (err error) {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	return n
}

// Stalled reports whether nobody reads any more.
func (l *Line) Stalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > 0 && time.Since(l.since) > stalledFor
}

// Fresh throws away what the program has not read yet. A report that it has begun to read stays: without its end all that
// follow would be shifted.
func (l *Line) Fresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = nil
	if l.unread()%fido.ReportSize == 0 {
		l.flush()
	}
}

func (l *Line) flush() {
	_ = on(l.master, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH) })
	_ = on(l.slave, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
}

// Lose makes the program's next read come back with a single byte, which libfido2 takes for a lost device.
func (l *Line) Lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = nil
	l.flush()
	_ = l.raw(1)
	_, _ = l.master.Write([]byte{0}) // one byte into an empty line does not block
}

// Mend puts the line right after Lose.
func (l *Line) Mend() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = nil
	l.flush()
	return l.raw(fido.ReportSize)
}
