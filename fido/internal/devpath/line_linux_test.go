package devpath_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
	"keyrollout/fido/internal/devpath"
)

// What a client passes on for somebody else is never taken for packets, wherever the reads fall.
func TestInStepTakesOnlyWhatWaits(t *testing.T) {
	init := append([]byte{0, 0xFF, 0xFF, 0xFF, 0xFF, 0x86, 0, 8}, make([]byte, devpath.Frame-8)...)
	for name, c := range map[string]struct{ in, out []byte }{
		"nothing waits":       {init[:40], nil},
		"a client waits":      {append([]byte{1, 2, 3}, init...), init},
		"an INIT in a stream": {append(append([]byte{1, 2, 3}, init...), 0), nil},
	} {
		if got := devpath.InStep(c.in); !bytes.Equal(got, c.out) {
			t.Errorf("%s: %x", name, got)
		}
	}
}

// carrying is a line that carries until the test ends.
func carrying(t *testing.T) *devpath.Line {
	t.Helper()
	l, err := devpath.Open()
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	carried := make(chan struct{})
	go func() { defer close(carried); l.Carry(ctx) }()
	t.Cleanup(func() { stop(); <-carried; l.Close() })
	return l
}

// A program goes on reading whole reports, however often the line is cleared of them while it reads.
func TestFreshLeavesNoHalfReport(t *testing.T) {
	l := carrying(t)
	link, err := fido.OpenHID(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	var mark [8]byte
	rand.Read(mark[:])
	const rounds, each = 300, 129
	go func() {
		for n := range uint32(rounds * each) {
			r := devpath.Report{63: byte(n)}
			copy(r[:], mark[:])
			binary.BigEndian.PutUint32(r[8:], n)
			if l.Send(r); n%each == each/2 || n%each == each-1 {
				time.Sleep(time.Duration(n%7) * 100 * time.Microsecond)
				if n != rounds*each-1 {
					l.Fresh()
				}
			}
		}
	}()
	read := 0
	for n := uint32(0); n != rounds*each-1; read++ {
		r, err := link.Read(10 * time.Second)
		if err != nil {
			t.Fatalf("after %d reports: %v", read, err)
		}
		n = binary.BigEndian.Uint32(r[8:])
		if !bytes.HasPrefix(r[:], mark[:]) || r[63] != byte(n) {
			t.Fatalf("report %d is shifted: % x", read, r)
		}
	}
	t.Log(read, "of", rounds*each, "reports were read")
}

// A read that waits when the key goes comes back short, and the line is as before when it is back.
func TestLoseAndMend(t *testing.T) {
	l := carrying(t)
	f, err := os.OpenFile(l.Path(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [fido.ReportSize]byte
	for range 3 {
		l.Lose()
		if n, err := f.Read(b[:]); n != 1 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		if err := l.Mend(); err != nil {
			t.Fatal(err)
		}
		want := devpath.Report{1, 2, 3}
		l.Send(want)
		if n, err := f.Read(b[:]); n != len(b) || b != want {
			t.Fatalf("%d bytes, %v: % x", n, err, b)
		}
	}
}

// What a program that is gone did not read is not there for one that comes later.
func TestWhatNobodyReadsGoes(t *testing.T) {
	l := carrying(t)
	f, err := os.OpenFile(l.Path(), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unread := func() (n int) {
		c, err := f.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(10 * time.Second); unread() == 0; time.Sleep(time.Millisecond) {
		if l.Send(devpath.Report{1}); time.Now().After(end) {
			t.Fatal("nothing comes")
		}
	}
	for end := time.Now().Add(20 * time.Second); unread() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes lie there", unread())
		}
	}
	want := devpath.Report{2}
	l.Send(want)
	if err := f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var r devpath.Report
	if _, err := io.ReadFull(f, r[:]); err != nil || r != want {
		t.Errorf("% x, %v", r[:4], err)
	}
}
