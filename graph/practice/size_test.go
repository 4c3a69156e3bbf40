package practice

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestCrowd(t *testing.T) {
	// PRACTICE_PEOPLE=100000 is the size to measure at; the tests of every day take fewer.
	n := 5_000
	if s := os.Getenv("PRACTICE_PEOPLE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	b := newBench(t, func(o *Options) {
		o.Seed.Crowd = Crowd{People: n, Keys: n / 5, Models: []string{atkey, "2fc0579f-8113-47ea-b116-bb5a8db9202a"}}
	})
	t.Logf("%d people after %v", n, time.Since(began))
	lap := func(what string) {
		t.Logf("%s: %v", what, time.Since(began))
		began = time.Now()
	}
	lap("open")
	b = b.with("ConsistencyLevel", "eventual")
	if got := b.names(q("/v1.0/users", "$search", `"displayName:guðmundsdóttir 2"`, "$top", "10", "$select", "displayName")); len(got) == 0 {
		t.Error("nobody found")
	}
	lap("search")
	seen, path := 0, q("/v1.0/users", "$top", "999", "$select", "id")
	for path != "" {
		status, raw := b.raw("GET", path, nil)
		seen += strings.Count(string(raw), `"id"`)
		path = ""
		if i := strings.Index(string(raw), `"@odata.nextLink":"https://graph.microsoft.com`); i >= 0 && status == 200 {
			rest := string(raw)[i+len(`"@odata.nextLink":"https://graph.microsoft.com`):]
			path = rest[:strings.IndexByte(rest, '"')]
		}
	}
	if want := len(b.tenant.dir.users); seen != want {
		t.Errorf("%d people on the pages, want %d", seen, want)
	}
	lap("all pages")
	able := b.want(200, "GET", q("/v1.0/reports/authenticationMethods/userRegistrationDetails", "$filter", "isPasswordlessCapable eq true", "$count", "true", "$top", "1"), nil)
	if got := at[float64](t, able, "@odata.count"); int(got) != n/5 {
		t.Errorf("%v people with keys, want %d", got, n/5)
	}
	lap("report")
	b.setFIDO2(map[string]any{"state": "enabled"})
	lap("write")
	b.want(200, "GET", b.keys("p000001@"+Domain), nil)
	lap("keys of one")
}

func TestReadSeed(t *testing.T) {
	s, err := ReadSeed(strings.NewReader(`{"name":"Fabrikam","signInDelay":"0s","reportDelay":"36h","lag":"30s","profiles":true,"crowd":{"people":10,"keys":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := New(Options{Seed: s})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tenant.dir.users); n != len(DefaultCompany().People)+10 || len(tenant.st.Passkeys) != 2 || tenant.seed.SignInDelay >= 0 || tenant.seed.ReportDelay != 36*time.Hour {
		t.Errorf("%d people, %+v", n, tenant.seed.SignInDelay)
	}
	for _, bad := range []string{``, `{"nam":"x"}`, `{"lag":"soon"}`, `{"domain":"fabrikam.example"}`, `[]`, `{"lag":"-5s"}`, `{} {"name":"x"}`} {
		if _, err := ReadSeed(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if _, err := New(Options{Seed: &Seed{Crowd: Crowd{People: crowdLimit + 1}}}); err == nil {
		t.Error("a crowd without bounds")
	}
	for _, bad := range []Seed{
		{Crowd: Crowd{People: -5}},
		{CredentialIDs: "hex"},
		{Groups: []Group{{Name: "Pilot", Kind: "secure"}}},
		{People: []Person{{UPN: "ann", Name: "Ann", Keys: []string{"ATKey.Pro"}}}},
	} {
		if _, err := New(Options{Seed: &bad}); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

func TestQuotas(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Quotas = true })
	for range 5 {
		b.want(200, "GET", "/beta/auditLogs/signIns", nil)
	}
	b.refused(429, "reports", "GET", "/beta/auditLogs/signIns", nil)
	b.want(200, "GET", "/v1.0/identity/conditionalAccess/policies", nil)
	b.want(429, "GET", "/v1.0/identity/conditionalAccess/policies", nil)
	b.want(200, "GET", "/v1.0/users?$top=5", nil)
	b.clock.add(10 * time.Second)
	b.want(200, "GET", "/beta/auditLogs/signIns", nil)
	for i := 0; ; i++ {
		if status, _ := b.raw("GET", "/v1.0/me", nil); status == 429 {
			if i < 1000 {
				t.Errorf("throttled after %d requests", i)
			}
			break
		}
	}
}

func TestLag(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Lag = 30 * time.Second })
	state := func() string { t.Helper(); return at[string](t, b.want(200, "GET", fido2Config, nil), "state") }
	b.clock.add(time.Minute)
	b.setFIDO2(map[string]any{"state": "enabled"})
	if s := state(); s != "disabled" {
		t.Errorf("at once: %s", s)
	}
	b.clock.add(20 * time.Second)
	b.setFIDO2(map[string]any{"isAttestationEnforced": true})
	if s := state(); s != "disabled" {
		t.Errorf("after 20 s: %s", s)
	}
	b.clock.add(10 * time.Second)
	if s := state(); s != "enabled" {
		t.Errorf("after 30 s: %s", s)
	}
	if readFIDO2(b.want(200, "GET", fido2Config, nil)).Attestation {
		t.Error("the second change is there already")
	}
	b.clock.add(20 * time.Second)
	if !readFIDO2(b.want(200, "GET", fido2Config, nil)).Attestation {
		t.Error("the second change does not arrive")
	}
	b.want(200, "GET", b.keys(aiko)+"/creationOptions()", nil) // a challenge is a write
}

// A token that was given out a moment ago opens reads that lag.
func TestSignInDoesNotLag(t *testing.T) {
	app := App{ID: "aaaaaaaa-1111-4222-8333-444444444444", Name: "keyrollout", Secret: "a secret of the app"}
	for _, lag := range []time.Duration{0, 30 * time.Second} {
		b := newBench(t, func(o *Options) { o.Seed.Lag, o.Seed.Apps = lag, []App{app} })
		b.clock.add(time.Minute)
		form := url.Values{"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"}}
		r, err := http.NewRequest("POST", "https://login.microsoftonline.com/"+Domain+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := b.tenant.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Token == "" {
			t.Fatalf("no token: %v", err)
		}
		if lag == 0 {
			b.opts.Faults.AddFault(Fault{Name: "lag", Match: "GET", Count: 1})
		}
		b.token = got.Token
		b.want(200, "GET", fido2Config, nil)
	}
}

// What is wrong with a seed is told with its line and field, in no words of Go's.
func TestSeedFaultsAreTold(t *testing.T) {
	for text, says := range map[string]string{
		"": "empty", "{": "ends in the middle", "[]": "a seed is fields in braces, not a list",
		"{\n\"people\": 5}":                                   `line 2: "people" takes a list in brackets, not a number`,
		"{\"people\": [\n{\"upn\": 5}]}":                      `line 2: "upn" takes text in quotation marks, not a number`,
		"{\"people\": [{\"upn\": \"a\",\n\"roles\": \"x\"}]}": `line 2: "roles" takes a list in brackets, not text`,
		"{\n\n\"peple\": []}":                                 `line 3: there is no field "peple"`,
		"{\"signInDelay\": 5}":                                `"signInDelay" takes text in quotation marks, not a number`,
		"{\n\"lag\": \"soon\"}":                               `line 2: lag takes a length of time such as 90s, 5m or 1h30m, not "soon"`,
		"{\n\"settle\": \"-5s\"}":                             "line 2: settle: -5s is less than nothing",
		"{\n\"profiles\": \"yes\"}":                           `line 2: "profiles" takes true or false, not text`,
		"{\n\"crowd\": []}":                                   `line 2: "crowd" takes fields in braces, not a list`,
		"{\"crowd\": {\"people\": 1.5}}":                      `"people" takes a whole number, not a number 1.5`,
		"{}\n{}":                                              "line 2: there is something after its end",
		"{\"name\": x}":                                       "line 1: that is not JSON",
	} {
		_, err := ReadSeed(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "unmarshal") {
			t.Errorf("%q\nsays %v\nwant %s", text, err, says)
		}
	}
	for _, s := range []*Seed{
		{Domain: "a b", People: []Person{{UPN: "a", Name: "A"}}},
		{People: []Person{{UPN: "a b", Name: "A"}}},
		{People: []Person{{UPN: "a@b@c", Name: "A"}}},
		{People: []Person{{UPN: "a"}}},
	} {
		if _, err := New(Options{Seed: s}); err == nil || strings.Contains(err.Error(), "{") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, upn := range []string{"o'brien", "dana.lind_fabrikam.example#EXT#", "søren", "x"} {
		if _, err := New(Options{Seed: &Seed{People: []Person{{UPN: upn, Name: "X"}}}}); err != nil {
			t.Error(err)
		}
	}
}
