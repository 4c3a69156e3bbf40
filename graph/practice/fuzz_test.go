package practice

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzHandler sends anything to any call: there is always an answer, in JSON, never a crash, and a refused request
// changes nothing but the challenges and logs it may.
func FuzzHandler(f *testing.F) {
	for _, body := range []string{`{}`, `null`, `[]`, `"x"`, `{"displayName":"x","publicKeyCredential":{"id":"AAAA","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUEA"}}}`,
		`{"@odata.type":"` + fido2Type + `","passkeyProfiles":[{}],"includeTargets":[null],"keyRestrictions":{"aaGuids":[1]}}`,
		`{"@odata.type":"` + fido2Type + `","includeTargets":null,"passkeyProfiles":null,"keyRestrictions":null,"state":null}`,
		`{"upn":"` + aiko + `","temporaryAccessPass":"x","id":"AAAA","clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AAAA"}`,
		"client_id=" + AzureCLI + "&grant_type=refresh_token&refresh_token=x&response_type=code&redirect_uri=http://localhost&code_challenge=x&code_challenge_method=S256&upn=aiko",
		"client_id=" + AzureCLI + "&grant_type=authorization_code&code=x&scope=a/.default",
		`{"groupIds":[null]}`, `{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":null}}`, `{"lifetimeInMinutes":1e400}`} {
		for i, rt := range routes {
			if rt.method != http.MethodGet || body == "{}" {
				f.Add(i, body, "$filter=id eq 'x'", false)
			}
		}
	}
	f.Add(2, "", "$search=\"displayName:x\"&$top=1&$skiptoken=MQ", true)
	f.Fuzz(func(t *testing.T, n int, body, query string, beta bool) {
		rt := routes[((n%len(routes))+len(routes))%len(routes)]
		tenant, err := New(Options{Clock: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }})
		if err != nil {
			t.Fatal(err)
		}
		path := strings.NewReplacer("{user}", aiko, "{method}", "fido2", "{group}", tenant.seed.idOf("group", PilotGroup), "{id}", "x", "/(cast)", "", "(…)", "()", "{tenant}", "common", "{file}", "site.js").Replace(rt.path)
		if rt.in != "*" {
			version := "/v1.0"
			if beta {
				version = "/beta"
			}
			path = version + path
		}
		u := &url.URL{Scheme: "https", Host: "graph.microsoft.com", Path: path, RawQuery: query}
		req, err := http.NewRequest(rt.method, u.String(), strings.NewReader(body))
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+tenant.Token(AdminUPN))
		req.Header.Set("Content-Type", "application/json")
		resp, err := tenant.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode >= 500 {
			t.Fatalf("%s %s: %d %s (%v): %s", rt.method, path, resp.StatusCode, raw, err, tenant.LastRefusal())
		}
		if resp.StatusCode != 204 && len(raw) > 0 && raw[0] != '{' && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/") {
			t.Fatalf("%s %s: %s", rt.method, path, raw)
		}
		if _, err := readState(tenant.saved); err != nil {
			t.Fatalf("the state cannot be read back: %v", err)
		}
	})
}
