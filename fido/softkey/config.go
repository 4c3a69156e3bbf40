package softkey

import (
	"bytes"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// configRequest is the parameters of authenticatorConfig (CTAP 2.1 section 6.11).
type configRequest struct {
	Sub      *uint           `cbor:"1,keyasint"`
	Params   cbor.RawMessage `cbor:"2,keyasint"`
	Protocol *uint           `cbor:"3,keyasint"`
	Param    []byte          `cbor:"4,keyasint"`
}

type minPINParams struct {
	Length *int     `cbor:"1,keyasint"`
	RPIDs  []string `cbor:"2,keyasint"`
	Force  bool     `cbor:"3,keyasint"`
	Policy bool     `cbor:"4,keyasint"` // pinComplexityPolicy, CTAP 2.2
}

// config is authenticatorConfig. An unprotected key can be configured by anybody, as it can be used by anybody; where
// alwaysUv is on, an unprotected key lets nothing be changed but alwaysUv itself.
func (k *Key) config(body []byte) error {
	var r configRequest
	if err := decode(body, &r); err != nil {
		return err
	}
	if r.Sub == nil {
		return errMissingParameter
	}
	p, sub := k.o.Profile, *r.Sub
	if !slices.Contains(p.configCommands(), sub) { // section 6.11 names this status, and not the one of other commands
		return errInvalidParameter
	}
	if k.protected() || k.st.AlwaysUV && sub != 0x02 {
		if r.Param == nil {
			return errPUATRequired
		}
		head := append(bytes.Repeat([]byte{0xFF}, 32), cmdConfig, byte(sub))
		if _, err := k.authorise(r.Protocol, r.Param, permConfig, head, r.Params); err != nil {
			return err
		}
	}
	switch sub {
	case 0x01: // enableEnterpriseAttestation
		k.st.Enterprise = true
		return k.commit()
	case 0x02: // toggleAlwaysUv
		k.st.AlwaysUV = !k.st.AlwaysUV
		return k.commit()
	case 0x04: // enableLongTouchForReset, CTAP 2.2
		k.st.LongTouch = true
		return k.commit()
	default:
		return k.setMinPIN(r.Params)
	}
}

// configCommands are the subcommands that the profile has.
func (p Profile) configCommands() (subs []uint) {
	for i, has := range []bool{p.CanEnterprise, p.CanAlwaysUV, p.Config, p.CanLongTouch} {
		if has {
			subs = append(subs, uint(i)+1)
		}
	}
	return subs
}

// setMinPIN is setMinPINLength (section 6.11.4). The length only ever rises; a PIN that has become too short, or that
// the client wants changed, opens nothing until it is changed.
func (k *Key) setMinPIN(params []byte) error {
	var p minPINParams
	if len(params) > 0 {
		if err := decode(params, &p); err != nil {
			return err
		}
	}
	length := k.st.MinPIN
	if p.Length != nil {
		length = *p.Length
	}
	switch {
	case length < k.st.MinPIN || length > maxPIN:
		return errPINPolicyViolation
	case len(p.RPIDs) > k.o.Profile.MaxMinPINs:
		return errKeyStoreFull
	case p.Force && k.st.PIN == nil:
		return errPINNotSet
	}
	k.st.MinPIN = length
	if p.RPIDs != nil {
		k.st.MinPINRPs = p.RPIDs
	}
	if p.Policy && k.o.Profile.CanPINPolicy { // it only ever comes on; where there is none it is an unknown member
		k.st.PINPolicy = true
	}
	if k.st.PIN != nil && (p.Force || k.st.PIN.Length < length || k.st.PINPolicy && !k.st.PIN.Complex) {
		k.st.ForcePIN = true
		k.voidToken()
	}
	return k.commit()
}
