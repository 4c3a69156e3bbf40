package practice

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"
)

// Verification of registrations and assertions, by the go-webauthn library: type, challenge, origin, hash of the relying
// party's id, user presence and verification, algorithm, attestation statement, signature.

// algorithms are those of the creation options.
var algorithms = []protocol.CredentialParameter{{Type: "public-key", Algorithm: -7}, {Type: "public-key", Algorithm: -257}}

// lenient reads base64url, and padded base64 as the service does for the two response fields.
func lenient(s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}

// reasonOf unwraps the library's errors, whose texts are short and whose details say what was wrong.
func reasonOf(err error) string {
	var e *protocol.Error
	if errors.As(err, &e) {
		return strings.Trim(e.Details+": "+e.DevInfo, ": ")
	}
	return err.Error()
}

// verifyRegistration checks what the key has made. Untrusted tells why its attestation is not that of a listed model; ""
// means that it is.
func (c *call) verifyRegistration(u *user, in registration) (k *passkey, untrusted string, err error) {
	id, e1 := base64.RawURLEncoding.DecodeString(in.Credential.ID)
	clientData, e2 := lenient(in.Credential.Response.ClientDataJSON)
	attestation, e3 := lenient(in.Credential.Response.AttestationObject)
	if e := errors.Join(e1, e2, e3); e != nil || len(id) == 0 {
		return nil, "", errRegistration.because("the id (base64url without padding), clientDataJSON or attestationObject cannot be decoded: %v", e)
	}
	body, err := json.Marshal(object{
		"id": in.Credential.ID, "rawId": in.Credential.ID, "type": "public-key",
		"response": object{"clientDataJSON": protocol.URLEncodedBase64(clientData), "attestationObject": protocol.URLEncodedBase64(attestation)},
	})
	if err != nil {
		return nil, "", err
	}
	parsed, err := parseCreation(body)
	if err != nil {
		return nil, "", errRegistration.because("the registration cannot be read: %s", reasonOf(err))
	}
	text := parsed.Response.CollectedClientData.Challenge
	party, why := c.spend(text, "create", u)
	if why != "" {
		return nil, "", errRegistration.because("%s", why)
	}
	_, err = parsed.Verify(text, party.ID, []string{party.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true, nil,
		algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, "", errRegistration.because("the registration does not verify: %s", reasonOf(err))
	}
	att := &parsed.Response.AttestationObject
	aaguid, err := uuid.FromBytes(att.AuthData.AttData.AAGUID)
	if err != nil {
		return nil, "", errRegistration.because("the registration has no AAGUID")
	}
	k = &passkey{RP: party.ID, Credential: bytes.Clone(att.AuthData.AttData.CredentialID), PublicKey: bytes.Clone(att.AuthData.AttData.CredentialPublicKey),
		AAGUID: aaguid.String(), Model: modelName(aaguid.String()), Synced: att.AuthData.Flags.HasBackupEligible(), SignCount: att.AuthData.Counter}
	chain, _ := att.AttStatement["x5c"].([]any)
	for _, der := range chain {
		if b, isBytes := der.([]byte); isBytes {
			sum := sha1.Sum(b) // a thumbprint names a certificate, as Windows and Entra write it; it protects nothing
			k.Certs = append(k.Certs, strings.ToUpper(hex.EncodeToString(sum[:])))
		}
	}
	return k, c.t.trust.doubts(att.Format, aaguid, chain, c.t.clock()), nil
}

// parseCreation shields against panics of a parser that is fed by strangers.
func parseCreation(body []byte) (p *protocol.ParsedCredentialCreationData, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it is malformed: %v", r)
		}
	}()
	return protocol.ParseCredentialCreationResponseBody(bytes.NewReader(body))
}

// assertion is what the sign-in page receives.
type assertion struct {
	UPN               string `json:"upn"`
	ID                string `json:"id"`
	ClientDataJSON    string `json:"clientDataJSON"`
	AuthenticatorData string `json:"authenticatorData"`
	Signature         string `json:"signature"`
	UserHandle        string `json:"userHandle"`
}

// verifyAssertion checks a sign-in with the passkey; "" = it stands. A sign counter that does not grow tells of a clone.
func (c *call) verifyAssertion(u *user, k *passkey, in assertion) string {
	body, err := json.Marshal(object{
		"id": in.ID, "rawId": in.ID, "type": "public-key",
		"response": object{"clientDataJSON": in.ClientDataJSON, "authenticatorData": in.AuthenticatorData, "signature": in.Signature, "userHandle": in.UserHandle},
	})
	if err != nil {
		return err.Error()
	}
	parsed, err := parseAssertion(body)
	if err != nil {
		return "the assertion cannot be read: " + reasonOf(err)
	}
	text := parsed.Response.CollectedClientData.Challenge
	party, why := c.spend(text, "get", u)
	if why != "" {
		return why
	}
	err = parsed.Verify(text, party.ID, "", []string{party.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true,
		k.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return "the assertion does not verify: " + reasonOf(err)
	}
	switch h := parsed.Response.UserHandle; {
	case len(h) > 0 && !bytes.Equal(h, c.userHandle(u)):
		return "the user handle is another user's"
	case len(h) == 0 && in.UPN == "": // WebAuthn section 7.2 step 6
		return "nobody was named, and the key named nobody either"
	}
	count := parsed.Response.AuthenticatorData.Counter
	if (count != 0 || k.SignCount != 0) && count <= k.SignCount {
		return fmt.Sprintf("the sign counter did not grow (%d after %d): the key may have been cloned", count, k.SignCount)
	}
	k.SignCount = count
	return ""
}

func parseAssertion(body []byte) (p *protocol.ParsedCredentialAssertionData, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it is malformed: %v", r)
		}
	}()
	return protocol.ParseCredentialRequestResponseBody(bytes.NewReader(body))
}
