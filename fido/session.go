package fido

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"keyrollout/internal/secret"
)

// How long a question to a key may take, by either driver.
const (
	openTime  = 6 * time.Second   // channel and getInfo
	quickTime = 10 * time.Second  // the key only looks something up
	touchTime = 120 * time.Second // a person may have to touch, more than once
)

// driver asks one key: over libfido2 (the files *_libfido2.go) or in Go alone (*_ctap.go). A method is one thing that
// CTAP does; what is asked at all, in which order, and what is made of the answers is session's. The errors are *Error
// without an Op, which session adds, or the context's. An empty PIN means the key's own means.
type driver interface {
	info(ctx context.Context) (Info, error)
	// renew makes the driver look at the key again after the key has changed what it says of itself.
	renew(ctx context.Context) error
	pinRetries(ctx context.Context) (int, error)
	uvRetries(ctx context.Context) (int, error)
	setPIN(ctx context.Context, pin secret.Secret) error
	changePIN(ctx context.Context, old, new secret.Secret) error

	sensor(ctx context.Context) (Sensor, error) // NameSize 0 = not told
	enrol(pin secret.Secret) enrolment
	templates(ctx context.Context, pin secret.Secret) ([]Fingerprint, error)
	nameTemplate(ctx context.Context, pin secret.Secret, id []byte, name string) error
	removeTemplate(ctx context.Context, pin secret.Secret, id []byte) error

	makeCredential(ctx context.Context, pin secret.Secret, r MakeRequest) (attested, error) // one algorithm, one list
	assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error)    // one list

	relyingParties(ctx context.Context, pin secret.Secret) ([]string, error)
	residents(ctx context.Context, pin secret.Secret, rpID string) ([]Resident, error)
	deleteResident(ctx context.Context, pin secret.Secret, id []byte) error
	updateResident(ctx context.Context, pin secret.Secret, r Resident) error
	room(ctx context.Context, pin secret.Secret) (used, free int, err error)

	minPIN(ctx context.Context, pin secret.Secret, points int) error
	forcePIN(ctx context.Context, pin secret.Secret) error
	alwaysUV(ctx context.Context, pin secret.Secret) error

	touch(ctx context.Context) error
	reset(ctx context.Context) error
	close() error
}

// attested is a new credential as the key answers it.
type attested struct {
	format         string
	authData, stmt []byte // stmt is CBOR
}

// enrolment is one finger being enrolled.
type enrolment interface {
	// next waits for a touch and returns the key's verdict; the first one begins the enrolment.
	next(ctx context.Context) (Sample, error)
	id() []byte                 // of the new template
	cancel(ctx context.Context) // nothing is kept: neither half a template nor a sensor that still waits
	free()                      // what is held in memory
}

// session is a visit to one key: all that does not depend on how the key is asked.
type session struct {
	device Device
	d      driver
	info   Info // as last read
	closed atomic.Bool
}

var (
	_ Configurer = (*session)(nil)
	_ Toucher    = (*session)(nil)
)

// visit begins a session with a key that a driver has opened, or failed to.
func visit(ctx context.Context, device Device, d driver, err error) (Session, error) {
	if err != nil {
		return nil, during("open", err)
	}
	s := &session{device: device, d: d}
	if _, err := s.Info(ctx); err != nil {
		_ = s.Close()
		if is(err, CodeActionTimeout) {
			err = &Error{Op: "open", Code: CodeGone, Err: errMute}
		}
		return nil, err
	}
	return s, nil
}

// errMute is why a key is gone whose line is not: something there speaks CTAPHID.
var errMute = errors.New("it took a channel, and does not say what it is")

// during says in the driver's error what was being done.
func during(op string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Op == "" {
		e.Op = op
	}
	return err
}

// do asks the key something. A PIN with a zero in it would arrive cut short and cost a try.
func (s *session) do(op string, pin secret.Secret, ask func() error) (err error) {
	if s.closed.Load() {
		return &Error{Op: op, Code: CodeGone, Err: os.ErrClosed}
	}
	pin.Use(func(b []byte) {
		if holdsZero(b) {
			err = &Error{Op: op, Code: CodePINPolicy}
		}
	})
	if err != nil {
		return err
	}
	return during(op, ask())
}

// change is do for what changes the key. Where the answer is lost the key may have done it all the same.
func (s *session) change(op string, pin secret.Secret, ask func() error) error {
	return unsure(s.do(op, pin, ask))
}

func unsure(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Code == CodeGone || e.Code == CodeGarbled || errors.Is(e, ErrSilent)) {
		e.Unsure = true
	}
	return err
}

func (s *session) Device() Device { return s.device }

func (s *session) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.d.close()
}

// Info asks the key what it is and what state it is in.
func (s *session) Info(ctx context.Context) (Info, error) {
	var i Info
	err := s.do("read what the key is", secret.Secret{}, func() (err error) { i, err = s.d.info(ctx); return err })
	if err != nil {
		return Info{}, err
	}
	s.info = i.complete()
	return s.info, nil
}

// reread looks at the key again after something it says of itself has changed. What was done is done even if ctx has
// ended meanwhile, so it does not end with it.
func (s *session) reread(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.do("open again", secret.Secret{}, func() error { return s.d.renew(ctx) }); err != nil {
		return unsure(err)
	}
	_, err := s.Info(ctx)
	return unsure(err)
}

// Retries asks how many tries are left.
func (s *session) Retries(ctx context.Context) (Retries, error) {
	r := Retries{PIN: -1, UV: -1}
	if _, known := s.info.Option("clientPin"); known {
		err := s.do("read the PIN tries left", secret.Secret{}, func() (err error) { r.PIN, err = s.d.pinRetries(ctx); return err })
		var e *Error
		switch {
		case errors.As(err, &e) && e.Code == CodePINNotSet: // some keys, YubiKeys among them, count from the first PIN on
			r.PIN = -1
		case err != nil:
			return Retries{}, err
		}
	}
	if s.info.hasSensor() {
		err := s.do("read the finger tries left", secret.Secret{}, func() (err error) { r.UV, err = s.d.uvRetries(ctx); return err })
		var e *Error
		switch {
		case err == nil:
		case errors.As(err, &e) && e.Code > 0: // older keys have a sensor and do not count aloud
			r.UV = -1
		default:
			return Retries{}, err
		}
	}
	r.PIN, r.UV = told(r.PIN, maxTries, -1), told(r.UV, maxTries, -1)
	return r, nil
}

// maxTries is more than any key gives: 8 of a PIN, 25 of a finger (CTAP 2.1 section 6.5.2.3).
const maxTries = 255

// SetPIN sets the first PIN. A key that has one answers CodeAuthInvalid or CodeNotAllowed.
func (s *session) SetPIN(ctx context.Context, pin secret.Secret) error {
	const op = "set the PIN"
	if pin.Empty() {
		return &Error{Op: op, Code: CodePINPolicy}
	}
	return s.change(op, pin, func() error { return s.d.setPIN(ctx, pin) })
}

// ChangePIN replaces the PIN. A wrong old one costs a try.
func (s *session) ChangePIN(ctx context.Context, old, new secret.Secret) error {
	const op = "change the PIN"
	switch {
	case new.Empty():
		return &Error{Op: op, Code: CodePINPolicy}
	case old.Empty(): // that would be the setting of a first PIN
		return &Error{Op: op, Code: CodePUATRequired}
	}
	return s.do(op, old, func() error {
		return s.change(op, new, func() error { return s.d.changePIN(ctx, old, new) })
	})
}

// Touch waits for a touch that means nothing.
func (s *session) Touch(ctx context.Context) error {
	return s.do(touchOp, secret.Secret{}, func() error { return s.d.touch(ctx) })
}

// Reset wipes the key.
func (s *session) Reset(ctx context.Context) error {
	if err := s.change("reset", secret.Secret{}, func() error { return s.d.reset(ctx) }); err != nil {
		return err
	}
	return s.reread(ctx)
}
