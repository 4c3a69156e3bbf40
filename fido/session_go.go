package fido

import (
	"context"
	"errors"
	"os"
	"time"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/fido/internal/pinuv"
	"keyrollout/internal/secret"
)

// How long a call to a key may take, in either implementation of Session.
const (
	openTime  = 6 * time.Second   // channel and getInfo
	quickTime = 10 * time.Second  // the key only looks something up
	touchTime = 120 * time.Second // a person may have to touch, more than once
)

// goSession is a visit to one key in Go alone, over a Link. It serves the software key in builds without cgo, and is
// tested against the same tests as the session over libfido2.
type goSession struct {
	device Device
	link   Link
	client *ctapclient.Client
	info   Info
	closed bool
}

// openGo begins a visit; the link is the session's to close.
func openGo(ctx context.Context, d Device, l Link) (Session, error) {
	s := &goSession{device: d, link: l}
	var err error
	if s.client, err = ctapclient.Open(ctx, l, openTime); err == nil {
		_, err = s.Info(ctx)
	}
	if err != nil {
		_ = l.Close()
		return nil, goError("open", err)
	}
	return s, nil
}

// goError turns what the client says into what Session promises.
func goError(op string, err error) error {
	var status ctapclient.Status
	var e *Error
	switch {
	case err == nil, errors.As(err, &e):
		return err
	case errors.As(err, &status):
		return &Error{Op: op, Code: Code(status)}
	case errors.Is(err, ctapclient.ErrGone):
		return &Error{Op: op, Code: CodeGone}
	case errors.Is(err, ctapclient.ErrGarbled):
		return &Error{Op: op, Code: CodeGarbled}
	case errors.Is(err, ctapclient.ErrTimeout):
		return &Error{Op: op, Code: CodeActionTimeout}
	case errors.Is(err, ctapclient.ErrU2F):
		return &Error{Op: op, Code: CodeUnsupported, Err: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &Error{Op: op, Code: CodeInternal, Err: err}
}

// do sends one command.
func (s *goSession) do(ctx context.Context, op string, command byte, params, out any, limit time.Duration) error {
	if s.closed {
		return &Error{Op: op, Code: CodeGone, Err: os.ErrClosed}
	}
	return goError(op, s.client.Do(ctx, command, params, out, limit))
}

func (s *goSession) Device() Device { return s.device }

func (s *goSession) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.link.Close()
}

type goInfo struct {
	Versions   []string        `cbor:"1,keyasint"`
	Extensions []string        `cbor:"2,keyasint"`
	AAGUID     []byte          `cbor:"3,keyasint"`
	Options    map[string]bool `cbor:"4,keyasint"`
	MaxMsg     int             `cbor:"5,keyasint"`
	Protocols  []uint8         `cbor:"6,keyasint"`
	MaxCredIDs int             `cbor:"7,keyasint"`
	MaxCredID  int             `cbor:"8,keyasint"`
	Transports []string        `cbor:"9,keyasint"`
	Algorithms []struct {
		Alg int `cbor:"alg"`
	} `cbor:"10,keyasint"`
	LargeBlob  int               `cbor:"11,keyasint"`
	ForcePIN   bool              `cbor:"12,keyasint"`
	MinPIN     int               `cbor:"13,keyasint"`
	Firmware   uint64            `cbor:"14,keyasint"`
	CredBlob   int               `cbor:"15,keyasint"`
	MinPINRPs  int               `cbor:"16,keyasint"`
	UVAttempts int               `cbor:"17,keyasint"`
	UVModality uint64            `cbor:"18,keyasint"`
	Certs      map[string]uint64 `cbor:"19,keyasint"`
	Residents  *int              `cbor:"20,keyasint"`
}

func (s *goSession) Info(ctx context.Context) (Info, error) {
	var r goInfo
	if err := s.do(ctx, "read what the key is", 0x04, nil, &r, quickTime); err != nil {
		return Info{}, err
	}
	i := Info{Versions: r.Versions, Extensions: r.Extensions, Options: r.Options, Protocols: r.Protocols,
		Transports: r.Transports, Firmware: r.Firmware, MinPIN: r.MinPIN, ForcePIN: r.ForcePIN, MaxMsg: r.MaxMsg,
		MaxCredIDs: r.MaxCredIDs, MaxCredID: r.MaxCredID, Residents: -1,
		MaxLargeBlob: r.LargeBlob, MaxCredBlob: r.CredBlob, MinPINRPs: r.MinPINRPs, UVAttempts: r.UVAttempts,
		UVModality: r.UVModality, Certs: r.Certs}
	copy(i.AAGUID[:], r.AAGUID)
	for _, a := range r.Algorithms {
		i.Algorithms = append(i.Algorithms, a.Alg)
	}
	if r.Residents != nil {
		i.Residents = *r.Residents
	}
	if i.Options == nil {
		i.Options = map[string]bool{}
	}
	s.info = i.complete()
	return s.info, nil
}

func (s *goSession) Retries(ctx context.Context) (Retries, error) {
	r := Retries{PIN: -1, UV: -1}
	if s.closed {
		return Retries{}, &Error{Op: "read the PIN tries left", Code: CodeGone, Err: os.ErrClosed}
	}
	if _, known := s.info.Option("clientPin"); known {
		n, err := s.client.PINRetries(ctx, quickTime)
		if err != nil {
			return Retries{}, goError("read the PIN tries left", err)
		}
		r.PIN = n
	}
	if s.info.hasSensor() {
		n, err := s.client.UVRetries(ctx, quickTime)
		var refused ctapclient.Status
		switch {
		case err == nil:
			r.UV = n
		case !errors.As(err, &refused): // older keys have a sensor and do not count aloud
			return Retries{}, goError("read the finger tries left", err)
		}
	}
	return r, nil
}

// protocol is the PIN/UV auth protocol to speak: two where the key has it.
func (s *goSession) protocol() pinuv.Protocol {
	for _, p := range s.info.Protocols {
		if p == byte(pinuv.Two) {
			return pinuv.Two
		}
	}
	return pinuv.One
}

func (s *goSession) SetPIN(ctx context.Context, pin secret.Secret) error {
	const op = "set the PIN"
	if err := s.usablePIN(op, pin); err != nil {
		return err
	}
	if err := s.client.SetPIN(ctx, s.protocol(), pin, touchTime); err != nil {
		return goError(op, err)
	}
	return nil
}

func (s *goSession) ChangePIN(ctx context.Context, old, new secret.Secret) error {
	const op = "change the PIN"
	if err := s.usablePIN(op, new); err != nil {
		return err
	}
	if old.Empty() {
		return &Error{Op: op, Code: CodePUATRequired}
	}
	return goError(op, s.client.ChangePIN(ctx, s.protocol(), old, new, touchTime))
}

func (s *goSession) usablePIN(op string, pin secret.Secret) (err error) {
	if s.closed {
		return &Error{Op: op, Code: CodeGone, Err: os.ErrClosed}
	}
	pin.Use(func(b []byte) {
		if len(b) == 0 || holdsZero(b) {
			err = &Error{Op: op, Code: CodePINPolicy}
		}
	})
	return err
}

func (s *goSession) Reset(ctx context.Context) error {
	if err := s.do(ctx, "reset", 0x07, nil, nil, touchTime); err != nil {
		return err
	}
	return s.reread(ctx)
}

func (s *goSession) reread(ctx context.Context) error {
	_, err := s.Info(context.WithoutCancel(ctx))
	return err
}

// token gets a token for a command by PIN, or by the key's own means. Nil, and no error, where the key knows no tokens
// by its own means: then the command itself asks for verification.
func (s *goSession) token(ctx context.Context, op string, pin secret.Secret, permissions uint, rpID string) (*ctapclient.Token, error) {
	if s.closed {
		return nil, &Error{Op: op, Code: CodeGone, Err: os.ErrClosed}
	}
	perm := s.info.Options["pinUvAuthToken"]
	if pin.Empty() && !perm {
		return nil, nil
	}
	if pin.Empty() && !s.info.Options["uv"] {
		return nil, &Error{Op: op, Code: CodePUATRequired}
	}
	t, err := s.client.Token(ctx, ctapclient.TokenRequest{
		Protocol: s.protocol(), WithPermissions: perm, PIN: pin, Permissions: permissions, RPID: rpID,
	}, touchTime)
	return t, goError(op, err)
}
