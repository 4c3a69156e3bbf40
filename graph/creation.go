package graph

import (
	"fmt"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// ParseCreationOptions reads creation options as Graph gives them.
func ParseCreationOptions(b []byte) (CreationOptions, error) {
	m, err := modelOf[models.WebauthnCredentialCreationOptionsable](b, models.CreateWebauthnCredentialCreationOptionsFromDiscriminatorValue)
	if err != nil {
		return CreationOptions{}, err
	}
	return creationOptionsOf(m)
}

// creationOptionsOf refuses options a key could not answer: without challenge, relying party, user or algorithm.
func creationOptionsOf(m models.WebauthnCredentialCreationOptionsable) (CreationOptions, error) {
	k := m.GetPublicKey()
	if k == nil || k.GetRp() == nil || k.GetUser() == nil {
		return CreationOptions{}, errEmpty
	}
	o := CreationOptions{
		Challenge: deref(k.GetChallenge()), Expires: deref(m.GetChallengeTimeoutDateTime()),
		RPID: deref(k.GetRp().GetId()), RPName: deref(k.GetRp().GetName()),
		UserID:   decodeBytes(deref(k.GetUser().GetId())),
		UserName: deref(k.GetUser().GetName()), DisplayName: deref(k.GetUser().GetDisplayName()),
	}
	for _, p := range k.GetPubKeyCredParams() {
		if p != nil && p.GetAlg() != nil && deref(p.GetTypeEscaped()) == "public-key" {
			o.Algorithms = append(o.Algorithms, int(*p.GetAlg()))
		}
	}
	for _, x := range k.GetExcludeCredentials() {
		if x != nil {
			o.Exclude = append(o.Exclude, CredentialIDs(deref(x.GetId()))...)
		}
	}
	if x := k.GetExtensions(); x != nil {
		o.HMACSecret = extension[bool](x, "hmacCreateSecret")
		switch extension[string](x, "credentialProtectionPolicy") {
		case "userVerificationOptional":
			o.CredProtect = 1
		case "userVerificationOptionalWithCredentialIDList":
			o.CredProtect = 2
		case "userVerificationRequired":
			o.CredProtect = 3
		}
	}
	for what, missing := range map[string]bool{
		"challenge": o.Challenge == "", "relying party": o.RPID == "",
		"user id": len(o.UserID) == 0 || len(o.UserID) > 64, "algorithms": len(o.Algorithms) == 0,
	} {
		if missing {
			return CreationOptions{}, fmt.Errorf("the options lack a usable %s", what)
		}
	}
	return o, nil
}

// extension reads from an open type, where the SDK keeps every value behind a pointer.
func extension[T any](x models.WebauthnAuthenticationExtensionsClientInputsable, name string) T {
	p, _ := x.GetAdditionalData()[name].(*T)
	return deref(p)
}
