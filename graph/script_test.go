package graph

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/internal/secret"
)

// script is a tenant that plays prepared answers, one a request, keeps what it was asked, and holds every request
// against Microsoft's contract.
type script struct {
	t       *testing.T
	answers []answer
	newer   bool // the tenant is newer than the contract

	mu     sync.Mutex
	asked  []asked
	slept  []time.Duration
	waited []string
}

type answer func(*http.Request) (*http.Response, error)

type asked struct {
	method, path string // path after the version
	version      string
	query        url.Values
	header       http.Header
	body         string // without compression
	zipped       bool
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	a := asked{method: r.Method, query: r.URL.Query(), header: r.Header.Clone()}
	a.version, a.path, _ = strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	a.path = "/" + a.path
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		if a.zipped = r.Header.Get("Content-Encoding") == "gzip"; a.zipped {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				s.t.Errorf("the body says it is compressed: %v", err)
				return nil, err
			}
			b, _ = io.ReadAll(z)
		}
		a.body = string(b)
	}
	s.mu.Lock()
	s.asked = append(s.asked, a)
	n := len(s.asked) - 1
	s.mu.Unlock()
	if a.version == "v1.0" || a.version == "beta" {
		if r.Header.Get("client-request-id") == "" || r.Header.Get("Authorization") != "Bearer token-of-the-test" {
			s.t.Errorf("%s %s: headers %v", a.method, a.path, r.Header)
		}
	}
	if n >= len(s.answers) {
		s.t.Errorf("request %d was not expected: %s %s", n+1, a.method, r.URL)
		return reply(500, "")(r)
	}
	return s.answers[n](r)
}

// play makes a tenant that answers so. It fails the test when an answer is left over.
func play(t *testing.T, answers ...answer) (Tenant, *script) {
	t.Helper()
	s := &script{t: t, answers: answers}
	tenant, err := New(Options{
		Bearer: secret.New([]byte("token-of-the-test")), Transport: s, UserAgent: "keyrollout/test",
		Clock: func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.slept = append(s.slept, d)
			return ctx.Err()
		},
		Waiting: func(op string, _ time.Duration) { s.waited = append(s.waited, op) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, a := range s.asked {
			if !s.newer {
				holdAgainstContract(t, a)
			}
		}
		if len(s.asked) < len(answers) {
			t.Errorf("%d of %d answers were not asked for", len(answers)-len(s.asked), len(answers))
		}
	})
	return tenant, s
}

// reply answers with JSON unless header says otherwise ("Name: value").
func reply(status int, body string, header ...string) answer {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}, "Request-Id": {"id-of-the-request"}}
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			h.Set(name, value)
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r, ContentLength: -1}, nil
	}
}

// half answers and breaks off in the middle.
func half(status int, body string) answer {
	return func(r *http.Request) (*http.Response, error) {
		resp, _ := reply(status, "")(r)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), breaks{}))
		return resp, nil
	}
}

type breaks struct{}

func (breaks) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fails is a network that fails.
func fails(err error) answer { return func(*http.Request) (*http.Response, error) { return nil, err } }

// hangs answers nothing until the client gives up.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func graphError(code, message string) string {
	return `{"error":{"code":"` + code + `","message":"` + message + `","innerError":{"date":"2026-11-22T09:00:00","request-id":"id-in-the-body","client-request-id":"c"}}}`
}

type (
	httpRequest  = http.Request
	httpResponse = http.Response
)
