package practice

import (
	"encoding/base64"
	"slices"
	"time"
)

// A registered passkey, and the calls that list and delete them; registration.go adds one.

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
	return c.list(collection{path: c.keysPath(u), kind: "fido2AuthenticationMethod", rows: rows})
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
	return c.one(c.keysPath(u)+"/$entity", "fido2AuthenticationMethod", c.keyObject(k), nil)
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
