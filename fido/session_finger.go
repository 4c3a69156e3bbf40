package fido

import (
	"context"

	"keyrollout/internal/secret"
)

// Sensor describes the fingerprint sensor. Of a key that does not tell the longest name, and of a USB device, where
// libfido2 reads the answer and leaves it out, NameSize is the 64 bytes of the standard; a key may take less.
func (s *session) Sensor(ctx context.Context) (out Sensor, err error) {
	const op = "ask about the fingerprint sensor"
	if !s.info.CanEnrol() {
		return Sensor{}, &Error{Op: op, Code: CodeUnsupported}
	}
	err = s.do(op, secret.Secret{}, func() (err error) { out, err = s.d.sensor(ctx); return err })
	if err == nil && out.NameSize == 0 {
		out.NameSize = nameSize
	}
	return out, err
}

// Enrol enrols one finger (CTAP 2.1 section 6.7.4). libfido2 wants the PIN for it. The name of the result is what the
// key took: a key that refuses the name as too long gets it shortened, and none if it refuses that too.
func (s *session) Enrol(ctx context.Context, pin secret.Secret, name string, on func(Sample)) (Fingerprint, error) {
	if err := s.canEnrol(enrolOp, pin); err != nil {
		return Fingerprint{}, err
	}
	e := s.d.enrol(pin)
	defer e.free()
	done := context.WithoutCancel(ctx)
	if err := s.capture(ctx, pin, e, on); err != nil {
		e.cancel(done)
		return Fingerprint{}, err
	}
	// From here on the finger is on the key, whatever becomes of ctx.
	id := e.id()
	for _, n := range shorterNames(name) {
		if s.RenameFingerprint(done, pin, id, n) == nil {
			return Fingerprint{ID: id, Name: n}, s.reread(done)
		}
	}
	return Fingerprint{ID: id}, s.reread(done)
}

// capture takes touches until the key has enough.
func (s *session) capture(ctx context.Context, pin secret.Secret, e enrolment, on func(Sample)) error {
	var judge touchJudge
	ask := s.do
	for {
		var touch Sample
		if err := ask(enrolOp, pin, func() (err error) { touch, err = e.next(ctx); return err }); err != nil {
			return err
		}
		if ask = s.do; touch.Remaining == 1 { // the next one may be the last
			ask = s.change
		}
		done, err := judge.touch(touch, on)
		if done || err != nil {
			return err
		}
	}
}

// Fingerprints lists the enrolled fingers.
func (s *session) Fingerprints(ctx context.Context, pin secret.Secret) (out []Fingerprint, err error) {
	const op = "list the fingerprints"
	if err := s.canEnrol(op, pin); err != nil {
		return nil, err
	}
	err = s.do(op, pin, func() (err error) { out, err = s.d.templates(ctx, pin); return err })
	if is(err, CodeInvalidOption) { // none yet
		return nil, nil
	}
	return out, err
}

// RenameFingerprint gives an enrolled finger another name. CodeInvalidLength and its like mean that the key takes
// shorter names only: 64 bytes are the standard's default, 15 the least that was seen.
func (s *session) RenameFingerprint(ctx context.Context, pin secret.Secret, id []byte, name string) error {
	const op = "name the fingerprint"
	if len(name) > nameSize {
		return &Error{Op: op, Code: CodeInvalidLength}
	}
	return s.onTemplate(op, pin, id, func() error { return s.d.nameTemplate(ctx, pin, id, name) })
}

// RemoveFingerprint removes an enrolled finger. An unknown id is CodeInvalidOption.
func (s *session) RemoveFingerprint(ctx context.Context, pin secret.Secret, id []byte) error {
	err := s.onTemplate("remove the fingerprint", pin, id, func() error { return s.d.removeTemplate(ctx, pin, id) })
	if err != nil {
		return err
	}
	return s.reread(ctx)
}

func (s *session) onTemplate(op string, pin secret.Secret, id []byte, ask func() error) error {
	if err := s.canEnrol(op, pin); err != nil {
		return err
	}
	if len(id) == 0 { // nobody's
		return &Error{Op: op, Code: CodeInvalidOption}
	}
	return s.change(op, pin, ask)
}

// canEnrol tells beforehand what libfido2 would only call an invalid argument.
func (s *session) canEnrol(op string, pin secret.Secret) error {
	switch {
	case !s.info.CanEnrol():
		return &Error{Op: op, Code: CodeUnsupported}
	case pin.Empty():
		return &Error{Op: op, Code: CodePUATRequired}
	}
	return nil
}
