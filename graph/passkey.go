package graph

import (
	"context"
	"unicode/utf16"

	"github.com/google/uuid"
	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

func (c *client) passkeys(userID string) *users.ItemAuthenticationFido2MethodsRequestBuilder {
	return c.user(userID).Authentication().Fido2Methods()
}

// CreationOptions needs UserAuthMethod-Passkey.ReadWrite.All and a role over the user.
func (c *client) CreationOptions(ctx context.Context, userID string) (CreationOptions, error) {
	const op = "begin a registration"
	if err := named(op, userID); err != nil {
		return CreationOptions{}, err
	}
	return do(ctx, c, op, looks, func(ctx context.Context) (CreationOptions, error) {
		m, err := got(c.passkeys(userID).CreationOptions().Get(ctx, nil))
		if err != nil {
			return CreationOptions{}, err
		}
		return creationOptionsOf(m)
	})
}

// registration is the body of POST fido2Methods, which the SDK lacks. It holds these fields and no others: rawId, type
// and authenticatorAttachment are refused.
type registration struct {
	DisplayName string `json:"displayName"`
	Credential  struct {
		ID       string `json:"id"`
		Response struct {
			ClientDataJSON    string `json:"clientDataJSON"`
			AttestationObject string `json:"attestationObject"`
		} `json:"response"`
		Extensions struct{} `json:"clientExtensionResults"`
	} `json:"publicKeyCredential"`
}

// nameLimit is how long a passkey's name may be, in UTF-16 units as Microsoft counts.
const nameLimit = 30

func (r Registration) body(op string) (registration, error) {
	var b registration
	if n := len(utf16.Encode([]rune(r.DisplayName))); n < 1 || n > nameLimit {
		return b, badInput(op, "the name of a passkey has 1 to 30 characters")
	}
	if len(r.CredentialID) == 0 || len(r.ClientDataJSON) == 0 || len(r.AttestationObject) == 0 {
		return b, badInput(op, "the key's answer is not complete")
	}
	b.DisplayName = r.DisplayName
	b.Credential.ID = encode(r.CredentialID)
	b.Credential.Response.ClientDataJSON = encode(r.ClientDataJSON)
	b.Credential.Response.AttestationObject = encode(r.AttestationObject)
	return b, nil
}

// RegisterPasskey needs UserAuthMethod-Passkey.ReadWrite.All and a role over the user. Refusals are a vague 400.
func (c *client) RegisterPasskey(ctx context.Context, userID string, r Registration) (Passkey, error) {
	const op = "register the passkey"
	body, err := r.body(op)
	if err == nil {
		err = named(op, userID)
	}
	if err != nil {
		return Passkey{}, err
	}
	return do(ctx, c, op, happensOnce, func(ctx context.Context) (Passkey, error) {
		ri, err := c.passkeys(userID).ToGetRequestInformation(ctx, nil)
		if err == nil {
			ri, err = sending(ri, kiota.POST, body)
		}
		if err != nil {
			return Passkey{}, err
		}
		b, err := raw(ctx, c.v1, ri)
		if err != nil {
			return Passkey{}, err
		}
		return parsePasskey(b)
	})
}

// Passkeys needs UserAuthMethod-Passkey.Read.All.
func (c *client) Passkeys(ctx context.Context, userID string) ([]Passkey, error) {
	const op = "list the passkeys of a user"
	if err := named(op, userID); err != nil {
		return nil, err
	}
	return do(ctx, c, op, looks, func(ctx context.Context) ([]Passkey, error) {
		r, err := got(c.passkeys(userID).Get(ctx, nil))
		if err != nil {
			return nil, err
		}
		return passkeysOf(r)
	})
}

func passkeysOf(r models.Fido2AuthenticationMethodCollectionResponseable) ([]Passkey, error) {
	rows, err := listed(r.GetValue())
	list := []Passkey{}
	for _, m := range rows {
		if m != nil {
			list = append(list, passkeyOf(m))
		}
	}
	return list, err
}

// DeletePasskey needs UserAuthMethod-Passkey.ReadWrite.All. The credential on the key stays until it is deleted there.
func (c *client) DeletePasskey(ctx context.Context, userID, passkeyID string) error {
	const op = "delete a passkey"
	if err := named(op, userID, passkeyID); err != nil {
		return err
	}
	_, err := do(ctx, c, op, removes, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.passkeys(userID).ByFido2AuthenticationMethodId(passkeyID).Delete(ctx, nil)
	})
	return err
}

func parsePasskey(b []byte) (Passkey, error) {
	m, err := modelOf[models.Fido2AuthenticationMethodable](b, models.CreateFido2AuthenticationMethodFromDiscriminatorValue)
	if err != nil {
		return Passkey{}, err
	}
	if deref(m.GetId()) == "" {
		return Passkey{}, errEmpty
	}
	return passkeyOf(m), nil
}

func passkeyOf(m models.Fido2AuthenticationMethodable) Passkey {
	p := Passkey{
		ID: deref(m.GetId()), Name: deref(m.GetDisplayName()), Model: deref(m.GetModel()), Created: deref(m.GetCreatedDateTime()),
		Attested: m.GetAttestationLevel() != nil && *m.GetAttestationLevel() == models.ATTESTED_ATTESTATIONLEVEL,
		Synced:   m.GetPasskeyType() != nil && *m.GetPasskeyType() == models.SYNCED_PASSKEYTYPE,
	}
	p.AAGUID, _ = uuid.Parse(deref(m.GetAaGuid()))
	if ids := CredentialIDs(p.ID); len(ids) > 0 && uuid.Validate(p.ID) != nil { // the documentation's samples are GUIDs
		p.CredentialID = ids[0]
	}
	return p
}
