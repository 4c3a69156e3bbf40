package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The token endpoint: what each grant has to show.

// grant is a sign-in under way: a device code, or an authorization code. It is kept by the hash of its code.
type grant struct {
	Kind     string // "device" or "code"
	UserCode string // of a device code: what the person types
	App      string
	Scope    string
	Redirect string
	PKCE     string // S256 challenge
	UserID   string // set when the person has signed in
	Refused  string // why the sign-in was refused
	Expires  time.Time
	MFA      time.Time
}

const (
	deviceLife = 15 * time.Minute
	codeLife   = 5 * time.Minute
)

func (c *call) tokenRequest() (*reply, error) {
	app, form, err := c.clientRequest()
	if err != nil {
		return nil, err
	}
	switch form.Get("grant_type") {
	case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
		return c.redeemDevice(app, form)
	case "authorization_code":
		return c.redeemCode(app, form)
	case "refresh_token":
		return c.redeemRefresh(app, form)
	case "client_credentials":
		return c.redeemClient(app, form)
	}
	return nil, badOAuth("unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'.", form.Get("grant_type"))
}

func refreshing(scope string) bool { return strings.Contains(scope, "offline_access") }

func (c *call) redeemDevice(app *App, form url.Values) (*reply, error) {
	code := form.Get("device_code")
	key := hashOf(code)
	g := c.st.Grants[key]
	switch {
	case g == nil || g.Kind != "device" || !strings.EqualFold(g.App, app.ID):
		return nil, badOAuth("bad_verification_code", 70018, "Invalid verification code.")
	case !c.now.Before(g.Expires):
		return nil, badOAuth("expired_token", 70020, "The provided value for the input parameter 'device_code' is not valid: it has expired.")
	case g.Refused != "":
		e := badOAuth("access_denied", 53003, "%s", errAccessPolicy.message)
		e.reason = g.Refused
		return nil, e
	case g.UserID == "":
		return nil, badOAuth("authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	}
	delete(c.st.Grants, key)
	return c.issue(app, c.t.dir.user(g.UserID), g.Scope, g.MFA, refreshing(g.Scope))
}

func (c *call) redeemCode(app *App, form url.Values) (*reply, error) {
	key := hashOf(form.Get("code"))
	g := c.st.Grants[key]
	if g == nil || g.Kind != "code" || !strings.EqualFold(g.App, app.ID) || g.Redirect != form.Get("redirect_uri") {
		return nil, badOAuth("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	delete(c.st.Grants, key) // a code answers once, even to a wrong verifier
	c.changed, c.keep = true, true
	if !c.now.Before(g.Expires) {
		return nil, badOAuth("invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity.")
	}
	if g.PKCE != "" {
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != g.PKCE {
			return nil, badOAuth("invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
		}
	} else if !c.proven(app, form) {
		return nil, errClientProof
	}
	scope := g.Scope
	if s := form.Get("scope"); s != "" {
		scope = s
	}
	return c.issue(app, c.t.dir.user(g.UserID), scope, g.MFA, refreshing(scope))
}

func (c *call) redeemRefresh(app *App, form url.Values) (*reply, error) {
	tok := c.st.Tokens[hashOf(form.Get("refresh_token"))]
	if tok == nil || tok.Kind != "refresh" || !strings.EqualFold(tok.App, app.ID) {
		return nil, badOAuth("invalid_grant", 70000, "The provided value for the input parameter 'refresh_token' is not valid.")
	}
	u := c.t.dir.user(tok.UserID)
	switch {
	case !c.now.Before(tok.Expires):
		return nil, badOAuth("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
	case u == nil || u.Disabled:
		return nil, badOAuth("invalid_grant", 50057, "The user account is disabled.")
	}
	return c.issue(app, u, form.Get("scope"), tok.MFA, true)
}

var errClientProof = &oauthError{status: http.StatusUnauthorized, code: "invalid_client", aadsts: 7000215, message: "Invalid client secret provided."}

// proven reports whether the application has shown its secret or its certificate.
func (c *call) proven(app *App, form url.Values) bool {
	if form.Get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return app.signed(form.Get("client_assertion"), c.now) == nil
	}
	return app.secretIs(form.Get("client_secret"))
}

func (c *call) redeemClient(app *App, form url.Values) (*reply, error) {
	if !c.proven(app, form) {
		return nil, errClientProof
	}
	if !slices.ContainsFunc(strings.Fields(form.Get("scope")), func(s string) bool { return strings.HasSuffix(s, "/.default") }) {
		return nil, badOAuth("invalid_scope", 1002012, "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.")
	}
	return c.issue(app, nil, form.Get("scope"), time.Time{}, false)
}

func base64JSON(o object) string {
	b, err := json.Marshal(o)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
