package practice

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The pages a person visits in a browser: signing in with a pass, Security info, signing in with a key. They are not
// part of Graph; this is the practice tenant's own way of offering them to a program that plays the browser, and what
// the pages of site.go call. All JSON, refusals in Graph's error form; bytes are base64url. Under /practice/pages:
//
//	POST pass-sign-in {upn, temporaryAccessPass}        200 {session}: the bearer of the Security info calls
//	POST security-info/creation-options                 200 as Graph's creationOptions
//	POST security-info/passkeys, as POST fido2Methods   201 as Graph's fido2AuthenticationMethod
//	GET  security-info/methods                          200 {name, upn, passkeys, offered}
//	POST security-info/delete {id}                      204
//	POST sign-in-methods {upn}                          200 {pass, passkey}: what the account can sign in with here
//	POST sign-in-options {upn}                          200 {challenge, rpId, allowCredentials}
//	POST sign-in {upn, id, clientDataJSON, authenticatorData, signature, userHandle}
//	                                                    200 {}; to a real browser {session}
//	POST sign-out                                       204
//
// Without a upn the last two of signing in ask the key who signs in: "Sign-in options" of the first screen.

// session is one person on the Security info page.
type session struct {
	UserID   string
	Expires  time.Time
	Register time.Time // until when a passkey may be registered
}

const (
	sessionLife = time.Hour
	// onceWindow is how long after signing in with a one-time pass a method can be registered ("Configure Temporary
	// Access Pass").
	onceWindow = 10 * time.Minute
)

const pagesPath = "/practice/pages/"

var pageRoutes = []route{
	{method: "POST", path: pagesPath + "pass-sign-in", in: "*", open: true, do: (*call).passSignIn},
	{method: "POST", path: pagesPath + "security-info/creation-options", in: "*", open: true, do: (*call).infoCreationOptions},
	{method: "POST", path: pagesPath + "security-info/passkeys", in: "*", open: true, do: (*call).infoRegister},
	{method: "GET", path: pagesPath + "security-info/methods", in: "*", open: true, do: (*call).infoMethods},
	{method: "POST", path: pagesPath + "security-info/delete", in: "*", open: true, do: (*call).infoDelete},
	{method: "POST", path: pagesPath + "sign-in-methods", in: "*", open: true, do: (*call).signInMethods},
	{method: "POST", path: pagesPath + "sign-in-options", in: "*", open: true, do: (*call).signInOptions},
	{method: "POST", path: pagesPath + "sign-in", in: "*", open: true, do: (*call).signIn},
	{method: "POST", path: pagesPath + "sign-out", in: "*", open: true, do: (*call).signOut},
}

func page(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

// Refusals of the sign-in page. 130502 is Entra's own number (AADSTS130502).
var (
	errUserUnknown   = page(http.StatusNotFound, "user-unknown", "This username may be incorrect. Make sure you typed it correctly.")
	errUserDisabled  = page(http.StatusForbidden, "user-disabled", "Your account has been locked. Contact your support person to unlock it, then try again.")
	errPassDisabled  = page(http.StatusForbidden, "pass-disabled", "Temporary Access Pass sign-in is not available in this organization.")
	errPassScope     = page(http.StatusForbidden, "130502", "Temporary Access Pass sign-in was blocked due to User Credential Policy.")
	errPassInvalid   = page(http.StatusUnauthorized, "pass-invalid", "Your Temporary Access Pass is incorrect. If you don't know your pass, contact your admin.")
	errPassExpired   = page(http.StatusForbidden, "pass-expired", "Your Temporary Access Pass has expired. Contact your admin.")
	errPassUsed      = page(http.StatusForbidden, "pass-used", "Your Temporary Access Pass was for one-time use and has been used.")
	errPassEarly     = page(http.StatusForbidden, "pass-not-yet-valid", "Your Temporary Access Pass is not valid yet.")
	errNoSession     = page(http.StatusUnauthorized, "session-expired", "Your sign-in has expired. Sign in again.")
	errWindowClosed  = page(http.StatusForbidden, "registration-window-closed", "You need to sign in again with a new Temporary Access Pass to set up this method.")
	errNotOffered    = page(http.StatusForbidden, "passkey-not-offered", "This method is not available for you.")
	errNoKey         = page(http.StatusNotFound, "no-passkey", "There is no passkey for this account.")
	errSignIn        = page(http.StatusUnauthorized, "sign-in-failed", "We couldn't sign you in with your passkey.")
	errSignInBlocked = page(http.StatusForbidden, "sign-in-blocked", "Your organization does not allow you to sign in with this passkey.")
)

// person finds the account of a sign-in page. Guests sign in at home, not here.
func (c *call) person(upn string) (*user, error) {
	u := c.t.dir.byUPN[strings.ToLower(strings.TrimSpace(upn))]
	if u == nil {
		return nil, errUserUnknown.because("there is no user %q", upn)
	}
	return u, nil
}

func (c *call) passSignIn() (*reply, error) {
	var in struct {
		UPN  string `json:"upn"`
		Pass string `json:"temporaryAccessPass"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	u, err := c.person(in.UPN)
	if err != nil {
		return nil, err
	}
	refused := c.tryPass(u, in.Pass)
	row := signIn{UserID: u.id, App: "My Signins", Method: "Temporary Access Pass", Succeeded: refused == nil, Result: "MFA completed in Azure AD"}
	if refused != nil {
		row.Code, row.Result = codeOf(refused), refused.message
	}
	if err := c.logSignIn(row); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	p := c.st.Passes[u.id]
	p.Used = true
	window := sessionLife
	if p.Once {
		window = onceWindow
	}
	return c.openSession(u, window)
}

// openSession lets a person onto the Security info page, to register for as long as the window.
func (c *call) openSession(u *user, window time.Duration) (*reply, error) {
	value, hash, err := c.t.newToken()
	if err != nil {
		return nil, err
	}
	c.st.Sessions[hash] = &session{UserID: u.id, Expires: c.now.Add(sessionLife), Register: c.now.Add(window)}
	return ok(object{"session": value})
}

// tryPass holds the rules of signing in with a pass, in the order the page finds them out.
func (c *call) tryPass(u *user, value string) *refusal {
	policy := readPassPolicy(c.st.Methods["temporaryaccesspass"])
	p := c.st.Passes[u.id]
	switch {
	case u.Disabled:
		return errUserDisabled.because("the account of %s is disabled", u.UPN)
	case policy.State != "enabled":
		return errPassDisabled.because("the Temporary Access Pass policy is disabled")
	case p == nil || !p.is(value):
		return errPassInvalid.because("%s has no pass with this value", u.UPN)
	case !c.t.dir.meansPass(policy, u):
		return errPassScope.because("%s is outside the scope of the Temporary Access Pass policy", u.UPN)
	case p.Once && p.Used:
		return errPassUsed.because("the one-time pass of %s was used", u.UPN)
	case !c.now.Before(p.ends()):
		return errPassExpired.because("the pass of %s expired at %s", u.UPN, stamp(p.ends()))
	case c.now.Before(p.Start):
		return errPassEarly.because("the pass of %s starts at %s", u.UPN, stamp(p.Start))
	}
	mode := "temporaryAccessPassMultiUse"
	if p.Once {
		mode = "temporaryAccessPassOneTime"
	}
	return c.admit(u, mode, "", true, false)
}

// signInMethods tells what to ask an account for after its name: a pass before a passkey, which is the order of
// system-preferred authentication.
func (c *call) signInMethods() (*reply, error) {
	u, err := c.typed()
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, errUserUnknown.because("no name was typed")
	}
	policy := readPassPolicy(c.st.Methods["temporaryaccesspass"])
	p := c.st.Passes[u.id]
	pass := policy.State == "enabled" && c.t.dir.meansPass(policy, u) && p != nil && !(p.Once && p.Used) && !c.now.Before(p.Start) && c.now.Before(p.ends())
	return ok(object{"pass": pass, "passkey": slices.ContainsFunc(c.keysOf(u), func(k *passkey) bool { return k.isFor(c.party()) })})
}

// typed reads {upn}; nil = it is left to the key.
func (c *call) typed() (*user, error) {
	var in struct {
		UPN string `json:"upn"`
	}
	if err := c.decode(&in); err != nil || in.UPN == "" {
		return nil, err
	}
	return c.person(in.UPN)
}

func (c *call) signInOptions() (*reply, error) {
	u, err := c.typed()
	if err != nil {
		return nil, err
	}
	b, err := c.t.random(32)
	if err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	if u == nil {
		u = &user{} // has no keys: the list of credentials is empty, and the key looks into its own
	}
	c.st.Challenges[hashOf(text)] = challenge{UserID: u.id, Purpose: "get", Expires: c.now.Add(challengeLife), Party: c.party()}
	c.changed = true
	allow := []any{}
	for _, k := range c.keysOf(u) {
		if k.isFor(c.party()) {
			allow = append(allow, object{"id": IDPlain.encode(k.Credential), "type": "public-key"})
		}
	}
	return ok(object{"challenge": text, "rpId": c.party().ID, "allowCredentials": allow})
}

// signIn verifies an assertion; the policy's key restrictions act here too. Success and failure go into the log.
func (c *call) signIn() (*reply, error) {
	var in assertion
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	u, err := c.signer(in)
	if err != nil {
		return nil, err
	}
	k, refused := c.tryKey(u, in)
	row := signIn{UserID: u.id, App: "My Apps", Method: "Passkey (device-bound)", Succeeded: refused == nil, Result: "MFA requirement satisfied by strong authentication"}
	if k != nil {
		row.Detail = k.Name
		if k.Synced {
			row.Method = "Passkey (synced)"
		}
	}
	if refused != nil {
		row.Code, row.Result = codeOf(refused), refused.message
	}
	if err := c.logSignIn(row); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	if c.party() != microsoft { // a browser goes on to Security info
		return c.openSession(u, sessionLife)
	}
	return ok(object{})
}

// signer is who signs in: the account that was named, or else the one that the passkey belongs to.
func (c *call) signer(in assertion) (*user, error) {
	if in.UPN != "" {
		return c.person(in.UPN)
	}
	for _, k := range c.st.Passkeys {
		if u := c.t.dir.user(k.UserID); u != nil && in.ID == IDPlain.encode(k.Credential) {
			return u, nil
		}
	}
	return nil, errNoKey.because("nobody has a passkey with this credential id")
}

// signOut ends a session; it never fails.
func (c *call) signOut() (*reply, error) {
	delete(c.st.Sessions, hashOf(bearer(c.r)))
	c.changed = true
	return noContent()
}

func (c *call) tryKey(u *user, in assertion) (*passkey, *refusal) {
	if u.Disabled {
		return nil, errUserDisabled.because("the account of %s is disabled", u.UPN)
	}
	id, err := base64.RawURLEncoding.DecodeString(in.ID)
	if err != nil {
		return nil, errSignIn.because("the credential id is not base64url")
	}
	var k *passkey
	for _, have := range c.keysOf(u) {
		if string(have.Credential) == string(id) {
			k = have
		}
	}
	if k == nil {
		return nil, errNoKey.because("%s has no passkey with this credential id", u.UPN)
	}
	if c.now.Before(k.Created.Add(c.t.seed.Settle)) {
		return nil, errNoKey.because("the passkey was registered at %s and has not reached the sign-in page yet", stamp(k.Created))
	}
	if why := c.verifyAssertion(u, k, in); why != "" {
		return k, errSignIn.because("%s", why)
	}
	rules, none := c.t.dir.rulesFor(readFIDO2(c.st.Methods["fido2"]), u)
	if none == "" {
		none = satisfies(rules, k, false, "")
	}
	if none != "" {
		return k, errSignInBlocked.because("%s", none)
	}
	return k, c.admit(u, "fido2", k.AAGUID, false, false)
}
