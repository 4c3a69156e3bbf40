package softkey

import (
	"bytes"
	"context"
	"io"
	"time"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/matcher"
)

// bioRequest is the parameters of authenticatorBioEnrollment (CTAP 2.1 section 6.7). The parameters of a subcommand
// stay as they came: pinUvAuthParam is computed over exactly these bytes.
type bioRequest struct {
	Modality    *uint           `cbor:"1,keyasint"`
	Sub         *uint           `cbor:"2,keyasint"`
	Params      cbor.RawMessage `cbor:"3,keyasint"`
	Protocol    *uint           `cbor:"4,keyasint"`
	Param       []byte          `cbor:"5,keyasint"`
	GetModality *bool           `cbor:"6,keyasint"`
}

type bioParams struct {
	TemplateID []byte  `cbor:"1,keyasint"`
	Name       *string `cbor:"2,keyasint"`
	Timeout    *uint   `cbor:"3,keyasint"` // ms
}

// bioAnswer is its response.
type bioAnswer struct {
	Modality  *uint      `cbor:"1,keyasint,omitempty"`
	Kind      *uint      `cbor:"2,keyasint,omitempty"`
	Samples   *int       `cbor:"3,keyasint,omitempty"`
	ID        []byte     `cbor:"4,keyasint,omitempty"`
	Status    *uint      `cbor:"5,keyasint,omitempty"`
	Remaining *int       `cbor:"6,keyasint,omitempty"`
	Templates []template `cbor:"7,keyasint,omitempty"`
	NameSize  *int       `cbor:"8,keyasint,omitempty"`
}

// template is a templateInfo. The name is there even when it is empty: some clients want it.
type template struct {
	ID   []byte `cbor:"1,keyasint"`
	Name string `cbor:"2,keyasint"`
}

// enrolment is a finger being enrolled. It is lost with the power, and nothing of it is stored before it is complete.
type enrolment struct {
	id    []byte
	run   *matcher.Enrolment
	count int    // captures so far, refused ones too
	last  []byte // picture of the last capture
}

const (
	modalityFingerprint uint = 1
	kindTouch           uint = 1
	maxCapture               = 60 * time.Second // longest time a client may ask for
)

// bioEnrollment is authenticatorBioEnrollment, under its own number and its preview's.
func (k *Key) bioEnrollment(ctx context.Context, body []byte) (any, error) {
	var r bioRequest
	if err := decode(body, &r); err != nil {
		return nil, err
	}
	modality := modalityFingerprint
	if r.GetModality != nil && *r.GetModality {
		return bioAnswer{Modality: &modality}, nil
	}
	switch {
	case r.Sub == nil || r.Modality == nil:
		return nil, errMissingParameter
	case *r.Modality != modalityFingerprint:
		return nil, errInvalidParameter
	}
	var p bioParams
	if len(r.Params) > 0 {
		if err := decode(r.Params, &p); err != nil {
			return nil, err
		}
	}
	switch *r.Sub {
	case 0x03: // cancelCurrentEnrollment wants no authorisation
		k.enrolment = nil
		return nil, nil
	case 0x07: // getFingerprintSensorInfo neither
		kind, samples, size := kindTouch, k.o.Profile.Samples, k.o.Profile.NameSize
		return bioAnswer{Modality: &modality, Kind: &kind, Samples: &samples, NameSize: &size}, nil
	case 0x01, 0x02, 0x04, 0x05, 0x06:
	default:
		return nil, errInvalidSubcommand
	}
	if r.Param == nil {
		return nil, errPUATRequired
	}
	if _, err := k.authorise(r.Protocol, r.Param, permBio, []byte{byte(*r.Modality), byte(*r.Sub)}, r.Params); err != nil {
		return nil, err
	}
	switch *r.Sub {
	case 0x01:
		return k.enrolBegin(ctx, p)
	case 0x02:
		return k.enrolNext(ctx, p)
	case 0x04:
		return k.templates()
	case 0x05:
		return nil, k.rename(p)
	default:
		return nil, k.removeFinger(p)
	}
}

// enrolBegin is enrollBegin (section 6.7.4): it takes the first sample itself.
func (k *Key) enrolBegin(ctx context.Context, p bioParams) (any, error) {
	if err := k.newEnrolment(); err != nil {
		return nil, err
	}
	e := k.enrolment
	status, err := k.capture(ctx, p)
	if err != nil {
		k.enrolment = nil // the client has not learned the id yet
		return nil, err
	}
	remaining := e.run.Remaining()
	return bioAnswer{ID: e.id, Status: &status, Remaining: &remaining}, k.enrolEnd()
}

// newEnrolment begins with a finger, and gives up one that was not finished.
func (k *Key) newEnrolment() error {
	k.enrolment = nil
	if len(k.st.Fingers) >= k.o.Profile.Fingers {
		return errFPDatabaseFull
	}
	fs, err := k.fingers()
	if err != nil {
		return err
	}
	e := &enrolment{id: make([]byte, 4), run: matcher.NewEnrolment(k.o.Profile.Samples, fs...)}
	for fresh := false; !fresh; fresh = k.findFinger(e.id) < 0 {
		if _, err := io.ReadFull(k.o.Rand, e.id); err != nil {
			return err
		}
	}
	k.enrolment = e
	return nil
}

// enrolNext is enrollCaptureNextSample.
func (k *Key) enrolNext(ctx context.Context, p bioParams) (any, error) {
	e := k.enrolment
	switch {
	case p.TemplateID == nil:
		return nil, errMissingParameter
	case e == nil:
		return nil, errNotAllowed
	case !bytes.Equal(e.id, p.TemplateID):
		return nil, errInvalidOption
	}
	status, err := k.capture(ctx, p)
	if err != nil {
		return nil, err
	}
	remaining := e.run.Remaining()
	return bioAnswer{Status: &status, Remaining: &remaining}, k.enrolEnd()
}

// capture takes one sample and gives lastEnrollSampleStatus. The matcher's verdicts are numbered as CTAP's.
func (k *Key) capture(ctx context.Context, p bioParams) (uint, error) {
	e, limit := k.enrolment, time.Duration(0)
	if p.Timeout != nil {
		limit = min(time.Duration(min(*p.Timeout, 1<<30))*time.Millisecond, maxCapture)
	}
	fs, err := k.fingers()
	if err != nil {
		return 0, err
	}
	e.count++
	defer k.light(lightPower)
	t, err := k.touch(ctx, TouchRequest{Reason: Enrol, Sample: e.count, Knows: knows(fs)}, limit)
	if err != nil {
		e.count--
		return 0, err
	}
	verdict := t.Sensor
	switch {
	case t.None:
		return uint(matcher.NoContact), nil
	case verdict != matcher.Good:
	case t.Image == nil:
		verdict = matcher.NoContact
	case bytes.Equal(t.Image.Pix, e.last):
		verdict = matcher.NoLift // no two touches look the same to the last pixel
	default:
		e.last = bytes.Clone(t.Image.Pix)
		verdict = e.run.Add(*t.Image).Verdict
	}
	k.seen(t, verdict == matcher.Good)
	return uint(verdict), nil
}

// enrolEnd stores the finger once all samples are there.
func (k *Key) enrolEnd() error {
	e := k.enrolment
	if e.run.Remaining() > 0 {
		return nil
	}
	k.enrolment = nil
	f, err := e.run.Finger()
	if err != nil {
		return err
	}
	data, err := f.MarshalBinary()
	if err != nil {
		return err
	}
	k.st.Fingers = append(k.st.Fingers, finger{ID: e.id, Data: data})
	return k.commit()
}

// templates is enumerateEnrollments.
func (k *Key) templates() (any, error) {
	if len(k.st.Fingers) == 0 {
		return nil, errInvalidOption
	}
	var a bioAnswer
	for _, f := range k.st.Fingers {
		a.Templates = append(a.Templates, template{f.ID, f.Name})
	}
	return a, nil
}

// rename is setFriendlyName.
func (k *Key) rename(p bioParams) error {
	if p.TemplateID == nil || p.Name == nil {
		return errMissingParameter
	}
	i := k.findFinger(p.TemplateID)
	switch {
	case i < 0:
		return errInvalidOption
	case len(*p.Name) > k.o.Profile.NameSize:
		return errInvalidLength
	case !utf8.ValidString(*p.Name):
		return errInvalidParameter
	}
	k.st.Fingers[i].Name = *p.Name
	return k.commit()
}

// removeFinger is removeEnrollment.
func (k *Key) removeFinger(p bioParams) error {
	if p.TemplateID == nil {
		return errMissingParameter
	}
	i := k.findFinger(p.TemplateID)
	if i < 0 {
		return errInvalidOption
	}
	k.st.Fingers = append(k.st.Fingers[:i], k.st.Fingers[i+1:]...)
	return k.commit()
}

func (k *Key) findFinger(id []byte) int {
	for i, f := range k.st.Fingers {
		if bytes.Equal(f.ID, id) {
			return i
		}
	}
	return -1
}
