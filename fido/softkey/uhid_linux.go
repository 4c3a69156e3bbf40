package softkey

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
)

// Events of Linux's uhid (Documentation/hid/uhid.rst, include/uapi/linux/uhid.h).
const (
	uhidDestroy        = 1
	uhidClose          = 5
	uhidOutput         = 6
	uhidGetReport      = 9
	uhidGetReportReply = 10
	uhidCreate2        = 11
	uhidInput2         = 12
	uhidSetReport      = 13
	uhidSetReportReply = 14

	uhidData      = 4096
	uhidEventSize = 4 + 128 + 64 + 64 + 2 + 2 + 4*4 + uhidData // the largest one, create2
)

// What the key is on the bus. The vendor is pid.codes, the product its number for private tests: no vendor's hardware.
const (
	busUSB      = 0x03 // libfido2 lists keys on this bus alone
	uhidVendor  = 0x1209
	uhidProduct = 0x0001
)

// fidoDescriptor is the HID report descriptor of CTAP 2.1 section 11.2.8.2: usage page F1D0, one input and one output
// report of 64 bytes.
var fidoDescriptor = []byte{
	0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01,
	0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02,
	0x09, 0x21, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02,
	0xC0,
}

// ErrNoUHID says that the kernel offers no /dev/uhid to this program.
var ErrNoUHID = errors.New("softkey: no HID device can be made here")

// uhidLine is a line through the kernel's HID layer: a real /dev/hidraw, for browsers too.
type uhidLine struct {
	f    *os.File
	out  *outbox
	last atomic.Bool // the last client has closed the device
	name string
}

// ServeUHID makes the key a HID device of this machine, which every program lists as a key in a USB port. It needs write
// access to /dev/uhid; where the kernel has none, or it is not for this user, the error is ErrNoUHID and says what to do.
func (k *Key) ServeUHID(ctx context.Context) (wait func() error, err error) {
	const path = "/dev/uhid"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: the kernel has no %s (try: modprobe uhid)", ErrNoUHID, path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: %s is not for this user: run as root, or give access by a udev rule", ErrNoUHID, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrNoUHID, path, err)
	}
	return k.serveUHID(ctx, os.NewFile(uintptr(fd), path)), nil
}

func (k *Key) serveUHID(ctx context.Context, f *os.File) (wait func() error) {
	l := &uhidLine{f: f, out: newOutbox(), name: k.Device().Product}
	return k.carry(ctx, l, l.readAll, l.writeAll, f, f.Close)
}

// event begins an event of a type.
func event(kind uint32, size int) []byte {
	return binary.NativeEndian.AppendUint32(make([]byte, 0, 4+size), kind)
}

func (l *uhidLine) write(b []byte) error { _, err := l.f.Write(b); return err }

// create2 makes the device.
func (l *uhidLine) create2() []byte {
	text := func(b []byte, s string, room int) []byte {
		return append(append(b, s[:min(len(s), room-1)]...), make([]byte, room-min(len(s), room-1))...)
	}
	b := event(uhidCreate2, uhidEventSize)
	b = text(b, "keyrollout "+l.name, 128)
	b = text(b, "", 64)
	b = text(b, "", 64)
	b = binary.NativeEndian.AppendUint16(b, uint16(len(fidoDescriptor)))
	b = binary.NativeEndian.AppendUint16(b, busUSB)
	for _, v := range []uint32{uhidVendor, uhidProduct, 1, 0} {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return append(append(b, fidoDescriptor...), make([]byte, uhidData-len(fidoDescriptor))...)
}

// readAll takes the kernel's events.
func (l *uhidLine) readAll(h *hid) error {
	b := make([]byte, uhidEventSize)
	for {
		n, err := l.f.Read(b)
		switch {
		case ended(err):
			return nil
		case err != nil:
			return fmt.Errorf("softkey: /dev/uhid: %w", err)
		case n < 4:
			continue
		}
		if err := l.take(h, binary.NativeEndian.Uint32(b), b[4:n]); err != nil {
			return fmt.Errorf("softkey: /dev/uhid: %w", err)
		}
	}
}

// take handles one event. Feature reports, which a FIDO device has none of, are refused: silence would hang the client.
func (l *uhidLine) take(h *hid, kind uint32, b []byte) error {
	switch kind {
	case uhidClose:
		l.last.Store(true)
	case uhidOutput:
		if len(b) < uhidData+2 {
			return nil
		}
		n := int(binary.NativeEndian.Uint16(b[uhidData:]))
		if n == fido.ReportSize+1 { // with the report id in front
			b, n = b[1:], n-1
		}
		if n != fido.ReportSize {
			return nil
		}
		l.last.Store(false)
		_ = h.receive(l, report(b[:fido.ReportSize])) // pulled out: the device is about to go, too
	case uhidGetReport:
		r := append(event(uhidGetReportReply, 8), b[:4]...)
		r = binary.NativeEndian.AppendUint16(r, uint16(unix.EIO))
		return l.write(append(r, make([]byte, 2+uhidData)...))
	case uhidSetReport:
		r := append(event(uhidSetReportReply, 6), b[:4]...)
		return l.write(binary.NativeEndian.AppendUint16(r, uint16(unix.EIO)))
	}
	return nil
}

func (l *uhidLine) writeAll(ctx context.Context) {
	for {
		r, ok := l.out.next(ctx)
		if !ok {
			return
		}
		b := binary.NativeEndian.AppendUint16(event(uhidInput2, 2+len(r)), uint16(len(r)))
		if l.write(append(b, r[:]...)) != nil {
			return
		}
	}
}

func (l *uhidLine) send(r report) { l.out.put(r) }

// plug makes the device come and go, as it does on a USB port.
func (l *uhidLine) plug(in bool) {
	was := l.out.plug(in)
	switch {
	case in && !was:
		_ = l.write(l.create2())
	case was && !in:
		_ = l.write(event(uhidDestroy, 0))
	}
}

// fresh does nothing: the kernel hands every report to every client, and each has a channel of its own.
func (l *uhidLine) fresh() bool { return false }

// stalled is true once no program holds the device open.
func (l *uhidLine) stalled() bool { return l.last.Load() || l.out.full() }
