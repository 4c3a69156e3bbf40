package graph

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"keyrollout/internal/secret"
)

func playPages(t *testing.T, answers ...answer) (Pages, *script) {
	s := &script{t: t, answers: answers}
	return NewPages("https://practice.example/v1.0", s), s
}

func TestPages(t *testing.T) {
	p, s := playPages(t, reply(200, `{"session":"s\u0026ssion"}`), reply(200, options2024), reply(201, `{"id":"AQIDBA2"}`),
		reply(200, `{"challenge":"Y2g","rpId":"login.microsoft.com","allowCredentials":[{"id":"AQIDBA","type":"public-key"},{"id":"AQIDBA2","type":"public-key"}]}`), reply(200, `{}`))
	ctx := t.Context()
	info, err := p.SignInWithPass(ctx, `ann"@contoso.com`, secret.New([]byte(`A"b\c&ä`)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := info.CreationOptions(ctx); err != nil {
		t.Fatal(err)
	}
	k, err := info.RegisterPasskey(ctx, Registration{"k", []byte{1, 2, 3, 4}, []byte{2}, []byte{3}})
	if err != nil || !k.Is([]byte{1, 2, 3, 4}) {
		t.Fatalf("got %+v, %v", k, err)
	}
	o, err := p.SignInOptions(ctx, "ann@contoso.com")
	if err != nil || o.Challenge != "Y2g" || o.RPID != "login.microsoft.com" || len(o.Allow) != 3 || !bytes.Equal(o.Allow[1], []byte{1, 2, 3, 4}) {
		t.Fatalf("got %+v, %v", o, err)
	}
	if err := p.SignIn(ctx, SignInAnswer{"ann@contoso.com", []byte{1}, []byte{2}, []byte{3}, []byte{4}, []byte{0xff}}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ path, body, auth string }{
		{"pass-sign-in", `{"upn":"ann\"@contoso.com","temporaryAccessPass":"A\"b\\c&ä"}`, ""},
		{"security-info/creation-options", `{}`, "Bearer s&ssion"},
		{"security-info/passkeys", `{"displayName":"k","publicKeyCredential":{"id":"AQIDBA","response":{"clientDataJSON":"Ag","attestationObject":"Aw"},"clientExtensionResults":{}}}`, "Bearer s&ssion"},
		{"sign-in-options", `{"upn":"ann@contoso.com"}`, ""},
		{"sign-in", `{"authenticatorData":"Aw","clientDataJSON":"Ag","id":"AQ","signature":"BA","upn":"ann@contoso.com","userHandle":"_w"}`, ""},
	} {
		a := s.asked[i]
		if a.method != "POST" || "/"+a.version+a.path != pagesPath+want.path || a.body != want.body || a.header.Get("Authorization") != want.auth {
			t.Errorf("asked %+v\nwant %+v", a, want)
		}
	}
}

func TestPagesRefuse(t *testing.T) {
	pass := secret.New([]byte("x"))
	for name, c := range map[string]struct {
		answer  answer
		status  int
		code    string
		unknown bool
	}{
		"out of scope": {reply(400, graphError("130502", "not for you")), 400, "130502", false},
		"a page":       {reply(404, "<html>", "Content-Type: text/html"), 404, "NotFound", false},
		"500":          {reply(500, ""), 500, "InternalServerError", true},
		"garbage":      {reply(200, "%%"), 200, CodeGarbled, true},
		"half":         {half(200, `{"session":"abcdef"}`), 200, CodeCutOff, true},
		"no session":   {reply(200, `{}`), 0, CodeGarbled, true},
		"nothing":      {fails(io.EOF), 0, CodeNoAnswer, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := playPages(t, c.answer)
			_, err := p.SignInWithPass(t.Context(), "ann@contoso.com", pass)
			if e := refusal(err); e == nil || e.Status != c.status || e.Code != c.code || e.Unknown != c.unknown || e.Op != "sign in with a pass" {
				t.Fatalf("got %+v", e)
			}
		})
	}
	p, _ := playPages(t, reply(200, `{}`))
	if _, err := p.SignInOptions(t.Context(), "ann"); refusal(err) == nil {
		t.Error("options without a challenge")
	}
}

var _ http.RoundTripper = (*script)(nil)
