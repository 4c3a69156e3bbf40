package fido

import (
	"context"
	"errors"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/fido/internal/pinuv"
	"keyrollout/internal/secret"
)

// ctapDriver asks one key in Go alone, over a Link. It serves builds without cgo.
type ctapDriver struct {
	link   Link
	client *ctapclient.Client
	now    Info // as last read
}

// openGo begins a visit; the link is the session's to close.
func openGo(ctx context.Context, d Device, l Link) (Session, error) {
	c, err := ctapclient.Open(ctx, l, openTime)
	if err != nil {
		_ = l.Close()
	}
	return visit(ctx, d, &ctapDriver{link: l, client: c}, goError(err))
}

// goError turns what the client says into what Session promises.
func goError(err error) error {
	var status ctapclient.Status
	var e *Error
	switch {
	case err == nil, errors.As(err, &e):
		return err
	case errors.As(err, &status):
		return &Error{Code: Code(status)}
	case errors.Is(err, ctapclient.ErrGone):
		return &Error{Code: CodeGone}
	case errors.Is(err, ctapclient.ErrGarbled):
		return &Error{Code: CodeGarbled}
	case errors.Is(err, ctapclient.ErrTimeout):
		return &Error{Code: CodeActionTimeout, Err: ErrSilent}
	case errors.Is(err, ctapclient.ErrU2F):
		return &Error{Code: CodeUnsupported, Err: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &Error{Code: CodeInternal, Err: err}
}

// do sends one command.
func (s *ctapDriver) do(ctx context.Context, command byte, params, out any) error {
	return goError(s.client.Do(ctx, command, params, out, touchTime))
}

func (s *ctapDriver) close() error { return s.link.Close() }

func (s *ctapDriver) renew(context.Context) error { return nil } // nothing is kept that info does not read

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
	LongReset  bool              `cbor:"24,keyasint"`
}

func (s *ctapDriver) info(ctx context.Context) (Info, error) {
	var r goInfo
	if err := s.client.Do(ctx, 0x04, nil, &r, quickTime); err != nil {
		return Info{}, goError(err)
	}
	i := Info{Versions: r.Versions, Extensions: r.Extensions, Options: r.Options, Protocols: r.Protocols,
		Transports: r.Transports, Firmware: r.Firmware, MinPIN: r.MinPIN, ForcePIN: r.ForcePIN, MaxMsg: r.MaxMsg,
		MaxCredIDs: r.MaxCredIDs, MaxCredID: r.MaxCredID, Residents: -1,
		MaxLargeBlob: r.LargeBlob, MaxCredBlob: r.CredBlob, MinPINRPs: r.MinPINRPs, UVAttempts: r.UVAttempts,
		UVModality: r.UVModality, Certs: r.Certs, LongReset: r.LongReset}
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
	s.now = i
	return i, nil
}

func (s *ctapDriver) pinRetries(ctx context.Context) (int, error) {
	n, err := s.client.PINRetries(ctx, quickTime)
	return n, goError(err)
}

func (s *ctapDriver) uvRetries(ctx context.Context) (int, error) {
	n, err := s.client.UVRetries(ctx, quickTime)
	return n, goError(err)
}

// protocol is the PIN/UV auth protocol to speak: two where the key has it.
func (s *ctapDriver) protocol() pinuv.Protocol {
	for _, p := range s.now.Protocols {
		if p == byte(pinuv.Two) {
			return pinuv.Two
		}
	}
	return pinuv.One
}

func (s *ctapDriver) setPIN(ctx context.Context, pin secret.Secret) error {
	return goError(s.client.SetPIN(ctx, s.protocol(), pin, touchTime))
}

func (s *ctapDriver) changePIN(ctx context.Context, old, new secret.Secret) error {
	return goError(s.client.ChangePIN(ctx, s.protocol(), old, new, touchTime))
}

func (s *ctapDriver) reset(ctx context.Context) error { return s.do(ctx, 0x07, nil, nil) }

// token gets a token for a command by PIN, or by the key's own means. Nil, and no error, where the key knows no tokens
// by its own means: then the command itself asks for verification.
func (s *ctapDriver) token(ctx context.Context, pin secret.Secret, permissions uint, rpID string) (*ctapclient.Token, error) {
	perm := s.now.Options["pinUvAuthToken"]
	if pin.Empty() && !perm {
		return nil, nil
	}
	if pin.Empty() && !s.now.Options["uv"] {
		return nil, &Error{Code: CodePUATRequired}
	}
	t, err := s.client.Token(ctx, ctapclient.TokenRequest{
		Protocol: s.protocol(), WithPermissions: perm, PIN: pin, Permissions: permissions, RPID: rpID,
	}, touchTime)
	return t, goError(err)
}

// signedCBOR is what a pinUvAuthParam of a subcommand is computed over: what stands before, and the parameters.
func signedCBOR[P any](before []byte, params *P) ([]byte, error) {
	if params == nil {
		return before, nil
	}
	b, err := ctapclient.Encode(params)
	return append(before, b...), goError(err)
}
