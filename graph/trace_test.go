package graph

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"keyrollout/internal/secret"
)

// A trace shows what happened, and nothing of whom or with which secret.
func TestTraceHides(t *testing.T) {
	secrets := []string{"Pass-Word-1", "token-of-the-test", "Q0hBTExFTkdF-challenge", "ann@contoso.com", "Ann Beebe", "AQIDBAUGBwg", "the-session", "pKey-Name"}
	var out bytes.Buffer
	s := &script{t: t, answers: []answer{
		reply(200, `{"value":[{"id":"`+someUser+`","displayName":"Ann Beebe","userPrincipalName":"ann@contoso.com"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=ann@contoso.com"}`),
		reply(404, graphError("Request_ResourceNotFound", "Resource 'ann@contoso.com' does not exist")),
		reply(201, `{"id":"p1","temporaryAccessPass":"Pass-Word-1","methodUsabilityReason":"EnabledByPolicy","lifetimeInMinutes":60}`),
		reply(200, strings.Replace(options2024, "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ-_==", "Q0hBTExFTkdF-challenge", 1)),
		reply(201, `{"id":"AQIDBAUGBwg1","displayName":"pKey-Name","aaGuid":"`+atkey.String()+`"}`),
		reply(200, `{"session":"the-session"}`),
		reply(200, migrated),
		fails(errors.New("ann@contoso.com")), fails(errors.New("x")), fails(errors.New("x")), fails(errors.New("x")),
	}}
	rt := Trace(s, &out)
	tenant, err := New(Options{Bearer: secret.New([]byte("token-of-the-test")), Transport: rt, Sleep: noSleep})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if l, err := tenant.FindUsers(ctx, "Ann Beebe"); err != nil || len(l) != 1 {
		t.Fatal(l, err)
	}
	if _, err := tenant.User(ctx, "ann@contoso.com"); !NotFound(err) {
		t.Fatal(err)
	}
	p, err := tenant.IssuePass(ctx, "ann@contoso.com", PassRequest{})
	if err != nil || p.Value.Len() != 11 {
		t.Fatal(p, err)
	}
	o, err := tenant.CreationOptions(ctx, someUser)
	if err != nil || o.Challenge != "Q0hBTExFTkdF-challenge" {
		t.Fatal(err)
	}
	if _, err := tenant.RegisterPasskey(ctx, someUser, Registration{"pKey-Name", []byte{1, 2, 3, 4, 5, 6, 7, 8}, []byte(o.Challenge), []byte("att")}); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPages("https://practice.example", rt).SignInWithPass(ctx, "ann@contoso.com", p.Value); err != nil {
		t.Fatal(err)
	}
	if q, err := tenant.FIDO2Policy(ctx); err != nil || string(q.Raw) != migrated {
		t.Fatal(err)
	}
	if _, err := tenant.Passkeys(ctx, "ann@contoso.com"); refusal(err).Code != CodeNoAnswer {
		t.Fatal(err)
	}
	text := out.String()
	for _, s := range secrets {
		for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)), strings.ReplaceAll(s, "@", "%40")} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				t.Errorf("the trace shows %q", form)
			}
		}
	}
	for _, want := range []string{"> POST https://graph.microsoft.com/v1.0/users/(person)/authentication/temporaryAccessPassMethods\n", "< 404 after", "Request_ResourceNotFound", "id-in-the-body",
		`"lifetimeInMinutes":60`, `"temporaryAccessPass":"(11 characters)"`, atkey.String(), `"passkeyTypes":"deviceBound, synced"`, "Client-Request-Id: ", "< no answer after", "$search='…' OR '…'"} {
		if !strings.Contains(text, want) {
			t.Errorf("the trace lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// What breaks off below the trace breaks off above it.
func TestTraceKeepsTheBreak(t *testing.T) {
	var out bytes.Buffer
	resp, err := Trace(roundTrip(half(200, `{"id":"x","name":"y"}`)), &out).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) != 10 {
		t.Errorf("got %q, %v", b, err)
	}
	long := `{"id":"` + strings.Repeat("x", 2*traceLimit) + `"}`
	resp, err = Trace(roundTrip(reply(200, long)), &out).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != long {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
	if strings.Contains(out.String(), "xxx") {
		t.Error("the trace shows an unreadable body")
	}
}

func request(t *testing.T) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://graph.microsoft.com/v1.0/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
