//go:build cgo

package fido

/*
#include <stdlib.h>
#include <string.h>
#include <fido.h>

// wipe overwrites memory in a way that no compiler leaves out.
static void wipe(void *p, size_t n) {
	volatile unsigned char *b = p;
	while (n--)
		*b++ = 0;
}
*/
import "C"

import (
	"bytes"
	"strings"
	"unsafe"

	"keyrollout/internal/secret"
)

// withPIN lends pin to f as a C string in memory that is overwritten before it is freed; NULL when it is empty, which
// to libfido2 means that the key verifies the user itself. A PIN with a zero byte would arrive cut short and cost a
// try, so it is refused here.
func withPIN(pin secret.Secret, f func(*C.char) C.int) (r C.int) {
	if pin.Empty() {
		return f(nil)
	}
	pin.Use(func(b []byte) {
		if bytes.IndexByte(b, 0) >= 0 {
			r = C.FIDO_ERR_PIN_POLICY_VIOLATION
			return
		}
		n := C.size_t(len(b) + 1)
		p := C.calloc(1, n)
		if p == nil {
			r = C.FIDO_ERR_INTERNAL
			return
		}
		defer C.free(p)
		defer C.wipe(p, n)
		copy(unsafe.Slice((*byte)(p), len(b)), b)
		r = f((*C.char)(p))
	})
	return r
}

// cArena owns C strings until free.
type cArena []unsafe.Pointer

// text returns t as a C string, NULL when it is empty: to libfido2 that is an absent field. It is cut at a zero byte.
func (a *cArena) text(t string) *C.char {
	t, _, _ = strings.Cut(t, "\x00")
	if t == "" {
		return nil
	}
	p := C.CString(t)
	*a = append(*a, unsafe.Pointer(p))
	return p
}

func (a *cArena) free() {
	for _, p := range *a {
		C.free(p)
	}
}

// ptr is the address of b's bytes, NULL when there are none; libfido2 copies what it is given.
func ptr(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }

func size(b []byte) C.size_t { return C.size_t(len(b)) }

// goBytes copies n bytes of C's memory.
func goBytes(p *C.uchar, n C.size_t) []byte {
	if p == nil || n == 0 {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(p), C.int(n))
}

// goTexts copies an array of C strings.
func goTexts(p **C.char, n C.size_t) []string {
	if p == nil {
		return nil
	}
	out := make([]string, 0, int(n))
	for _, s := range unsafe.Slice(p, int(n)) {
		out = append(out, C.GoString(s))
	}
	return out
}
