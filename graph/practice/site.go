package practice

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The pages for a real browser, in Entra's order of screens: sign-in, Security info, the device code page, and the page
// that an application sends a person to. Plain HTML; only WebAuthn needs a script.

//go:embed site
var siteFiles embed.FS

var siteTemplates = template.Must(template.ParseFS(siteFiles, "site/*.html"))

// pagePolicy keeps the pages to themselves. A form may end in a redirect to the program that asked for the sign-in.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"form-action 'self' http://localhost:* http://127.0.0.1:* https:"

var siteRoutes = []route{
	{method: "GET", path: "/practice", in: "*", open: true, do: sitePage("home.html")},
	{method: "GET", path: "/practice/sign-in", in: "*", open: true, do: sitePage("signin.html")},
	{method: "GET", path: "/practice/security-info", in: "*", open: true, do: sitePage("securityinfo.html")},
	{method: "GET", path: devicePath, in: "*", open: true, do: sitePage("device.html")},
	{method: "POST", path: devicePath, in: "*", open: true, do: (*call).devicePage},
	{method: "GET", path: "/practice/site/{file}", in: "*", open: true, do: (*call).siteFile},
	{method: "GET", path: "/{tenant}/oauth2/v2.0/authorize", in: "*", open: true, do: (*call).authorizePage},
	{method: "POST", path: "/{tenant}/oauth2/v2.0/authorize", in: "*", open: true, do: (*call).authorizePage},
	{method: "GET", path: "/{tenant}/oauth2/v2.0/logout", in: "*", open: true, do: sitePage("home.html")},
}

// view is what the templates show.
type view struct {
	Company, Problem, Code, App, Done string
	Action                            string // where a form goes
	People                            []*user
	Hidden                            url.Values // carried through a form
}

func (c *call) show(name string, status int, v view) (*reply, error) {
	v.Company = c.t.seed.Name
	var b bytes.Buffer
	if err := siteTemplates.ExecuteTemplate(&b, name, v); err != nil {
		return nil, err
	}
	return &reply{status: status, html: b.Bytes()}, nil
}

func sitePage(name string) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		if _, host := c.served(); strings.HasPrefix(host, "127.0.0.1:") { // WebAuthn knows no addresses, only names
			return &reply{status: http.StatusFound, to: "http://localhost:" + strings.TrimPrefix(host, "127.0.0.1:") + c.r.URL.RequestURI()}, nil
		}
		return c.show(name, http.StatusOK, view{Code: c.query.Get("code"), People: c.choices("")})
	}
}

// choices are the accounts a page offers to pick from, narrowed by what was typed.
func (c *call) choices(text string) []*user {
	const most = 12
	text = strings.ToLower(strings.TrimSpace(text))
	var list []*user
	for _, u := range c.t.dir.users {
		if len(list) < most && !u.Guest && (strings.Contains(strings.ToLower(u.UPN), text) || strings.Contains(strings.ToLower(u.Name), text)) {
			list = append(list, u)
		}
	}
	return list
}

func (c *call) siteFile() (*reply, error) {
	kinds := map[string]string{"site.js": "text/javascript; charset=utf-8", "formpost.js": "text/javascript; charset=utf-8", "site.css": "text/css; charset=utf-8"}
	kind, known := kinds[c.vars["file"]]
	b, err := siteFiles.ReadFile("site/" + c.vars["file"])
	if !known || err != nil {
		return nil, page(http.StatusNotFound, "UnknownError", "There is no such page.")
	}
	return &reply{status: http.StatusOK, html: b, kind: kind}, nil
}

// devicePage takes the code and the account.
func (c *call) devicePage() (*reply, error) {
	form, err := c.form()
	if err != nil {
		return nil, err
	}
	v := view{Code: form.Get("code"), People: c.choices("")}
	g, refused := c.waiting(v.Code)
	if refused == nil {
		v.App = c.t.app(g.App).Name
		if form.Get("upn") == "" {
			return c.show("device.html", http.StatusOK, v)
		}
		u, err := c.person(c.t.seed.upn(form.Get("upn")))
		if err != nil {
			v.Problem = errUserUnknown.message
			return c.show("device.html", http.StatusOK, v)
		}
		refused = c.approveDevice(v.Code, u)
	}
	if refused != nil {
		c.t.refused = refused.Error()
		v.Problem = refused.message
		return c.show("device.html", http.StatusOK, v)
	}
	v.Done = "You have signed in to " + v.App + " on your device. You may now close this window."
	return c.show("device.html", http.StatusOK, v)
}

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
	switch {
	case in.Get("response_type") != "code":
		return nil, badOAuth("unsupported_response_type", 70005, "The response_type '%s' is not supported.", in.Get("response_type"))
	case !app.sendsTo(in.Get("redirect_uri")):
		return nil, badOAuth("invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'.", in.Get("redirect_uri"), app.ID)
	case in.Get("code_challenge") != "" && in.Get("code_challenge_method") != "S256":
		return nil, badOAuth("invalid_request", 501491, "Only the code challenge method S256 is supported.")
	case app.Public && in.Get("code_challenge") == "":
		return nil, badOAuth("invalid_request", 9002325, "Proof Key for Code Exchange is required for authorization code redemption.")
	}
	if _, err := c.rights(in.Get("scope")); err != nil {
		return nil, err
	}
	v := view{App: app.Name, People: c.choices(in.Get("login_hint")), Hidden: url.Values{}}
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
		return c.show("formpost.html", http.StatusOK, view{Action: to.String(), Hidden: answer})
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
