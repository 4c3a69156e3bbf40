package fido

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var pipes atomic.Int64

// piped is a line over a pipe that keeps messages apart, as a HID device keeps reports, and the key's end of it.
func piped(t *testing.T) (Link, *farEnd) {
	t.Helper()
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`\\.\pipe\keyrollout-test-%d-%d`, os.Getpid(), pipes.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX, windows.PIPE_TYPE_MESSAGE|windows.PIPE_READMODE_MESSAGE, 1, 256, 256, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	far := &farEnd{t: t, h: key}
	t.Cleanup(far.leave)
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Fatal(err)
	}
	mode := uint32(windows.PIPE_READMODE_MESSAGE)
	if err := windows.SetNamedPipeHandleState(h, &mode, nil, nil); err != nil {
		t.Fatal(err)
	}
	l, err := newHIDLink(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, far
}

type farEnd struct {
	t *testing.T
	h windows.Handle
}

func (f *farEnd) leave() {
	if f.h != 0 {
		_ = windows.CloseHandle(f.h)
	}
	f.h = 0
}

func (f *farEnd) send(b []byte) {
	f.t.Helper()
	var n uint32
	if err := windows.WriteFile(f.h, b, &n, nil); err != nil || int(n) != len(b) {
		f.t.Fatal(n, err)
	}
}

func (f *farEnd) take() []byte {
	f.t.Helper()
	b := make([]byte, 256)
	var n uint32
	if err := windows.ReadFile(f.h, b, &n, nil); err != nil {
		f.t.Fatal(err)
	}
	return b[:n]
}

func numbered(first byte) (r [ReportSize]byte) {
	for i := range r {
		r[i] = first + byte(i)
	}
	return r
}

func framed(r [ReportSize]byte) []byte { return append([]byte{0}, r[:]...) }

func TestHIDFrames(t *testing.T) {
	l, key := piped(t)
	for i := range byte(3) {
		want := numbered(i)
		if err := l.Write(want); err != nil {
			t.Fatal(err)
		}
		if got := key.take(); string(got) != string(framed(want)) {
			t.Errorf("sent %x", got)
		}
		key.send(framed(want))
	}
	for i := range byte(3) {
		if got, err := l.Read(-1); err != nil || got != numbered(i) {
			t.Errorf("got %x, %v", got, err)
		}
	}
}

// A report that comes after the deadline belongs to the next read, wherever the collector has been meanwhile; and a line
// that waits can be written to.
func TestHIDDeadline(t *testing.T) {
	l, key := piped(t)
	for i := range byte(20) {
		for _, d := range []time.Duration{0, time.Millisecond, 0} {
			if _, err := l.Read(d); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%v: %v", d, err)
			}
		}
		runtime.GC()
		if err := l.Write(numbered(i)); err != nil {
			t.Fatal(err)
		}
		key.send(framed([ReportSize]byte(key.take()[1:])))
		runtime.GC()
		if got, err := l.Read(time.Minute); err != nil || got != numbered(i) {
			t.Fatalf("got %x, %v", got, err)
		}
	}
}

func TestHIDCloseEndsWhatWaits(t *testing.T) {
	for range 20 {
		l, _ := piped(t)
		read, wrote := make(chan error), make(chan error)
		go func() { _, err := l.Read(-1); read <- err }()
		go func() {
			var err error
			for err == nil { // until the pipe is full
				err = l.Write(numbered(0))
			}
			wrote <- err
		}()
		time.Sleep(time.Millisecond)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-read; err != io.EOF {
			t.Error(err)
		}
		if err := <-wrote; errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := l.Close(); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		if _, err := l.Read(-1); err != io.EOF {
			t.Error(err)
		}
		if err := l.Write(numbered(0)); err == nil {
			t.Error("written to a closed line")
		}
	}
}

func TestHIDKeyGone(t *testing.T) {
	l, key := piped(t)
	if _, err := l.Read(0); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() { _, err := l.Read(-1); read <- err }()
	key.leave()
	if err := <-read; err != io.EOF {
		t.Error(err)
	}
	if _, err := l.Read(-1); err != io.EOF {
		t.Error(err)
	}
	if err := l.Write(numbered(0)); err == nil {
		t.Error("written to a key that is gone")
	}
}

func TestHIDFrameOfAnotherKind(t *testing.T) {
	whole := framed(numbered(0))
	for name, b := range map[string][]byte{"short": whole[:64], "long": append(whole, 1), "report id": append([]byte{1}, whole[1:]...)} {
		l, key := piped(t)
		key.send(b)
		if got, err := l.Read(-1); err != io.EOF {
			t.Errorf("%s: got %x, %v", name, got, err)
		}
	}
}

func handles(t *testing.T) uint32 {
	t.Helper()
	var n uint32
	count := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")
	if ok, _, err := count.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n))); uint32(ok) == 0 {
		t.Skip(err)
	}
	return n
}

func TestHIDLeavesNoHandles(t *testing.T) {
	visit := func() {
		l, key := piped(t)
		_, _ = l.Read(0)
		_ = l.Close()
		key.leave()
		_, _ = listHID()
		_, _ = OpenHID(`\\?\hid#vid_0000&pid_0000#none`)
	}
	visit() // what libraries keep
	before := handles(t)
	for range 50 {
		visit()
	}
	if after := handles(t); after > before+10 { // the runtime has some more for a thread more
		t.Errorf("%d handles, then %d", before, after)
	}
}

// Only keys are opened.
func TestHIDPaths(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "key", file, `\\?\` + file, "CONIN$", `\\.\pipe\key`, `\\?\hid#`, `\\?\HID#VID_31BB&PID_0622#6&1&0&0000#{4d1e55b2-f16f-11cf-88cb-001111000030}`} {
		if _, err := OpenHID(path); !is(err, CodeNotFound) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestHIDIsHeldByOneKeyrollout(t *testing.T) {
	path := fmt.Sprintf(`\\?\hid#test-%d`, os.Getpid())
	first, err := holdAlone(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holdAlone(`\\?\HID` + path[len(`\\?\hid`):]); !is(err, CodeBusy) {
		t.Errorf("the second: %v", err)
	}
	_ = windows.CloseHandle(first)
	again, err := holdAlone(path)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	_ = windows.CloseHandle(again)
}

// What Windows says of a device without opening it.
func TestHIDHardwareIDs(t *testing.T) {
	key := []string{`HID\VID_31BB&PID_0622&REV_0101`, `HID\VID_31BB&PID_0622`, `HID_DEVICE_UP:F1D0_U:0001`, `HID_DEVICE`}
	if d, ok := named("p", key); !ok || d != (Device{Path: "p", VendorID: 0x31BB, ProductID: 0x0622}) {
		t.Errorf("%+v, %v", d, ok)
	}
	for _, ids := range [][]string{nil, {`HID\VID_046D&PID_C31C`, `HID_DEVICE_SYSTEM_KEYBOARD`, `HID_DEVICE_UP:0001_U:0006`}} {
		if d, ok := named("p", ids); ok {
			t.Errorf("%+v", d)
		}
	}
}

func TestHIDCapsLayout(t *testing.T) {
	if n := unsafe.Sizeof(hidCaps{}); n != 64 { // hidpi.h: 32 USHORT
		t.Error(n)
	}
}

func TestHIDOpenErrors(t *testing.T) {
	for err, want := range map[error]Code{windows.ERROR_ACCESS_DENIED: CodeNoAccess, windows.ERROR_SHARING_VIOLATION: CodeBusy,
		windows.ERROR_FILE_NOT_FOUND: CodeNotFound, windows.ERROR_DEVICE_NOT_CONNECTED: CodeNotFound, windows.ERROR_GEN_FAILURE: CodeGone} {
		if got := openError(err); !is(got, want) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
