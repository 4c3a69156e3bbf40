package softkey

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
	"keyrollout/fido/internal/pinuv"
)

// kernel is the kernel's end of /dev/uhid: events on a socket that keeps their bounds.
type kernel struct {
	t testing.TB
	f *os.File
}

func newKernel(t *testing.T) (*kernel, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	k := &kernel{t, os.NewFile(uintptr(fds[0]), "kernel")}
	t.Cleanup(func() { _ = k.f.Close() })
	return k, os.NewFile(uintptr(fds[1]), "uhid")
}

func (k *kernel) event() (uint32, []byte) {
	k.t.Helper()
	b := make([]byte, uhidEventSize+100)
	_ = k.f.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := k.f.Read(b)
	if err != nil {
		k.t.Fatal(err)
	}
	return binary.NativeEndian.Uint32(b), b[4:n]
}

func (k *kernel) give(kind uint32, b []byte) {
	k.t.Helper()
	if _, err := k.f.Write(append(event(kind, len(b)), b...)); err != nil {
		k.t.Fatal(err)
	}
}

// Write and Read make the kernel a fido.Link for the test's client.
func (k *kernel) Write(r [fido.ReportSize]byte) error {
	b := make([]byte, uhidData+3)
	copy(b[1:], r[:])
	binary.NativeEndian.PutUint16(b[uhidData:], fido.ReportSize+1)
	k.give(uhidOutput, b)
	return nil
}

func (k *kernel) Read(time.Duration) (r [fido.ReportSize]byte, err error) {
	kind, b := k.event()
	if kind != uhidInput2 || binary.NativeEndian.Uint16(b) != fido.ReportSize {
		return r, io.ErrUnexpectedEOF
	}
	return [fido.ReportSize]byte(b[2:]), nil
}

func (k *kernel) Close() error { return nil }

func TestUHID(t *testing.T) {
	f := &fingers{}
	key := open(t, Options{Toucher: f})
	kern, dev := newKernel(t)
	wait := key.serveUHID(t.Context(), dev)
	created := func() {
		t.Helper()
		kind, b := kern.event()
		if kind != uhidCreate2 || len(b) != uhidEventSize-4 || binary.NativeEndian.Uint16(b[256:]) != 34 ||
			binary.NativeEndian.Uint16(b[258:]) != busUSB || string(b[276:276+34]) != string(fidoDescriptor) {
			t.Fatalf("event %d of %d bytes", kind, len(b))
		}
	}
	created()
	c := &client{t: t, link: kern}
	c.init()
	var i info
	c.must(cmdInfo, nil, &i)
	if i.AAGUID == nil {
		t.Error("no getInfo")
	}
	// The last program closes the device while a touch is awaited: the key gives up.
	c.start(cmdSelection, nil)
	f.wait(t)
	kern.give(uhidClose, nil)
	busy := func() bool { key.hid.mu.Lock(); defer key.hid.mu.Unlock(); return key.hid.run != nil }
	for i := 0; busy(); i++ {
		if i == 100 {
			t.Fatal("the key goes on for nobody")
		}
		time.Sleep(50 * time.Millisecond)
	}
	for kind := uint32(0); kind != uhidGetReportReply; { // over the keepalives that were on their way
		if kind == 0 {
			kern.give(uhidGetReport, []byte{1, 2, 3, 4, 0, 0})
		}
		var b []byte
		if kind, b = kern.event(); kind == uhidGetReportReply && (b[0] != 1 || b[4] != byte(unix.EIO)) {
			t.Errorf("a feature report was answered with %x", b[:8])
		}
	}
	kern.give(uhidSetReport, []byte{9, 2, 3, 4, 0, 0, 0, 0})
	if kind, b := kern.event(); kind != uhidSetReportReply || b[0] != 9 || b[4] != byte(unix.EIO) {
		t.Errorf("setting a report was answered with %d %x", kind, b)
	}
	key.PlugOut()
	if kind, _ := kern.event(); kind != uhidDestroy {
		t.Errorf("pulling it out gave event %d", kind)
	}
	key.PlugIn()
	created()
	if err := errors.Join(key.Close(), wait()); err != nil {
		t.Error(err)
	}
}

// On a machine with /dev/uhid the device must appear; on another the error must say what is missing.
func TestServeUHID(t *testing.T) {
	key := open(t, Options{Profile: relaxed()})
	wait, err := key.ServeUHID(t.Context())
	if errors.Is(err, ErrNoUHID) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s := dial(t, key).setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatal(s)
	}
	var out string
	for range 20 { // the kernel and udev take their time
		if out, err = tool(t, "", "fido2-token", "-L"); err != nil || out != "" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	wantIn(t, out, "vendor=0x1209, product=0x0001")
	path, _, _ := strings.Cut(out, ":")
	wantIn(t, succeed(t)(tool(t, "", "fido2-token", "-I", path)), "FIDO_2_1")
	for _, alg := range []string{"es256", "eddsa"} {
		credAndAssert(t, path, alg)
	}
	key.PlugOut()
	if out, err := tool(t, "", "fido2-token", "-L"); err != nil || out != "" {
		t.Errorf("a key that is pulled out is listed: %s, %v", out, err)
	}
	if err := errors.Join(key.Close(), wait()); err != nil {
		t.Error(err)
	}
}
