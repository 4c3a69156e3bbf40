package graph

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyrollout/internal/secret"
)

const testTenant = "11111111-2222-4333-8444-555555555555"

// entra plays Microsoft's sign-in.
type entra struct {
	t      *testing.T
	tokens []answer // answers of the token endpoint, in order

	mu    sync.Mutex
	forms []url.Values
}

func (e *entra) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	host := "https://" + r.URL.Host
	switch path := r.URL.Path; {
	case strings.Contains(path, "/discovery/instance"):
		return reply(200, `{"tenant_discovery_endpoint":"`+host+`/`+testTenant+`/v2.0/.well-known/openid-configuration","metadata":[{"preferred_network":"`+r.URL.Host+`","preferred_cache":"`+r.URL.Host+`","aliases":["`+r.URL.Host+`"]}]}`)(r)
	case strings.HasSuffix(path, "/openid-configuration"):
		return reply(200, `{"issuer":"`+host+`/`+testTenant+`/v2.0","authorization_endpoint":"`+host+`/x/authorize","token_endpoint":"`+host+`/x/token","device_authorization_endpoint":"`+host+`/x/devicecode"}`)(r)
	case strings.HasSuffix(path, "/devicecode"):
		return reply(200, `{"user_code":"ABCD1234","device_code":"d","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":1,"message":"To sign in, …"}`)(r)
	case strings.HasSuffix(path, "/token"):
		b, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(b))
		e.forms = append(e.forms, form)
		if len(e.forms) > len(e.tokens) {
			e.t.Errorf("token request %d was not expected: %v", len(e.forms), form.Get("grant_type"))
			return reply(500, "")(r)
		}
		return e.tokens[len(e.forms)-1](r)
	}
	e.t.Errorf("asked %s", r.URL)
	return reply(404, "")(r)
}

func token(scope string) answer {
	b64 := base64.RawURLEncoding.EncodeToString
	id := b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(`{"oid":"o","tid":"`+testTenant+`","preferred_username":"ann@contoso.com","sub":"s","iss":"https://login.microsoftonline.com/`+testTenant+`/v2.0"}`)) + ".s"
	info := b64([]byte(`{"uid":"o","utid":"` + testTenant + `"}`))
	return reply(200, `{"token_type":"Bearer","scope":"`+scope+`","expires_in":3600,"ext_expires_in":3600,"access_token":"the-access-token","refresh_token":"the-refresh-token","id_token":"`+id+`","client_info":"`+info+`"}`)
}

func denied(kind, description string) answer {
	return reply(400, `{"error":"`+kind+`","error_description":"`+description+`\r\nTrace ID: t Correlation ID: c","trace_id":"t","correlation_id":"the-correlation-id"}`)
}

func TestDeviceCode(t *testing.T) {
	scopes := ScopesFor(Clouds[0], "tenant-read")
	e := &entra{t: t, tokens: []answer{denied("authorization_pending", "AADSTS70016: pending"), token(strings.Join(scopes, " "))}}
	var shown DeviceCode
	cred, err := LogIn(t.Context(), LogInOptions{Road: ByDeviceCode, TenantID: testTenant, Transport: e, ShowCode: func(d DeviceCode) error { shown = d; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if shown.Code != "ABCD1234" || shown.URL != "https://microsoft.com/devicelogin" || time.Until(shown.Expires) < 14*time.Minute || shown.Message == "" {
		t.Errorf("shown %+v", shown)
	}
	if e.forms[1].Get("client_id") != CommandLineApp || !strings.Contains(e.forms[1].Get("scope"), "https://graph.microsoft.com/Policy.Read.AuthenticationMethod") {
		t.Errorf("asked %v", e.forms[1])
	}
	// The same again comes from memory.
	a, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: scopes})
	if err != nil || a.Token != "the-access-token" || len(e.forms) != 2 {
		t.Errorf("got %v after %d requests", err, len(e.forms))
	}
}

func TestDeviceCodeRefused(t *testing.T) {
	for _, c := range []struct {
		kind, text, code, says string
	}{
		{"invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies.", "device-code-blocked", "Azure CLI"},
		{"invalid_grant", "AADSTS530035: Access has been blocked by security defaults.", "device-code-blocked", "browser"},
		{"invalid_client", "AADSTS7000218: The request body must contain client_assertion", CodeLogInNotPublic, "public client flows"},
		{"invalid_grant", "AADSTS65001: The user or administrator has not consented", CodeLogInConsent, "consent"},
		{"expired_token", "AADSTS70020: expired", CodeLogInExpired, "new one"},
		{"authorization_declined", "AADSTS70018x", CodeLogInDeclined, "declined"},
		{"invalid_grant", "AADSTS99999: something new", "AADSTS99999", "something new"},
	} {
		e := &entra{t: t, tokens: []answer{denied(c.kind, c.text)}}
		_, err := LogIn(t.Context(), LogInOptions{Road: ByDeviceCode, TenantID: testTenant, Transport: e, ShowCode: func(DeviceCode) error { return nil }})
		f := refusal(err)
		if f == nil || f.Code != c.code || !strings.Contains(f.Message, c.says) || f.Op != "sign in" || f.RequestID != "the-correlation-id" || strings.Contains(f.Error(), "Trace ID") {
			t.Errorf("%s: got %+v", c.text, f)
		}
	}
}

// The page comes back on the fixed port; the address it is shown at is the one to open at the desk.
func TestBrowser(t *testing.T) {
	e := &entra{t: t, tokens: []answer{token(strings.Join(ScopesFor(Clouds[0], "tenant-read"), " "))}}
	ln := freePort(t)
	_, err := LogIn(t.Context(), LogInOptions{Road: ByBrowser, TenantID: testTenant, Transport: e, Port: ln, Hint: "ann@contoso.com", ShowPage: func(page string) error {
		u, err := url.Parse(page)
		if err != nil {
			return err
		}
		q := u.Query()
		if q.Get("login_hint") != "ann@contoso.com" || q.Get("code_challenge_method") != "S256" {
			t.Errorf("page %s", page)
		}
		go func() {
			resp, err := http.PostForm(q.Get("redirect_uri"), url.Values{"code": {"the-code"}, "state": {q.Get("state")}})
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		}()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if f := e.forms[0]; f.Get("code") != "the-code" || !strings.HasSuffix(f.Get("redirect_uri"), ":"+strconv.Itoa(ln)) {
		t.Errorf("asked %v", f)
	}
}

func TestApplications(t *testing.T) {
	scope := "https://graph.microsoft.com/.default"
	e := &entra{t: t, tokens: []answer{token(scope)}}
	if _, err := LogIn(t.Context(), LogInOptions{Road: BySecret, TenantID: testTenant, ClientID: testTenant, Secret: secret.New([]byte("the-secret")), Transport: e}); err != nil {
		t.Fatal(err)
	}
	if f := e.forms[0]; f.Get("client_secret") != "the-secret" || !strings.Contains(f.Get("scope"), scope) {
		t.Errorf("asked %v", f)
	}
	e = &entra{t: t, tokens: []answer{token(scope)}}
	if _, err := LogIn(t.Context(), LogInOptions{Road: ByCertificate, TenantID: testTenant, ClientID: testTenant, Certificate: certificate(t), Transport: e}); err != nil {
		t.Fatal(err)
	}
	if f := e.forms[0]; f.Get("client_assertion") == "" {
		t.Errorf("asked %v", f)
	}
	e = &entra{t: t, tokens: []answer{denied("invalid_client", "AADSTS7000215: Invalid client secret provided.")}}
	_, err := LogIn(t.Context(), LogInOptions{Road: BySecret, TenantID: testTenant, ClientID: testTenant, Secret: secret.New([]byte("the-secret")), Transport: e})
	if f := refusal(err); f == nil || f.Code != "AADSTS7000215" || strings.Contains(f.Error(), "the-secret") {
		t.Errorf("got %v", err)
	}
}

func TestLogInBadInput(t *testing.T) {
	for _, o := range []LogInOptions{{Road: "carrier-pigeon"}, {Road: ByDeviceCode}, {Road: ByBrowser},
		{Road: ByCertificate, TenantID: testTenant, Certificate: []byte("no certificate")}, {Road: BySecret}, {Road: ByWorkload}, {Road: ByEnvironment}} {
		o.Transport = &entra{t: t}
		if _, err := LogIn(t.Context(), o); refusal(err) == nil || refusal(err).Message == "" {
			t.Errorf("%+v: %v", o.Road, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := LogIn(ctx, LogInOptions{Road: ByDeviceCode, TenantID: testTenant, Transport: &entra{t: t, tokens: []answer{denied("authorization_pending", "AADSTS70016")}},
		ShowCode: func(DeviceCode) error { cancel(); return nil }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCloudsAndRights(t *testing.T) {
	gov, ok := CloudByID("gcc-high")
	if !ok || gov.OnBehalf || gov.Note == "" {
		t.Errorf("got %+v", gov)
	}
	if got := ScopesFor(gov, "pass", "registration", "pass"); !slices.Equal(got, []string{"https://graph.microsoft.us/UserAuthenticationMethod.ReadWrite.All"}) {
		t.Errorf("got %v", got)
	}
	if _, ok := CloudByID("moon"); ok {
		t.Error("there is no such cloud")
	}
	for _, c := range Clouds {
		if _, err := New(Options{BaseURL: c.Graph, Bearer: secret.New([]byte("x"))}); err != nil {
			t.Error(err)
		}
	}
	if contract() == nil {
		t.Skip("the contract files are not here: permissions are not held against them")
	}
	known := permissions(contract()["v1.0"])
	for _, r := range Rights {
		for _, s := range append(slices.Clone(r.Scopes), r.Instead...) {
			if !known[s] {
				t.Errorf("%s: the contract does not know the permission %s", r.For, s)
			}
		}
	}
}

// permissions are all that the contract names.
func permissions(v any) map[string]bool {
	found := map[string]bool{}
	var walk func(v any, in bool)
	walk = func(v any, in bool) {
		switch x := v.(type) {
		case node:
			for name, e := range x {
				walk(e, in || name == "x-permissions")
			}
		case []any:
			for _, e := range x {
				if s, ok := e.(string); ok && in {
					found[s] = true
				}
				walk(e, in)
			}
		}
	}
	walk(v, false)
	return found
}

func certificate(t *testing.T) []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

func freePort(t *testing.T) int {
	ln, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
