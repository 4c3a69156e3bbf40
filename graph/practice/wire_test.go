package practice

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// overNetwork sends a request to the served tenant.
func overNetwork(t *testing.T, base, method, path, token string, body []byte, header http.Header) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequest(method, base+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	return http.DefaultClient.Do(req)
}

func TestListen(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req := httptest.NewRequest("GET", "http://rebound.example/v1.0/me", nil)
	refused := httptest.NewRecorder()
	ownHost(b.tenant).ServeHTTP(refused, req)
	if refused.Code != http.StatusMisdirectedRequest {
		t.Errorf("a page elsewhere is answered: %d", refused.Code)
	}
	if _, err := b.tenant.Listen(ctx, "0.0.0.0:0"); !errors.Is(err, ErrNotLoopback) {
		t.Errorf("listening to everyone: %v", err)
	}
	base, err := b.tenant.Listen(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := overNetwork(t, base, "GET", "/v1.0/users?$top=3", b.token, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if next := at[string](t, out, "@odata.nextLink"); !strings.HasPrefix(next, base+"/v1.0/users?") {
		t.Errorf("the next page is at %s", next)
	}
	for fault, want := range map[string]string{"nothing": "EOF", "lost-answer": "EOF", "half": "unexpected EOF"} {
		b.opts.Faults.Add(fault)
		// A POST: net/http repeats a GET by itself.
		resp, err := overNetwork(t, base, "POST", b.userPath(aiko, "/checkMemberGroups"), b.token, []byte(`{"groupIds":["x"]}`), nil)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", fault, err)
		}
	}
}

func TestGzip(t *testing.T) {
	b := newBench(t)
	pack := func(s string) string {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write([]byte(s))
		w.Close()
		return z.String()
	}
	packed := b.with("Content-Encoding", "gzip")
	packed.want(204, "PATCH", passConfig, pack(`{"@odata.type":"`+passType+`","state":"enabled"}`))
	packed.want(400, "PATCH", passConfig, `{"state":"enabled"}`)
	b.with("Content-Encoding", "br").want(415, "PATCH", passConfig, `{}`)
	b.with("Content-Type", "text/plain").want(400, "PATCH", passConfig, `{}`)
	b.want(413, "PATCH", passConfig, strings.Repeat(" ", maxBody+1))
	packed.want(413, "PATCH", passConfig, pack(strings.Repeat(" ", maxBody+1)))

	status, raw := b.with("Accept-Encoding", "deflate, gzip;q=1.0").raw("GET", "/v1.0/me", nil)
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if status != 200 || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if plain, err := io.ReadAll(r); err != nil || !bytes.Contains(plain, []byte(AdminUPN)) {
		t.Errorf("%s %v", plain, err)
	}
	if _, raw := b.with("Accept-Encoding", "gzip;q=0").raw("GET", "/v1.0/me", nil); raw[0] != '{' {
		t.Error("packed although refused")
	}
}

func TestTransport(t *testing.T) {
	b := newBench(t)
	do := func(ctx context.Context, method, path string) (*http.Response, error) {
		req, _ := http.NewRequestWithContext(ctx, method, "https://graph.microsoft.com"+path, nil)
		req.Header.Set("Authorization", "Bearer "+b.token)
		req.Header.Set("client-request-id", "my-own-id")
		return b.tenant.Transport().RoundTrip(req)
	}
	resp, err := do(t.Context(), "GET", "/v1.0/nothing/here")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	json.NewDecoder(resp.Body).Decode(&out)
	if resp.StatusCode != 400 || resp.ContentLength <= 0 || at[string](t, out, "error", "innerError", "client-request-id") != "my-own-id" ||
		at[string](t, out, "error", "innerError", "request-id") != resp.Header.Get("request-id") {
		t.Errorf("%+v %v", resp, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	b.opts.Faults.Add("slow GET /me")
	if _, err := do(ctx, "GET", "/v1.0/me"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the deadline was not honoured: %v", err)
	}
	if _, err := do(ctx, "GET", "/v1.0/me"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that has ended: %v", err)
	}
	b.want(405, "PUT", fido2Config, map[string]any{})
	b.want(405, "DELETE", "/v1.0/me", nil)
}

func TestFaults(t *testing.T) {
	b := newBench(t)
	f := b.opts.Faults
	for name, want := range map[string]int{"unauthorized": 401, "token-revoked": 401, "forbidden": 403, "not-found": 404, "throttled": 429, "throttled-silent": 429, "server-error": 500, "unavailable": 503} {
		if err := f.Add(name + " GET /me x2"); err != nil {
			t.Fatal(err)
		}
		b.want(200, "GET", "/v1.0/organization", nil)
		b.want(want, "GET", "/v1.0/me", nil)
		b.want(want, "GET", "/v1.0/me", nil)
		b.want(200, "GET", "/v1.0/me", nil)
	}
	f.Add("garbage")
	if status, raw := b.raw("GET", "/v1.0/me", nil); status != 200 || !bytes.HasPrefix(raw, []byte("<!DOCTYPE")) {
		t.Errorf("%d %s", status, raw)
	}

	// lost-answer makes the change; nothing does not.
	lose := func(fault string) error {
		t.Helper()
		if err := f.Add(fault); err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("POST", "https://graph.microsoft.com"+b.passes(aiko), strings.NewReader("{}"))
		req.Header.Set("Authorization", "Bearer "+b.token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := b.tenant.Transport().RoundTrip(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
		}
		return err
	}
	count := func() int {
		return len(at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value"))
	}
	b.setPass(map[string]any{"state": "enabled"})
	if err := lose("nothing POST"); !errors.Is(err, io.ErrUnexpectedEOF) || count() != 0 {
		t.Errorf("nothing: %v, %d passes", err, count())
	}
	if err := lose("half POST"); !errors.Is(err, io.ErrUnexpectedEOF) || count() != 1 {
		t.Errorf("half: %v, %d passes", err, count())
	}
	id := at[string](t, at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")[0], "id")
	if err := lose("lost-answer POST /temporaryAccessPassMethods"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("lost-answer: %v", err)
	}
	if now := at[string](t, at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")[0], "id"); now == id {
		t.Error("lost-answer did not issue a pass")
	}

	// A lagging read does not know of the last change yet.
	f.Add("lag GET /fido2 x1")
	b.setFIDO2(map[string]any{"state": "enabled"})
	if s := at[string](t, b.want(200, "GET", fido2Config, nil), "state"); s != "disabled" {
		t.Errorf("the read does not lag: %s", s)
	}
	if s := at[string](t, b.want(200, "GET", fido2Config, nil), "state"); s != "enabled" {
		t.Errorf("the change is gone: %s", s)
	}
	f.Add("throttled x*")
	for range 5 {
		b.want(429, "GET", "/v1.0/me", nil)
	}
	if len(f.Left()) != 1 {
		t.Errorf("left: %v", f.Left())
	}
	f.Clear()
	b.want(200, "GET", "/v1.0/me", nil)
}

func TestParseFault(t *testing.T) {
	for s, want := range map[string]Fault{
		"throttled":                       {"throttled", "", 1},
		"throttled POST /fido2Methods x2": {"throttled", "POST /fido2Methods", 2},
		"half /users":                     {"half", "/users", 1},
		"slow GET x*":                     {"slow", "GET", -1},
	} {
		got, err := ParseFault(s)
		if err != nil || got != want {
			t.Errorf("%q: %+v %v", s, got, err)
		}
		if again, err := ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%q does not read back: %+v %v", got, again, err)
		}
	}
	for _, s := range []string{"", "broken", "throttled POST /a /b", "throttled x0", "throttled xx"} {
		if f, err := ParseFault(s); err == nil {
			t.Errorf("%q is %+v", s, f)
		}
	}
}
