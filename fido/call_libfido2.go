//go:build cgo

package fido

/*
#include <fido.h>
*/
import "C"

import (
	"context"
	"fmt"
	"os"
	"runtime/cgo"
	"sync"
	"time"
)

const (
	cancelGap = 100 * time.Millisecond // between one cancel and the next
	grace     = 2 * time.Second        // for a key to answer a cancel; libfido2 itself gives up later still
)

// libraryDriver asks one key over libfido2. Every call into libfido2 goes through call.
type libraryDriver struct {
	path   string
	line   *line // nil for a device path
	handle cgo.Handle

	mu     sync.Mutex // one call at a time
	closed bool
	lost   error         // set when a call had to be abandoned: the key does not answer
	tail   chan struct{} // closed when the abandoned call has ended

	devMu sync.Mutex // guards dev against a cancel at the wrong moment
	dev   *C.fido_dev_t
}

func (s *libraryDriver) setDev(dev *C.fido_dev_t) {
	s.devMu.Lock()
	s.dev = dev
	s.devMu.Unlock()
}

// closeDev ends libfido2's part of the visit.
func (s *libraryDriver) closeDev() {
	s.devMu.Lock()
	defer s.devMu.Unlock()
	if s.dev != nil {
		C.fido_dev_close(s.dev)
		C.fido_dev_free(&s.dev)
	}
}

// cancel asks the key to stop what it is doing (CTAPHID_CANCEL). Keys ignore it when they are doing nothing.
func (s *libraryDriver) cancel() {
	s.devMu.Lock()
	defer s.devMu.Unlock()
	if s.dev != nil {
		C.fido_dev_cancel(s.dev)
	}
}

// close ends the visit. After a call that had to be abandoned, libfido2's memory is freed when that call ends.
func (s *libraryDriver) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var err error
	if s.line != nil {
		s.line.left.Store(true)
		err = s.line.link.Close()
	}
	s.afterTail(func() {
		s.closeDev()
		if s.handle != 0 {
			s.handle.Delete()
		}
	})
	return err
}

// afterTail runs f when no call into libfido2 is running any more: now, or after the abandoned one.
func (s *libraryDriver) afterTail(f func()) {
	if s.tail == nil {
		f()
		return
	}
	go func() { <-s.tail; f() }()
}

// call runs f, one stay in libfido2, in a goroutine of its own. It ends early when ctx does or limit has passed: the
// key is told to stop, again and again because it only listens while it works; if it still does not answer, the call
// is left behind and the session is lost. f must free what it makes, and what f wrote may be read only after a nil.
// A call that the key completed at the last moment counts as completed.
func (s *libraryDriver) call(ctx context.Context, limit time.Duration, f func() C.int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.dev != nil {
		C.fido_dev_set_timeout(s.dev, C.int((limit+2*grace)/time.Millisecond))
	}
	done := make(chan C.int, 1)
	ended := make(chan struct{})
	go func() { done <- f(); close(ended) }()

	timer := time.NewTimer(limit)
	defer timer.Stop()
	var why error // why the key was told to stop
	select {
	case r := <-done:
		return s.verdict(r)
	case <-ctx.Done():
		why = ctx.Err()
	case <-timer.C:
		why = &Error{Code: CodeActionTimeout, Err: ErrSilent}
	}
	giveUp := time.After(s.graceTime())
	for {
		s.cancel()
		select {
		case r := <-done:
			if r == C.FIDO_OK {
				return nil
			}
			return why
		case <-time.After(cancelGap):
		case <-giveUp:
			s.tail, s.lost = ended, fmt.Errorf("the key did not answer: %w", why)
			if s.line != nil {
				s.line.left.Store(true)
			}
			return why
		}
	}
}

// graceTime is how long to wait for an answer to a cancel. While a key is being opened there is nothing to cancel.
func (s *libraryDriver) graceTime() time.Duration {
	s.devMu.Lock()
	defer s.devMu.Unlock()
	if s.dev == nil {
		return 0
	}
	return grace
}

func (s *libraryDriver) usable(ctx context.Context) error {
	switch {
	case s.closed:
		return &Error{Code: CodeGone, Err: os.ErrClosed}
	case s.lost != nil:
		return &Error{Code: CodeGone, Err: s.lost}
	}
	return ctx.Err()
}

// verdict turns libfido2's number into an error.
func (s *libraryDriver) verdict(r C.int) error {
	switch r {
	case C.FIDO_OK:
		return nil
	case errU2F:
		return &Error{Code: CodeUnsupported, Err: errOnlyU2F}
	case errNoOpen:
		return &Error{Code: CodeNotFound}
	case C.FIDO_ERR_TX, C.FIDO_ERR_RX:
		return &Error{Code: s.broken()}
	case C.FIDO_ERR_RX_NOT_CBOR, C.FIDO_ERR_RX_INVALID_CBOR:
		return &Error{Code: CodeGarbled}
	case C.FIDO_ERR_USER_PRESENCE_REQUIRED:
		return &Error{Code: CodeUPRequired}
	}
	if r >= 0 {
		return &Error{Code: Code(r)}
	}
	// An argument libfido2 does not take, or its own fault; but also what it makes of a key that is pulled out while
	// the two agree on a secret.
	if r == C.FIDO_ERR_INTERNAL && !s.answers() {
		return &Error{Code: s.broken()}
	}
	return &Error{Code: CodeInternal, Err: fmt.Errorf("libfido2: %s", C.GoString(C.fido_strerr(r)))}
}

// broken says why a message got no answer: what the key said on the CTAPHID layer, or that it is gone.
func (s *libraryDriver) broken() Code {
	if s.line != nil && !s.line.gone.Load() {
		if said := s.line.said.Swap(0); said != 0 {
			return Code(said)
		}
	}
	return CodeGone
}

// answers asks the key for a sign of life.
func (s *libraryDriver) answers() bool {
	if s.dev == nil || s.line != nil && s.line.gone.Load() {
		return false
	}
	ci := C.fido_cbor_info_new()
	defer C.fido_cbor_info_free(&ci)
	C.fido_dev_set_timeout(s.dev, C.int(time.Second/time.Millisecond))
	r := C.fido_dev_get_cbor_info(s.dev, ci)
	return r != C.FIDO_ERR_TX && r != C.FIDO_ERR_RX
}
