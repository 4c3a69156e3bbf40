package share_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
)

// recorder counts what reaches the key.
type recorder struct {
	fido.Link
	n atomic.Int64
}

func (r *recorder) Write(b [fido.ReportSize]byte) error { r.n.Add(1); return r.Link.Write(b) }

// mirror is a key that answers every report with itself, read as an answer.
type mirror struct{ c chan [fido.ReportSize]byte }

func (m mirror) Write(r [fido.ReportSize]byte) error {
	select {
	case m.c <- r:
	default:
	}
	return nil
}

func (m mirror) Read(d time.Duration) (r [fido.ReportSize]byte, err error) {
	select {
	case r = <-m.c:
		return r, nil
	case <-time.After(time.Millisecond):
		return r, os.ErrDeadlineExceeded
	}
}

func (m mirror) Close() error { return nil }

// Whatever comes over the connection, the desk ends in order, and tells nothing that could steer a terminal.
func FuzzDesk(f *testing.F) {
	report := func(head string) string { return "\x02\x00\x40" + head + string(make([]byte, 64-len(head))) }
	ready := "keyrollout key share 1\n\x01\x00\x0a/dev/pts/9"
	f.Add([]byte(ready + report("\xff\xff\xff\xff\x86\x00\x08abcdefgh") + report("\x00\x00\x00\x01\x90\x00\x01\x04")))
	f.Add([]byte(ready + report("\x00\x00\x00\x01\x90\x00\x20\x01\xa1\x02\xa1bid\x6blogin.exam")))
	f.Add([]byte(ready + report("\x00\x00\x00\x01\x90\x00\x40\x02\xa1\x01\x78\x38") + report("\x00\x00\x00\x01\x00abc")))
	f.Add([]byte(ready + "\x03\x00\x03bye"))
	f.Add([]byte("Welcome"))
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		go func() { far.Write(b); far.Close() }()
		err := share.Desk(t.Context(), near, mirror{make(chan [fido.ReportSize]byte, 64)}, share.DeskOptions{Ready: func(string) {},
			Tell: func(a share.Activity) {
				for _, r := range a.Command + a.RPID {
					if r < ' ' || r >= 0x7f && r < 0xa0 {
						t.Errorf("told %q for %q", a.Command, a.RPID)
					}
				}
			}})
		if !errors.Is(err, share.ErrProtocol) && !errors.Is(err, share.ErrHungUp) && !errors.Is(err, share.ErrFarEnded) {
			t.Errorf("ended with %v", err)
		}
	})
}

// endpoint is a device path without a kernel.
type endpoint struct{ closed chan struct{} }

func (endpoint) Path() string                      { return "/dev/pts/9" }
func (endpoint) Write([fido.ReportSize]byte) error { return nil }
func (endpoint) Fresh()                            {}
func (endpoint) Stalled() bool                     { return true }
func (e endpoint) Read() ([fido.ReportSize]byte, error) {
	<-e.closed
	return [fido.ReportSize]byte{}, io.EOF
}
func (e endpoint) Close() error { close(e.closed); return nil }

func FuzzHost(f *testing.F) {
	hello := "keyrollout key share 1\n"
	f.Add([]byte(hello + "\x02\x00\x40\x00\x00\x00\x01\xbb\x00\x01\x02" + string(make([]byte, 56))))
	f.Add([]byte(hello + "\x03\x00\x01x"))
	f.Add([]byte(hello[:5]))
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		go func() { far.Write(b); far.Close() }()
		err := share.Host(t.Context(), near, endpoint{make(chan struct{})}, func(string) {})
		if err != nil && !errors.Is(err, share.ErrProtocol) && !errors.Is(err, share.ErrHungUp) {
			t.Errorf("ended with %v", err)
		}
	})
}
