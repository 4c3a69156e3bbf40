package softkey

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"
)

// nextWindow is how long getNextAssertion has after the answer before (CTAP 2.1 section 6.3).
const nextWindow = 30 * time.Second

// assertRequest is the parameters of authenticatorGetAssertion (section 6.2).
type assertRequest struct {
	RPID       string          `cbor:"1,keyasint"`
	Hash       []byte          `cbor:"2,keyasint"`
	Allow      []descriptor    `cbor:"3,keyasint"`
	Extensions extensions      `cbor:"4,keyasint"`
	Options    map[string]bool `cbor:"5,keyasint"`
	Param      []byte          `cbor:"6,keyasint"`
	Protocol   *uint           `cbor:"7,keyasint"`
}

// assertAnswer is the response.
type assertAnswer struct {
	Credential descriptor  `cbor:"1,keyasint"`
	AuthData   []byte      `cbor:"2,keyasint"`
	Signature  []byte      `cbor:"3,keyasint"`
	User       *userEntity `cbor:"4,keyasint,omitempty"`
	Count      int         `cbor:"5,keyasint,omitempty"`
	BlobKey    []byte      `cbor:"7,keyasint,omitempty"`
}

// assertions is what getNextAssertion goes on with.
type assertions struct {
	rest  []credential
	r     *request
	in    assertInputs
	since time.Time
}

// getAssertion is authenticatorGetAssertion (section 6.2.2), in the order of its steps.
func (k *Key) getAssertion(ctx context.Context, body []byte) (any, error) {
	var a assertRequest
	if err := decode(body, &a); err != nil {
		return nil, err
	}
	switch {
	case a.RPID == "" || a.Hash == nil:
		return nil, errMissingParameter
	case len(a.Hash) != sha256.Size:
		return nil, errInvalidLength
	case a.Param != nil && len(a.Param) == 0: // step 1
		return nil, k.probe(ctx, a.RPID)
	case a.Param != nil: // step 2
		if _, err := k.protocol(a.Protocol); err != nil {
			return nil, err
		}
	}
	r := &request{
		rpID: a.RPID, hash: a.Hash, up: true, uv: a.Options["uv"] && a.Param == nil,
		param: a.Param, protocol: a.Protocol, perm: permAssert,
	}
	if up, ok := a.Options["up"]; ok {
		r.up = up
	}
	if _, ok := a.Options["rk"]; ok { // step 4
		return nil, errUnsupportedOption
	}
	if r.uv && len(k.st.Fingers) == 0 {
		return nil, k.noUV()
	}
	if r.up { // step 5: a silent assertion is let through
		if err := k.alwaysUV(r); err != nil {
			return nil, err
		}
	}
	in, err := k.assertInputs(a.Extensions, r.up)
	if err != nil {
		return nil, err
	}
	if err := k.checkList(a.Allow); err != nil {
		return nil, err
	}
	if err := k.verify(ctx, r); err != nil { // step 6
		return nil, err
	}
	found := k.applicable(a.Allow, r) // steps 7 and 8
	if len(found) == 0 {
		return nil, errNoCredentials
	}
	if r.up { // step 9
		if err := k.touched(ctx, r); err != nil {
			return nil, err
		}
	}
	answer, err := k.assert(found[0], r, in, len(found) > 1)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		answer.Count = len(found)
		k.next = &assertions{rest: found[1:], r: r, in: in, since: k.o.Clock()}
	}
	return answer, nil
}

// applicable finds the credentials that may answer: of the list one is enough; without a list all discoverable ones,
// newest first (step 7). credProtect hides what the user's verification has not opened (section 12.1).
func (k *Key) applicable(allow []descriptor, r *request) []credential {
	for _, d := range allow {
		if d.Type != publicKeyType {
			continue
		}
		if c, err := k.find(d.ID, r.rpID); err == nil && (c.Protect < 3 || r.verified) {
			return []credential{c}
		}
	}
	if len(allow) > 0 {
		return nil
	}
	var found []credential
	for _, c := range k.st.Resident {
		if c.RPID == r.rpID && !c.Hidden && (c.Protect < 2 || r.verified) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b credential) int {
		switch {
		case a.Serial > b.Serial:
			return -1
		case a.Serial < b.Serial:
			return 1
		}
		return 0
	})
	return found
}

// assert signs (steps 11 to 13). The user's names are told only after verification, and only where there is a choice
// among several accounts (section 6.2, member user); a derived credential knows no user.
func (k *Key) assert(c credential, r *request, in assertInputs, choice bool) (*assertAnswer, error) {
	outputs, err := k.assertOutputs(in, c, r.verified)
	if err != nil {
		return nil, err
	}
	counter, err := k.count(&c)
	if err != nil {
		return nil, err
	}
	data, err := authData(r.rpID, r.up, r.verified, counter, nil, outputs)
	if err != nil {
		return nil, err
	}
	s, err := c.signer()
	if err != nil {
		return nil, err
	}
	sig, err := sign(s, data, r.hash)
	if err != nil {
		return nil, err
	}
	a := &assertAnswer{Credential: descriptor{ID: c.ID, Type: publicKeyType}, AuthData: data, Signature: sig}
	// An empty user id, which WebAuthn forbids and CTAP lets pass, is left out: clients stumble over it.
	if !c.derived && !c.Hidden && len(c.UserID) > 0 {
		a.User = &userEntity{ID: c.UserID}
		if choice && r.verified {
			a.User.Name, a.User.DisplayName = c.UserName, c.DisplayName
		}
	}
	if in.blobKey {
		a.BlobKey = c.BlobKey
	}
	return a, nil
}

// getNextAssertion is authenticatorGetNextAssertion (section 6.3).
func (k *Key) getNextAssertion() (any, error) {
	n := k.next
	if n == nil {
		return nil, errNotAllowed
	}
	if k.o.Clock().Sub(n.since) > nextWindow {
		k.next = nil
		return nil, errNotAllowed
	}
	c := n.rest[0]
	if n.rest = n.rest[1:]; len(n.rest) == 0 {
		k.next = nil
	}
	n.since = k.o.Clock()
	return k.assert(c, n.r, n.in, true)
}
