package graph_test

import (
	"context"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
)

// browser is a person's browser: it opens the page it is given, picks the account (the next of who; nobody = cancel), and
// goes where the page sends it. What it saw is kept.
type browser struct {
	t   *testing.T
	web *http.Client
	who []string

	mu    sync.Mutex
	pages []url.Values // the queries of the pages
	back  []string     // where it was sent
	last  string       // what stood there in the end
	done  sync.WaitGroup
}

func (b *browser) open(page string) error {
	b.done.Go(func() {
		if err := b.visit(page); err != nil && b.t.Context().Err() == nil {
			b.t.Errorf("the browser: %v", err)
		}
	})
	return nil
}

func (b *browser) visit(page string) error {
	u, err := url.Parse(page)
	if err != nil {
		return err
	}
	form := u.Query()
	b.mu.Lock()
	n := len(b.pages)
	b.pages = append(b.pages, form)
	b.mu.Unlock()
	resp, err := b.web.Get(page)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("the page answers " + resp.Status)
	}
	form = u.Query()
	if form.Set("cancel", "1"); n < len(b.who) {
		form.Del("cancel")
		form.Set("upn", b.who[n])
	}
	u.RawQuery = ""
	if resp, err = b.web.PostForm(u.String(), form); err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	// By response_mode=form_post the page hands the answer on: a form that sends itself to this machine.
	m := formTo.FindSubmatch(said)
	if m == nil || !strings.HasPrefix(string(m[1]), "http://localhost:") {
		b.mu.Lock()
		b.last = string(said) // why the person cannot go on; they look at it
		b.mu.Unlock()
		return nil
	}
	answer := url.Values{}
	for _, f := range hiddenField.FindAllSubmatch(said, -1) {
		answer.Set(string(f[1]), html.UnescapeString(string(f[2])))
	}
	at, err := http.PostForm(string(m[1]), answer) // on this machine, in truth
	if err != nil {
		return err
	}
	defer at.Body.Close()
	said, err = io.ReadAll(at.Body)
	b.mu.Lock()
	b.back, b.last = append(b.back, string(m[1])), string(said)
	b.mu.Unlock()
	return err
}

var (
	formTo      = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// inABrowser is stepByStep by the browser road.
func inABrowser(t *testing.T, who ...string) (graph.Tenant, *browser) {
	t.Helper()
	b := &browser{t: t, who: who}
	t.Cleanup(b.done.Wait)
	return stepByStep(t, func(p *practice.Tenant, o *graph.LogInOptions) {
		b.web = &http.Client{Transport: p.Transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		o.Road, o.Hint, o.ShowPage = graph.ByBrowser, "hint@"+practice.Domain, b.open
	}), b
}

// In a browser as by device code: reading takes one page, the first change another, with its permission and for the same
// person, and no other does. Each page carries a challenge and a state of its own, and the browser comes back to this
// machine.
func TestPermissionsAreAskedForStepByStepInABrowser(t *testing.T) {
	tenant, b := inABrowser(t, root, root)
	lookAndChange(t, tenant, func() int {
		b.done.Wait()
		return len(b.pages)
	})
	first, second := b.pages[0], b.pages[1]
	asks := func(v url.Values) []string { return strings.Fields(v.Get("scope")) }
	const write = "https://graph.microsoft.com/Policy.ReadWrite.AuthenticationMethod"
	if slices.Contains(asks(first), write) || !slices.Contains(asks(second), write) {
		t.Errorf("the pages ask for %v and %v", asks(first), asks(second))
	}
	if first.Get("login_hint") != "hint@"+practice.Domain || second.Get("login_hint") != root {
		t.Errorf("the pages begin with %q and %q", first.Get("login_hint"), second.Get("login_hint"))
	}
	for _, p := range b.pages {
		u, err := url.Parse(p.Get("redirect_uri"))
		if err != nil || u.Hostname() != "localhost" || p.Get("code_challenge_method") != "S256" || len(p.Get("code_challenge")) != 43 || p.Get("state") == "" {
			t.Errorf("the page is asked for with %v", p)
		}
	}
	if first.Get("code_challenge") == second.Get("code_challenge") || first.Get("state") == second.Get("state") {
		t.Error("a challenge or a state is used twice")
	}
	if !strings.Contains(strings.ToLower(b.last), "authentication complete") {
		t.Errorf("the browser shows in the end %q", b.last)
	}
}

// Cancelled in the browser, for the first page and for a permission.
func TestPermissionDeclinedInABrowser(t *testing.T) {
	tenant, b := inABrowser(t, root)
	policy := must(tenant.PassPolicy(t.Context()))(t)
	policy.Enabled = true
	err := tenant.SetPassPolicy(t.Context(), policy)
	var e *graph.Error
	if !errors.As(err, &e) || e.Code != graph.CodeLogInConsent || len(b.pages) != 2 {
		t.Fatalf("%v after %d pages", err, len(b.pages))
	}
	if r, ok := e.Needs(); !ok || r.Scopes[0] != "Policy.ReadWrite.AuthenticationMethod" {
		t.Errorf("needs %+v", r)
	}
	if again := must(tenant.PassPolicy(t.Context()))(t); again.Enabled {
		t.Error("it was changed")
	}
	p := newPractice(t, practice.Options{})
	nobody := &browser{t: t, web: &http.Client{Transport: p.Transport(), CheckRedirect: b.web.CheckRedirect}}
	t.Cleanup(nobody.done.Wait)
	if _, err := graph.LogIn(t.Context(), graph.LogInOptions{Road: graph.ByBrowser, Cloud: graph.Clouds[0], TenantID: practice.Domain, Scopes: graph.ScopesFor(graph.Clouds[0], "tenant-read"),
		Transport: p.Transport(), ShowPage: nobody.open}); code(err) != graph.CodeLogInDeclined {
		t.Errorf("cancelled: %v", err)
	}
}

// Another person in the same browser does not slip into the rollout of the first.
func TestAnotherAccountInABrowserIsRefused(t *testing.T) {
	tenant, _ := inABrowser(t, practice.AdminUPN, root)
	policy := must(tenant.PassPolicy(t.Context()))(t)
	policy.Enabled = true
	if err := tenant.SetPassPolicy(t.Context(), policy); code(err) != graph.CodeLogInOther {
		t.Errorf("%v", err)
	}
}

// Who may not consent sees why in the browser, which does not come back; the program is left with the page.
func TestConsentTakesAnAdministratorInABrowser(t *testing.T) {
	tenant, b := inABrowser(t, root, practice.AdminUPN)
	policy := must(tenant.PassPolicy(t.Context()))(t)
	policy.Enabled = true
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		for ctx.Err() == nil {
			if b.mu.Lock(); strings.Contains(b.last, "consent") || strings.Contains(b.last, "approval") {
				leave() // the person reads it, and leaves
			}
			b.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if err := tenant.SetPassPolicy(ctx, policy); err == nil {
		t.Fatal("it was changed")
	}
	if len(b.back) != 1 {
		t.Errorf("the browser was sent back to %v", b.back)
	}
}

// A port that somebody else has is told, and is no reason to wait.
func TestTheBrowsersPortIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := newPractice(t, practice.Options{})
	_, err = graph.LogIn(t.Context(), graph.LogInOptions{Road: graph.ByBrowser, Cloud: graph.Clouds[0], TenantID: practice.Domain, Scopes: graph.ScopesFor(graph.Clouds[0], "tenant-read"),
		Port: ln.Addr().(*net.TCPAddr).Port, Transport: p.Transport(), ShowPage: func(string) error { t.Error("a page was shown that cannot come back"); return nil }})
	var e *graph.Error
	if !errors.As(err, &e) || e.Code != graph.CodeLogInPort || !strings.Contains(e.Message, "port") {
		t.Errorf("%v", err)
	}
}
