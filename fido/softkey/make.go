package softkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/ctapcbor"
)

// makeRequest is the parameters of authenticatorMakeCredential (CTAP 2.1 section 6.1).
type makeRequest struct {
	Hash       []byte           `cbor:"1,keyasint"`
	RP         *rpEntity        `cbor:"2,keyasint"`
	User       *userEntity      `cbor:"3,keyasint"`
	Algorithms []algorithmAsked `cbor:"4,keyasint"`
	Exclude    []descriptor     `cbor:"5,keyasint"`
	Extensions extensions       `cbor:"6,keyasint"`
	Options    map[string]bool  `cbor:"7,keyasint"`
	Param      []byte           `cbor:"8,keyasint"`
	Protocol   *uint            `cbor:"9,keyasint"`
	Enterprise *uint            `cbor:"10,keyasint"`
	Formats    cbor.RawMessage  `cbor:"11,keyasint"` // attestationFormatsPreference, CTAP 2.2
}

// rpEntity is a PublicKeyCredentialRpEntity, userEntity a PublicKeyCredentialUserEntity and descriptor a
// PublicKeyCredentialDescriptor (WebAuthn section 5.4 and 5.8.3). The icons, which CTAP 2.0 had, and the transports have
// to be of their type and are not kept; what else a client puts in is ignored.
type rpEntity struct {
	ID   string `cbor:"id"`
	Name string `cbor:"name,omitempty"`
	Icon string `cbor:"icon,omitempty"`
}

type userEntity struct {
	ID          []byte `cbor:"id"`
	Name        string `cbor:"name,omitempty"`
	DisplayName string `cbor:"displayName,omitempty"`
	Icon        string `cbor:"icon,omitempty"`
}

type descriptor struct {
	ID         ctapcbor.CredentialID `cbor:"id"`
	Type       string                `cbor:"type"`
	Transports []string              `cbor:"transports,omitempty"`
}

// algorithmAsked is a PublicKeyCredentialParameters as it comes in, where both members have to be there.
type algorithmAsked struct {
	Alg  *int    `cbor:"alg"`
	Type *string `cbor:"type"`
}

// checkList checks an exclude or allow list: not too long, every descriptor whole.
func (k *Key) checkList(list []descriptor) error {
	if l := k.o.Profile.MaxCredList; l > 0 && len(list) > l {
		return errLimitExceeded
	}
	for _, d := range list {
		if d.ID == nil || d.Type == "" {
			return errMissingParameter
		}
	}
	return nil
}

// makeAnswer is the response: an attestation object with numbers for names.
type makeAnswer struct {
	Format     string `cbor:"1,keyasint"`
	AuthData   []byte `cbor:"2,keyasint"`
	Statement  any    `cbor:"3,keyasint"`
	Enterprise bool   `cbor:"4,keyasint,omitempty"`
	BlobKey    []byte `cbor:"5,keyasint,omitempty"`
}

// check finds what is missing or cannot be.
func (r makeRequest) check() error {
	switch {
	case r.Hash == nil || r.RP == nil || r.RP.ID == "" || r.User == nil || r.User.ID == nil || r.Algorithms == nil:
		return errMissingParameter
	case len(r.Hash) != sha256.Size || len(r.User.ID) > 64:
		return errInvalidLength
	case len(r.RP.ID) > maxRPID:
		return errLimitExceeded
	}
	return nil
}

// makeCredential is authenticatorMakeCredential (section 6.1.2), in the order of its steps.
func (k *Key) makeCredential(ctx context.Context, body []byte) (any, error) {
	var m makeRequest
	if err := decode(body, &m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.Param != nil && len(m.Param) == 0 { // step 1
		return nil, k.probe(ctx, m.RP.ID)
	}
	if m.Param != nil { // step 2
		if _, err := k.protocol(m.Protocol); err != nil {
			return nil, err
		}
	}
	alg, err := k.choose(m.Algorithms) // step 3
	if err != nil {
		return nil, err
	}
	r := &request{
		rpID: m.RP.ID, hash: m.Hash, up: true, uv: m.Options["uv"] && m.Param == nil,
		param: m.Param, protocol: m.Protocol, perm: permMake,
	}
	rk := m.Options["rk"]
	if up, ok := m.Options["up"]; ok && (!up || !k.o.Profile.PinUvAuthToken) { // step 5; CTAP 2.0 had no such option here
		return nil, errInvalidOption
	}
	if r.uv && len(k.st.Fingers) == 0 {
		return nil, k.noUV()
	}
	if err := k.alwaysUV(r); err != nil { // step 6
		return nil, err
	}
	// Steps 7 and 8. Without makeCredUvNotRqd a protected key makes nothing unverified; with it, nothing discoverable.
	if k.protected() && r.param == nil && !r.uv && (rk || !k.options()["makeCredUvNotRqd"]) {
		return nil, k.denied()
	}
	enterprise, err := k.enterprise(m.Enterprise, r.rpID) // step 9
	if err != nil {
		return nil, err
	}
	in, err := k.makeInputs(m.Extensions, rk)
	if err != nil {
		return nil, err
	}
	if err := k.checkList(m.Exclude); err != nil {
		return nil, err
	}
	if err := k.verify(ctx, r); err != nil { // step 11
		return nil, err
	}
	if k.excluded(m.Exclude, r) { // step 12: tell nothing before a person has touched, or could have
		if !r.present {
			if err := k.presence(ctx, r.rpID, errCredentialExcluded); err != nil {
				return nil, err
			}
		}
		return nil, errCredentialExcluded
	}
	if err := k.touched(ctx, r); err != nil { // step 14
		return nil, err
	}
	return k.create(m, r, in, alg, rk, enterprise)
}

// choose takes the first algorithm of the client's list that the key has (step 3).
func (k *Key) choose(list []algorithmAsked) (int, error) {
	for _, a := range list {
		if a.Alg == nil || a.Type == nil {
			return 0, errMissingParameter
		}
	}
	for _, a := range list {
		if *a.Type == publicKeyType && slices.Contains(k.o.Profile.Algorithms, *a.Alg) {
			return *a.Alg, nil
		}
	}
	return 0, errUnsupportedAlgorithm
}

// enterprise checks the enterpriseAttestation parameter (step 9): whether the attestation may tell this key from all
// others. A site that it was not arranged with gets the ordinary one.
func (k *Key) enterprise(asked *uint, rpID string) (bool, error) {
	switch {
	case asked == nil:
		return false, nil
	case !k.o.Profile.CanEnterprise || !k.st.Enterprise:
		return false, errInvalidParameter
	case *asked != 1 && *asked != 2:
		return false, errInvalidOption
	}
	return *asked == 2 || slices.Contains(k.o.Profile.EnterpriseRPs, rpID), nil
}

// excluded reports whether a credential of the list is on this key (step 12). One that is only for the verified user
// stays hidden from anybody else.
func (k *Key) excluded(list []descriptor, r *request) bool {
	for _, d := range list {
		if d.Type != publicKeyType {
			continue
		}
		if c, err := k.find(d.ID, r.rpID); err == nil && (c.Protect < 3 || r.verified) {
			return true
		}
	}
	return false
}

// create makes the credential, stores it where that is asked for, and attests it (steps 15 to 19).
func (k *Key) create(m makeRequest, r *request, in makeInputs, alg int, rk, enterprise bool) (any, error) {
	var c credential
	var err error
	stored := rk || alg == algRS256 // an RSA key cannot be derived from an id
	if stored {
		c, err = k.newStored(alg, in.protectNow)
	} else {
		c, err = k.newDerived(sha256.Sum256([]byte(r.rpID)), alg, in.protectNow, in.payment)
	}
	if err != nil {
		return nil, err
	}
	c.RPID, c.RPName, c.Hidden = r.rpID, cutName(m.RP.Name), !rk
	c.Payment = in.payment
	c.UserID, c.UserName, c.DisplayName = m.User.ID, cutName(m.User.Name), cutName(m.User.DisplayName)
	if !in.blobKey {
		c.BlobKey = nil
	}
	outputs, err := k.makeOutputs(in, &c, r.rpID, r.verified)
	if err != nil {
		return nil, err
	}
	attested, err := k.attestedData(c)
	if err != nil {
		return nil, err
	}
	if stored {
		if err := k.keep(c); err != nil {
			return nil, err
		}
	}
	data, err := authData(r.rpID, true, r.verified, c.Counter, attested, outputs)
	if err != nil {
		return nil, err
	}
	if k.format(m.Formats) == formatNone {
		return makeAnswer{Format: formatNone, AuthData: data, Statement: struct{}{}, BlobKey: c.BlobKey}, nil
	}
	statement, err := k.st.Batch.attest(enterprise, data, m.Hash)
	return makeAnswer{Format: formatPacked, AuthData: data, Statement: statement, Enterprise: enterprise, BlobKey: c.BlobKey}, err
}

// maxName is how many bytes of a name the key keeps: WebAuthn section 6.4.1 lets a key cut names, at 64 bytes or later, and
// an answer with three of them has to fit into maxMsgSize.
//
// maxRPID is how long a name of the DNS can be, which RP ids are. A longer one is refused: what CTAP 2.1 section 6.8.7 lets
// a key do instead, show the end of it alone, hides the credential from clients that ask for the hash of what was shown.
const (
	maxName = 64
	maxRPID = 253
)

// cutName cuts a name between characters.
func cutName(s string) string {
	n := maxName
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// format chooses the attestation statement format: the first of the client's preference that the key has. It is a
// preference: one that is no list of names is passed over, and so FIDO's conformance tests have it.
func (k *Key) format(preference cbor.RawMessage) string {
	var preferred []string
	if err := decode(preference, &preferred); err != nil {
		return formatPacked
	}
	for _, f := range preferred {
		if slices.Contains(k.o.Profile.AttestationFormats, f) {
			return f
		}
	}
	return formatPacked
}

// keep stores a credential. One for the same RP and user is overwritten (step 17).
func (k *Key) keep(c credential) error {
	for i, old := range k.st.Resident {
		if !c.Hidden && !old.Hidden && old.RPID == c.RPID && bytes.Equal(old.UserID, c.UserID) {
			k.st.Resident[i] = c
			return k.commit()
		}
	}
	if k.room() == 0 {
		return errKeyStoreFull
	}
	k.st.Resident = append(k.st.Resident, c)
	return k.commit()
}
