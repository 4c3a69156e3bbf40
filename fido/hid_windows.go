package fido

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Names, layouts and limits here are of hidsdi.h, hidpi.h and setupapi.h of the Windows SDK.
var (
	hidDLL                = windows.NewLazySystemDLL("hid.dll")
	hidGetPreparsedData   = hidDLL.NewProc("HidD_GetPreparsedData")
	hidFreePreparsedData  = hidDLL.NewProc("HidD_FreePreparsedData")
	hidGetCaps            = hidDLL.NewProc("HidP_GetCaps")
	hidGetAttributes      = hidDLL.NewProc("HidD_GetAttributes")
	hidGetManufacturer    = hidDLL.NewProc("HidD_GetManufacturerString")
	hidGetProduct         = hidDLL.NewProc("HidD_GetProductString")
	hidGetSerial          = hidDLL.NewProc("HidD_GetSerialNumberString")
	hidSetNumInputBuffers = hidDLL.NewProc("HidD_SetNumInputBuffers")
	setupDLL              = windows.NewLazySystemDLL("setupapi.dll")
	setupEnumInterfaces   = setupDLL.NewProc("SetupDiEnumDeviceInterfaces")
	setupInterfaceDetail  = setupDLL.NewProc("SetupDiGetDeviceInterfaceDetailW")
	hidInterface          = windows.GUID{Data1: 0x4D1E55B2, Data2: 0xF16F, Data3: 0x11CF, Data4: [8]byte{0x88, 0xCB, 0x00, 0x11, 0x11, 0x00, 0x00, 0x30}}
)

// OpenHID opens the line to a key by its device path, as listHID tells it: \\?\hid#… Nothing is asked of the key.
//
// Other programs may have the key open as well: browsers leave keys to Windows, and a line that is not shared could not
// be opened beside Windows, or would keep it from signing anybody in. libfido2 shares its line too, and CTAPHID has
// channels for that (CTAP 2.1 section 11.2.3). A second keyrollout is kept out, as on other systems.
//
// Errors are *Error: CodeNotFound (no HID device is there), CodeNoAccess (as a rule for ErrAdminOnly), CodeBusy (at once),
// CodeNotFIDO (another device than a key, which is asked what it is and nothing more), CodeUnsupported (a key whose
// reports are not of 64 bytes) and CodeGone (it cannot be opened for another reason). A key that is pulled out ends a
// Read at once, with io.EOF.
func OpenHID(path string) (Link, error) {
	fail := func(code Code, err error) error { return &Error{Op: "open", Code: code, Err: err} }
	if !hidPath.MatchString(path) { // to open anything else could do something
		return nil, fail(CodeNotFound, errors.New(path+" is not the path of a HID device"))
	}
	look, err := openHandle(path, 0)
	if err != nil {
		return nil, openError(err)
	}
	caps, err := capsOf(look)
	_ = windows.CloseHandle(look)
	switch {
	case err != nil:
		return nil, fail(CodeGone, err)
	case !caps.key():
		return nil, fail(CodeNotFIDO, errors.New(path+" is no security key"))
	case caps.In != hidFrame || caps.Out != hidFrame:
		return nil, fail(CodeUnsupported, fmt.Errorf("its reports have %d bytes to the computer and %d from it, not %d", int(caps.In)-1, int(caps.Out)-1, ReportSize))
	}
	only, err := holdAlone(path)
	if err != nil {
		return nil, err
	}
	h, err := openHandle(path, windows.GENERIC_READ|windows.GENERIC_WRITE)
	if err != nil {
		_ = windows.CloseHandle(only)
		return nil, openError(err)
	}
	// An answer has up to 129 reports (CTAP 2.1 section 11.2.4), and Windows drops the oldest of more than 32 that wait.
	_, _, _ = hidSetNumInputBuffers.Call(uintptr(h), 512)
	return newHIDLink(h, only)
}

// hidPath is how Windows spells the interface of a HID device.
var hidPath = regexp.MustCompile(`(?i)^\\\\[?.]\\hid#`)

// openHandle opens a device; with no access it can be asked what it is.
func openHandle(path string, access uint32) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(p, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
}

func openError(err error) error {
	code := CodeGone
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		code = CodeNoAccess
		if !windows.GetCurrentProcessToken().IsElevated() {
			err = ErrAdminOnly
		}
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		code = CodeBusy
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND),
		errors.Is(err, windows.ERROR_INVALID_NAME), errors.Is(err, windows.ERROR_BAD_PATHNAME),
		errors.Is(err, windows.ERROR_NO_SUCH_DEVICE), errors.Is(err, windows.ERROR_DEVICE_NOT_CONNECTED):
		code = CodeNotFound
	}
	return &Error{Op: "open", Code: code, Err: err}
}

// holdAlone keeps a second keyrollout from a key until the handle is closed, or its process ends: a kernel object of
// this name is there.
func holdAlone(path string) (windows.Handle, error) {
	name := fmt.Sprintf(`Global\keyrollout-%x`, sha256.Sum256([]byte(strings.ToLower(path)))) // a path is too long
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateMutex(nil, false, p)
	switch {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		_ = windows.CloseHandle(h)
		return 0, &Error{Op: "open", Code: CodeBusy}
	case errors.Is(err, windows.ERROR_ACCESS_DENIED): // it is there, and another person's
		return 0, &Error{Op: "open", Code: CodeBusy}
	case err != nil:
		return 0, &Error{Op: "open", Code: CodeInternal, Err: err}
	}
	return h, nil
}

// hidFrame is a report with the report id in front that Windows puts there, 0.
const hidFrame = ReportSize + 1

// hidWrite is how long a key may take for one report: as on Linux.
const hidWrite = 5 * time.Second

// hidLink is the line over a handle that was opened for overlapped input and output.
type hidLink struct {
	h       windows.Handle
	only    windows.Handle // 0 = none
	closing windows.Handle // an event; set by Close
	closed  atomic.Bool
	in, out transfer
	pins    runtime.Pinner
}

// transfer is one direction of a line. The kernel writes into ov and frame after the call that began it has returned, and
// the collector does not see that: they are pinned with their line until Close has taken back what is under way.
type transfer struct {
	mu    sync.Mutex
	ov    windows.Overlapped
	frame [hidFrame]byte
	begun bool
}

// newHIDLink takes both handles over, also when it fails.
func newHIDLink(h, only windows.Handle) (Link, error) {
	l := &hidLink{h: h, only: only}
	var err error
	for _, e := range []*windows.Handle{&l.closing, &l.in.ov.HEvent, &l.out.ov.HEvent} {
		if err == nil {
			*e, err = windows.CreateEvent(nil, 1, 0, nil)
		}
	}
	if err != nil {
		l.free()
		return nil, &Error{Op: "open", Code: CodeInternal, Err: err}
	}
	l.pins.Pin(l)
	return l, nil
}

func (l *hidLink) free() {
	for _, h := range []windows.Handle{l.h, l.only, l.closing, l.in.ov.HEvent, l.out.ov.HEvent} {
		if h != 0 {
			_ = windows.CloseHandle(h)
		}
	}
}

// Write hands over one report.
func (l *hidLink) Write(report [ReportSize]byte) error {
	t := &l.out
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.closed.Load() {
		return os.ErrClosed
	}
	t.frame[0] = 0
	copy(t.frame[1:], report[:])
	if err := l.begin(t, windows.WriteFile); err != nil {
		return err
	}
	if err := l.await(t, hidWrite); err != nil {
		l.drop(t)
		return err
	}
	n, err := l.result(t)
	if err == nil && n != hidFrame {
		err = io.ErrShortWrite
	}
	return err
}

// Read leaves a read that was not answered in time with the kernel, for the next one: a report that comes while a read
// is taken back could be lost.
func (l *hidLink) Read(d time.Duration) (r [ReportSize]byte, err error) {
	t := &l.in
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.closed.Load() {
		return r, io.EOF
	}
	if !t.begun {
		if err := l.begin(t, windows.ReadFile); err != nil {
			return r, io.EOF
		}
	}
	if err := l.await(t, d); err != nil {
		return r, err
	}
	if n, err := l.result(t); err != nil || n != hidFrame || t.frame[0] != 0 {
		return r, io.EOF
	}
	copy(r[:], t.frame[1:])
	return r, nil
}

// begin has the kernel read or write one frame. Its event is set when that ends, even at once.
func (l *hidLink) begin(t *transfer, call func(windows.Handle, []byte, *uint32, *windows.Overlapped) error) error {
	t.ov = windows.Overlapped{HEvent: t.ov.HEvent}
	if err := call(l.h, t.frame[:], nil, &t.ov); err != nil && !errors.Is(err, windows.ERROR_IO_PENDING) {
		return err
	}
	t.begun = true
	return nil
}

// await waits for the end of a transfer: os.ErrDeadlineExceeded after d, io.EOF when the line is closed.
func (l *hidLink) await(t *transfer, d time.Duration) error {
	ms := uint32(windows.INFINITE)
	if d >= 0 {
		ms = uint32(min((d+time.Millisecond-1)/time.Millisecond, math.MaxUint32-1))
	}
	switch what, err := windows.WaitForMultipleObjects([]windows.Handle{l.closing, t.ov.HEvent}, false, ms); {
	case err != nil:
		return err
	case what == windows.WAIT_OBJECT_0:
		return io.EOF
	case what == uint32(windows.WAIT_TIMEOUT):
		return os.ErrDeadlineExceeded
	}
	return nil
}

// result is how many bytes a transfer that has ended moved.
func (l *hidLink) result(t *transfer) (n uint32, err error) {
	t.begun = false
	err = windows.GetOverlappedResult(l.h, &t.ov, &n, false)
	return n, err
}

// drop takes a transfer back, and waits until the kernel has let go of its memory.
func (l *hidLink) drop(t *transfer) {
	var n uint32
	_ = windows.CancelIoEx(l.h, &t.ov) // it may have ended meanwhile
	_ = windows.GetOverlappedResult(l.h, &t.ov, &n, true)
	t.begun = false
}

// Close ends what waits, and takes back what the kernel still has to do.
func (l *hidLink) Close() error {
	if l.closed.Swap(true) {
		return os.ErrClosed
	}
	if err := windows.SetEvent(l.closing); err != nil {
		return err
	}
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	if l.in.begun {
		l.drop(&l.in)
	}
	l.free()
	l.pins.Unpin()
	return nil
}

// hidCaps is HIDP_CAPS. Lengths count the report id.
type hidCaps struct {
	Usage, Page, In, Out, Feature uint16
	_                             [27]uint16
}

// key: CTAP 2.1 section 11.2.8.1.
func (c hidCaps) key() bool { return c.Page == 0xF1D0 && c.Usage == 1 }

// capsOf asks a HID device what it is.
func capsOf(h windows.Handle) (c hidCaps, err error) {
	const done = 0x00110000 // HIDP_STATUS_SUCCESS
	var data uintptr
	if ok, _, err := hidGetPreparsedData.Call(uintptr(h), uintptr(unsafe.Pointer(&data))); !yes(ok) {
		return c, err
	}
	defer hidFreePreparsedData.Call(data)
	if status, _, _ := hidGetCaps.Call(data, uintptr(unsafe.Pointer(&c))); uint32(status) != done {
		return c, fmt.Errorf("HidP_GetCaps: status %#x", uint32(status))
	}
	return c, nil
}

// yes reads a BOOLEAN: only the lowest byte of the register is told.
func yes(r uintptr) bool { return byte(r) != 0 }

// listHID lists the keys that are plugged in, those too that this user may not open.
func listHID() ([]Device, error) {
	fail := func(err error) error { return &Error{Op: "look for keys", Code: CodeInternal, Err: err} }
	all, err := windows.SetupDiGetClassDevsEx(&hidInterface, "", 0, windows.DIGCF_PRESENT|windows.DIGCF_DEVICEINTERFACE, 0, "")
	if err != nil {
		return nil, fail(err)
	}
	defer all.Close()
	var out []Device
	for i := 0; ; i++ {
		info, err := all.EnumDeviceInfo(i)
		switch {
		case errors.Is(err, windows.ERROR_NO_MORE_ITEMS):
			return out, nil
		case err != nil:
			return out, fail(err)
		}
		for _, path := range interfaces(all, info) {
			if d, ok := lookAt(path, func() []string { return hardwareIDs(all, info) }); ok {
				out = append(out, d)
			}
		}
	}
}

// interfaces are the paths of one HID device: one.
func interfaces(all windows.DevInfo, info *windows.DevInfoData) (paths []string) {
	for i := uintptr(0); ; i++ {
		var at struct { // SP_DEVICE_INTERFACE_DATA
			size  uint32
			class windows.GUID
			flags uint32
			_     uintptr
		}
		at.size = uint32(unsafe.Sizeof(at))
		ok, _, _ := setupEnumInterfaces.Call(uintptr(all), uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&hidInterface)), i, uintptr(unsafe.Pointer(&at)))
		if uint32(ok) == 0 {
			return paths
		}
		// SP_DEVICE_INTERFACE_DETAIL_DATA_W with more room than any device's name takes. Its size is told without the
		// room: a number and one letter, padded where pointers have eight bytes.
		var detail struct {
			size uint32
			path [1022]uint16
		}
		detail.size = 6
		if unsafe.Sizeof(uintptr(0)) == 8 {
			detail.size = 8
		}
		ok, _, _ = setupInterfaceDetail.Call(uintptr(all), uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&detail)), unsafe.Sizeof(detail), 0, 0)
		if uint32(ok) != 0 {
			paths = append(paths, windows.UTF16ToString(detail.path[:]))
		}
	}
}

// hardwareIDs are what Windows chooses a driver by. Nothing is opened for them.
func hardwareIDs(all windows.DevInfo, info *windows.DevInfoData) []string {
	v, _ := all.DeviceRegistryProperty(info, windows.SPDRP_HARDWAREID)
	ids, _ := v.([]string)
	return ids
}

// lookAt says what kind of key is at path, and whether it is one.
func lookAt(path string, ids func() []string) (Device, bool) {
	h, err := openHandle(path, 0)
	if err != nil {
		return named(path, ids())
	}
	defer windows.CloseHandle(h)
	if caps, err := capsOf(h); err != nil || !caps.key() {
		return Device{}, false
	}
	d := Device{Path: path, Manufacturer: hidText(hidGetManufacturer, h), Product: hidText(hidGetProduct, h), Serial: hidText(hidGetSerial, h)}
	var a struct { // HIDD_ATTRIBUTES
		size                     uint32
		vendor, product, version uint16
	}
	a.size = uint32(unsafe.Sizeof(a))
	if ok, _, _ := hidGetAttributes.Call(uintptr(h), uintptr(unsafe.Pointer(&a))); yes(ok) {
		d.VendorID, d.ProductID = a.vendor, a.product
	}
	if d.Serial == "" {
		d.Serial = productSerial(d.Product)
	}
	return d, true
}

var hidVendor = regexp.MustCompile(`(?i)^HID\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})`)

// named says by its hardware ids whether a device that may not even be looked at is a key.
func named(path string, ids []string) (Device, bool) {
	d, key := Device{Path: path}, false
	for _, id := range ids {
		key = key || strings.EqualFold(id, "HID_DEVICE_UP:F1D0_U:0001")
		if m := hidVendor.FindStringSubmatch(id); m != nil && d.VendorID == 0 {
			v, _ := strconv.ParseUint(m[1], 16, 16)
			p, _ := strconv.ParseUint(m[2], 16, 16)
			d.VendorID, d.ProductID = uint16(v), uint16(p)
		}
	}
	return d, key
}

// hidText is what a USB device says of itself; 126 letters at most. Empty where it says nothing.
func hidText(f *windows.LazyProc, h windows.Handle) string {
	var b [256]uint16
	if ok, _, _ := f.Call(uintptr(h), uintptr(unsafe.Pointer(&b)), unsafe.Sizeof(b)); !yes(ok) {
		return ""
	}
	return strings.TrimSpace(windows.UTF16ToString(b[:]))
}
