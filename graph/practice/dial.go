package practice

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Hosts that the tenant stands in for, in process and behind Dial.
var microsoftHosts = []string{"graph.microsoft.com", "login.microsoftonline.com", "login.microsoft.com"}

const forwardedHost = "X-Forwarded-Host"

// Dial sends every request for Microsoft's hosts to the tenant that is served at address (what Listen or ListenTLS
// returned), through rt: so the Graph SDK and azidentity talk to a tenant in another process without knowing. Nil rt is
// net/http's.
func Dial(address string, rt http.RoundTripper) (http.RoundTripper, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("practice tenant: %q is not the address of one", address)
	}
	if rt == nil {
		rt = http.DefaultTransport
	}
	return dialer{u, rt}, nil
}

type dialer struct {
	to *url.URL
	rt http.RoundTripper
}

func (d dialer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !slices.Contains(microsoftHosts, r.URL.Hostname()) {
		return d.rt.RoundTrip(r)
	}
	out := r.Clone(r.Context())
	out.Header.Set(forwardedHost, r.URL.Host)
	out.URL.Scheme, out.URL.Host, out.Host = d.to.Scheme, d.to.Host, d.to.Host
	resp, err := d.rt.RoundTrip(out)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// origin is how the client believes it reached the tenant: links that it follows by itself begin so.
func (c *call) origin() (scheme, host string) {
	if h := c.r.Header.Get(forwardedHost); slices.Contains(microsoftHosts, h) {
		return "https", h
	}
	return c.served()
}

// served is where the tenant really is: links for a person's browser begin so.
func (c *call) served() (scheme, host string) {
	switch {
	case c.r.URL.Host != "": // in process: the request is the client's own
		return c.r.URL.Scheme, c.r.URL.Host
	case c.r.TLS != nil:
		return "https", c.r.Host
	}
	return "http", c.r.Host
}

// ownHost lets only requests through that were meant for this machine. A page of the wide web can make its own name
// point at a loopback address (DNS rebinding); it cannot make the browser leave that name out.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if h, _, err := net.SplitHostPort(name); err == nil {
			name = h
		}
		if ip := net.ParseIP(strings.Trim(name, "[]")); name != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "This practice tenant answers to localhost only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
