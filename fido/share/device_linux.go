package share

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// ErrNotKey refuses a path behind which no security key answers: sharing a keyboard would send what is typed.
var ErrNotKey = errors.New("this is no security key")

// usagePage is how the report descriptor of a key begins: HID item Usage Page (FIDO Alliance), 0xF1D0.
var usagePage = []byte{0x06, 0xD0, 0xF1}

// device is a key's hidraw device, or a pseudo-terminal that stands for one: reports of 64 bytes from it, of 65 with a
// leading report id 0 to it (Linux, Documentation/hid/hidraw.rst).
type device struct {
	f    *os.File
	half []byte // of a report: a pseudo-terminal may give it in pieces, hidraw never does
}

// OpenDevice opens a key by its device path, for this program alone.
func OpenDevice(path string) (fido.Link, error) {
	if err := isKey("/sys", path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, &fido.Error{Op: "open", Code: fido.CodeNoAccess, Err: err}
	case err != nil:
		return nil, &fido.Error{Op: "open", Code: fido.CodeNotFound, Err: err}
	}
	// libfido2 locks the same way.
	if err := onFD(f, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		return nil, errors.Join(&fido.Error{Op: "open", Code: fido.CodeBusy, Err: err}, f.Close())
	}
	return &device{f: f}, nil
}

// isKey holds a path against sysfs.
func isKey(sys, path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return &fido.Error{Op: "open", Code: fido.CodeNotFound, Err: err}
	}
	if strings.HasPrefix(real, "/dev/pts/") { // the software key's, or one shared from further away
		return nil
	}
	b, err := os.ReadFile(filepath.Join(sys, "class/hidraw", filepath.Base(real), "device/report_descriptor"))
	if err != nil || !bytes.Contains(b, usagePage) {
		return fmt.Errorf("%s: %w", path, ErrNotKey)
	}
	return nil
}

func (d *device) Write(r report) error {
	if err := d.f.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := d.f.Write(append([]byte{0}, r[:]...))
	return err
}

func (d *device) Read(wait time.Duration) (r report, err error) {
	var until time.Time
	if wait >= 0 {
		until = time.Now().Add(wait)
	}
	if err := d.f.SetReadDeadline(until); err != nil {
		return r, io.EOF
	}
	for len(d.half) < len(r) {
		n, err := d.f.Read(r[:len(r)-len(d.half)])
		d.half = append(d.half, r[:n]...)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return r, err
		case err != nil:
			return r, io.EOF
		}
	}
	copy(r[:], d.half)
	d.half = d.half[:0]
	return r, nil
}

func (d *device) Close() error { return d.f.Close() }
