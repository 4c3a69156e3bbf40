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

func (s *ctapDriver) minPIN(ctx context.Context, pin secret.Secret, points int) error {
	return s.configure(ctx, pin, configMinPIN, &configParams{MinPIN: points})
}

func (s *ctapDriver) forcePIN(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, pin, configMinPIN, &configParams{Force: true})
}

func (s *ctapDriver) alwaysUV(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, pin, configAlwaysUV, nil)
}

func (s *ctapDriver) configure(ctx context.Context, pin secret.Secret, sub byte, p *configParams) error {
	r := configRequest{Sub: sub, Params: p}
	if !pin.Empty() || s.now.Options["uv"] { // else nobody has protected the key yet, and it asks for nothing
		t, err := s.token(ctx, pin, ctapclient.Config, "")
		if err != nil {
			return err
		}
		defer t.Wipe()
		signed, err := signedCBOR(append(bytes.Repeat([]byte{0xFF}, 32), 0x0D, sub), p)
		if err != nil {
			return err
		}
		r.Protocol, r.Auth = t.Number(), t.Sign(signed)
	}
	return s.do(ctx, 0x0D, r, nil)
}
