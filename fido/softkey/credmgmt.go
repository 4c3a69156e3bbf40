package softkey

import (
	"bytes"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"
)

// mgmtRequest is the parameters of authenticatorCredentialManagement (CTAP 2.1 section 6.8).
type mgmtRequest struct {
	Sub      *uint           `cbor:"1,keyasint"`
	Params   cbor.RawMessage `cbor:"2,keyasint"`
	Protocol *uint           `cbor:"3,keyasint"`
	Param    []byte          `cbor:"4,keyasint"`
}

type mgmtParams struct {
	RPHash     []byte      `cbor:"1,keyasint"`
	Credential *descriptor `cbor:"2,keyasint"`
	User       *userEntity `cbor:"3,keyasint"`
}

// mgmtAnswer is its response.
type mgmtAnswer struct {
	Existing  *int        `cbor:"1,keyasint,omitempty"`
	Room      *int        `cbor:"2,keyasint,omitempty"`
	RP        *rpEntity   `cbor:"3,keyasint,omitempty"`
	RPHash    []byte      `cbor:"4,keyasint,omitempty"`
	TotalRPs  int         `cbor:"5,keyasint,omitempty"`
	User      *userEntity `cbor:"6,keyasint,omitempty"`
	ID        *descriptor `cbor:"7,keyasint,omitempty"`
	PublicKey *coseKey    `cbor:"8,keyasint,omitempty"`
	Total     int         `cbor:"9,keyasint,omitempty"`
	Protect   int         `cbor:"10,keyasint,omitempty"`
	BlobKey   []byte      `cbor:"11,keyasint,omitempty"`
	Payment   *bool       `cbor:"12,keyasint,omitempty"` // thirdPartyPayment, CTAP 2.2
}

// listing is what the "next" subcommands go on with: RPs or credentials.
type listing struct {
	rps         []rpEntity
	credentials []credential
}

// credentialManagement is authenticatorCredentialManagement, under its own number and its preview's.
func (k *Key) credentialManagement(body []byte) (any, error) {
	var r mgmtRequest
	if err := decode(body, &r); err != nil {
		return nil, err
	}
	if r.Sub == nil {
		return nil, errMissingParameter
	}
	switch *r.Sub {
	case 0x03:
		return k.nextRP()
	case 0x05:
		return k.nextCredential()
	case 0x01, 0x02, 0x04, 0x06, 0x07:
	default:
		return nil, errInvalidSubcommand
	}
	k.listing = nil
	var p mgmtParams
	if len(r.Params) > 0 {
		if err := decode(r.Params, &p); err != nil {
			return nil, err
		}
	}
	if r.Param == nil {
		return nil, errPUATRequired
	}
	t, err := k.authorise(r.Protocol, r.Param, permCredMgmt, []byte{byte(*r.Sub)}, r.Params)
	if reads := *r.Sub <= 0x04; err != nil && reads && k.o.Profile.PersistentRO {
		t, err = k.authoriseList(r.Protocol, r.Param, append([]byte{byte(*r.Sub)}, r.Params...))
	}
	if err != nil {
		return nil, err
	}
	switch *r.Sub {
	case 0x01:
		return k.metadata(t)
	case 0x02:
		return k.firstRP(t)
	case 0x04:
		return k.firstCredential(t, p)
	case 0x06:
		return nil, k.deleteCredential(t, p)
	default:
		return nil, k.updateUser(t, p)
	}
}

// discoverable is the credentials that can be listed.
func (k *Key) discoverable() []credential {
	var cs []credential
	for _, c := range k.st.Resident {
		if !c.Hidden {
			cs = append(cs, c)
		}
	}
	return cs
}

// metadata is getCredsMetadata (section 6.8.2). A token bound to one RP must not see all.
func (k *Key) metadata(t *token) (any, error) {
	if t.rpID != "" {
		return nil, errPINAuthInvalid
	}
	n, room := len(k.discoverable()), k.room()
	return mgmtAnswer{Existing: &n, Room: &room}, nil
}

// firstRP is enumerateRPsBegin (section 6.8.3).
func (k *Key) firstRP(t *token) (any, error) {
	if t.rpID != "" {
		return nil, errPINAuthInvalid
	}
	l, seen := &listing{}, map[string]bool{}
	for _, c := range k.discoverable() {
		if !seen[c.RPID] {
			seen[c.RPID] = true
			l.rps = append(l.rps, rpEntity{ID: c.RPID, Name: c.RPName})
		}
	}
	if len(l.rps) == 0 {
		return nil, errNoCredentials
	}
	total := len(l.rps)
	k.listing = l
	a, err := k.nextRP()
	a.TotalRPs = total
	return a, err
}

// nextRP is enumerateRPsGetNextRP.
func (k *Key) nextRP() (mgmtAnswer, error) {
	l := k.listing
	if l == nil || len(l.rps) == 0 {
		return mgmtAnswer{}, errNotAllowed
	}
	rp := l.rps[0]
	l.rps = l.rps[1:]
	hash := sha256.Sum256([]byte(rp.ID))
	return mgmtAnswer{RP: &rp, RPHash: hash[:]}, nil
}

// firstCredential is enumerateCredentialsBegin (section 6.8.4).
func (k *Key) firstCredential(t *token, p mgmtParams) (any, error) {
	if p.RPHash == nil {
		return nil, errMissingParameter
	}
	if t.rpID != "" {
		if own := sha256.Sum256([]byte(t.rpID)); !bytes.Equal(own[:], p.RPHash) {
			return nil, errPINAuthInvalid
		}
	}
	l := &listing{}
	for _, c := range k.discoverable() {
		if hash := sha256.Sum256([]byte(c.RPID)); bytes.Equal(hash[:], p.RPHash) {
			l.credentials = append(l.credentials, c)
		}
	}
	if len(l.credentials) == 0 {
		return nil, errNoCredentials
	}
	total := len(l.credentials)
	k.listing = l
	a, err := k.nextCredential()
	a.Total = total
	return a, err
}

// nextCredential is enumerateCredentialsGetNextCredential.
func (k *Key) nextCredential() (mgmtAnswer, error) {
	l := k.listing
	if l == nil || len(l.credentials) == 0 {
		return mgmtAnswer{}, errNotAllowed
	}
	c := l.credentials[0]
	l.credentials = l.credentials[1:]
	s, err := c.signer()
	if err != nil {
		return mgmtAnswer{}, err
	}
	pub, err := publicKey(s)
	if err != nil {
		return mgmtAnswer{}, err
	}
	var payment *bool
	if k.o.Profile.has("thirdPartyPayment") {
		payment = &c.Payment
	}
	return mgmtAnswer{
		Payment:   payment,
		User:      &userEntity{ID: c.UserID, Name: c.UserName, DisplayName: c.DisplayName},
		ID:        &descriptor{ID: c.ID, Type: publicKeyType},
		PublicKey: &pub, Protect: c.Protect, BlobKey: c.BlobKey,
	}, nil
}

// deleteCredential is section 6.8.5.
func (k *Key) deleteCredential(t *token, p mgmtParams) error {
	i, err := k.managed(t, p)
	if err != nil {
		return err
	}
	k.st.Resident = append(k.st.Resident[:i], k.st.Resident[i+1:]...)
	return k.commit()
}

// updateUser is updateUserInformation (section 6.8.6): names may change, the id must stay.
func (k *Key) updateUser(t *token, p mgmtParams) error {
	if p.User == nil {
		return errMissingParameter
	}
	i, err := k.managed(t, p)
	if err != nil {
		return err
	}
	c := &k.st.Resident[i]
	if !bytes.Equal(c.UserID, p.User.ID) {
		return errInvalidParameter
	}
	c.UserName, c.DisplayName = cutName(p.User.Name), cutName(p.User.DisplayName)
	return k.commit()
}

// managed finds the credential a request names, within what the token may touch.
func (k *Key) managed(t *token, p mgmtParams) (int, error) {
	if p.Credential == nil {
		return 0, errMissingParameter
	}
	for i, c := range k.st.Resident {
		if c.Hidden || !bytes.Equal(c.ID, p.Credential.ID) {
			continue
		}
		if t.rpID != "" && t.rpID != c.RPID {
			return 0, errPINAuthInvalid
		}
		return i, nil
	}
	return 0, errNoCredentials
}
