package practice

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Registering a passkey, through Graph or through the Security info page: the same rules.

// registration is the body of POST fido2Methods.
type registration struct {
	DisplayName string `json:"displayName"`
	Credential  struct {
		ID       string `json:"id"`
		Response struct {
			ClientDataJSON    string `json:"clientDataJSON"`
			AttestationObject string `json:"attestationObject"`
		} `json:"response"`
	} `json:"publicKeyCredential"`
}

func (c *call) registerKey() (*reply, error) {
	u, err := c.methodsOf(true)
	if err != nil {
		return nil, err
	}
	if err := c.freshMFA(); err != nil {
		return nil, err
	}
	in, err := c.readRegistration()
	if err != nil {
		return nil, err
	}
	k, err := c.register(u, in)
	if err != nil {
		return nil, err
	}
	return created(c.entity(c.keysPath(u)+"/$entity", c.keyObject(k)))
}

// freshMFA holds the rule for /me: a second factor was shown within the last ten minutes. A token of this process has no
// such time: it stands for a person at the keyboard, who would be asked again.
func (c *call) freshMFA() error {
	if _, named := c.vars["user"]; named || c.who.mfa.IsZero() || c.now.Sub(c.who.mfa) <= 10*time.Minute {
		return nil
	}
	return errAccess.because("the last multifactor sign-in of %s was more than ten minutes ago", c.who.name())
}

// readRegistration reads the body. What a browser adds by itself (rawId, type, authenticatorAttachment) is refused, and
// so is JSON that was packed into a string.
func (c *call) readRegistration() (registration, error) {
	var in registration
	var whole json.RawMessage
	if err := c.decode(&whole); err != nil {
		return in, err
	}
	method, err := fieldsOf(whole, "the body", "microsoft.graph.fido2AuthenticationMethod", "displayName", "publicKeyCredential",
		"id", "createdDateTime", "aaGuid", "model", "attestationCertificates", "attestationLevel", "passkeyType")
	if err != nil {
		return in, err
	}
	credential, err := fieldsOf(method["publicKeyCredential"], "publicKeyCredential", "microsoft.graph.webauthnPublicKeyCredential", "id", "response", "clientExtensionResults")
	if err != nil {
		return in, err
	}
	if _, err := fieldsOf(credential["response"], "response", "microsoft.graph.webauthnAuthenticatorAttestationResponse", "clientDataJSON", "attestationObject"); err != nil {
		return in, err
	}
	if err := json.Unmarshal(whole, &in); err != nil {
		return in, errPayload.because("%v", err)
	}
	if n := utf8.RuneCountInString(in.DisplayName); n < 1 || n > 30 {
		return in, bad("badRequest", "Invalid displayName: between 1 and 30 characters are allowed.").because("the passkey's name has %d characters", n)
	}
	return in, nil
}

// fieldsOf takes an object apart and refuses properties that its type does not have; annotations may stand anywhere.
func fieldsOf(raw json.RawMessage, name, kind string, known ...string) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, bad("badRequest", "Invalid value for %s: an object is expected.", name)
	}
	for k := range fields {
		if !slices.Contains(known, k) && !strings.HasPrefix(k, "@") {
			return nil, unknownProperty(k, kind)
		}
	}
	return fields, nil
}

// register holds every rule of a registration, whichever way it came. All refusals but those of form sound the same.
func (c *call) register(u *user, in registration) (*passkey, error) {
	if u.Guest {
		return nil, errRegistration.because("%s is a guest; guests cannot register passkeys", u.UPN)
	}
	if u.Disabled {
		return nil, errRegistration.because("the account of %s is disabled", u.UPN)
	}
	policy := readFIDO2(c.st.Methods["fido2"])
	rules, none := c.t.dir.rulesFor(policy, u)
	if none != "" {
		return nil, errRegistration.because("%s", none)
	}
	if !policy.SelfService {
		return nil, errRegistration.because("self-service set-up is not allowed by the policy, which stops registration on behalf of a user too")
	}
	k, untrusted, err := c.verifyRegistration(u, in)
	if err != nil {
		return nil, err
	}
	for _, other := range c.st.Passkeys {
		if string(other.Credential) == string(k.Credential) {
			return nil, errRegistration.because("the credential is already registered")
		}
	}
	if why := satisfies(rules, k, true, untrusted); why != "" {
		return nil, errRegistration.because("%s", why)
	}
	k.UserID, k.Name, k.Created, k.Attested = u.id, in.DisplayName, c.now, untrusted == ""
	c.st.Passkeys = append(c.st.Passkeys, k)
	c.changed = true
	c.auditMethod("Add Passkey (device-bound) [security key]", "", u, k)
	return k, nil
}
