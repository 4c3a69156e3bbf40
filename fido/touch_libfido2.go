//go:build cgo

package fido

/*
#include <fido.h>
*/
import "C"

import (
	"context"
	"time"
)

// touch asks for a touch with a makeCredential that cannot succeed, which keys of every age understand.
func (s *libraryDriver) touch(ctx context.Context) error {
	return s.call(ctx, touchTime, func() C.int {
		if r := C.fido_dev_get_touch_begin(s.dev); r != C.FIDO_OK {
			return r
		}
		var touched C.int
		r := C.fido_dev_get_touch_status(s.dev, &touched, C.int((touchTime+2*grace)/time.Millisecond))
		if r == C.FIDO_OK && touched == 0 { // libfido2 takes a lost key for one that was not touched yet
			return C.FIDO_ERR_RX
		}
		return r
	})
}
