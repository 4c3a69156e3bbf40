package softkey

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"keyrollout/fido/internal/devpath"

	"golang.org/x/sys/unix"
)

// Whatever a client leaves half written at a device path when it dies, the next one is answered at its first try,
// whenever it comes.
func TestTornReportOnTheDevicePath(t *testing.T) {
	k := open(t, Options{Profile: relaxed()})
	ctx, stop := context.WithCancel(t.Context())
	path, wait, err := k.Serve(ctx)
	if err != nil {
		stop()
		t.Skip("no pseudo-terminals here: ", err)
	}
	defer func() { stop(); _ = wait() }()
	write := func(f *os.File, b []byte) {
		t.Helper()
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	device := func() *os.File {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	frame := func(cid uint32, cmd byte, msg []byte) []byte {
		var all []byte
		for _, r := range frames(cid, cmd, msg) {
			all = append(append(all, 0), r[:]...)
		}
		return all
	}
	init := frame(broadcast, hidInit, []byte("12345678"))
	long := frame(1, hidPing, bytes.Repeat(append([]byte{0, 0xFF, 0xFF, 0xFF, 0xFF, hidInit, 0, 8}, 1), 20))
	for what, torn := range [][]byte{{0}, init[:30], init[:64], init[1:], long[:66], long[:3*devpath.Frame-1], long[5:], append(init[:65:65], 0, 1)} {
		for _, pause := range []time.Duration{0, devpath.Pause / 2, 2 * devpath.Pause} {
			f := device()
			write(f, torn)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(pause)
			f = device()
			write(f, init)
			for answered := false; !answered; {
				n, err := unix.Poll([]unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}, 5000)
				if err == unix.EINTR {
					continue
				}
				var r report
				if err != nil || n == 0 {
					t.Fatalf("torn %d, %v later: no answer", what, pause)
				}
				if _, err := f.Read(r[:]); err != nil {
					t.Fatal(err)
				}
				answered = binary.BigEndian.Uint32(r[:]) == broadcast && r[4] == hidInit && string(r[7:15]) == "12345678"
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
