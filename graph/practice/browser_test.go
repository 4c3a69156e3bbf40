package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"keyrollout/internal/webdriver"
)

// Steps 3 and 4 and an application's sign-in, in a real Chromium with a virtual security key.

// walk is a browser at a served tenant with both policies open.
type walk struct {
	*webdriver.Browser
	t    *testing.T
	b    *bench
	home string
}

func newWalk(t *testing.T, change ...func(*Options)) *walk {
	t.Helper()
	w := &walk{Browser: webdriver.Open(t), t: t, b: newBench(t, append(change, func(o *Options) { o.Seed.SignInDelay = -1 })...)}
	base, err := w.b.tenant.Listen(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	w.home = strings.Replace(base, "127.0.0.1", "localhost", 1)
	w.b.open()
	return w
}

// withPass signs in with a new pass, and is on Security info then.
func (w *walk) withPass(upn string) {
	w.t.Helper()
	value := w.b.issue(upn, map[string]any{})
	w.Go(w.home + "/practice/sign-in")
	w.Type("#upn", upn+webdriver.Enter)
	w.Type("#value", value+webdriver.Enter)
	w.At("/practice/security-info")
	w.See("#info", "Security info")
}

// add walks "Add sign-in method" up to the browser's own window, and what comes after it.
func (w *walk) add() {
	w.t.Helper()
	w.Click("#add")
	w.Click("#which button:not(.back)")
	w.Click("#ready button:not(.back)")
}

func (w *walk) register(name string) {
	w.t.Helper()
	w.add()
	w.Type("#passkey", name+webdriver.Enter)
	w.See("#done", name)
	w.Click("#done button")
	w.See("#methods", name)
}

// clean holds that the browser had nothing to complain about: a resource that the policy of the pages stopped, a script
// that failed. Refusals of the tenant's are part of the walk.
func (w *walk) clean() {
	w.t.Helper()
	for _, line := range w.Log() {
		if !strings.HasPrefix(line, "INFO") && !strings.Contains(line, "the server responded with a status of 4") {
			w.t.Errorf("the browser's console: %s", line)
		}
	}
}

func (w *walk) last() map[string]any {
	w.t.Helper()
	rows := at[[]any](w.t, w.b.want(200, "GET", "/beta/auditLogs/signIns", nil), "value")
	if len(rows) == 0 {
		w.t.Fatal("the sign-in log is empty")
	}
	return rows[0].(map[string]any)
}

func (w *walk) keysOf(upn string) []any {
	w.t.Helper()
	return at[[]any](w.t, w.b.want(200, "GET", w.b.keys(upn), nil), "value")
}

// TestBrowserWalk is a person's first day with a key: pass, registration, sign-out, sign-in with the key, by name and
// without.
func TestBrowserWalk(t *testing.T) {
	w := newWalk(t)
	key := w.AddKey()
	w.withPass(aiko)
	w.See("#none", "No passkeys yet")
	w.register("Blue key")

	rows := w.keysOf(aiko)
	held := key.Credentials()
	if len(rows) != 1 || at[string](t, rows[0], "displayName") != "Blue key" || len(held) != 1 {
		t.Fatalf("the tenant has %v, the key %v", rows, held)
	}
	if !held[0].Resident || held[0].RP != "localhost" || held[0].User != b64(w.b.handle(aiko)) {
		t.Errorf("on the key: %+v", held[0])
	}

	for _, how := range []string{"by name", "without a name"} {
		w.Click("#out")
		w.At("/practice/sign-in")
		if how == "by name" { // there was a pass, which is asked for first
			w.Type("#upn", aiko+webdriver.Enter)
			w.Click("#enter .other")
		} else {
			w.Click("#options")
		}
		w.Click("#usekey")
		w.At("/practice/security-info")
		w.See("#info .upn", aiko)
		row := w.last()
		steps := at[[]any](t, row, "authenticationDetails")
		if at[string](t, row, "userPrincipalName") != aiko || at[float64](t, row, "status", "errorCode") != 0 ||
			at[string](t, steps[0], "authenticationMethod") != "Passkey (device-bound)" || at[string](t, steps[0], "authenticationMethodDetail") != "Blue key" {
			t.Errorf("%s: %v", how, row)
		}
	}

	// Without a pass the key is asked for at once; a session that was signed out is worth nothing.
	var session string
	if err := w.Run(&session, "return sessionStorage.getItem('session')"); err != nil {
		t.Fatal(err)
	}
	w.Click("#out")
	w.At("/practice/sign-in")
	gone := *w.b
	gone.token = session
	gone.want(401, "GET", pages+"security-info/methods", nil)
	pass := at[[]any](t, w.b.want(200, "GET", w.b.passes(aiko), nil), "value")[0]
	w.b.want(204, "DELETE", w.b.passes(aiko)+"/"+at[string](t, pass, "id"), nil)
	w.Type("#upn", aiko+webdriver.Enter)
	w.At("/practice/security-info")

	w.Click("#methods button")
	w.See("#remove", "Blue key")
	w.Click("#remove button:not(.back)")
	w.See("#none", "No passkeys yet")
	if rows := w.keysOf(aiko); len(rows) != 0 {
		t.Errorf("after deleting it: %v", rows)
	}
	w.clean()
}

// TestBrowserRefuses: what goes wrong says so on the page, and registers nothing.
func TestBrowserRefuses(t *testing.T) {
	w := newWalk(t)
	key := w.AddKey()

	w.Go(w.home + "/practice/sign-in")
	w.Type("#upn", "nobody"+webdriver.Enter)
	w.See("#trouble", "may be incorrect")
	w.Type("#upn", "chris@"+Domain+webdriver.Enter)
	w.See("#neither", "neither a pass nor a passkey")
	w.Click("#usekey")
	w.See("#trouble", "no passkey for this account")
	w.Click("#key .other")
	w.Click("#usepass")
	w.Type("#value", "wrong"+webdriver.Enter)
	w.See("#trouble", "incorrect")

	w.withPass(aiko)
	nothing := func(what string) {
		t.Helper()
		if rows := w.keysOf(aiko); len(rows) != 0 {
			t.Errorf("%s: registered all the same: %v", what, rows)
		}
	}
	key.Verify(false)
	w.add()
	w.See("#trouble", "Nothing was changed")
	nothing("not verified")
	key.Verify(true)

	// The person leaves at the name: the key holds a passkey that the tenant knows nothing of, and a second try works.
	w.Click("#ready button:not(.back)")
	w.Click("#name .back")
	w.See("#none", "No passkeys yet")
	nothing("left at the name")
	w.register("First")

	// The same key again: the browser finds it by excludeCredentials.
	w.add()
	w.See("#trouble", "holds a passkey for this account already")
	if rows := w.keysOf(aiko); len(rows) != 1 {
		t.Errorf("%v", rows)
	}
	w.Click("#ready .back")

	// A page cannot make a passkey for Microsoft's address, which is why these are the page's own.
	err := w.Run(nil, `return navigator.credentials.create({publicKey: {challenge: new Uint8Array(32), rp: {id: "login.microsoft.com", name: "x"},
		user: {id: new Uint8Array(8), name: "x", displayName: "x"}, pubKeyCredParams: [{type: "public-key", alg: -7}, {type: "public-key", alg: -257}]}})`)
	if !webdriver.IsError(err, "relying party ID is not a registrable domain suffix") && !webdriver.IsError(err, "SecurityError") {
		t.Errorf("another relying party: %v", err)
	}

	// The policy closes while the page is open; then the model is blocked, at sign-in too.
	w.b.setFIDO2(map[string]any{"state": "disabled"})
	w.add()
	w.See("#trouble", "not available for you")
	w.Go(w.home + "/practice/security-info")
	w.See("#closed", "not offered")
	w.b.open()
	chromium := uuid.MustParse(at[string](t, w.keysOf(aiko)[0], "aaGuid"))
	w.b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": "allow", "aaGuids": []string{atkey}}})
	key.Pull()
	other := w.AddKey()
	w.Go(w.home + "/practice/security-info")
	w.See("#methods", "First")
	w.add()
	w.Type("#passkey", "Second"+webdriver.Enter)
	w.See("#trouble", "could not be registered")
	if why := w.b.tenant.LastRefusal(); !strings.Contains(why, chromium.String()) {
		t.Errorf("refused because %q", why)
	}
	other.Pull()
	w.clean()
}

// TestBrowserBlocked: key restrictions act at sign-in, and the page says so.
func TestBrowserBlocked(t *testing.T) {
	w := newWalk(t)
	w.AddKey()
	w.withPass(aiko)
	w.register("Soon blocked")
	w.b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": "allow", "aaGuids": []string{atkey}}})
	w.Click("#out")
	w.Click("#options")
	w.Click("#usekey")
	w.See("#trouble", "does not allow you to sign in with this passkey")
	if row := w.last(); at[float64](t, row, "status", "errorCode") == 0 || at[string](t, row, "userPrincipalName") != aiko {
		t.Errorf("%v", row)
	}
	w.b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": false, "enforcementType": "allow", "aaGuids": []string{}}})
	w.Click("#key .again")
	w.At("/practice/security-info")
	w.clean()
}

// TestBrowserInsecure: over plain http under another name a browser has no WebAuthn, and the page says where it has.
func TestBrowserInsecure(t *testing.T) {
	b := newBench(t)
	base, err := b.tenant.ListenAnywhere(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	w := webdriver.Open(t, "--host-resolver-rules=MAP practice.example 127.0.0.1")
	w.Go("http://practice.example:" + u.Port() + "/practice/sign-in")
	w.Click("#options")
	w.Click("#usekey")
	w.See("#trouble", "http://localhost or https only")
	w.Go(base + "/practice/sign-in")
	if got, want := w.URL(), "http://localhost:"+u.Port()+"/practice/sign-in"; got != want {
		t.Errorf("an address in place of a name leads to %s, want %s", got, want)
	}
}

// TestBrowserAuthorizes is the sign-in of a program through the browser: RFC 8252 with PKCE, in all three response modes.
func TestBrowserAuthorizes(t *testing.T) {
	w := newWalk(t)
	got := make(chan url.Values, 1)
	program := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/done" {
			got <- r.Form
		}
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte("<!DOCTYPE html><title>Program</title><p id=program>You can close this window."))
	}))
	defer program.Close()
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	redirect := strings.Replace(program.URL, "127.0.0.1", "localhost", 1) + "/done"
	ask := url.Values{"client_id": {GraphCommandLineTools}, "response_type": {"code"}, "redirect_uri": {redirect}, "state": {"s & t"},
		"scope": {readUsers}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for _, mode := range []string{"query", "form_post"} {
		ask.Set("response_mode", mode)
		w.Go(w.home + "/common/oauth2/v2.0/authorize?" + ask.Encode())
		w.See("main", "Microsoft Graph Command Line Tools")
		w.Type("#upn", "nobody"+webdriver.Enter)
		w.See("#trouble", "may be incorrect")
		w.Type("#upn", aiko+webdriver.Enter)
		w.See("#program", "close this window")
		answer := <-got
		if answer.Get("state") != "s & t" {
			t.Fatalf("%s: %v", mode, answer)
		}
		status, out := w.b.form(tokenPath, "client_id", GraphCommandLineTools, "grant_type", "authorization_code", "code", answer.Get("code"),
			"redirect_uri", redirect, "code_verifier", verifier)
		if status != 200 {
			t.Fatalf("%s: %d %v", mode, status, out)
		}
		who := *w.b
		who.token = at[string](t, out, "access_token")
		if me := who.want(200, "GET", "/v1.0/me", nil); at[string](t, me, "userPrincipalName") != aiko {
			t.Errorf("%s: %v", mode, me)
		}
	}
	w.Go(w.home + "/common/oauth2/v2.0/authorize?" + ask.Encode())
	w.Click("button[name=cancel]")
	w.See("#program", "close this window")
	if answer := <-got; answer.Get("error") != "access_denied" {
		t.Errorf("cancelled: %v", answer)
	}
	w.clean()
}

// TestBrowserPages looks at every page as people do who have a telephone, a keyboard only, or a screen reader: nothing
// runs out of the window, every field has a name, the keyboard goes where the screen goes.
func TestBrowserPages(t *testing.T) {
	w := newWalk(t)
	w.AddKey()
	look := func(where string) {
		t.Helper()
		var faults []string
		if err := w.Run(&faults, pageFaults); err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Compact(faults) {
			t.Errorf("%s: %s", where, f)
		}
	}
	for _, size := range []struct {
		name string
		w, h int
		dark bool
	}{{"desktop", 1280, 800, false}, {"phone, dark", 320, 640, true}} { // 320: WCAG 2.2 section 1.4.10
		w.Size(size.w, size.h, size.dark)
		for _, path := range []string{"/practice", "/practice/device", "/practice/sign-in"} {
			w.Go(w.home + path)
			look(size.name + path)
		}
		w.Click("#options")
		look(size.name + " options")
		w.withPass(aiko)
		look(size.name + " Security info")
		w.Click("#add")
		look(size.name + " Add")
		// On with the keyboard alone: the radio button has it, then Cancel, then Add.
		w.Keys(webdriver.Tab)
		w.Keys(webdriver.Tab)
		w.Keys(webdriver.Enter)
		w.See("#ready", "Have your key ready")
		look(size.name + " Have your key ready")
		w.Keys(webdriver.Tab)
		w.Keys(webdriver.Tab)
		w.Keys(webdriver.Enter)
		w.See("#name", "name your passkey")
		look(size.name + " Name")
		w.Keys("Key of " + size.name + webdriver.Enter)
		w.See("#done", "Passkey added")
		look(size.name + " Done")
		w.Click("#done button")
		w.Click("#methods button")
		look(size.name + " Delete")
		w.Click("#remove button:not(.back)")
		w.See("#none", "No passkeys yet")
	}
	w.clean()
}

// pageFaults is run in the page. Contrast is that of WCAG 2.2 section 1.4.3, sizes those of 2.5.8.
const pageFaults = `
const faults = [];
const seen = (e) => e.checkVisibility();
const nameOf = (e) => e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.textContent).join(" ") || e.textContent;
if (!document.documentElement.lang) faults.push("no language");
if (!document.title) faults.push("no title");
if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the window: " + document.documentElement.scrollWidth + " > " + innerWidth);
if ([...document.querySelectorAll("h1")].filter(seen).length !== 1) faults.push("not one h1");
if ([...document.querySelectorAll("h2")].filter(seen).length !== 1) faults.push("not one h2");
if ([...document.querySelectorAll("section")].some(seen) && !document.activeElement.closest("section, form")) faults.push("the keyboard is nowhere");
const rgb = (s) => s.match(/[\d.]+/g).map(Number);
const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
for (const e of document.querySelectorAll("a, button, input, select")) {
  if (!seen(e)) continue;
  if (!nameOf(e).trim()) faults.push("no name: " + e.outerHTML);
  const r = e.getBoundingClientRect();
  if (r.width < 24 && r.height < 24 && !e.closest("label")) faults.push("too small: " + e.outerHTML);
}
for (const e of document.querySelectorAll("main *, .banner")) {
  if (!seen(e) || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
  const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) faults.push("contrast " + ((a + 0.05) / (b + 0.05)).toFixed(2) + ": " + e.outerHTML);
}
return faults;
`
