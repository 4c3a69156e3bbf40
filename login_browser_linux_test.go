package main

import (
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"keyrollout/graph/practice"
)

// pagesOpened is a person who opens every page that is shown in a browser, and signs in there.
type pagesOpened struct {
	t    *testing.T
	upn  string
	seen map[string]bool
}

var (
	shownPage   = regexp.MustCompile(`http://127\.0\.0\.1:\d+/\S+/oauth2/v2\.0/authorize\?\S+`)
	pageField   = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	pageAnswers = regexp.MustCompile(`<form[^>]* action="(http://localhost:[^"]*)"`)
)

func (p *pagesOpened) read(screen string) {
	for _, page := range shownPage.FindAllString(screen, -1) {
		if p.seen[page] {
			continue
		}
		p.seen[page] = true
		go p.visit(page)
	}
}

// visit goes the browser's way: the page, the account, the answer handed on to this machine.
func (p *pagesOpened) visit(page string) {
	u, err := url.Parse(page)
	if err != nil {
		p.t.Error(err)
		return
	}
	form := u.Query()
	form.Set("upn", p.upn)
	u.RawQuery = ""
	said := p.post(u.String(), form)
	to := pageAnswers.FindStringSubmatch(said)
	if to == nil {
		p.t.Errorf("the page hands nothing on: %s", said)
		return
	}
	answer := url.Values{}
	for _, f := range pageField.FindAllStringSubmatch(said, -1) {
		answer.Set(f[1], html.UnescapeString(f[2]))
	}
	p.post(html.UnescapeString(to[1]), answer)
}

func (p *pagesOpened) post(to string, form url.Values) string {
	resp, err := http.PostForm(to, form)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Error(err)
	}
	return string(b)
}

// Step 1 by the wizard with a sign-in in the browser: one page to look, and one for each permission that a change needs.
func TestRolloutBySignInInABrowser(t *testing.T) {
	ln, err := net.Listen("tcp", "localhost:"+strconv.Itoa(browserPort))
	if err != nil {
		t.Skipf("the port that the browser comes back to is in use here: %v", err)
	}
	ln.Close()
	bin := build(t)
	s := serveTenant(t, t.TempDir(), "--seed", fileOf(t, consentSeed))
	defer s.end()
	p := &pagesOpened{t, "root@" + practice.Domain, map[string]bool{}}
	notes = ""
	screen, err := sit(t, bin, t.TempDir(), func(screen string) bool {
		p.read(screen)
		return strings.Contains(screen, "Step: key")
	}, "--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"), "--tenant", practice.Domain, "--login", "browser")
	if err == nil || err.Error() != "killed" {
		t.Fatalf("step 1 did not end: %v\n%s", err, screen)
	}
	askedForChanges(t, screen, len(p.seen))
}
