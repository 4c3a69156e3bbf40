package fido

import (
	"context"
	"errors"

	"keyrollout/internal/secret"
)

// Make makes a resident credential, with the user verified. An empty PIN asks the key to verify the user itself. Of
// r.Algorithms the first that the key has is taken, because libfido2 asks for one only. CodeExcluded: the key already
// holds one of r.Exclude, told after a touch.
func (s *session) Make(ctx context.Context, pin secret.Secret, r MakeRequest) (Credential, error) {
	const op = "make a credential"
	alg, ok := s.info.algorithm(r.Algorithms)
	if !ok {
		return Credential{}, &Error{Op: op, Code: CodeAlgorithm}
	}
	exclude, err := s.known(ctx, pin, r.RPID, r.Exclude)
	if err != nil {
		return Credential{}, err
	}
	r.Algorithms, r.Exclude = []int{alg}, exclude
	var a attested
	if err := s.do(op, pin, func() (err error) { a, err = s.d.makeCredential(ctx, pin, r); return err }); err != nil {
		return Credential{}, s.ofFinger(ctx, pin, err)
	}
	c := Credential{Format: a.format, AuthData: a.authData, AttestationObject: attestationObject(a.format, a.stmt, a.authData)}
	if c.AAGUID, err = aaguidOf(a.authData); err == nil {
		c.ID, err = credentialID(a.authData)
	}
	if err != nil {
		return Credential{}, &Error{Op: op, Code: CodeGarbled, Err: err}
	}
	return c, nil
}

// known cuts ids into lists that the key takes and, when there is more than one, chooses the first that it knows
// something of, by asking in silence (CTAP 2.1 section 6.1.1, pre-flight). Nil when it knows none of them.
func (s *session) known(ctx context.Context, pin secret.Secret, rp string, ids [][]byte) ([][]byte, error) {
	lists := s.info.inLists(s.info.fitting(ids))
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

// Assert asks for assertions. With r.VerifyUser the user is verified, by pin or, when that is empty, by the key. All
// accounts that the key has are answered; names come with verification only. CodeNoCredentials: none.
func (s *session) Assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	if !r.VerifyUser {
		pin = secret.Secret{}
	}
	if len(r.Allow) > 0 {
		list, err := s.known(ctx, pin, r.RPID, r.Allow)
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

// assert asks for what the key can take in one question.
func (s *session) assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error) {
	var out []Assertion
	err := s.do(assertOp, pin, func() (err error) { out, err = s.d.assert(ctx, pin, r); return err })
	if err != nil {
		return nil, s.ofFinger(ctx, pin, err)
	}
	if len(out) == 1 && len(out[0].CredentialID) == 0 && len(r.Allow) == 1 {
		out[0].CredentialID = r.Allow[0] // a key may leave out what was the only choice
	}
	return out, nil
}

// ofFinger takes PIN_BLOCKED for what it is where no PIN was given and tries of one are left: CTAP 2.1 section 6.1.2 has
// that status for the finger's tries as well.
func (s *session) ofFinger(ctx context.Context, pin secret.Secret, err error) error {
	var e *Error
	if !pin.Empty() || !errors.As(err, &e) || e.Code != CodePINBlocked {
		return err
	}
	if r, asked := s.Retries(ctx); asked != nil || r.PIN <= 0 {
		return err
	}
	return &Error{Op: e.Op, Code: CodeUVBlocked, Err: e.Err}
}

// Credentials lists resident credentials. Each relying party is one question to the key, and with an empty PIN one
// finger each. Where those of some relying parties cannot be read the others come with an *UnreadError.
func (s *session) Credentials(ctx context.Context, pin secret.Secret, rpID string) (out []Resident, err error) {
	const op = "list the credentials"
	if !s.info.CanListCredentials() {
		return nil, &Error{Op: op, Code: CodeUnsupported}
	}
	rps := []string{rpID}
	if rpID == "" {
		err := s.do(op, pin, func() (err error) { rps, err = s.d.relyingParties(ctx, pin); return none(err) })
		if err != nil {
			return nil, err
		}
	}
	unread := &UnreadError{}
	for _, rp := range rps {
		var some []Resident
		err := s.do(op, pin, func() (err error) { some, err = s.d.residents(ctx, pin, rp); return none(err) })
		switch {
		case rpID == "" && (is(err, CodeGarbled) || err == nil && len(some) == 0): // although the key has just named the site
			unread.RPIDs = append(unread.RPIDs, rp)
		case err != nil:
			return nil, err
		}
		out = append(out, some...)
	}
	if len(unread.RPIDs) > 0 {
		return out, unread
	}
	return out, nil
}

// DeleteCredential deletes one resident credential. CodeNoCredentials: the key does not hold it.
func (s *session) DeleteCredential(ctx context.Context, pin secret.Secret, id []byte) error {
	return s.onResident("delete the credential", pin, len(id) > 0, func() error { return s.d.deleteResident(ctx, pin, id) })
}

func (s *session) UpdateUser(ctx context.Context, pin secret.Secret, r Resident) error {
	return s.onResident("rename the account", pin, len(r.ID) > 0 && len(r.UserID) > 0, func() error {
		return s.d.updateResident(ctx, pin, r)
	})
}

func (s *session) Room(ctx context.Context, pin secret.Secret) (used, free int, err error) {
	const op = "ask for the room left"
	if !s.info.CanListCredentials() {
		return 0, 0, &Error{Op: op, Code: CodeUnsupported}
	}
	err = s.do(op, pin, func() (err error) { used, free, err = s.d.room(ctx, pin); return err })
	if err == nil && (told(used, maxListings, -1) < 0 || told(free, maxListings, -1) < 0) {
		err = &Error{Op: op, Code: CodeGarbled}
	}
	return used, free, err
}

// onResident changes something by credential management; whole: what is asked names a credential.
func (s *session) onResident(op string, pin secret.Secret, whole bool, ask func() error) error {
	switch {
	case !s.info.CanListCredentials():
		return &Error{Op: op, Code: CodeUnsupported}
	case !whole:
		return &Error{Op: op, Code: CodeNoCredentials}
	}
	return s.change(op, pin, ask)
}
