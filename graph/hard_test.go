package graph

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const someUser = "0a1b2c3d-0000-4000-8000-000000000001"

// Everything a tenant can do instead of answering, for a call that looks.
func TestReadsThatGoWrong(t *testing.T) {
	user := `{"id":"` + someUser + `","userPrincipalName":"ann@contoso.com","displayName":"Ann"}`
	busy := reply(429, graphError("TooManyRequests", "Too many requests."))
	for name, c := range map[string]struct {
		answers []answer
		want    Error
		ok      bool
		slept   []time.Duration // least waits
	}{
		"401": {answers: []answer{reply(401, graphError("InvalidAuthenticationToken", "expired"))},
			want: Error{Status: 401, Code: "InvalidAuthenticationToken", Message: "expired", RequestID: "id-in-the-body"}},
		"401 with a claims challenge that is not quoted": {answers: []answer{
			reply(401, graphError("InvalidAuthenticationToken", "revoked"), "WWW-Authenticate: Bearer realm=x, claims=oops")},
			want: Error{Status: 401, Code: "Unauthorized", RequestID: "id-of-the-request"}},
		"401 empty":  {answers: []answer{reply(401, "")}, want: Error{Status: 401, Code: "Unauthorized", RequestID: "id-of-the-request"}},
		"404":        {answers: []answer{reply(404, graphError("Request_ResourceNotFound", "gone"))}, want: Error{Status: 404, Code: "Request_ResourceNotFound"}},
		"302 astray": {answers: []answer{reply(302, "")}, want: Error{Status: 302, Code: CodeGarbled}},
		"429 without Retry-After, for ever": {answers: []answer{busy, busy, busy, busy},
			want: Error{Status: 429, Code: "TooManyRequests"}, slept: []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second}},
		"429 with Retry-After, then fine": {ok: true, answers: []answer{
			reply(429, graphError("TooManyRequests", ""), "Retry-After: 7"), reply(200, user)}, slept: []time.Duration{7 * time.Second}},
		"429 with a date": {ok: true, answers: []answer{
			reply(429, "", "Retry-After: Sun, 22 Nov 2026 09:00:30 GMT"), reply(200, user)}, slept: []time.Duration{30 * time.Second}},
		"429 for an hour": {answers: []answer{reply(429, graphError("TooManyRequests", ""), "Retry-After: 3600")},
			want: Error{Status: 429, Code: "TooManyRequests", RetryIn: time.Hour}},
		"500, then fine": {ok: true, answers: []answer{reply(500, graphError("InternalServerError", "")), reply(200, user)}, slept: []time.Duration{time.Second}},
		"503 for ever": {answers: []answer{reply(503, ""), reply(503, ""), reply(503, ""), reply(503, "")},
			want: Error{Status: 503, Code: "ServiceUnavailable"}, slept: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		"502 as a page": {answers: []answer{reply(502, "<html>", "Content-Type: text/html"), reply(200, user)}, ok: true, slept: []time.Duration{time.Second}},
		"403 as a page": {answers: []answer{reply(403, "<html>proxy", "Content-Type: text/html; charset=utf-8"), reply(403, "<html>")},
			want: Error{Status: 403, Code: "Forbidden", Message: "a web page came"}},
		"garbage":            {answers: []answer{reply(200, "\x00\xff%%%")}, want: Error{Status: 200, Code: CodeGarbled}},
		"a page":             {answers: []answer{reply(200, "<html>Sign in to the network", "Content-Type: text/html")}, want: Error{Status: 200, Code: CodeGarbled, Message: "a web page came"}},
		"empty":              {answers: []answer{reply(200, "")}, want: Error{Status: 200, Code: CodeGarbled}},
		"no content":         {answers: []answer{reply(204, "")}, want: Error{Status: 204, Code: CodeGarbled}},
		"null":               {answers: []answer{reply(200, "null")}, want: Error{Status: 200, Code: CodeGarbled}},
		"wrong object":       {answers: []answer{reply(200, `{"value":[]}`)}, want: Error{Status: 200, Code: CodeGarbled}},
		"wrong types":        {answers: []answer{reply(200, `{"id":{"a":[1]},"displayName":7,"accountEnabled":"x"}`)}, want: Error{Status: 200, Code: CodeGarbled}},
		"a list":             {answers: []answer{reply(200, `[1,2]`)}, want: Error{Status: 200, Code: CodeGarbled}},
		"cut off, then fine": {ok: true, answers: []answer{half(200, user), reply(200, user)}, slept: []time.Duration{time.Second}},
		"cut off for ever": {answers: []answer{half(200, user), half(200, user), half(200, user), half(200, user)},
			want: Error{Status: 200, Code: CodeCutOff}, slept: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		"half, but whole for HTTP": {answers: []answer{reply(200, user[:40])}, want: Error{Status: 200, Code: CodeGarbled}},
		"nothing": {answers: []answer{fails(io.EOF), fails(io.EOF), fails(io.EOF), fails(io.EOF)},
			want: Error{Code: CodeNoAnswer}, slept: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		"error in error":     {answers: []answer{reply(400, `{"error":"no object"}`)}, want: Error{Status: 400, Code: "BadRequest"}},
		"error nested wrong": {answers: []answer{reply(400, `{"error":{"code":{"x":1},"message":["y"],"innerError":5}}`)}, want: Error{Status: 400}},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, s := play(t, c.answers...)
			u, err := tenant.User(t.Context(), "ann@contoso.com")
			if c.ok {
				if err != nil || u.Name != "Ann" {
					t.Fatalf("got %v, %v", u, err)
				}
			} else {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, %v, want an *Error", u, err)
				}
				if e.Status != c.want.Status || c.want.Code != "" && e.Code != c.want.Code || e.Op != "find a user" ||
					!strings.Contains(e.Message, c.want.Message) || e.RetryIn != c.want.RetryIn || e.Unknown {
					t.Errorf("got %+v\nwant %+v", e, c.want)
				}
				if c.want.RequestID != "" && e.RequestID != c.want.RequestID {
					t.Errorf("request id %q, want %q", e.RequestID, c.want.RequestID)
				}
				if strings.Contains(err.Error(), "token-of-the-test") {
					t.Errorf("the error shows the token: %v", err)
				}
			}
			if len(s.slept) != len(c.slept) {
				t.Fatalf("waited %v, want about %v", s.slept, c.slept)
			}
			for i, d := range c.slept {
				if s.slept[i] < d || s.slept[i] > d+d/4 {
					t.Errorf("wait %d took %v, want %v to %v", i+1, s.slept[i], d, d+d/4)
				}
			}
			if len(s.waited) != len(s.slept) {
				t.Errorf("told of %d waits of %d", len(s.waited), len(s.slept))
			}
		})
	}
}

// A POST is sent once whatever happens, and says when its fate is unknown.
func TestPostsAreNeverRepeated(t *testing.T) {
	pass := `{"id":"p1","temporaryAccessPass":"Abc123!!"}`
	for name, c := range map[string]struct {
		answer  answer
		status  int
		code    string
		unknown bool
	}{
		"429":           {reply(429, graphError("TooManyRequests", ""), "Retry-After: 1"), 429, "TooManyRequests", false},
		"400":           {reply(400, graphError("badRequest", "no")), 400, "badRequest", false},
		"503":           {reply(503, ""), 503, "ServiceUnavailable", true},
		"500":           {reply(500, graphError("x", "")), 500, "x", true},
		"garbage":       {reply(201, "%%"), 201, CodeGarbled, true},
		"empty":         {reply(201, ""), 201, CodeGarbled, true},
		"without value": {reply(201, `{"id":"p1","temporaryAccessPass":null}`), 201, CodeGarbled, true},
		"cut off":       {half(201, pass), 201, CodeCutOff, true},
		"nothing":       {fails(io.EOF), 0, CodeNoAnswer, true},
		"never arrived": {fails(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}), 0, CodeNoAnswer, false},
		"no such host":  {fails(&net.DNSError{Err: "no such host", Name: "graph.microsoft.com"}), 0, CodeNoAnswer, false},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, s := play(t, c.answer)
			_, err := tenant.IssuePass(t.Context(), someUser, PassRequest{})
			e := refusal(err)
			if e == nil || e.Status != c.status || e.Code != c.code || e.Unknown != c.unknown || e.Op != "issue a pass" {
				t.Fatalf("got %+v (%v)", e, err)
			}
			if len(s.asked) != 1 || len(s.slept) != 0 {
				t.Fatalf("asked %d times, waited %v", len(s.asked), s.slept)
			}
			if strings.Contains(err.Error(), "Abc123") {
				t.Fatalf("the error shows the pass: %v", err)
			}
		})
	}
}

// What ends in the same state however often it arrives is sent again; gone after a lost answer means done.
func TestDeleteSettles(t *testing.T) {
	tenant, s := play(t, fails(io.EOF), reply(404, graphError("Request_ResourceNotFound", "")))
	if err := tenant.RevokePass(t.Context(), someUser, "p1"); err != nil {
		t.Fatal(err)
	}
	if s.asked[0].method != "DELETE" || s.asked[0].path != "/users/"+someUser+"/authentication/temporaryAccessPassMethods/p1" {
		t.Fatalf("asked %+v", s.asked[0])
	}
	tenant, _ = play(t, reply(404, graphError("Request_ResourceNotFound", "")))
	if err := tenant.DeletePasskey(t.Context(), someUser, "k1"); !NotFound(err) {
		t.Fatalf("got %v", err)
	}
	// Lost, and then refused: its fate is unknown to the end.
	tenant, _ = play(t, half(500, "{}"), reply(403, graphError("accessDenied", "")))
	if e := refusal(tenant.DeletePasskey(t.Context(), someUser, "k1")); e == nil || e.Status != 403 || !e.Unknown {
		t.Fatalf("got %+v", e)
	}
}

// Of a PATCH, not found means not done, whatever came before.
func TestPatchIsNotDoneByNotFound(t *testing.T) {
	tenant, _ := play(t, reply(200, flat), fails(io.EOF), reply(404, graphError("Request_ResourceNotFound", "")))
	p, err := ParseFIDO2Policy([]byte(flat))
	if err != nil {
		t.Fatal(err)
	}
	p.Enabled = true
	if e := refusal(tenant.SetFIDO2Policy(t.Context(), p)); e == nil || e.Status != 404 || !e.Unknown {
		t.Errorf("got %+v", e)
	}
}

func TestGivingUp(t *testing.T) {
	tenant, _ := play(t, hangs)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := tenant.User(ctx, "ann"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a read: %v", err)
	}
	tenant, _ = play(t, hangs)
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := tenant.IssuePass(ctx, someUser, PassRequest{})
	if e := refusal(err); e == nil || !e.Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a change: %v", err)
	}
	// The wait before another attempt ends with the context, too.
	ctx, cancel = context.WithCancel(t.Context())
	tenant, s := play(t, func(*httpRequest) (*httpResponse, error) { cancel(); return reply(503, "")(nil) })
	if _, err := tenant.User(ctx, "ann"); !errors.Is(err, context.Canceled) || len(s.asked) != 1 {
		t.Fatalf("got %v after %d requests", err, len(s.asked))
	}
}

// An answer that never ends is given up, not kept in memory.
func TestAnswerWithoutEnd(t *testing.T) {
	tenant, _ := play(t, func(r *httpRequest) (*httpResponse, error) {
		resp, _ := reply(200, "")(r)
		resp.Body = io.NopCloser(endless{})
		return resp, nil
	})
	if e := refusal(func() error { _, err := tenant.Passkeys(t.Context(), someUser); return err }()); e == nil || e.Code != CodeGarbled {
		t.Fatalf("got %+v", e)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// "There is none" has to be said: an answer without a list is no empty list, or a second pass would follow.
func TestNoListIsNoEmptyList(t *testing.T) {
	for _, body := range []string{`{}`, `{"value":null}`, `"x"`, `{"value":{}}`, `{"value":"x"}`} {
		var answers []answer
		for range 5 {
			answers = append(answers, reply(200, body))
		}
		tenant, _ := play(t, answers...)
		ctx := t.Context()
		for name, f := range map[string]func() error{
			"Passes":     func() error { _, err := tenant.Passes(ctx, someUser); return err },
			"Passkeys":   func() error { _, err := tenant.Passkeys(ctx, someUser); return err },
			"FindUsers":  func() error { _, err := tenant.FindUsers(ctx, "a"); return err },
			"FindGroups": func() error { _, err := tenant.FindGroups(ctx, "a"); return err },
			"MemberOf":   func() error { _, err := tenant.MemberOf(ctx, someUser, []string{pilots}); return err },
		} {
			if e := refusal(f()); e == nil || e.Code != CodeGarbled {
				t.Errorf("%s of %s: %v", name, body, e)
			}
		}
	}
	tenant, _ := play(t, reply(200, `{"value":[]}`), reply(200, `{"value":[]}`))
	if in, err := tenant.MemberOf(t.Context(), someUser, []string{pilots}); err != nil || len(in) != 0 {
		t.Errorf("in no group: %v, %v", in, err)
	}
	if list, err := tenant.Passes(t.Context(), someUser); err != nil || list == nil || len(list) != 0 {
		t.Errorf("no passes: %v, %v", list, err)
	}
}
