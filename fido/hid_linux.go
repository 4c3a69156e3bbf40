package fido

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// OpenHID opens the line to a key by its device path, for this program alone: a hidraw device, or a raw pseudo-terminal
// behind which a key answers (fido/softkey, fido/share). Reports have 64 bytes to us, and a leading report id 0 from us
// (Linux, Documentation/hid/hidraw.rst). Nothing is asked of the key.
//
// Errors are *Error: CodeNotFound (no device is there), CodeNoAccess, CodeBusy (at once; the cause is *HeldBy where the
// holder is known), CodeNotFIDO (another device than a key, by its HID report descriptor: it is not even opened),
// CodeUnsupported (a key whose reports are not of 64 bytes) and CodeGone (it cannot be opened for another reason).
// A key that is pulled out ends a Read at once, with io.EOF.
func OpenHID(path string) (Link, error) {
	return system{sys: "/sys"}.open(path)
}

// listHID lists the USB devices that are keys, by sysfs, which tells everybody: also those that this user may not open.
func listHID() ([]Device, error) { return system{sys: "/sys"}.list("/dev"), nil }

// hidLink is the line over a device file.
type hidLink struct {
	f    *os.File
	pty  bool
	half []byte    // of a report, which a pseudo-terminal may give in pieces
	last time.Time // when the last piece came
}

const (
	hidWrite = 5 * time.Second        // a key that takes no report for so long is gone; USB's own limit in the kernel
	ptyHalf  = 150 * time.Millisecond // and so is one that sends half a report: it is a key's way to say so
)

func (s system) open(path string) (Link, error) {
	fail := func(code Code, err error) error { return &Error{Op: "open", Code: code, Err: err} }
	pty, err := s.judge(path)
	if err != nil {
		return nil, err
	}
	// Without O_NOCTTY, in a session without a terminal, as of `ssh host keyrollout`, a pseudo-terminal would become our
	// controlling terminal: its end would end us, and ours would hang it up for everybody.
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return nil, fail(CodeNotFound, err)
	case errors.Is(err, os.ErrPermission):
		return nil, fail(CodeNoAccess, err)
	case errors.Is(err, unix.EBUSY):
		return nil, fail(CodeBusy, err)
	case err != nil:
		return nil, fail(CodeGone, err)
	}
	l := &hidLink{f: f, pty: pty}
	if err := l.lock(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// lock keeps other programs away that lock as libfido2 does.
func (l *hidLink) lock() error {
	raw, err := l.f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		if locked == nil && l.pty { // what a client that is gone has not read
			_ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
		}
	})
	switch {
	case err != nil:
		return err
	case locked == nil:
		return nil
	}
	if by := holder(l.f); by != nil {
		locked = by
	}
	return &Error{Op: "open", Code: CodeBusy, Err: locked}
}

// Write hands over one report. At hidraw the kernel waits for the device, and gives up by itself.
func (l *hidLink) Write(report [ReportSize]byte) error {
	if err := l.f.SetWriteDeadline(time.Now().Add(hidWrite)); err != nil {
		return err
	}
	_, err := l.f.Write(append([]byte{0}, report[:]...))
	return err
}

func (l *hidLink) Read(d time.Duration) (r [ReportSize]byte, err error) {
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
			if len(l.half) > 0 && time.Since(l.last) > ptyHalf {
				return r, io.EOF
			}
			return r, os.ErrDeadlineExceeded
		case err != nil: // EIO: pulled out, or nobody is at the other end
			return r, io.EOF
		case n < ReportSize && !l.pty: // hidraw keeps the bounds of reports: this is none of a key's
			return r, io.EOF
		}
	}
	copy(r[:], l.half)
	l.half = l.half[:0]
	return r, nil
}

func (l *hidLink) Close() error { return l.f.Close() }

// terminal: nothing said beforehand that a key is there.
func (l *hidLink) terminal() bool { return l.pty }

// Major device numbers of pseudo-terminals (Linux, Documentation/admin-guide/devices.txt).
const ptyFirst, ptyLast = 136, 143

// judge says whether path is a pseudo-terminal or a key's hidraw device; another device is not even opened, for it
// could be a keyboard, or a watchdog.
func (s system) judge(path string) (pty bool, err error) {
	fail := func(code Code, err error) error { return &Error{Op: "open", Code: code, Err: err} }
	var st unix.Stat_t
	switch err := unix.Stat(path, &st); {
	case errors.Is(err, os.ErrPermission):
		return false, fail(CodeNoAccess, err)
	case err != nil:
		return false, fail(CodeNotFound, err)
	case st.Mode&unix.S_IFMT != unix.S_IFCHR:
		return false, fail(CodeNotFound, errors.New(path+" is not a device"))
	}
	major, minor := unix.Major(st.Rdev), unix.Minor(st.Rdev)
	if ptyFirst <= major && major <= ptyLast {
		return true, nil
	}
	b, err := os.ReadFile(filepath.Join(s.sys, "dev/char", fmt.Sprintf("%d:%d", major, minor), "device/report_descriptor"))
	d := describe(b)
	switch {
	case err != nil || !d.key:
		return false, fail(CodeNotFIDO, errors.New(path+" is no security key"))
	case !d.fits():
		return false, fail(CodeUnsupported, fmt.Errorf("its reports have %d bytes to the computer and %d from it, not %d", d.in/8, d.out/8, ReportSize))
	}
	return false, nil
}
