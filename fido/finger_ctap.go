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
func (s *ctapDriver) bio(ctx context.Context, sub byte, p *bioParams, t *ctapclient.Token) (bioReply, error) {
	signed, err := signedCBOR([]byte{1, sub}, p)
	if err != nil {
		return bioReply{}, err
	}
	var out bioReply
	r := bioRequest{Modality: 1, Sub: sub, Params: p, Protocol: t.Number(), Auth: t.Sign(signed)}
	err = s.do(ctx, s.now.command(cmdBioPreview), r, nilFor(sub, &out))
	return out, err
}

// nilFor: the subcommands that only say yes or no have no answer to read.
func nilFor(sub byte, out *bioReply) any {
	if sub == bioCancel || sub == bioName || sub == bioRemove {
		return nil
	}
	return out
}

func (s *ctapDriver) sensor(ctx context.Context) (Sensor, error) {
	r, err := s.bio(ctx, bioSensor, nil, nil)
	return Sensor{sensorKind(r.Kind), r.Samples, r.NameSize}, err
}

// ctapEnrolment is one finger being enrolled.
type ctapEnrolment struct {
	s        *ctapDriver
	pin      secret.Secret
	begun    bool
	token    *ctapclient.Token // from the first touch on
	template []byte
}

func (s *ctapDriver) enrol(pin secret.Secret) enrolment { return &ctapEnrolment{s: s, pin: pin} }

func (e *ctapEnrolment) next(ctx context.Context) (Sample, error) {
	sub := byte(bioNext)
	if !e.begun {
		sub = bioBegin
		var err error
		if e.token, err = e.s.token(ctx, e.pin, ctapclient.BioEnroll, ""); err != nil {
			return Sample{}, err
		}
	}
	r, err := e.s.bio(ctx, sub, &bioParams{ID: e.template, Timeout: sampleTime}, e.token)
	if sub == bioBegin && err == nil {
		e.begun, e.template = true, r.ID
	}
	return Sample{Status: r.Status, Remaining: r.Remaining}, err
}

func (e *ctapEnrolment) id() []byte { return e.template }

func (e *ctapEnrolment) cancel(ctx context.Context) { _, _ = e.s.bio(ctx, bioCancel, nil, nil) }

func (e *ctapEnrolment) free() { e.token.Wipe() }

func (s *ctapDriver) templates(ctx context.Context, pin secret.Secret) ([]Fingerprint, error) {
	r, err := s.signedBio(ctx, pin, bioList, nil)
	var out []Fingerprint
	for _, f := range r.Templates {
		out = append(out, Fingerprint{ID: f.ID, Name: f.Name})
	}
	return out, err
}

func (s *ctapDriver) nameTemplate(ctx context.Context, pin secret.Secret, id []byte, name string) error {
	_, err := s.signedBio(ctx, pin, bioName, &bioParams{ID: id, Name: &name})
	return err
}

func (s *ctapDriver) removeTemplate(ctx context.Context, pin secret.Secret, id []byte) error {
	_, err := s.signedBio(ctx, pin, bioRemove, &bioParams{ID: id})
	return err
}

func (s *ctapDriver) signedBio(ctx context.Context, pin secret.Secret, sub byte, p *bioParams) (bioReply, error) {
	t, err := s.token(ctx, pin, ctapclient.BioEnroll, "")
	if err != nil {
		return bioReply{}, err
	}
	defer t.Wipe()
	return s.bio(ctx, sub, p, t)
}
