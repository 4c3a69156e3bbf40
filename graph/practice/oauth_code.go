package practice

import (
	"net/http"
	"net/url"
	"slices"
)

// authorizePage is where an application sends a person (RFC 6749 §4.1, RFC 7636): the account is picked, and the browser
// goes back with a code. No password is asked: nobody in the practice tenant has one.
func (c *call) authorizePage() (*reply, error) {
	if err := c.authority(); err != nil {
		return nil, err
	}
	in := c.query
	if c.r.Method == http.MethodPost {
		var err error
		if in, err = c.form(); err != nil {
			return nil, err
		}
	}
	app, err := c.client(in)
	if err != nil {
		return nil, err
	}
	if err := c.checkAuthorize(app, in); err != nil {
		return nil, err
	}
	v := view{App: app.Name, People: c.choices(in.Get("login_hint")), Hidden: url.Values{}, To: in.Get("redirect_uri")}
	for _, k := range []string{"client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "response_mode"} {
		if s := in.Get(k); s != "" {
			v.Hidden.Set(k, s)
		}
	}
	if c.r.Method != http.MethodPost {
		return c.show("authorize.html", http.StatusOK, v)
	}
	if in.Get("cancel") != "" {
		return c.sendBack(in, url.Values{"error": {"access_denied"}, "error_description": {"AADSTS65004: User declined to consent to access the app."}})
	}
	u, err := c.person(c.t.seed.upn(in.Get("upn")))
	if err != nil {
		v.Problem = errUserUnknown.message
		return c.show("authorize.html", http.StatusOK, v)
	}
	refused := c.admit(u, "password,microsoftAuthenticatorPush", "", false, false)
	if u.Disabled {
		refused = errUserDisabled.because("the account of %s is disabled", u.UPN)
	}
	if refused == nil {
		refused = c.consent(u, in.Get("scope"))
	}
	if refused != nil {
		c.t.refused, v.Problem = refused.Error(), refused.message
		return c.show("authorize.html", http.StatusOK, v)
	}
	value, hash, err := c.t.newToken()
	if err != nil {
		return nil, err
	}
	c.st.Grants[hash] = &grant{Kind: "code", App: app.ID, Scope: in.Get("scope"), Redirect: in.Get("redirect_uri"), PKCE: in.Get("code_challenge"),
		UserID: u.id, Expires: c.now.Add(codeLife), MFA: c.now}
	c.changed = true
	return c.sendBack(in, url.Values{"code": {value}})
}

// checkAuthorize holds the rules of the request, before anybody is asked anything.
func (c *call) checkAuthorize(app *App, in url.Values) error {
	switch {
	case in.Get("response_type") != "code":
		return badOAuth("unsupported_response_type", 70005, "The response_type '%s' is not supported.", in.Get("response_type"))
	case !app.sendsTo(in.Get("redirect_uri")):
		return badOAuth("invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'.", in.Get("redirect_uri"), app.ID)
	case in.Get("code_challenge") != "" && in.Get("code_challenge_method") != "S256":
		return badOAuth("invalid_request", 501491, "Only the code challenge method S256 is supported.")
	case app.Public && in.Get("code_challenge") == "":
		return badOAuth("invalid_request", 9002325, "Proof Key for Code Exchange is required for authorization code redemption.")
	}
	return nil
}

// sendBack sends the browser back to the program, with the answer where it wants it.
func (c *call) sendBack(in, answer url.Values) (*reply, error) {
	if s := in.Get("state"); s != "" {
		answer.Set("state", s)
	}
	to, err := url.Parse(in.Get("redirect_uri"))
	if err != nil {
		return nil, err
	}
	switch mode := in.Get("response_mode"); {
	case mode == "form_post":
		return c.show("formpost.html", http.StatusOK, view{Action: to.String(), To: to.String(), Hidden: answer})
	case mode == "fragment":
		return &reply{status: http.StatusFound, to: to.String() + "#" + answer.Encode()}, nil
	case slices.Contains([]string{"", "query"}, mode):
		q := to.Query()
		for k := range answer {
			q.Set(k, answer.Get(k))
		}
		to.RawQuery = q.Encode()
		return &reply{status: http.StatusFound, to: to.String()}, nil
	}
	return nil, badOAuth("invalid_request", 901002, "The 'response_mode' '%s' is not supported.", in.Get("response_mode"))
}
