package softkey

import (
	"context"

	"keyrollout/fido/internal/pinuv"
)

// pinToken is getPinToken (section 6.5.5.7.1) and getPinUvAuthTokenUsingPinWithPermissions (6.5.5.7.2).
func (k *Key) pinToken(r pinRequest, legacy bool) (any, error) {
	if r.Protocol == nil || r.Agreement == nil || r.PINHashEnc == nil || !legacy && r.Permissions == nil {
		return nil, errMissingParameter
	}
	p, err := k.protocol(r.Protocol)
	if err != nil {
		return nil, err
	}
	permissions, rpID := permMake|permAssert, ""
	if legacy {
		if r.Permissions != nil || r.RPID != nil {
			return nil, errInvalidParameter
		}
	} else if permissions, rpID, err = k.permissions(r, false); err != nil {
		return nil, err
	}
	if err := k.mayTryPIN(); err != nil {
		return nil, err
	}
	s, err := k.decapsulate(p, r.Agreement)
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	if err := k.tryPIN(p, s, r.PINHashEnc); err != nil {
		return nil, err
	}
	switch {
	case k.st.ForcePIN && legacy:
		return nil, errPINInvalid
	case k.st.ForcePIN:
		return nil, errPINPolicyViolation
	}
	return k.handToken(p, s, permissions, rpID, false)
}

// uvToken is getPinUvAuthTokenUsingUvWithPermissions (section 6.5.5.7.3).
func (k *Key) uvToken(ctx context.Context, r pinRequest) (any, error) {
	if r.Protocol == nil || r.Agreement == nil || r.Permissions == nil {
		return nil, errMissingParameter
	}
	p, err := k.protocol(r.Protocol)
	if err != nil {
		return nil, err
	}
	permissions, rpID, err := k.permissions(r, true)
	if err != nil {
		return nil, err
	}
	if len(k.st.Fingers) == 0 {
		return nil, errNotAllowed
	}
	s, err := k.decapsulate(p, r.Agreement)
	if err != nil {
		return nil, err
	}
	defer s.Wipe()
	tries := k.o.Profile.UVInside
	if k.o.Profile.UVPreferred > 1 {
		tries = 1 // the platform does the counting
	}
	if err := k.verifyUser(ctx, rpID, tries); err != nil {
		return nil, err
	}
	return k.handToken(p, s, permissions, rpID, true)
}

// permissions checks what a token is asked for against the options that are on.
func (k *Key) permissions(r pinRequest, uv bool) (uint, string, error) {
	asked, o := *r.Permissions, k.options()
	if asked == 0 {
		return 0, "", errInvalidParameter
	}
	has := func(name string) bool { _, ok := o[name]; return ok }
	refused := asked&permCredMgmt != 0 && !o["credMgmt"] && !o["credentialMgmtPreview"] ||
		asked&permBio != 0 && (!has("bioEnroll") || uv && !o["uvBioEnroll"]) ||
		asked&permBlob != 0 && !o["largeBlobs"] ||
		asked&permConfig != 0 && (!o["authnrCfg"] || uv && !o["uvAcfg"])
	if refused {
		return 0, "", errUnauthorizedPermission
	}
	if asked&permList != 0 {
		switch {
		case !o["perCredMgmtRO"]:
			return 0, "", errUnauthorizedPermission
		case asked != permList:
			return 0, "", errInvalidParameter
		}
		return asked, "", nil
	}
	known := permMake | permAssert | permCredMgmt | permBio | permBlob | permConfig
	rpID := ""
	if r.RPID != nil {
		rpID = *r.RPID
	}
	return asked & known, rpID, nil
}

// handToken begins a token and encrypts it for the platform.
func (k *Key) handToken(p pinuv.Protocol, s *pinuv.Shared, permissions uint, rpID string, present bool) (any, error) {
	if permissions == permList {
		enc, err := s.Encrypt(k.o.Rand, k.st.ListToken)
		return pinAnswer{Token: enc}, err
	}
	if k.token == nil || !k.token.old { // a key of CTAP 2.0 hands out the same one again
		if err := k.newToken(p, permissions, rpID, present); err != nil {
			return nil, err
		}
	}
	enc, err := s.Encrypt(k.o.Rand, k.token.value)
	if err != nil {
		k.voidToken()
		return nil, err
	}
	return pinAnswer{Token: enc}, nil
}
