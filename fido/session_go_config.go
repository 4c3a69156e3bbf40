package fido

import (
	"bytes"
	"context"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/internal/secret"
)

// Settings in Go alone: authenticatorConfig (CTAP 2.1 section 6.11).

const (
	configAlwaysUV = 2
	configMinPIN   = 3
)

type configParams struct {
	MinPIN int  `cbor:"1,keyasint,omitempty"`
	Force  bool `cbor:"3,keyasint,omitempty"`
}

type configRequest struct {
	Sub      byte          `cbor:"1,keyasint"`
	Params   *configParams `cbor:"2,keyasint,omitempty"`
	Protocol uint          `cbor:"3,keyasint,omitempty"`
	Auth     []byte        `cbor:"4,keyasint,omitempty"`
}

var _ Configurer = (*goSession)(nil)

func (s *goSession) SetMinPIN(ctx context.Context, pin secret.Secret, points int) error {
	if points < 4 || points > MaxPIN {
		return &Error{Op: minPINOp, Code: CodeInvalidParameter}
	}
	return s.configure(ctx, minPINOp, "setMinPINLength", pin, configMinPIN, &configParams{MinPIN: points})
}

func (s *goSession) ForcePINChange(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, forcePINOp, "setMinPINLength", pin, configMinPIN, &configParams{Force: true})
}

func (s *goSession) ToggleAlwaysUV(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, alwaysUVOp, "alwaysUv", pin, configAlwaysUV, nil)
}

func (s *goSession) configure(ctx context.Context, op, option string, pin secret.Secret, sub byte, p *configParams) error {
	if err := s.info.canConfigure(op, option); err != nil {
		return err
	}
	t, err := s.token(ctx, op, pin, ctapclient.Config, "")
	if err != nil {
		return err
	}
	defer t.Wipe()
	signed := append(bytes.Repeat([]byte{0xFF}, 32), 0x0D, sub)
	if p != nil {
		b, err := ctapclient.Encode(p)
		if err != nil {
			return goError(op, err)
		}
		signed = append(signed, b...)
	}
	r := configRequest{Sub: sub, Params: p, Protocol: t.Number(), Auth: t.Sign(signed)}
	if err := s.do(ctx, op, 0x0D, r, nil, touchTime); err != nil {
		return err
	}
	return s.reread(ctx)
}

func (s *goSession) Room(ctx context.Context, pin secret.Secret) (used, free int, err error) {
	if !s.info.CanListCredentials() {
		return 0, 0, &Error{Op: roomOp, Code: CodeUnsupported}
	}
	r, err := s.manage(ctx, roomOp, mgmtMetadata, nil, pin, "")
	return r.Used, r.Free, err
}

func (s *goSession) UpdateUser(ctx context.Context, pin secret.Secret, r Resident) error {
	if !s.info.CanListCredentials() {
		return &Error{Op: updateOp, Code: CodeUnsupported}
	}
	if len(r.ID) == 0 || len(r.UserID) == 0 {
		return &Error{Op: updateOp, Code: CodeNoCredentials}
	}
	_, err := s.manage(ctx, updateOp, mgmtUpdate, &mgmtParams{
		Credential: &descriptor{r.ID, "public-key"}, User: &userEntity{r.UserID, r.UserName, r.DisplayName},
	}, pin, "")
	return err
}
