package fido_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

// Tests at the kernel's own /dev/hidraw, where the kernel has /dev/uhid and this user may open it
// (softkey/testdata/uhid-vm.sh).

// attachedKey is the one that the test has just plugged in.
func attachedKey(t *testing.T) fido.Device {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := fido.WaitForKey(ctx, fido.Attached())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A visit to an attached key, by whatever drives it in this build.
func TestUHIDAttached(t *testing.T) {
	ctx := t.Context()
	k, h := newKey(t)
	wait, err := k.ServeUHID(ctx)
	if errors.Is(err, softkey.ErrNoUHID) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	keys := fido.Attached()
	d := attachedKey(t)
	if d.VendorID != 0x1209 || d.ProductID != 1 || d.Product != "keyrollout "+k.Device().Product || d.Software {
		t.Errorf("%+v", d)
	}
	s, err := keys.Open(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPIN(ctx, pin(rightPIN)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enrol(ctx, pin(rightPIN), "x", nil); err != nil {
		t.Fatal(err)
	}
	made, err := s.Make(ctx, pin(rightPIN), request("ana"))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := s.Assert(ctx, pin(rightPIN), fido.AssertRequest{RPID: rp, VerifyUser: true}); err != nil || string(a[0].CredentialID) != string(made.ID) {
		t.Fatalf("%v %v", a, err)
	}
	// Whoever comes second is told who holds it.
	_, err = fido.OpenPath(ctx, d.Path)
	wantCode(t, err, fido.CodeBusy)
	var held *fido.HeldBy
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("who holds it is not named: %v", err)
	}
	// Pulled out while a touch is awaited.
	h.set(func(h *hand) { h.wait = make(chan struct{}) })
	drain(h)
	out := make(chan struct{})
	go func() { <-h.asked; k.PlugOut(); close(out) }()
	_, err = s.Make(ctx, pin(rightPIN), request("bo"))
	wantCode(t, err, fido.CodeGone)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	_, err = keys.Open(ctx, d)
	wantCode(t, err, fido.CodeNotFound)
	if now, err := keys.List(ctx); err != nil || len(now) != 0 {
		t.Errorf("a key that is pulled out is listed: %+v, %v", now, err)
	}
	// And back, as it was.
	<-out
	h.set(func(h *hand) { h.wait = nil })
	k.PlugIn()
	if s, err = keys.Open(ctx, attachedKey(t)); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Credentials(ctx, pin(rightPIN), rp); err != nil || len(c) != 1 {
		t.Errorf("%v, %v", c, err)
	}
	if err := errors.Join(s.Close(), k.Close(), wait()); err != nil {
		t.Error(err)
	}
}

// A key that never answers is told from a device that is none, and from one that speaks in other sizes.
func TestUHIDThatIsNoKeyOfOurs(t *testing.T) {
	silent := func(*fakeKey, []byte) []byte { return nil }
	for name, c := range map[string]struct {
		page uint16
		size byte
		want fido.Code
	}{
		"silent":        {0xF1D0, fido.ReportSize, fido.CodeGone},
		"short reports": {0xF1D0, 8, fido.CodeUnsupported},
		"a vendor's":    {0xFF00, fido.ReportSize, fido.CodeNotFIDO},
	} {
		t.Run(name, func(t *testing.T) {
			k := newFake(silent)
			path := plug(t, k, c.page, c.size)
			_, err := fido.OpenPath(t.Context(), path)
			wantCode(t, err, c.want)
		})
	}
}

// plug makes a scripted key a HID device of the kernel's (Documentation/hid/uhid.rst), with reports of size bytes on a
// usage page, and returns its path.
func plug(t *testing.T, k *fakeKey, page uint16, size byte) string {
	t.Helper()
	f, err := os.OpenFile("/dev/uhid", os.O_RDWR|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	const create2, input2, output, data = 11, 12, 6, 4096
	descriptor := []byte{0x06, byte(page), byte(page >> 8), 0x09, 0x01, 0xA1, 0x01,
		0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, size, 0x81, 0x02,
		0x09, 0x21, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, size, 0x91, 0x02, 0xC0}
	head := func(kind uint32) []byte { return binary.NativeEndian.AppendUint32(nil, kind) }
	b := append(head(create2), make([]byte, 128+64+64)...)
	copy(b[4:], "keyrollout test")
	b = binary.NativeEndian.AppendUint16(b, uint16(len(descriptor)))
	b = binary.NativeEndian.AppendUint16(b, 3) // USB
	for _, v := range []uint32{0x1209, 0x0001, 1, 0} {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	before := hidraws()
	if _, err := f.Write(append(append(b, descriptor...), make([]byte, data-len(descriptor))...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.pull(); _ = f.Close() })
	go func() { // to the key
		for b := make([]byte, 4+data+100); ; {
			n, err := f.Read(b)
			if err != nil {
				return
			}
			if n >= 4+1+fido.ReportSize && binary.NativeEndian.Uint32(b) == output {
				_ = k.Write([fido.ReportSize]byte(b[4+1:])) // behind the report id
			}
		}
	}()
	go func() { // from the key
		for {
			r, err := k.Read(-1)
			if err != nil {
				return
			}
			b := binary.NativeEndian.AppendUint16(head(input2), uint16(len(r)))
			if _, err := f.Write(append(b, r[:]...)); err != nil {
				return
			}
		}
	}()
	for range 200 {
		for _, path := range hidraws() {
			if !slices.Contains(before, path) {
				return path
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no hidraw device came")
	return ""
}

func hidraws() []string {
	paths, _ := filepath.Glob("/dev/hidraw*")
	return paths
}
