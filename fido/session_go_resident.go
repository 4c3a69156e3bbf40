package fido

import (
	"context"
	"crypto/sha256"

	"keyrollout/fido/internal/ctapclient"
	"keyrollout/internal/secret"
)

// Resident credentials in Go alone: authenticatorCredentialManagement (CTAP 2.1 section 6.8).

const (
	mgmtMetadata = 1
	mgmtRPs      = 2
	mgmtNextRP   = 3
	mgmtCreds    = 4
	mgmtNext     = 5
	mgmtDelete   = 6
	mgmtUpdate   = 7
	maxListings  = 10000 // no key holds as many: an answer that says so is wrong
)

type mgmtParams struct {
	RPHash     []byte      `cbor:"1,keyasint,omitempty"`
	Credential *descriptor `cbor:"2,keyasint,omitempty"`
	User       *userEntity `cbor:"3,keyasint,omitempty"`
}

type mgmtRequest struct {
	Sub      byte        `cbor:"1,keyasint"`
	Params   *mgmtParams `cbor:"2,keyasint,omitempty"`
	Protocol uint        `cbor:"3,keyasint,omitempty"`
	Auth     []byte      `cbor:"4,keyasint,omitempty"`
}

type mgmtReply struct {
	Used int `cbor:"1,keyasint"`
	Free int `cbor:"2,keyasint"`
	RP   struct {
		ID string `cbor:"id"`
	} `cbor:"3,keyasint"`
	RPs         int        `cbor:"5,keyasint"`
	User        userEntity `cbor:"6,keyasint"`
	Credential  descriptor `cbor:"7,keyasint"`
	Credentials int        `cbor:"9,keyasint"`
	CredProtect int        `cbor:"10,keyasint"`
}

// manage sends one subcommand; those that go on with a listing are not signed.
func (s *goSession) manage(ctx context.Context, op string, sub byte, p *mgmtParams, pin secret.Secret, rpID string) (mgmtReply, error) {
	r := mgmtRequest{Sub: sub, Params: p}
	if sub != mgmtNextRP && sub != mgmtNext {
		t, err := s.token(ctx, op, pin, ctapclient.CredMgmt, rpID)
		if err != nil {
			return mgmtReply{}, err
		}
		defer t.Wipe()
		signed := []byte{sub}
		if p != nil {
			b, err := ctapclient.Encode(p)
			if err != nil {
				return mgmtReply{}, goError(op, err)
			}
			signed = append(signed, b...)
		}
		r.Auth, r.Protocol = t.Sign(signed), t.Number()
	}
	command := byte(0x41)
	if s.info.Options["credMgmt"] {
		command = 0x0A
	}
	var out mgmtReply
	if sub == mgmtDelete || sub == mgmtUpdate {
		return out, s.do(ctx, op, command, r, nil, touchTime)
	}
	err := s.do(ctx, op, command, r, &out, touchTime)
	return out, err
}

func (s *goSession) Credentials(ctx context.Context, pin secret.Secret, rpID string) ([]Resident, error) {
	const op = "list the credentials"
	if !s.info.CanListCredentials() {
		return nil, &Error{Op: op, Code: CodeUnsupported}
	}
	rps := []string{rpID}
	if rpID == "" {
		rps = nil
		err := s.list(ctx, op, mgmtRPs, mgmtNextRP, nil, pin, "", func(r mgmtReply) int {
			rps = append(rps, r.RP.ID)
			return r.RPs
		})
		if none(err) != nil {
			return nil, err
		}
	}
	var out []Resident
	for _, rp := range rps {
		hash := sha256.Sum256([]byte(rp))
		err := s.list(ctx, op, mgmtCreds, mgmtNext, &mgmtParams{RPHash: hash[:]}, pin, rp, func(r mgmtReply) int {
			out = append(out, Resident{ID: r.Credential.ID, RPID: rp, UserID: r.User.ID, UserName: r.User.Name,
				DisplayName: r.User.DisplayName, CredProtect: r.CredProtect})
			return r.Credentials
		})
		if none(err) != nil {
			return nil, err
		}
	}
	return out, nil
}

// list asks for the first and then for the others; add returns how many the first answer told of.
func (s *goSession) list(ctx context.Context, op string, first, next byte, p *mgmtParams, pin secret.Secret, rpID string, add func(mgmtReply) int) error {
	r, err := s.manage(ctx, op, first, p, pin, rpID)
	if err != nil || r.RPs+r.Credentials == 0 {
		return err
	}
	n := min(add(r), maxListings)
	for i := 1; i < n; i++ {
		if r, err = s.manage(ctx, op, next, nil, pin, ""); err != nil {
			return err
		}
		add(r)
	}
	return nil
}

func (s *goSession) DeleteCredential(ctx context.Context, pin secret.Secret, id []byte) error {
	const op = "delete the credential"
	if !s.info.CanListCredentials() {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	if len(id) == 0 {
		return &Error{Op: op, Code: CodeNoCredentials}
	}
	_, err := s.manage(ctx, op, mgmtDelete, &mgmtParams{Credential: &descriptor{id, "public-key"}}, pin, "")
	return err
}
