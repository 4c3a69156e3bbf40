//go:build cgo

package fido

/*
#cgo pkg-config: libfido2
#include <stdint.h>
#include <stdlib.h>
#include <fido.h>

// The two functions of link_libfido2.go that a line in this process is read and written by.
extern int keyrolloutLinkRead(uintptr_t h, unsigned char *buf, size_t n, int ms);
extern int keyrolloutLinkWrite(uintptr_t h, unsigned char *buf, size_t n);

// libfido2 hands the "path" to open and what open returns to the others: the number of a Go handle, in both.
static void *link_open(const char *path) { return (void *)(uintptr_t)strtoull(path, NULL, 10); }
static void link_close(void *h) { (void)h; }
static int link_read(void *h, unsigned char *buf, size_t n, int ms) {
	return keyrolloutLinkRead((uintptr_t)h, buf, n, ms);
}
static int link_write(void *h, const unsigned char *buf, size_t n) {
	return keyrolloutLinkWrite((uintptr_t)h, (unsigned char *)buf, n);
}

// open_dev opens path, over a Go line when link is set. fido_init is per thread, so it is called in the same breath;
// without the U2F fallback a key that fails to answer is an error and not an old key.
static int open_dev(fido_dev_t *dev, const char *path, int link, int ms) {
	static const fido_dev_io_t io = { link_open, link_close, link_read, link_write };
	int r;

	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	if (link && (r = fido_dev_set_io_functions(dev, &io)) != FIDO_OK)
		return r;
	if ((r = fido_dev_set_timeout(dev, ms)) != FIDO_OK)
		return r;
	return fido_dev_open(dev, path);
}
*/
import "C"

import (
	"context"
	"errors"
	"runtime"
	"runtime/cgo"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// openDevice begins a visit to a key. On Linux libfido2 opens by itself only what is no device file, a reader without
// contact, by libfido2's own names for those: whatever else it is given to read has been checked by a line first.
func openDevice(ctx context.Context, d Device) (Session, error) {
	if runtime.GOOS == "linux" && !strings.HasPrefix(d.Path, "nfc:") && !strings.HasPrefix(d.Path, "pcsc:") {
		return openOverHID(ctx, d)
	}
	return begin(ctx, d, nil)
}

// OpenLink begins a visit to the key at the other end of l, which is closed with the session, or at once when it
// cannot be opened.
func OpenLink(ctx context.Context, d Device, l Link) (Session, error) {
	return begin(ctx, d, newLine(l))
}

// begin opens a session. What it returns on failure holds nothing.
func begin(ctx context.Context, d Device, l *line) (Session, error) {
	s := &libraryDriver{path: d.Path, line: l}
	if l != nil {
		s.handle = cgo.NewHandle(l)
	}
	err := s.call(ctx, openTime, s.open)
	if err != nil {
		_ = s.close()
	}
	// Whether libfido2's time or ours is over first is chance.
	if l != nil && !l.gone.Load() && (is(err, CodeGone) || is(err, CodeActionTimeout)) {
		err = &Error{Code: CodeActionTimeout, Err: ErrSilent}
		if l.init.Load() {
			err = &Error{Code: CodeGone, Err: errMute}
		}
	}
	return visit(ctx, d, s, err)
}

// open makes s.dev anew. It runs under call.
func (s *libraryDriver) open() C.int {
	path, link := s.path, C.int(0)
	if s.line != nil {
		path, link = strconv.FormatUint(uint64(s.handle), 10), 1
	}
	cpath := C.CString(path)
	defer C.free(unsafe.Pointer(cpath))
	dev := C.fido_dev_new()
	if dev == nil {
		return C.FIDO_ERR_INTERNAL
	}
	if r := C.open_dev(dev, cpath, link, C.int(openTime/time.Millisecond)); r != C.FIDO_OK {
		C.fido_dev_free(&dev)
		if r == C.FIDO_ERR_INTERNAL { // what libfido2 says when there is nothing to open
			return errNoOpen
		}
		return r
	}
	if !C.fido_dev_is_fido2(dev) {
		C.fido_dev_close(dev)
		C.fido_dev_free(&dev)
		return errU2F
	}
	s.setDev(dev)
	return C.FIDO_OK
}

// renew reads the key's state into libfido2 again, which looks at it only when it opens: that fingerprints may now
// verify the user, that a PIN is gone.
func (s *libraryDriver) renew(ctx context.Context) error {
	return s.call(ctx, openTime, func() C.int {
		s.closeDev()
		return s.open()
	})
}

// Numbers of our own in libfido2's row.
const (
	errU2F    C.int = -1000 // the key has no CBOR
	errNoOpen C.int = -1001 // the path cannot be opened
)

var errOnlyU2F = errors.New("the key speaks U2F only, not FIDO2")
