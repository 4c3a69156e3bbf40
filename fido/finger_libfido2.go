//go:build cgo

package fido

/*
#include <stdlib.h>
#include <fido.h>
#include <fido/bio.h>
*/
import "C"

import (
	"context"
	"unsafe"

	"keyrollout/internal/secret"
)

func (s *libraryDriver) sensor(ctx context.Context) (Sensor, error) {
	var out Sensor
	err := s.call(ctx, quickTime, func() C.int {
		i := C.fido_bio_info_new()
		if i == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_bio_info_free(&i)
		r := C.fido_bio_dev_get_info(s.dev, i)
		out = Sensor{Kind: sensorKind(int(C.fido_bio_info_type(i))), Samples: int(C.fido_bio_info_max_samples(i))}
		return r
	})
	if err != nil {
		return Sensor{}, err
	}
	if s.line != nil { // no libfido2 has a function for it
		var more bioReply
		s.line.answer(&more)
		out.NameSize = more.NameSize
	}
	return out, nil
}

// libraryEnrolment is one finger being enrolled, in libfido2's terms. It wants the PIN for it.
type libraryEnrolment struct {
	s        *libraryDriver
	pin      secret.Secret
	begun    bool
	template *C.fido_bio_template_t
	state    *C.fido_bio_enroll_t
}

func (s *libraryDriver) enrol(pin secret.Secret) enrolment {
	return &libraryEnrolment{s: s, pin: pin, template: C.fido_bio_template_new(), state: C.fido_bio_enroll_new()}
}

func (e *libraryEnrolment) next(ctx context.Context) (Sample, error) {
	err := e.s.call(ctx, touchTime, func() C.int {
		switch {
		case e.template == nil || e.state == nil:
			return C.FIDO_ERR_INTERNAL
		case e.begun:
			return C.fido_bio_dev_enroll_continue(e.s.dev, e.template, e.state, sampleTime)
		}
		return withPIN(e.pin, func(p *C.char) C.int { // which takes the first touch as well
			return C.fido_bio_dev_enroll_begin(e.s.dev, e.template, e.state, sampleTime, p)
		})
	})
	if err != nil {
		return Sample{}, err
	}
	e.begun = true
	return Sample{
		Status:    SampleStatus(C.fido_bio_enroll_last_status(e.state)),
		Remaining: int(C.fido_bio_enroll_remaining_samples(e.state)),
	}, nil
}

func (e *libraryEnrolment) id() []byte {
	return goBytes(C.fido_bio_template_id_ptr(e.template), C.fido_bio_template_id_len(e.template))
}

func (e *libraryEnrolment) cancel(ctx context.Context) {
	_ = e.s.call(ctx, quickTime, func() C.int { return C.fido_bio_dev_enroll_cancel(e.s.dev) })
}

func (e *libraryEnrolment) free() {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.s.afterTail(func() {
		C.fido_bio_template_free(&e.template)
		C.fido_bio_enroll_free(&e.state)
	})
}

func (s *libraryDriver) templates(ctx context.Context, pin secret.Secret) ([]Fingerprint, error) {
	var out []Fingerprint
	err := s.call(ctx, touchTime, func() C.int {
		ts := C.fido_bio_template_array_new()
		if ts == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_bio_template_array_free(&ts)
		r := withPIN(pin, func(p *C.char) C.int { return C.fido_bio_dev_get_template_array(s.dev, ts, p) })
		for i := range C.fido_bio_template_array_count(ts) {
			t := C.fido_bio_template(ts, i)
			out = append(out, Fingerprint{
				ID:   goBytes(C.fido_bio_template_id_ptr(t), C.fido_bio_template_id_len(t)),
				Name: C.GoString(C.fido_bio_template_name(t)),
			})
		}
		return r
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *libraryDriver) nameTemplate(ctx context.Context, pin secret.Secret, id []byte, name string) error {
	return s.onTemplate(ctx, pin, id, name, func(t *C.fido_bio_template_t, p *C.char) C.int {
		return C.fido_bio_dev_set_template_name(s.dev, t, p)
	})
}

func (s *libraryDriver) removeTemplate(ctx context.Context, pin secret.Secret, id []byte) error {
	return s.onTemplate(ctx, pin, id, "", func(t *C.fido_bio_template_t, p *C.char) C.int {
		return C.fido_bio_dev_enroll_remove(s.dev, t, p)
	})
}

// onTemplate calls f with a template of that id and name.
func (s *libraryDriver) onTemplate(ctx context.Context, pin secret.Secret, id []byte, name string,
	f func(*C.fido_bio_template_t, *C.char) C.int,
) error {
	return s.call(ctx, touchTime, func() C.int {
		t := C.fido_bio_template_new()
		if t == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_bio_template_free(&t)
		if r := C.fido_bio_template_set_id(t, ptr(id), size(id)); r != C.FIDO_OK {
			return r
		}
		cname := C.CString(name)
		defer C.free(unsafe.Pointer(cname))
		if r := C.fido_bio_template_set_name(t, cname); r != C.FIDO_OK {
			return r
		}
		return withPIN(pin, func(p *C.char) C.int { return f(t, p) })
	})
}
