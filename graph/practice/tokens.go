package practice

import (
	"net/http"
	"strings"
	"time"
)

// token is what a bearer value stands for. The value itself is never kept, only its hash.
type token struct {
	UserID  string // empty = an application
	App     string
	Scopes  []string  // nil = all
	Expires time.Time // zero = as long as the process
	MFA     time.Time // when a second factor was last shown; zero = is at hand
	Kind    string    // "" access token; the OAuth endpoint has others
}

// Token signs a person in with all rights, and returns the bearer value for the Authorization header. It lives as long
// as the process: it stands for a person who stays signed in. Unknown people get a value that opens nothing.
func (t *Tenant) Token(upn string) string { return t.TokenFor(upn) }

// TokenFor is Token with these rights only (all if none are named).
func (t *Tenant) TokenFor(upn string, scopes ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	value, hash, err := t.newToken()
	if err != nil {
		return ""
	}
	if u := t.dir.user(t.seed.upn(upn)); u != nil {
		t.live[hash] = &token{UserID: u.id, Scopes: scopes}
	}
	return value
}

// AppToken is the token of an application without a signed-in person (client credentials), with these rights only (all
// if none are named).
func (t *Tenant) AppToken(app string, rights ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	value, hash, err := t.newToken()
	if err != nil {
		return ""
	}
	t.live[hash] = &token{App: app, Scopes: rights}
	return value
}

func bearer(r *http.Request) string {
	kind, value, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// authorize finds out who is calling and whether the token's rights open the route.
func (c *call) authorize(rt *route) error {
	if rt.open {
		return nil
	}
	value := bearer(c.r)
	if value == "" {
		return errToken
	}
	hash := hashOf(value)
	tok := c.t.live[hash]
	if tok == nil {
		tok = c.st.Tokens[hash]
	}
	if tok == nil || tok.Kind != "" {
		return (&refusal{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "IDX14100: JWT is not well formed."}).
			because("the token is not one of this tenant's, or of an earlier run")
	}
	if !tok.Expires.IsZero() && !c.now.Before(tok.Expires) {
		return errExpired
	}
	c.who = &caller{app: tok.App, scopes: tok.Scopes, mfa: tok.MFA}
	if tok.UserID != "" {
		if c.who.user = c.t.dir.user(tok.UserID); c.who.user == nil || c.who.user.Disabled {
			return errExpired.because("the account of the token is gone or disabled")
		}
	}
	if !c.who.may(rt.need...) {
		return errDenied.because("the token of %s has none of the rights %s", c.who.name(), strings.Join(rt.need, ", "))
	}
	return nil
}
