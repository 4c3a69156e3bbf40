package practice

import (
	"bytes"
	"embed"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// The pages for a real browser, in Entra's order of screens: sign-in, Security info, the device code page, and the page
// that an application sends a person to. Plain HTML; only WebAuthn needs a script.

//go:embed site
var siteFiles embed.FS

var siteTemplates = template.Must(template.ParseFS(siteFiles, "site/*.html"))

// pagePolicy keeps the pages to themselves. The form of a sign-in ends at the program that asked for it, and nowhere else.
func pagePolicy(formTo string) string {
	return strings.TrimSpace("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action 'self' " + formTo)
}

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
	Company, Title, Problem, Code, App, Done string
	Action                                   string // where a form goes
	To                                       string // the address that a form of the page may end at, beside its own
	People                                   []*user
	Hidden                                   url.Values // carried through a form
}

// titles are what the browser's tab says; a script changes it with the screen.
var titles = map[string]string{"home.html": "Practice tenant", "signin.html": "Sign in", "securityinfo.html": "Security info",
	"device.html": "Enter code", "authorize.html": "Pick an account", "formpost.html": "You are signed in"}

func (c *call) show(name string, status int, v view) (*reply, error) {
	v.Company, v.Title = c.t.seed.Name, titles[name]
	var b bytes.Buffer
	if err := siteTemplates.ExecuteTemplate(&b, name, v); err != nil {
		return nil, err
	}
	r := &reply{status: status, html: b.Bytes()}
	if to, err := url.Parse(v.To); err == nil && to.Scheme != "" {
		r.formTo = to.Scheme + ":"
		if to.Host != "" {
			r.formTo += "//" + to.Host
		}
	}
	return r, nil
}

func sitePage(name string) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		scheme, host := c.served()
		if name, port, err := net.SplitHostPort(host); err == nil && (name == "127.0.0.1" || name == "::1") { // WebAuthn knows names only
			return &reply{status: http.StatusFound, to: scheme + "://localhost:" + port + c.r.URL.RequestURI()}, nil
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
	kinds := map[string]string{"site.js": "text/javascript; charset=utf-8", "formpost.js": "text/javascript; charset=utf-8",
		"site.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
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
