package fido

import (
	"context"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/internal/secret"
)

// Fingerprints in Go alone: authenticatorBioEnrollment (CTAP 2.1 section 6.7).

const (
	bioBegin  = 1
	bioNext   = 2
	bioCancel = 3
	bioList   = 4
	bioName   = 5
	bioRemove = 6
	bioSensor = 7
)

type bioParams struct {
	ID      []byte  `cbor:"1,keyasint,omitempty"`
	Name    *string `cbor:"2,keyasint,omitempty"`
	Timeout uint    `cbor:"3,keyasint,omitempty"` // milliseconds
}

type bioRequest struct {
	Modality int        `cbor:"1,keyasint"`
	Sub      byte       `cbor:"2,keyasint"`
	Params   *bioParams `cbor:"3,keyasint,omitempty"`
	Protocol uint       `cbor:"4,keyasint,omitempty"`
	Auth     []byte     `cbor:"5,keyasint,omitempty"`
}

type bioReply struct {
	Kind      int          `cbor:"2,keyasint"`
	Samples   int          `cbor:"3,keyasint"`
	ID        []byte       `cbor:"4,keyasint"`
	Status    SampleStatus `cbor:"5,keyasint"`
	Remaining int          `cbor:"6,keyasint"`
	Templates []struct {
		ID   []byte `cbor:"1,keyasint"`
		Name string `cbor:"2,keyasint"`
	} `cbor:"7,keyasint"`
	NameSize int `cbor:"8,keyasint"`
}

// bio sends one subcommand. Begin and its like are signed with the token, Cancel and Sensor need none.
func (s *goSession) bio(ctx context.Context, op string, sub byte, p *bioParams, t *ctapclient.Token) (bioReply, error) {
	r := bioRequest{Modality: 1, Sub: sub, Params: p, Protocol: t.Number()}
	signed := []byte{1, sub}
	if p != nil {
		b, err := ctapclient.Encode(p)
		if err != nil {
			return bioReply{}, goError(op, err)
		}
		signed = append(signed, b...)
	}
	r.Auth = t.Sign(signed)
	command := byte(0x40)
	if _, ok := s.info.Option("bioEnroll"); ok {
		command = 0x09
	}
	var out bioReply
	err := s.do(ctx, op, command, r, nilFor(sub, &out), touchTime)
	return out, err
}

// nilFor: the subcommands that only say yes or no have no answer to read.
func nilFor(sub byte, out *bioReply) any {
	if sub == bioCancel || sub == bioName || sub == bioRemove {
		return nil
	}
	return out
}

func (s *goSession) Sensor(ctx context.Context) (Sensor, error) {
	const op = "ask about the fingerprint sensor"
	if !s.info.CanEnrol() {
		return Sensor{}, &Error{Op: op, Code: CodeUnsupported}
	}
	r, err := s.bio(ctx, op, bioSensor, nil, nil)
	if err != nil {
		return Sensor{}, err
	}
	out := Sensor{Kind: "touch", Samples: r.Samples, NameSize: r.NameSize}
	if r.Kind == 2 {
		out.Kind = "swipe"
	}
	if out.NameSize == 0 {
		out.NameSize = nameSize
	}
	return out, nil
}

func (s *goSession) Enrol(ctx context.Context, pin secret.Secret, name string, on func(Sample)) (Fingerprint, error) {
	t, err := s.bioToken(ctx, enrolOp, pin)
	if err != nil {
		return Fingerprint{}, err
	}
	defer t.Wipe()
	id, err := s.capture(ctx, t, on)
	if err != nil {
		_, _ = s.bio(context.WithoutCancel(ctx), "stop the enrolment", bioCancel, nil, nil)
		return Fingerprint{}, err
	}
	done := context.WithoutCancel(ctx)
	for _, n := range shorterNames(name) {
		if s.RenameFingerprint(done, pin, id, n) == nil {
			return Fingerprint{ID: id, Name: n}, s.reread(done)
		}
	}
	return Fingerprint{ID: id}, s.reread(done)
}

func (s *goSession) capture(ctx context.Context, t *ctapclient.Token, on func(Sample)) (id []byte, err error) {
	var judge touchJudge
	sub := byte(bioBegin)
	for {
		r, err := s.bio(ctx, enrolOp, sub, &bioParams{ID: id, Timeout: sampleTime}, t)
		if err != nil {
			return nil, err
		}
		if sub == bioBegin {
			id, sub = r.ID, bioNext
		}
		done, err := judge.touch(Sample{Status: r.Status, Remaining: r.Remaining}, on)
		if done || err != nil {
			return id, err
		}
	}
}

func (s *goSession) Fingerprints(ctx context.Context, pin secret.Secret) ([]Fingerprint, error) {
	const op = "list the fingerprints"
	t, err := s.bioToken(ctx, op, pin)
	if err != nil {
		return nil, err
	}
	defer t.Wipe()
	r, err := s.bio(ctx, op, bioList, nil, t)
	if is(err, CodeInvalidOption) { // none yet
		return nil, nil
	}
	var out []Fingerprint
	for _, f := range r.Templates {
		out = append(out, Fingerprint{ID: f.ID, Name: f.Name})
	}
	return out, err
}

func (s *goSession) RenameFingerprint(ctx context.Context, pin secret.Secret, id []byte, name string) error {
	const op = "name the fingerprint"
	if len(name) > nameSize {
		return &Error{Op: op, Code: CodeInvalidLength}
	}
	return s.onTemplate(ctx, op, pin, bioName, &bioParams{ID: id, Name: &name})
}

func (s *goSession) RemoveFingerprint(ctx context.Context, pin secret.Secret, id []byte) error {
	if err := s.onTemplate(ctx, "remove the fingerprint", pin, bioRemove, &bioParams{ID: id}); err != nil {
		return err
	}
	return s.reread(ctx)
}

func (s *goSession) onTemplate(ctx context.Context, op string, pin secret.Secret, sub byte, p *bioParams) error {
	t, err := s.bioToken(ctx, op, pin)
	if err != nil {
		return err
	}
	defer t.Wipe()
	if len(p.ID) == 0 {
		return &Error{Op: op, Code: CodeInvalidOption}
	}
	_, err = s.bio(ctx, op, sub, p, t)
	return err
}

func (s *goSession) bioToken(ctx context.Context, op string, pin secret.Secret) (*ctapclient.Token, error) {
	if !s.info.CanEnrol() {
		return nil, &Error{Op: op, Code: CodeUnsupported}
	}
	if pin.Empty() {
		return nil, &Error{Op: op, Code: CodePUATRequired}
	}
	return s.token(ctx, op, pin, ctapclient.BioEnroll, "")
}
