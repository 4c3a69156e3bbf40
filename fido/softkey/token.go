package softkey

import (
	"fmt"
	"io"
	"time"

	"keyrollout/fido/internal/pinuv"
)

// Permissions of a pinUvAuthToken (CTAP 2.1 section 6.5.5.7, table of permissions).
const (
	permMake     uint = 0x01
	permAssert   uint = 0x02
	permCredMgmt uint = 0x04
	permBio      uint = 0x08
	permBlob     uint = 0x10
	permConfig   uint = 0x20
	permList     uint = 0x40 // pcmr, CTAP 2.2: persistent, alone
)

// Limits of a pinUvAuthToken on USB (section 6.5.3).
const (
	tokenUnused  = 30 * time.Second // "initial usage time limit"
	tokenPresent = 30 * time.Second // "user present time limit"
	tokenLife    = 10 * time.Minute // "max usage time period"
)

// token is the state of the one pinUvAuthToken in use (section 6.5.2.1). It lives in memory only.
type token struct {
	value       []byte
	protocol    pinuv.Protocol
	permissions uint
	rpID        string
	present     bool // user present flag
	verified    bool // user verified flag
	begun       time.Time
	used        bool
	// old is a pinToken of CTAP 2.0 (section 5.5.7 there): it serves any RP, any number of times, until the power goes.
	old bool
}

// newToken voids the token there was and begins to use a new one: resetPinUvAuthToken() and
// beginUsingPinUvAuthToken() of section 6.5.5.7.
func (k *Key) newToken(p pinuv.Protocol, permissions uint, rpID string, present bool) error {
	k.voidToken()
	t := &token{
		value: make([]byte, pinuv.TokenSize), protocol: p, permissions: permissions, rpID: rpID,
		present: present, verified: true, begun: k.o.Clock(), old: !k.o.Profile.PinUvAuthToken,
	}
	if _, err := io.ReadFull(k.o.Rand, t.value); err != nil {
		return err
	}
	k.token = t
	return nil
}

// voidToken is stopUsingPinUvAuthToken().
func (k *Key) voidToken() {
	if k.token != nil {
		clear(k.token.value)
		k.token = nil
	}
}

// expireToken is pinUvAuthTokenUsageTimerObserver(): it is looked at when a token is needed, not by a timer.
func (k *Key) expireToken() {
	t := k.token
	if t == nil || t.old {
		return
	}
	age := k.o.Clock().Sub(t.begun)
	if age < 0 || age >= tokenLife || !t.used && age >= tokenUnused {
		k.voidToken()
		return
	}
	if age >= tokenPresent {
		t.present = false
	}
}

// authorise checks a pinUvAuthParam over a message: protocol, signature, permission (verify() of section 6.5.6).
// A token that is not in use verifies nothing.
func (k *Key) authorise(protocol *uint, param []byte, permission uint, message ...[]byte) (*token, error) {
	p, err := k.protocol(protocol)
	if err != nil {
		return nil, err
	}
	k.expireToken()
	t := k.token
	if t == nil || t.protocol != p {
		return nil, errPINAuthInvalid
	}
	var all []byte
	for _, m := range message {
		all = append(all, m...)
	}
	if !pinuv.Verify(p, t.value, all, param) || t.permissions&permission == 0 {
		return nil, errPINAuthInvalid
	}
	t.used = true
	return t, nil
}

// bind ties a token to an RP on first use, and refuses it for any other (section 6.1.2).
func (t *token) bind(rpID string) error {
	switch {
	case t.old || t.rpID == rpID:
	case t.rpID == "":
		t.rpID = rpID
	default:
		return errPINAuthInvalid
	}
	return nil
}

// spend is what a touch in makeCredential and getAssertion does to a token: clearUserPresentFlag,
// clearUserVerifiedFlag and clearPinUvAuthTokenPermissionsExceptLbw (section 6.1.2).
func (t *token) spend() {
	if t.old {
		return
	}
	t.present, t.verified = false, false
	t.permissions &= permBlob
}

// protocol checks a pinUvAuthProtocol parameter.
func (k *Key) protocol(p *uint) (pinuv.Protocol, error) {
	if p == nil {
		return 0, errMissingParameter
	}
	for _, known := range k.o.Profile.Protocols {
		if *p == known {
			return pinuv.Protocol(*p), nil
		}
	}
	return 0, errInvalidParameter
}

// drawListToken draws the persistent token where the profile has one and the state has none. It reads the list of
// credentials until the PIN is changed or the key reset (CTAP 2.2 section 6.5.5.7). What getInfo encrypts under it is
// there before anybody has asked for the token, so that the token has to be.
func (s *state) drawListToken(p Profile, rand io.Reader) (drawn bool, err error) {
	if !p.PersistentRO || len(s.ListToken) > 0 {
		return false, nil
	}
	t := make([]byte, pinuv.TokenSize)
	if _, err := io.ReadFull(rand, t); err != nil {
		return false, fmt.Errorf("softkey: no randomness: %w", err)
	}
	s.ListToken = t
	return true, nil
}

// authoriseList checks a pinUvAuthParam made with the persistent token.
func (k *Key) authoriseList(protocol *uint, param []byte, message []byte) (*token, error) {
	p, err := k.protocol(protocol)
	if err != nil {
		return nil, err
	}
	if len(k.st.ListToken) == 0 || !pinuv.Verify(p, k.st.ListToken, message, param) {
		return nil, errPINAuthInvalid
	}
	return &token{permissions: permList}, nil
}
