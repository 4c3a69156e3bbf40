package practice

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The sign-in endpoint of the Microsoft identity platform (v2.0), as far as MSAL and azidentity use it: discovery,
// device code, authorization code with PKCE, refresh, client credentials. In process it answers for
// login.microsoftonline.com, so a credential needs nothing but the tenant's Transport; served, it answers under the
// tenant's own address.

var oauthRoutes = []route{
	{method: "GET", path: "/common/discovery/instance", in: "*", open: true, do: (*call).instanceDiscovery},
	{method: "GET", path: "/{tenant}/v2.0/.well-known/openid-configuration", in: "*", open: true, do: (*call).openidConfiguration},
	{method: "GET", path: "/{tenant}/discovery/v2.0/keys", in: "*", open: true, do: (*call).signingKeys},
	{method: "POST", path: "/{tenant}/oauth2/v2.0/devicecode", in: "*", open: true, do: (*call).deviceCode},
	{method: "POST", path: "/{tenant}/oauth2/v2.0/token", in: "*", open: true, do: (*call).tokenRequest},
}

// oauthError is an error of the sign-in endpoint, whose body is not Graph's (RFC 6749 §5.2, with Entra's additions).
type oauthError struct {
	status  int
	code    string // invalid_grant …
	aadsts  int
	message string
	reason  string
}

func (e *oauthError) Error() string {
	s := fmt.Sprintf("AADSTS%d: %s", e.aadsts, e.message)
	if e.reason != "" {
		s += " (" + e.reason + ")"
	}
	return s
}

func badOAuth(code string, aadsts int, format string, a ...any) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: code, aadsts: aadsts, message: fmt.Sprintf(format, a...)}
}

// body is what the client reads.
func (e *oauthError) body(c *call) object {
	return object{"error": e.code, "error_codes": []int{e.aadsts}, "timestamp": c.now.Format("2006-01-02 15:04:05Z"), "trace_id": c.requestID,
		"correlation_id": c.requestID, "error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.aadsts),
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.aadsts, e.message, c.requestID, c.requestID, c.now.Format("2006-01-02 15:04:05Z"))}
}

// base is the tenant's address for a program, and forBrowser that for a person's browser.
func (c *call) base() string {
	scheme, host := c.origin()
	return scheme + "://" + host
}

func (c *call) forBrowser() string {
	scheme, host := c.served()
	return scheme + "://" + host
}

// authority checks the tenant's name in the path: its id, a domain, or one of the shared names.
func (c *call) authority() error {
	name := strings.ToLower(c.vars["tenant"])
	s := &c.t.seed
	if slices.Contains([]string{"common", "organizations", s.tenantID().String(), strings.ToLower(s.Domain), initialDomain(s.Domain)}, name) {
		return nil
	}
	return badOAuth("invalid_request", 90002, "Tenant '%s' not found.", c.vars["tenant"])
}

func (c *call) instanceDiscovery() (*reply, error) {
	_, host := c.origin()
	return ok(object{
		"tenant_discovery_endpoint": c.base() + "/" + c.t.seed.tenantID().String() + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
		"metadata": []any{object{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

func (c *call) openidConfiguration() (*reply, error) {
	if err := c.authority(); err != nil {
		return nil, err
	}
	base := c.base() + "/" + c.vars["tenant"]
	return ok(object{
		"issuer": c.issuer(), "authorization_endpoint": c.forBrowser() + "/" + c.vars["tenant"] + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token",
		"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode", "jwks_uri": base + "/discovery/v2.0/keys",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query", "fragment", "form_post"},
		"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
	})
}

func (c *call) issuer() string { return c.base() + "/" + c.t.seed.tenantID().String() + "/v2.0" }

func (c *call) signingKeys() (*reply, error) {
	if err := c.authority(); err != nil {
		return nil, err
	}
	keys, err := c.t.signer.keys()
	if err != nil {
		return nil, err
	}
	return ok(keys)
}

// form reads the body of a request to this endpoint.
func (c *call) form() (url.Values, error) {
	v, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, badOAuth("invalid_request", 900144, "The request body must be a form.")
	}
	return v, nil
}

// clientRequest reads what a program sends by itself, without a browser: which application, and what it wants.
func (c *call) clientRequest() (*App, url.Values, error) {
	if err := c.authority(); err != nil {
		return nil, nil, err
	}
	form, err := c.form()
	if err != nil {
		return nil, nil, err
	}
	app, err := c.client(form)
	return app, form, err
}

// client finds the application of a request.
func (c *call) client(form url.Values) (*App, error) {
	id := form.Get("client_id")
	if id == "" {
		return nil, badOAuth("invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
	}
	app := c.t.app(id)
	if app == nil {
		return nil, badOAuth("unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory '%s'.", id, c.t.seed.Name)
	}
	return app, nil
}

// protocolScopes are not rights; they ask for an id token and a refresh token.
var protocolScopes = []string{"openid", "profile", "email", "offline_access"}

// asked reads the names of Graph's rights in the scopes of a request. All is true for .default.
func asked(scope string) (names []string, all bool) {
	for s := range strings.FieldsSeq(scope) {
		if slices.Contains(protocolScopes, strings.ToLower(s)) {
			continue
		}
		// https://graph.microsoft.com/User.Read, https://127.0.0.1:8080/.default, or plainly User.Read
		if name := s[strings.LastIndexByte(s, '/')+1:]; name == ".default" {
			all = true
		} else {
			names = append(names, name)
		}
	}
	return names, all
}

// consented is what was consented to: by the seed, and by administrators since. Nil means all.
func (c *call) consented() []string {
	if c.t.seed.Consent == nil {
		return nil
	}
	return slices.Concat(c.t.seed.Consent, c.st.Consented)
}

// unconsented are the rights in the scopes of a request that nobody has consented to yet.
func (c *call) unconsented(scope string) []string {
	have := c.consented()
	names, _ := asked(scope)
	if have == nil {
		return nil
	}
	return slices.DeleteFunc(names, func(n string) bool {
		return slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, n) })
	})
}

// rights are what a token for these scopes opens: what was consented to. Nil means all.
func (c *call) rights(scope string) ([]string, error) {
	if missing := c.unconsented(scope); len(missing) > 0 {
		return nil, &oauthError{status: http.StatusBadRequest, code: "invalid_grant", aadsts: 65001, reason: missing[0] + " is not consented to",
			message: "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource."}
	}
	names, all := asked(scope)
	switch {
	case all:
		return c.consented(), nil
	case names == nil:
		return []string{"User.Read"}, nil
	}
	return names, nil
}

var errConsent = page(http.StatusForbidden, "90094", "Need admin approval. This app needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.")

// consent is the page on which a person grants what the program asks for beyond what was granted. All rights here are
// such as take an administrator's consent (permissions reference: "admin consent required"), User.Read apart.
func (c *call) consent(u *user, scope string) *refusal {
	missing := c.unconsented(scope)
	if len(missing) == 0 {
		return nil
	}
	if !slices.Contains(u.Roles, RoleGlobalAdministrator) {
		return errConsent.because("%s may not consent to %s", u.UPN, strings.Join(missing, ", "))
	}
	c.st.Consented, c.changed = append(c.st.Consented, missing...), true
	return nil
}

// named spells out "all rights": those that some call asks for.
func named(rights []string) []string {
	if rights != nil {
		return rights
	}
	seen := map[string]bool{}
	for _, rt := range routes {
		for _, r := range rt.need {
			seen[r] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

const (
	accessLife  = 75 * time.Minute
	refreshLife = 90 * 24 * time.Hour
)

// issue makes the answer of a successful token request.
func (c *call) issue(app *App, u *user, scope string, mfa time.Time, refresh bool) (*reply, error) {
	rights, err := c.rights(scope)
	if err != nil {
		return nil, err
	}
	jti, err := c.t.newID()
	if err != nil {
		return nil, err
	}
	tenant := c.t.seed.tenantID().String()
	claims := object{"aud": "https://graph.microsoft.com", "iss": c.issuer(), "tid": tenant, "appid": app.ID, "app_displayname": app.Name, "jti": jti, "ver": "1.0",
		"iat": c.now.Unix(), "nbf": c.now.Unix(), "exp": c.now.Add(accessLife).Unix()}
	tok := &token{App: app.ID, Scopes: rights, Expires: c.now.Add(accessLife), MFA: mfa}
	out := object{"token_type": "Bearer", "scope": scope, "expires_in": int(accessLife / time.Second), "ext_expires_in": int(accessLife / time.Second)}
	if u != nil {
		tok.UserID = u.id
		maps.Copy(claims, object{"oid": u.id, "sub": u.id, "upn": u.UPN, "unique_name": u.UPN, "name": u.Name, "idtyp": "user", "scp": strings.Join(named(rights), " ")})
		if out["id_token"], err = c.t.signer.jwt(object{"aud": app.ID, "iss": c.issuer(), "tid": tenant, "oid": u.id, "sub": u.id, "preferred_username": u.UPN,
			"name": u.Name, "ver": "2.0", "iat": c.now.Unix(), "nbf": c.now.Unix(), "exp": c.now.Add(accessLife).Unix()}); err != nil {
			return nil, err
		}
		out["client_info"] = base64JSON(object{"uid": u.id, "utid": tenant})
	} else {
		tok.Scopes = app.Rights
		claims["idtyp"], claims["roles"], claims["oid"], claims["sub"] = "app", named(app.Rights), app.ID, app.ID
	}
	access, err := c.t.signer.jwt(claims)
	if err != nil {
		return nil, err
	}
	out["access_token"] = access
	c.st.Tokens[hashOf(access)] = tok
	if refresh {
		value, hash, err := c.t.newToken()
		if err != nil {
			return nil, err
		}
		out["refresh_token"] = value
		c.st.Tokens[hash] = &token{Kind: "refresh", UserID: u.id, App: app.ID, Expires: c.now.Add(refreshLife), MFA: mfa}
	}
	c.changed = true
	return ok(out)
}
