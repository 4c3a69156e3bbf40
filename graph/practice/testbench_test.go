package practice

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// bench is a tenant under test, with a clock to turn and a person to be. Every answer is checked against the contract.
type bench struct {
	t      *testing.T
	tenant *Tenant
	opts   Options
	clock  *testClock
	token  string
	header http.Header
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	clock := &testClock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	o := Options{Clock: clock.Now, Seed: DefaultCompany(), Faults: &Faults{}}
	for _, f := range change {
		f(&o)
	}
	tenant, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, tenant: tenant, opts: o, clock: clock, token: tenant.Token(AdminUPN), header: http.Header{}}
}

func migrated(o *Options) { o.Seed.Profiles = true }

// as is the same bench with another person at it.
func (b *bench) as(upn string) *bench {
	c := *b
	c.token = b.tenant.Token(upn)
	return &c
}

// with is the same bench with a header more.
func (b *bench) with(name, value string) *bench {
	c := *b
	c.header = b.header.Clone()
	c.header.Set(name, value)
	return &c
}

// do sends a request; body may be nil, a value to be marshalled, or ready text. Paths begin with /v1.0 or /beta, or are
// pages.
func (b *bench) do(method, path string, body any) (int, map[string]any) {
	b.t.Helper()
	status, raw := b.raw(method, path, body)
	var out map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			b.t.Fatalf("%s %s: %d, not JSON: %s", method, path, status, raw)
		}
		checkContract(b.t, method, path, body, status, out)
	}
	return status, out
}

func (b *bench) raw(method, path string, body any) (int, []byte) {
	b.t.Helper()
	var r io.Reader
	if s, isText := body.(string); isText {
		r = strings.NewReader(s)
	} else if body != nil {
		buf, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		r = bytes.NewReader(buf)
	}
	req, err := http.NewRequest(method, "https://graph.microsoft.com"+path, r)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header = b.header.Clone()
	req.Header.Set("Authorization", "Bearer "+b.token)
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := b.tenant.Transport().RoundTrip(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, raw
}

// want is do with an expected status.
func (b *bench) want(status int, method, path string, body any) map[string]any {
	b.t.Helper()
	got, out := b.do(method, path, body)
	if got != status {
		b.t.Fatalf("%s %s: %d, want %d: %v (%s)", method, path, got, status, out, b.tenant.LastRefusal())
	}
	return out
}

// refused is want of a 4xx, and the reason behind it.
func (b *bench) refused(status int, reason, method, path string, body any) map[string]any {
	b.t.Helper()
	out := b.want(status, method, path, body)
	if got := b.tenant.LastRefusal(); !strings.Contains(got, reason) {
		b.t.Fatalf("%s %s: refused because %q, want %q", method, path, got, reason)
	}
	return out
}

const (
	fido2Config = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2"
	passConfig  = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/temporaryAccessPass"
	fido2Type   = "#microsoft.graph.fido2AuthenticationMethodConfiguration"
	passType    = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
	pages       = "/practice/pages/"
	aiko        = "aiko@" + Domain
)

func (b *bench) userPath(upn, rest string) string {
	u := b.tenant.dir.user(upn)
	if u == nil {
		b.t.Fatalf("no user %s", upn)
	}
	return "/v1.0/users/" + u.id + rest
}

func (b *bench) groupID(name string) string { return b.tenant.seed.idOf("group", name) }

func (b *bench) keys(upn string) string { return b.userPath(upn, "/authentication/fido2Methods") }
func (b *bench) passes(upn string) string {
	return b.userPath(upn, "/authentication/temporaryAccessPassMethods")
}

// setFIDO2 changes the passkey policy.
func (b *bench) setFIDO2(change map[string]any) {
	b.t.Helper()
	change["@odata.type"] = fido2Type
	b.want(204, "PATCH", fido2Config, change)
}

func (b *bench) setPass(change map[string]any) {
	b.t.Helper()
	change["@odata.type"] = passType
	b.want(204, "PATCH", passConfig, change)
}

// open switches both policies on for the pilot.
func (b *bench) open() {
	b.t.Helper()
	target := []any{map[string]any{"targetType": "group", "id": b.groupID(PilotGroup), "isRegistrationRequired": false}}
	b.setFIDO2(map[string]any{"state": "enabled", "includeTargets": target})
	b.setPass(map[string]any{"state": "enabled"})
}

func (b *bench) options(upn string) map[string]any {
	b.t.Helper()
	return b.want(200, "GET", b.keys(upn)+"/creationOptions()", nil)
}

func (b *bench) signInOptions(upn string) map[string]any {
	b.t.Helper()
	return b.want(200, "POST", pages+"sign-in-options", map[string]any{"upn": upn})
}

func (b *bench) handle(upn string) []byte {
	return (&call{t: b.tenant}).userHandle(b.tenant.dir.user(upn))
}
