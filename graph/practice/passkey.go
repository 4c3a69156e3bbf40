package practice

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A registered passkey, and the calls that list, register and delete them.

type passkey struct {
	Credential []byte // its id
	RP         string // relying party's id; empty = Microsoft's
	PublicKey  []byte // COSE_Key
	UserID     string
	AAGUID     string
	Name       string
	Model      string
	Attested   bool
	Synced     bool
	Certs      []string // attestation certificates, by thumbprint
	SignCount  uint32
	Created    time.Time
}

// IDEncoding is how the service writes credential ids. It changed twice.
type IDEncoding string

const (
	IDDigit  IDEncoding = "digit"  // base64url and a digit that counts the padding: since November 2024
	IDPadded IDEncoding = "padded" // base64 with padding: 2024
	IDPlain  IDEncoding = "plain"  // base64url: as the documentation of 2026 has it
)

func (e IDEncoding) encode(id []byte) string {
	switch e {
	case IDPadded:
		return base64.StdEncoding.EncodeToString(id)
	case IDPlain:
		return base64.RawURLEncoding.EncodeToString(id)
	}
	return base64.RawURLEncoding.EncodeToString(id) + string(rune('0'+(3-len(id)%3)%3))
}

// named reports whether text names the credential in any of the three encodings: clients hand back what they were
// given, possibly by an earlier release of the service.
func (k *passkey) named(text string) bool {
	for _, e := range []IDEncoding{IDDigit, IDPadded, IDPlain} {
		if text == e.encode(k.Credential) {
			return true
		}
	}
	return false
}

func (c *call) keysOf(u *user) []*passkey {
	if c.index != nil {
		return c.index[u.id]
	}
	var keys []*passkey
	for _, k := range c.st.Passkeys {
		if k.UserID == u.id {
			keys = append(keys, k)
		}
	}
	return keys
}

// indexKeys is for calls that ask about everybody.
func (c *call) indexKeys() {
	c.index = map[string][]*passkey{}
	for _, k := range c.st.Passkeys {
		c.index[k.UserID] = append(c.index[k.UserID], k)
	}
}

func (c *call) keysPath(u *user) string { return "users('" + u.id + "')/authentication/fido2Methods" }

func (c *call) keyObject(k *passkey) object {
	level, kind := "notAttested", "deviceBound"
	if k.Attested {
		level = "attested"
	}
	if k.Synced {
		kind = "synced"
	}
	certs := k.Certs
	if certs == nil {
		certs = []string{}
	}
	return object{
		"id": c.t.seed.CredentialIDs.encode(k.Credential), "displayName": k.Name, "createdDateTime": stamp(k.Created), "aaGuid": k.AAGUID,
		"model": orNull(k.Model), "attestationCertificates": certs, "attestationLevel": level, "passkeyType": kind, "publicKeyCredential": nil,
	}
}

func (c *call) listKeys() (*reply, error) {
	u, err := c.methodsOf(false)
	if err != nil {
		return nil, err
	}
	var rows []object
	for _, k := range c.keysOf(u) {
		rows = append(rows, c.keyObject(k))
	}
	return c.list(collection{path: c.keysPath(u), rows: rows})
}

func (c *call) oneKey(change bool) (*passkey, *user, error) {
	u, err := c.methodsOf(change)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range c.keysOf(u) {
		if k.named(c.vars["id"]) {
			return k, u, nil
		}
	}
	return nil, nil, methodNotFound("passkey", c.vars["id"])
}

func (c *call) getKey() (*reply, error) {
	k, u, err := c.oneKey(false)
	if err != nil {
		return nil, err
	}
	return ok(c.entity(c.keysPath(u)+"/$entity", c.keyObject(k)))
}

// deleteKey forgets the passkey; the resident credential stays on the key until it is deleted there.
func (c *call) deleteKey() (*reply, error) {
	k, u, err := c.oneKey(true)
	if err != nil {
		return nil, err
	}
	c.st.Passkeys = slices.DeleteFunc(c.st.Passkeys, func(x *passkey) bool { return x == k })
	c.changed = true
	c.auditMethod("Admin deleted security info", "Admin deleted passkey for user", u, k)
	return noContent()
}

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
	var outer, inner, resp map[string]json.RawMessage
	if err := c.decode(&outer); err != nil {
		return in, err
	}
	for _, level := range []struct {
		from     string
		of, into map[string]json.RawMessage
		kind     string
		known    []string
	}{
		{"", nil, outer, "microsoft.graph.fido2AuthenticationMethod", []string{"displayName", "publicKeyCredential", "id", "createdDateTime", "aaGuid", "model", "attestationCertificates", "attestationLevel", "passkeyType"}},
		{"publicKeyCredential", outer, inner, "microsoft.graph.webauthnPublicKeyCredential", []string{"id", "response", "clientExtensionResults"}},
		{"response", inner, resp, "microsoft.graph.webauthnAuthenticatorAttestationResponse", []string{"clientDataJSON", "attestationObject"}},
	} {
		fields := level.into
		if level.from != "" {
			src := level.of
			if level.from == "response" {
				src = inner
			}
			if err := json.Unmarshal(src[level.from], &fields); err != nil || fields == nil {
				return in, bad("badRequest", "Invalid value for %s: an object is expected.", level.from)
			}
			if level.from == "publicKeyCredential" {
				inner = fields
			}
		}
		for k := range fields {
			if !slices.Contains(level.known, k) && !strings.HasPrefix(k, "@") {
				return in, unknownProperty(k, level.kind)
			}
		}
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, errPayload.because("%v", err)
	}
	if n := utf8.RuneCountInString(in.DisplayName); n < 1 || n > 30 {
		return in, bad("badRequest", "Invalid displayName: between 1 and 30 characters are allowed.").because("the passkey's name has %d characters", n)
	}
	return in, nil
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
