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
func (s *ctapDriver) manage(ctx context.Context, sub byte, p *mgmtParams, pin secret.Secret, rpID string) (mgmtReply, error) {
	r := mgmtRequest{Sub: sub, Params: p}
	if sub != mgmtNextRP && sub != mgmtNext {
		t, err := s.token(ctx, pin, ctapclient.CredMgmt, rpID)
		if err != nil {
			return mgmtReply{}, err
		}
		defer t.Wipe()
		signed, err := signedCBOR([]byte{sub}, p)
		if err != nil {
			return mgmtReply{}, err
		}
		r.Auth, r.Protocol = t.Sign(signed), t.Number()
	}
	command := s.now.command(cmdMgmtPreview)
	var out mgmtReply
	if sub == mgmtDelete || sub == mgmtUpdate {
		return out, s.do(ctx, command, r, nil)
	}
	err := s.do(ctx, command, r, &out)
	return out, err
}

func (s *ctapDriver) relyingParties(ctx context.Context, pin secret.Secret) (out []string, err error) {
	err = s.list(ctx, mgmtRPs, mgmtNextRP, nil, pin, "", func(r mgmtReply) int {
		out = append(out, r.RP.ID)
		return r.RPs
	})
	return out, err
}

func (s *ctapDriver) residents(ctx context.Context, pin secret.Secret, rp string) (out []Resident, err error) {
	hash := sha256.Sum256([]byte(rp))
	err = s.list(ctx, mgmtCreds, mgmtNext, &mgmtParams{RPHash: hash[:]}, pin, rp, func(r mgmtReply) int {
		out = append(out, Resident{ID: r.Credential.ID, RPID: rp, UserID: r.User.ID, UserName: r.User.Name,
			DisplayName: r.User.DisplayName, CredProtect: r.CredProtect})
		return r.Credentials
	})
	return out, err
}

// list asks for the first and then for the others; add returns how many the first answer told of.
func (s *ctapDriver) list(ctx context.Context, first, next byte, p *mgmtParams, pin secret.Secret, rpID string, add func(mgmtReply) int) error {
	r, err := s.manage(ctx, first, p, pin, rpID)
	if err != nil || r.RPs+r.Credentials == 0 {
		return err
	}
	n := add(r)
	if n < 0 || n > maxListings {
		return &Error{Code: CodeGarbled}
	}
	for i := 1; i < n; i++ {
		if r, err = s.manage(ctx, next, nil, pin, ""); err != nil {
			return err
		}
		add(r)
	}
	return nil
}

func (s *ctapDriver) deleteResident(ctx context.Context, pin secret.Secret, id []byte) error {
	_, err := s.manage(ctx, mgmtDelete, &mgmtParams{Credential: &descriptor{id, "public-key"}}, pin, "")
	return err
}

func (s *ctapDriver) updateResident(ctx context.Context, pin secret.Secret, r Resident) error {
	_, err := s.manage(ctx, mgmtUpdate, &mgmtParams{
		Credential: &descriptor{r.ID, "public-key"}, User: &userEntity{r.UserID, r.UserName, r.DisplayName},
	}, pin, "")
	return err
}

func (s *ctapDriver) room(ctx context.Context, pin secret.Secret) (used, free int, err error) {
	r, err := s.manage(ctx, mgmtMetadata, nil, pin, "")
	return r.Used, r.Free, err
}
