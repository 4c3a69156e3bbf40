package practice

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// creationOptions: what a key is asked for, and the challenge it has to sign.

// challenge is kept by the hash of its text; each answers once.
type challenge struct {
	UserID  string // "" = whoever the key names
	Purpose string // "create" or "get"
	Expires time.Time
	Party   relyingParty
}

const (
	rpID   = "login.microsoft.com"
	rpName = "Microsoft"
	origin = "https://" + rpID

	challengeLife = 5 * time.Minute
)

// relyingParty is who a passkey is for. Everything that speaks for Entra is Microsoft's; a page of the practice tenant in
// a real browser can only be for the host that served it, and its passkeys sign in there only.
type relyingParty struct{ ID, Origin string }

var microsoft = relyingParty{rpID, origin}

// party tells who asks: a browser says so in its Origin header, and may only be on this machine.
func (c *call) party() relyingParty {
	o := c.r.Header.Get("Origin")
	if u, err := url.Parse(o); err == nil && u.Hostname() == "localhost" {
		return relyingParty{"localhost", o}
	}
	return microsoft
}

func (k *passkey) isFor(p relyingParty) bool { return k.RP == p.ID || k.RP == "" && p == microsoft }

// userHandle is the WebAuthn user.id: 51 bytes that begin with "OF:". Entra does not say what they mean; here they are a
// hash of tenant and user, so that a second registration on one key replaces the first, as there.
func (c *call) userHandle(u *user) []byte {
	sum := sha512.Sum384([]byte(c.t.seed.tenantID().String() + "/" + u.id))
	return append([]byte("OF:"), sum[:]...)
}

// newChallenge has the form of Entra's: base64url of a compact JWE (RSA-OAEP-256, A256GCM), about 6.9 kB of text. Keys
// only ever see the hash of what it goes into; buffers and logs on the way have to cope.
func (c *call) newChallenge() (string, error) {
	b, err := c.t.random(256 + 12 + 3490 + 16)
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding.EncodeToString
	jwe := strings.Join([]string{
		enc([]byte(`{"alg":"RSA-OAEP-256","enc":"A256GCM","typ":"JWT"}`)),
		enc(b[:256]), enc(b[256:268]), enc(b[268 : 268+3490]), enc(b[268+3490:]),
	}, ".")
	return enc([]byte(jwe)), nil
}

// life reads the challenge's lifetime: five minutes, or in beta what stands in the function's parentheses. The form as a
// query string has answered 405 since December 2025.
func (c *call) life() (time.Duration, error) {
	for k := range c.query {
		if strings.EqualFold(k, "challengeTimeoutInMinutes") {
			return 0, errMethod.because("challengeTimeoutInMinutes belongs into the parentheses, not into the query")
		}
	}
	args := strings.TrimSpace(c.vars["arguments"])
	if args == "" {
		return challengeLife, nil
	}
	name, value, _ := strings.Cut(args, "=")
	n, err := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case !c.beta || strings.TrimSpace(name) != "challengeTimeoutInMinutes":
		return 0, bad("BadRequest", "Resource not found for the segment 'creationOptions'.").because("v1.0 takes no argument; beta takes challengeTimeoutInMinutes")
	case err != nil || n < 5 || n > 43200:
		return 0, bad("badRequest", "Invalid challengeTimeoutInMinutes specified. The valid range is between 5 and 43200.")
	}
	return time.Duration(n) * time.Minute, nil
}

func (c *call) creationOptions() (*reply, error) {
	c.st = c.t.st // a challenge is a write, which never lags
	u, err := c.methodsOf(true)
	if err != nil {
		return nil, err
	}
	life, err := c.life()
	if err != nil {
		return nil, err
	}
	if u.Guest {
		return nil, &refusal{status: http.StatusBadRequest, code: "badRequest", message: "The request is not supported for this user.", reason: u.UPN + " is a guest; guests cannot register passkeys"}
	}
	out, err := c.creation(u, life, microsoft)
	if err != nil {
		return nil, err
	}
	c.auditMethod("Get passkey creation options", "", u, nil)
	return ok(c.entity("microsoft.graph.webauthnCredentialCreationOptions", out))
}

// creation makes the options and remembers the challenge.
func (c *call) creation(u *user, life time.Duration, party relyingParty) (object, error) {
	text, err := c.newChallenge()
	if err != nil {
		return nil, err
	}
	expires := c.now.Add(life)
	c.st.Challenges[hashOf(text)] = challenge{UserID: u.id, Purpose: "create", Expires: expires, Party: party}
	c.changed = true
	exclude := []any{}
	name, encoding := rpName, c.t.seed.CredentialIDs
	extensions := object{"hmacCreateSecret": true, "enforceCredentialProtectionPolicy": true, "credentialProtectionPolicy": "userVerificationOptional"}
	if party != microsoft {
		name, encoding = c.t.seed.Name, IDPlain
		delete(extensions, "enforceCredentialProtectionPolicy") // Chromium refuses to enforce a policy that asks for nothing
	}
	for _, k := range c.keysOf(u) {
		if k.isFor(party) {
			exclude = append(exclude, object{"type": "public-key", "id": encoding.encode(k.Credential), "transports": []string{}})
		}
	}
	return object{
		"challengeTimeoutDateTime": stamp(expires),
		"publicKey": object{
			"rp":        object{"id": party.ID, "name": name},
			"user":      object{"id": base64.RawURLEncoding.EncodeToString(c.userHandle(u)), "name": u.UPN, "displayName": u.Name},
			"challenge": text,
			"pubKeyCredParams": []any{
				object{"type": "public-key", "alg": -7}, object{"type": "public-key", "alg": -257},
			},
			"timeout": 60000, "excludeCredentials": exclude,
			"authenticatorSelection": object{"authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"},
			"attestation":            "direct",
			"extensions":             extensions,
		},
	}, nil
}

// spend takes a challenge out: it answers one ceremony of one user, and not after its time. The text is what stood in
// clientDataJSON.
func (c *call) spend(text, purpose string, u *user) (party relyingParty, refused string) {
	key := hashOf(text)
	ch, known := c.st.Challenges[key]
	switch {
	case !known:
		return microsoft, "the challenge was never issued, was used already, or expired long ago"
	case ch.Purpose != purpose:
		return microsoft, "the challenge was issued for another ceremony"
	case ch.UserID != "" && ch.UserID != u.id:
		return microsoft, "the challenge was issued for another user"
	case !c.now.Before(ch.Expires):
		return microsoft, "the challenge expired at " + stamp(ch.Expires)
	}
	delete(c.st.Challenges, key)
	c.changed, c.keep = true, true
	return ch.Party, ""
}
