package fido

import (
	"context"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/internal/secret"
)

// Credentials and assertions in Go alone: CTAP 2.1 sections 6.1 and 6.2.

type descriptor struct {
	ID   []byte `cbor:"id"`
	Type string `cbor:"type"`
}

func descriptors(ids [][]byte) []descriptor {
	var out []descriptor
	for _, id := range ids {
		out = append(out, descriptor{id, "public-key"})
	}
	return out
}

type userEntity struct {
	ID          []byte `cbor:"id"`
	Name        string `cbor:"name,omitempty"`
	DisplayName string `cbor:"displayName,omitempty"`
}

type makeRequest struct {
	Hash    []byte `cbor:"1,keyasint"`
	RP      any    `cbor:"2,keyasint"`
	User    any    `cbor:"3,keyasint"`
	Params  []any  `cbor:"4,keyasint"`
	Exclude any    `cbor:"5,keyasint,omitempty"`
	Ext     any    `cbor:"6,keyasint,omitempty"`
	Options any    `cbor:"7,keyasint"`
	Auth    []byte `cbor:"8,keyasint,omitempty"`
	Proto   uint   `cbor:"9,keyasint,omitempty"`
}

type makeReply struct {
	Format   string          `cbor:"1,keyasint"`
	AuthData []byte          `cbor:"2,keyasint"`
	Stmt     cbor.RawMessage `cbor:"3,keyasint"`
}

func (s *ctapDriver) makeCredential(ctx context.Context, pin secret.Secret, r MakeRequest) (attested, error) {
	t, err := s.token(ctx, pin, ctapclient.MakeCredential, r.RPID)
	if err != nil {
		return attested{}, err
	}
	defer t.Wipe()
	options := map[string]bool{"rk": true}
	if t == nil {
		options["uv"] = true
	}
	ext := map[string]any{}
	if r.HMACSecret {
		ext["hmac-secret"] = true
	}
	if r.CredProtect != 0 {
		ext["credProtect"] = r.CredProtect
	}
	rp := map[string]string{"id": r.RPID}
	if r.RPName != "" {
		rp["name"] = r.RPName
	}
	q := makeRequest{Hash: r.ClientDataHash[:], RP: rp, User: userEntity{r.UserID, r.UserName, r.DisplayName},
		Params:  []any{map[string]any{"alg": r.Algorithms[0], "type": "public-key"}},
		Options: options, Auth: t.Sign(r.ClientDataHash[:]), Proto: t.Number()}
	if len(r.Exclude) > 0 {
		q.Exclude = descriptors(r.Exclude)
	}
	if len(ext) > 0 {
		q.Ext = ext
	}
	var a makeReply
	err = s.do(ctx, 0x01, q, &a)
	return attested{a.Format, a.AuthData, a.Stmt}, err
}

type assertRequest struct {
	RPID    string `cbor:"1,keyasint"`
	Hash    []byte `cbor:"2,keyasint"`
	Allow   any    `cbor:"3,keyasint,omitempty"`
	Options any    `cbor:"5,keyasint,omitempty"`
	Auth    []byte `cbor:"6,keyasint,omitempty"`
	Proto   uint   `cbor:"7,keyasint,omitempty"`
}

type assertReply struct {
	Credential descriptor `cbor:"1,keyasint"`
	AuthData   []byte     `cbor:"2,keyasint"`
	Signature  []byte     `cbor:"3,keyasint"`
	User       userEntity `cbor:"4,keyasint"`
	Count      int        `cbor:"5,keyasint"`
}

func (s *ctapDriver) assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	var t *ctapclient.Token
	if r.VerifyUser || !pin.Empty() {
		var err error
		if t, err = s.token(ctx, pin, ctapclient.GetAssertion, r.RPID); err != nil {
			return nil, err
		}
	}
	defer t.Wipe()
	options := map[string]bool{}
	if r.Silent {
		options["up"] = false
	}
	if r.VerifyUser && t == nil {
		options["uv"] = true
	}
	q := assertRequest{RPID: r.RPID, Hash: r.ClientDataHash[:], Auth: t.Sign(r.ClientDataHash[:]), Proto: t.Number()}
	if len(options) > 0 {
		q.Options = options
	}
	if len(r.Allow) > 0 {
		q.Allow = descriptors(r.Allow)
	}
	var out []Assertion
	command, params := byte(0x02), any(q)
	for n := 1; len(out) < n; command, params = 0x08, nil {
		var a assertReply
		if err := s.do(ctx, command, params, &a); err != nil {
			return nil, err
		}
		if len(out) == 0 {
			n = max(1, a.Count)
		}
		out = append(out, Assertion{CredentialID: a.Credential.ID, AuthData: a.AuthData, Signature: a.Signature,
			UserID: a.User.ID, UserName: a.User.Name})
	}
	return out, nil
}
