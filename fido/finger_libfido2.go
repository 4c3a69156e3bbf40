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

// Sensor describes the fingerprint sensor. libfido2 does not read the longest name, so NameSize is the 64 bytes that
// the standard gives where a key says nothing; a key may take less.
func (s *session) Sensor(ctx context.Context) (Sensor, error) {
	const op = "ask about the fingerprint sensor"
	if !s.info.CanEnrol() {
		return Sensor{}, &Error{Op: op, Code: CodeUnsupported}
	}
	out := Sensor{NameSize: nameSize}
	err := s.call(ctx, op, quickTime, func() C.int {
		i := C.fido_bio_info_new()
		if i == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_bio_info_free(&i)
		r := C.fido_bio_dev_get_info(s.dev, i)
		out.Kind = "touch"
		if C.fido_bio_info_type(i) == 2 {
			out.Kind = "swipe"
		}
		out.Samples = int(C.fido_bio_info_max_samples(i))
		return r
	})
	if err != nil {
		return Sensor{}, err
	}
	return out, nil
}

// enrolment is one finger being enrolled, in libfido2's terms.
type enrolment struct {
	template *C.fido_bio_template_t
	state    *C.fido_bio_enroll_t
}

func (e *enrolment) free() {
	C.fido_bio_template_free(&e.template)
	C.fido_bio_enroll_free(&e.state)
}

func (e *enrolment) sample() Sample {
	return Sample{
		Status:    SampleStatus(C.fido_bio_enroll_last_status(e.state)),
		Remaining: int(C.fido_bio_enroll_remaining_samples(e.state)),
	}
}

// Enrol enrols one finger (CTAP 2.1 section 6.7.4). libfido2 wants the PIN for it. The name of the result is what the
// key took: a key that refuses the name as too long gets it shortened, and none if it refuses that too.
func (s *session) Enrol(ctx context.Context, pin secret.Secret, name string, on func(Sample)) (Fingerprint, error) {
	if err := s.canEnrol(enrolOp, pin); err != nil {
		return Fingerprint{}, err
	}
	e := &enrolment{C.fido_bio_template_new(), C.fido_bio_enroll_new()}
	defer func() { s.mu.Lock(); s.afterTail(e.free); s.mu.Unlock() }()
	if e.template == nil || e.state == nil {
		return Fingerprint{}, &Error{Op: enrolOp, Code: CodeInternal}
	}
	if err := s.capture(ctx, e, pin, on); err != nil {
		// Nothing may stay behind: neither half a template nor a sensor that still waits.
		_ = s.call(context.WithoutCancel(ctx), "stop the enrolment", quickTime, func() C.int {
			return C.fido_bio_dev_enroll_cancel(s.dev)
		})
		return Fingerprint{}, err
	}
	// From here on the finger is on the key, whatever becomes of ctx.
	id := goBytes(C.fido_bio_template_id_ptr(e.template), C.fido_bio_template_id_len(e.template))
	done := context.WithoutCancel(ctx)
	for _, n := range shorterNames(name) {
		if s.RenameFingerprint(done, pin, id, n) == nil {
			return Fingerprint{ID: id, Name: n}, s.reread(done)
		}
	}
	return Fingerprint{ID: id}, s.reread(done)
}

// capture takes touches until the key has enough. Begin captures the first one itself.
func (s *session) capture(ctx context.Context, e *enrolment, pin secret.Secret, on func(Sample)) error {
	var judge touchJudge
	for first := true; ; first = false {
		err := s.call(ctx, enrolOp, touchTime, func() C.int {
			if !first {
				return C.fido_bio_dev_enroll_continue(s.dev, e.template, e.state, sampleTime)
			}
			return withPIN(pin, func(p *C.char) C.int {
				return C.fido_bio_dev_enroll_begin(s.dev, e.template, e.state, sampleTime, p)
			})
		})
		if err != nil {
			return err
		}
		done, err := judge.touch(e.sample(), on)
		if done || err != nil {
			return err
		}
	}
}

// Fingerprints lists the enrolled fingers.
func (s *session) Fingerprints(ctx context.Context, pin secret.Secret) ([]Fingerprint, error) {
	const op = "list the fingerprints"
	if err := s.canEnrol(op, pin); err != nil {
		return nil, err
	}
	var out []Fingerprint
	err := s.call(ctx, op, touchTime, func() C.int {
		ts := C.fido_bio_template_array_new()
		if ts == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_bio_template_array_free(&ts)
		r := withPIN(pin, func(p *C.char) C.int { return C.fido_bio_dev_get_template_array(s.dev, ts, p) })
		if r == C.FIDO_ERR_INVALID_OPTION { // none yet
			return C.FIDO_OK
		}
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

// RenameFingerprint gives an enrolled finger another name. CodeInvalidLength and its like mean that the key takes
// shorter names only: 64 bytes are the standard's default, 15 the least that was seen.
func (s *session) RenameFingerprint(ctx context.Context, pin secret.Secret, id []byte, name string) error {
	const op = "name the fingerprint"
	if len(name) > nameSize {
		return &Error{Op: op, Code: CodeInvalidLength}
	}
	return s.onTemplate(ctx, op, pin, id, func(t *C.fido_bio_template_t, p *C.char) C.int {
		return C.fido_bio_dev_set_template_name(s.dev, t, p)
	}, name)
}

// RemoveFingerprint removes an enrolled finger. An unknown id is CodeInvalidOption.
func (s *session) RemoveFingerprint(ctx context.Context, pin secret.Secret, id []byte) error {
	err := s.onTemplate(ctx, "remove the fingerprint", pin, id, func(t *C.fido_bio_template_t, p *C.char) C.int {
		return C.fido_bio_dev_enroll_remove(s.dev, t, p)
	}, "")
	if err != nil {
		return err
	}
	return s.reread(ctx)
}

// onTemplate calls f with a template of that id and name.
func (s *session) onTemplate(ctx context.Context, op string, pin secret.Secret, id []byte,
	f func(*C.fido_bio_template_t, *C.char) C.int, name string,
) error {
	if err := s.canEnrol(op, pin); err != nil {
		return err
	}
	if len(id) == 0 { // nobody's
		return &Error{Op: op, Code: CodeInvalidOption}
	}
	return s.call(ctx, op, touchTime, func() C.int {
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

// canEnrol tells beforehand what libfido2 would only call an invalid argument.
func (s *session) canEnrol(op string, pin secret.Secret) error {
	if !s.info.CanEnrol() {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	if pin.Empty() {
		return &Error{Op: op, Code: CodePUATRequired}
	}
	return nil
}
