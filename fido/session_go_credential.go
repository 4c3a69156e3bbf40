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

func (s *goSession) Make(ctx context.Context, pin secret.Secret, r MakeRequest) (Credential, error) {
	const op = "make a credential"
	alg, ok := s.info.algorithm(r.Algorithms)
	if !ok {
		return Credential{}, &Error{Op: op, Code: CodeAlgorithm}
	}
	exclude, err := s.known(ctx, pin, r.RPID, s.info.inLists(s.info.fitting(r.Exclude)))
	if err != nil {
		return Credential{}, err
	}
	t, err := s.token(ctx, op, pin, ctapclient.MakeCredential, r.RPID)
	if err != nil {
		return Credential{}, err
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
		Params:  []any{map[string]any{"alg": alg, "type": "public-key"}},
		Options: options, Auth: t.Sign(r.ClientDataHash[:]), Proto: t.Number()}
	if len(exclude) > 0 {
		q.Exclude = descriptors(exclude)
	}
	if len(ext) > 0 {
		q.Ext = ext
	}
	var a makeReply
	if err := s.do(ctx, op, 0x01, q, &a, touchTime); err != nil {
		return Credential{}, err
	}
	c := Credential{Format: a.Format, AuthData: a.AuthData, AttestationObject: attestationObject(a.Format, a.Stmt, a.AuthData)}
	if c.AAGUID, err = aaguidOf(a.AuthData); err == nil {
		c.ID, err = credentialID(a.AuthData)
	}
	if err != nil {
		return Credential{}, &Error{Op: op, Code: CodeGarbled, Err: err}
	}
	return c, nil
}

// known is what it is in the session over libfido2.
func (s *goSession) known(ctx context.Context, pin secret.Secret, rp string, lists [][][]byte) ([][]byte, error) {
	if len(lists) == 1 {
		return lists[0], nil
	}
	for _, list := range lists {
		_, err := s.assert(ctx, pin, AssertRequest{RPID: rp, Allow: list, Silent: true})
		if err == nil {
			return list, nil
		}
		if none(err) != nil {
			return nil, err
		}
	}
	return nil, nil
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

func (s *goSession) Assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	if !r.VerifyUser {
		pin = secret.Secret{}
	}
	if len(r.Allow) > 0 {
		list, err := s.known(ctx, pin, r.RPID, s.info.inLists(s.info.fitting(r.Allow)))
		if err != nil {
			return nil, err
		}
		if len(list) == 0 { // to send an empty list would mean any credential
			return nil, &Error{Op: assertOp, Code: CodeNoCredentials}
		}
		r.Allow = list
	}
	return s.assert(ctx, pin, r)
}

func (s *goSession) assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	var t *ctapclient.Token
	if r.VerifyUser || !pin.Empty() {
		var err error
		if t, err = s.token(ctx, assertOp, pin, ctapclient.GetAssertion, r.RPID); err != nil {
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
		if err := s.do(ctx, assertOp, command, params, &a, touchTime); err != nil {
			return nil, err
		}
		if len(out) == 0 {
			n = max(1, a.Count)
		}
		if len(a.Credential.ID) == 0 && len(r.Allow) == 1 {
			a.Credential.ID = r.Allow[0] // a key may leave out what was the only choice
		}
		out = append(out, Assertion{CredentialID: a.Credential.ID, AuthData: a.AuthData, Signature: a.Signature,
			UserID: a.User.ID, UserName: a.User.Name})
	}
	return out, nil
}
