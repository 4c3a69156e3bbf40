package practice

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestBrowser walks steps 3 and 4 as the scripts of the pages do: on localhost, for localhost.
func TestBrowser(t *testing.T) {
	b := newBench(t)
	b.open()
	value := b.issue(aiko, map[string]any{"isUsableOnce": true})
	const here = "http://localhost:8080"
	page := b.with("Origin", here)
	_, out := page.passSignIn(aiko, value)
	info := *page
	info.token = at[string](t, out, "session")
	options := info.want(200, "POST", pages+"security-info/creation-options", map[string]any{})
	if at[string](t, options, "publicKey", "rp", "id") != "localhost" {
		t.Errorf("%v", options)
	}
	key := newTestKey(t)
	key.rp, key.origin = "localhost", here
	made := info.want(201, "POST", pages+"security-info/passkeys", key.register(options, "Browser"))
	shown := info.want(200, "GET", pages+"security-info/methods", nil)
	if !at[bool](t, shown, "offered") || len(at[[]any](t, shown, "passkeys")) != 1 {
		t.Errorf("%v", shown)
	}
	get := page.want(200, "POST", pages+"sign-in-options", map[string]any{"upn": aiko})
	signed := page.want(200, "POST", pages+"sign-in", key.assert(aiko, get, b.handle(aiko)))
	info.token = at[string](t, signed, "session")
	info.want(200, "GET", pages+"security-info/methods", nil)

	// The passkey is for localhost: at Microsoft's own page there is none, and a page elsewhere is not trusted.
	if allow := at[[]any](t, b.signInOptions(aiko), "allowCredentials"); len(allow) != 0 {
		t.Errorf("offered to Microsoft: %v", allow)
	}
	if o := b.with("Origin", "https://evil.example").signInOptions(aiko); at[string](t, o, "rpId") != rpID {
		t.Errorf("%v", o)
	}
	info.want(204, "POST", pages+"security-info/delete", map[string]any{"id": at[string](t, made, "id")})
	info.want(404, "POST", pages+"security-info/delete", map[string]any{"id": at[string](t, made, "id")})
}

func TestSite(t *testing.T) {
	b := newBench(t)
	base, err := b.tenant.Listen(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	base = strings.Replace(base, "127.0.0.1", "localhost", 1)
	for path, want := range map[string]string{"/": "practice tenant", "/practice/sign-in": "Choose a way to sign in", "/practice/security-info": "Add sign-in method",
		"/practice/device?code=ABC": `value="ABC"`, "/practice/site/site.js": "navigator.credentials", "/practice/site/site.css": "font"} {
		req, _ := http.NewRequestWithContext(context.Background(), "GET", base+path, nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !bytes.Contains(body, []byte(want)) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if status, _ := b.raw("GET", "/practice/site/site.go", nil); status != 404 {
		t.Errorf("another file: %d", status)
	}

	// The device page: the code, then the account.
	_, out := b.form("/common/oauth2/v2.0/devicecode", "client_id", AzureCLI, "scope", readUsers)
	code := at[string](t, out, "user_code")
	post := func(form string) string {
		_, html := b.raw("POST", devicePath, form)
		return string(html)
	}
	if html := post("code=XXX"); !strings.Contains(html, "work. Check the code") {
		t.Errorf("%s", html)
	}
	if html := post("code=" + code); !strings.Contains(html, "Microsoft Azure CLI") {
		t.Errorf("%s", html)
	}
	if html := post("code=" + code + "&upn=nobody"); !strings.Contains(html, "may be incorrect") {
		t.Errorf("%s", html)
	}
	if html := post("code=" + code + "&upn=aiko"); !strings.Contains(html, "You have signed in") {
		t.Errorf("%s", html)
	}
}
