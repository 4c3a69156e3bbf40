package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// form posts a form to the sign-in endpoint.
func (b *bench) form(path string, pairs ...string) (int, map[string]any) {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	status, raw := b.with("Content-Type", "application/x-www-form-urlencoded").raw("POST", path, v.Encode())
	var out map[string]any
	if len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &out); err != nil {
			b.t.Fatal(err)
		}
	}
	return status, out
}

const (
	tokenPath = "/common/oauth2/v2.0/token"
	readUsers = "https://graph.microsoft.com/User.Read.All offline_access openid profile"
)

func TestDeviceCode(t *testing.T) {
	b := newBench(t)
	begin := func() (string, string) {
		t.Helper()
		status, out := b.form("/contoso.example/oauth2/v2.0/devicecode", "client_id", GraphCommandLineTools, "scope", readUsers)
		if status != 200 || len(at[string](t, out, "user_code")) != 9 {
			t.Fatalf("%d %v", status, out)
		}
		return at[string](t, out, "device_code"), at[string](t, out, "user_code")
	}
	poll := func(code, want string) map[string]any {
		t.Helper()
		_, out := b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", code)
		if got, _ := out["error"].(string); got != want {
			t.Fatalf("%q, want %q: %v", got, want, out)
		}
		return out
	}
	code, user := begin()
	poll(code, "authorization_pending")
	if err := b.tenant.SignInDevice("WRONGCODE", aiko); err == nil {
		t.Error("a wrong code was accepted")
	}
	if err := b.tenant.SignInDevice(strings.ToLower(user[:4]+"-"+user[4:]), AdminUPN); err != nil {
		t.Fatal(err)
	}
	out := poll(code, "")
	poll(code, "bad_verification_code")
	who := *b
	who.token = at[string](t, out, "access_token")
	if me := who.want(200, "GET", "/v1.0/me", nil); at[string](t, me, "userPrincipalName") != AdminUPN {
		t.Errorf("%v", me)
	}
	who.refused(403, "none of the rights", "GET", fido2Config, nil)
	if strings.Contains(string(b.tenant.saved), who.token) || strings.Contains(string(b.tenant.saved), at[string](t, out, "refresh_token")) {
		t.Error("the state holds a token")
	}
	b.clock.add(2 * time.Hour)
	who.want(401, "GET", "/v1.0/me", nil)
	_, out = b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "refresh_token", "refresh_token", at[string](t, out, "refresh_token"), "scope", "https://graph.microsoft.com/.default")
	who.token = at[string](t, out, "access_token")
	who.want(200, "GET", fido2Config, nil)

	code, _ = begin()
	b.clock.add(16 * time.Minute)
	poll(code, "expired_token")
	for _, tc := range [][]string{
		{"client_id", "nobody", "scope", "x"}, {"scope", "x"},
	} {
		if status, out := b.form("/common/oauth2/v2.0/devicecode", tc...); status != 400 || out["error_description"] == nil {
			t.Errorf("%v: %d %v", tc, status, out)
		}
	}
	if status, _ := b.form("/fabrikam.example/oauth2/v2.0/devicecode", "client_id", AzureCLI); status != 400 {
		t.Errorf("another tenant: %d", status)
	}
}

// TestDeviceCodeBlocked: what security baselines ask for.
func TestDeviceCodeBlocked(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Seed.SecurityDefaults = false
		o.Seed.Access = []AccessPolicy{{Name: "Block device code flow", Block: true, DeviceCode: true}}
	})
	_, out := b.form("/common/oauth2/v2.0/devicecode", "client_id", AzureCLI, "scope", readUsers)
	if err := b.tenant.SignInDevice(at[string](t, out, "user_code"), AdminUPN); err == nil {
		t.Error("not blocked")
	}
	_, out = b.form(tokenPath, "client_id", AzureCLI, "grant_type", "device_code", "device_code", at[string](t, out, "device_code"))
	if !strings.Contains(at[string](t, out, "error_description"), "AADSTS53003") {
		t.Errorf("%v", out)
	}
	b.open()
	if status, _ := b.passSignIn(aiko, b.issue(aiko, map[string]any{})); status != 200 {
		t.Errorf("the policy blocks more than device code: %s", b.tenant.LastRefusal())
	}
	b.want(200, "GET", "/v1.0/identity/conditionalAccess/policies", nil)
}

func TestAuthorizationCode(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Consent = []string{"User.Read", "User.Read.All"} })
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	const redirect = "http://localhost:51234/"
	fields := []string{"client_id", GraphCommandLineTools, "response_type", "code", "redirect_uri", redirect, "scope", readUsers, "state", "s t",
		"code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256"}
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	status, html := b.raw("GET", "/common/oauth2/v2.0/authorize?"+v.Encode(), nil)
	if status != 200 || !strings.Contains(string(html), "Pick an account") || !strings.Contains(string(html), `value="s t"`) {
		t.Errorf("%d %s", status, html)
	}
	send := func(more ...string) url.Values {
		t.Helper()
		form := url.Values{}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		for k := range v {
			if form.Get(k) == "" {
				form.Set(k, v.Get(k))
			}
		}
		req, _ := http.NewRequest("POST", "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", strings.NewReader(form.Encode()))
		resp, err := b.tenant.Transport().RoundTrip(req)
		if err != nil || resp.StatusCode != 302 {
			t.Fatalf("%v %+v (%s)", err, resp, b.tenant.LastRefusal())
		}
		to, err := resp.Location()
		if err != nil || !strings.HasPrefix(to.String(), redirect) || to.Query().Get("state") != "s t" {
			t.Fatalf("sent to %s (%v)", to, err)
		}
		return to.Query()
	}
	if q := send("cancel", "1"); q.Get("error") != "access_denied" {
		t.Errorf("%v", q)
	}
	redeem := func(code, verifier string) (int, map[string]any) {
		return b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "authorization_code", "code", code, "redirect_uri", redirect, "code_verifier", verifier)
	}
	code := send("upn", aiko).Get("code")
	if status, _ := redeem(code, "wrong"); status != 400 {
		t.Errorf("a wrong verifier: %d", status)
	}
	if status, _ := redeem(code, verifier); status != 400 {
		t.Errorf("a spent code: %d", status)
	}
	status, out := redeem(send("upn", aiko).Get("code"), verifier)
	if status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	who := *b
	who.token = at[string](t, out, "access_token")
	who.want(200, "GET", "/v1.0/me", nil)

	for name, change := range map[string][2]string{"redirect": {"redirect_uri", "https://evil.example/"}, "no PKCE": {"code_challenge", ""}, "flow": {"response_type", "token"}} {
		w := url.Values{}
		for k := range v {
			w.Set(k, v.Get(k))
		}
		w.Set(change[0], change[1])
		if status, _ := b.raw("GET", "/common/oauth2/v2.0/authorize?"+w.Encode(), nil); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// A program asks for more when it needs more: an administrator consents by signing in once more, and it is remembered;
// nobody else can.
func TestIncrementalConsent(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Seed.Consent = []string{"User.Read"}
		o.Seed.People = append(o.Seed.People, Person{UPN: "root", Name: "Root", Roles: []string{RoleGlobalAdministrator}})
	})
	const more = "https://graph.microsoft.com/User.Read https://graph.microsoft.com/Policy.Read.All offline_access"
	begin := func(scope string) (user, device string) {
		t.Helper()
		status, out := b.form("/common/oauth2/v2.0/devicecode", "client_id", GraphCommandLineTools, "scope", scope)
		if status != 200 {
			t.Fatalf("%d %v", status, out)
		}
		return at[string](t, out, "user_code"), at[string](t, out, "device_code")
	}
	redeem := func(device string) (int, map[string]any) {
		return b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "device_code", "device_code", device)
	}
	user, device := begin("https://graph.microsoft.com/User.Read offline_access")
	if err := b.tenant.SignInDevice(user, aiko); err != nil {
		t.Fatal(err)
	}
	_, out := redeem(device)
	refresh := at[string](t, out, "refresh_token")
	silently := func() (int, map[string]any) {
		return b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "refresh_token", "refresh_token", refresh, "scope", more)
	}
	if status, out := silently(); status != 400 || !strings.Contains(at[string](t, out, "error_description"), "AADSTS65001") {
		t.Errorf("without consent: %d %v", status, out)
	}
	user, device = begin(more)
	if err := b.tenant.SignInDevice(user, aiko); err == nil {
		t.Errorf("a person without a role consents: %v", err)
	}
	if err := b.tenant.SignInDevice(user, "root"); err != nil {
		t.Fatal(err)
	}
	if status, out := redeem(device); status != 200 {
		t.Errorf("%d %v", status, out)
	}
	if status, out := silently(); status != 200 {
		t.Errorf("after consent: %d %v", status, out)
	}
}
