package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/steps"
)

// typeCode plays the person who opens the page that is shown, types the code and signs in.
func typeCode(t *testing.T, said string) bool {
	m := regexp.MustCompile(`(http://\S+/practice/device)[\s\S]*?\b([B-Z2-9]{9})\b`).FindStringSubmatch(said)
	if m == nil {
		return false
	}
	resp, err := http.PostForm(m[1], url.Values{"code": {m[2]}, "upn": {practice.AdminUPN}})
	if err != nil {
		t.Error(err)
		return true
	}
	resp.Body.Close()
	return true
}

// withPerson runs a command whose dialogue a person reads, who signs in when a code appears.
func withPerson(t *testing.T, environ []string, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer answers.Close() // the person stays at the terminal
	if _, err := answers.WriteString(input); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var said strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		typed := false
		for lines := bufio.NewScanner(r); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			typed = typed || typeCode(t, said.String())
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	code = run(ctx, args, environ, in, out, w)
	w.Close()
	<-read
	b, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return code, string(b), said.String()
}

// The organisation flow end to end against a served tenant: a real sign-in with a device code, and a look at everything.
// The trace of it tells what was asked, and neither who nor with what.
func TestDeviceCodeSignIn(t *testing.T) {
	s := serveTenant(t, t.TempDir())
	defer s.end()
	trace := filepath.Join(t.TempDir(), "trace")
	base := strings.TrimSuffix(s.lines["Graph"], "/v1.0")
	code, out, said := withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, "", "tenant", "check", "--format", "json",
		"--practice-at", base, "--login", "device-code", "--tenant", practice.Domain, "--trace", trace)
	if code != exitDone {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	var found []finding
	if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) < 5 {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(said, "signed in as "+practice.AdminUPN) {
		t.Error(said)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/oauth2/v2.0/devicecode", "authenticationMethodConfigurations", "< 200"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the trace has no %s", want)
		}
	}
	for _, never := range []string{practice.AdminUPN, "Authorization:", "eyJ"} {
		if strings.Contains(string(b), never) {
			t.Errorf("the trace has %s", never)
		}
	}
}

// What the wizard does under "My organisation": the questions of the sign-in are asked where no flag answers them.
func TestSignInAsks(t *testing.T) {
	s := serveTenant(t, t.TempDir())
	defer s.end()
	base := strings.TrimSuffix(s.lines["Graph"], "/v1.0")
	code, out, said := withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, practice.Domain+"\ndevice-code\n", "pass", "list", "aiko@contoso.example", "--practice-at", base)
	if code != exitDone || !strings.Contains(out, "No pass.") {
		t.Errorf("exit code %d\n%s\n%s", code, out, said)
	}
}

// hurried takes what Enter takes, and remembers the questions.
type hurried struct{ asked []steps.Question }

func (h *hurried) Ask(_ context.Context, q steps.Question) (steps.Answer, error) {
	h.asked = append(h.asked, q)
	return steps.Answer{ID: q.Default}, nil
}

// Enter takes the browser where one can open in front of the person, and a code where none can.
func TestTheFirstWayToSignIn(t *testing.T) {
	desk := runtime.GOOS == "windows" || runtime.GOOS == "darwin"
	for _, c := range []struct {
		environ string
		browser bool
	}{
		{"DISPLAY=:0", true},
		{"WAYLAND_DISPLAY=wayland-0", true},
		{"", desk},
		{"DISPLAY=", desk},
		{"DISPLAY=localhost:10.0 SSH_CONNECTION=192.0.2.7 SSH_TTY=/dev/pts/1", false},
		{"DISPLAY=:0 SSH_TTY=/dev/pts/1", false},
	} {
		var h hurried
		road, err := (&app{environ: strings.Fields(c.environ)}).askRoad(t.Context(), &h)
		want := graph.ByDeviceCode
		if c.browser {
			want = graph.ByBrowser
		}
		if err != nil || road != want || len(h.asked) != 1 {
			t.Errorf("%q: Enter takes %s, %v; want %s", c.environ, road, err, want)
		}
	}
}

// blockedSeed is a tenant whose Conditional Access blocks device codes, with an app of its own.
const (
	ownApp      = "5f0f6d5e-3c0a-4f0e-9d3c-2f7c1a9b8e01"
	blockedSeed = `{"access":[{"name":"Block device code flow","deviceCode":true,"block":true}]}`
)

// A blocked device code says what blocks it and which ways are left.
func TestDeviceCodeBlocked(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(seed, []byte(blockedSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveTenant(t, t.TempDir(), "--seed", seed)
	defer s.end()
	base := strings.TrimSuffix(s.lines["Graph"], "/v1.0")
	code, _, said := withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, "\nleave\n", "tenant", "check",
		"--practice-at", base, "--login", "device-code", "--tenant", practice.Domain)
	for _, want := range []string{"Conditional Access", "--login browser", "--login certificate"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if code != exitStopped {
		t.Errorf("exit code %d", code)
	}
}

// An application signs in with a certificate or a secret, and nobody is asked anything; what is wrong is said once.
func TestApplicationSignIn(t *testing.T) {
	dir := t.TempDir()
	certificate, public := newCertificate(t, dir)
	seed := filepath.Join(dir, "seed.json")
	b, err := json.Marshal(map[string]any{"apps": []practice.App{{ID: ownApp, Name: "keyrollout", Public: true, Secret: "a secret of the app", Certificate: public}}})
	if err == nil {
		err = os.WriteFile(seed, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := serveTenant(t, t.TempDir(), "--seed", seed)
	defer s.end()
	base := strings.TrimSuffix(s.lines["Graph"], "/v1.0")
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, secret string
		code         int
		says         string
		args         []string
	}{
		{"certificate", "", exitDone, "signed in as", []string{"--certificate", certificate}},
		{"secret", "a secret of the app", exitDone, "signed in as", []string{"--login", "secret"}},
		{"wrong secret", "a guess", exitFailed, "the client secret is wrong", []string{"--login", "secret"}},
		{"no secret", "", exitUsage, "KEYROLLOUT_CLIENT_SECRET", []string{"--login", "secret"}},
		{"no certificate", "", exitFailed, "code: certificate", []string{"--certificate", junk + "x"}},
		{"junk certificate", "", exitFailed, certificateVariable, []string{"--certificate", junk}},
		{"wrong CA", "", exitFailed, "code: ca", []string{"--login", "secret", "--ca", junk}},
		{"no place for the trace", "a secret of the app", exitFailed, "code: trace", []string{"--login", "secret", "--trace", junk + "/x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"tenant", "check", "--practice-at", base, "--tenant", practice.Domain, "--client-id", ownApp}, c.args...)
			// The password of a file that is no certificate is asked for; nobody answers.
			code, _, said := runWith(t, "x\n", []string{"KEYROLLOUT_STATE=" + t.TempDir(), secretVariable + "=" + c.secret}, args...)
			if code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("exit code %d\n%s", code, said)
			}
			if c.secret != "" && strings.Contains(said, c.secret) {
				t.Error("the secret is on the screen")
			}
		})
	}
}

// newCertificate makes a certificate with its key in one file, and the part that is registered.
func newCertificate(t *testing.T, dir string) (file, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "keyrollout"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	file = filepath.Join(dir, "app.pem")
	if err := os.WriteFile(file, append(cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, string(cert)
}

// Flags that make no sense together are refused before anything is sent; above all what would hand a practice tenant a
// real token.
func TestSignInFlags(t *testing.T) {
	const served = "http://127.0.0.1:1"
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "--cloud is", []string{"--cloud", "mars"}},
		{exitUsage, "--login is", []string{"--login", "carrier-pigeon"}},
		{exitUsage, "go together", []string{"--login", "certificate"}},
		{exitUsage, "go together", []string{"--login", "secret", "--certificate", "x"}},
		{exitUsage, "needs --tenant", []string{"--login", "secret"}},
		{exitUsage, "a real token", []string{"--login", "azure-cli", "--practice-at", served}},
		{exitUsage, "a real token", []string{"--login", "workload", "--practice-at", served}},
		{exitUsage, "a real token", []string{"--login", "managed", "--practice-at", served}},
		{exitUsage, "a real token", []string{"--login", "environment", "--practice-at", served}},
		{exitUsage, "nothing is kept", []string{"--keep-login", "--practice-at", served}},
		{exitUsage, "on this computer", []string{"--practice-at", "http://practice.example.com"}},
		{exitUsage, "not the address", []string{"--practice-at", "127.0.0.1:8480"}},
		{exitUsage, "the global cloud", []string{"--cloud", "dod", "--practice-at", served}},
		{exitFailed, "neither the passkey policy nor", []string{"--cloud", "china"}},
	} {
		code, _, said := runCommand(t, t.TempDir(), append([]string{"tenant", "check"}, c.args...)...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit code %d\n%s", c.args, code, said)
		}
	}
}

// A sign-in page that does not answer is told in three parts, and the exit code is that of a failure.
func TestNobodyAnswersTheSignIn(t *testing.T) {
	code, _, said := runCommand(t, t.TempDir(), "tenant", "check", "--practice-at", "http://127.0.0.1:1", "--login", "device-code", "--tenant", practice.Domain)
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"state: Nobody is signed in", "next: ", "code: " + graph.CodeNoAnswer} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
}

// Every command asks for the permissions of what it does, and no cloud for what it cannot do.
func TestScopesStepByStep(t *testing.T) {
	o := signInOptions{parts: partsOf["check"]}
	if s := strings.Join(o.scopes(graph.Clouds[0]), " "); strings.Contains(s, "Write") || !strings.Contains(s, "Policy.Read.All") {
		t.Errorf("a look asks for %s", s)
	}
	o.parts = nil
	high, _ := graph.CloudByID("gcc-high")
	if s := strings.Join(o.scopes(high), " "); strings.Contains(s, "Passkey") || !strings.Contains(s, "https://graph.microsoft.us/") {
		t.Errorf("GCC High is asked for %s", s)
	}
}

// The QR code and the large letters are whole, and only where they fit.
func TestCodeScreen(t *testing.T) {
	lines := qrLines("https://microsoft.com/devicelogin")
	if len(lines) != 17 || len([]rune(lines[0])) != 33 { // facts/terminal.md, section 6
		t.Errorf("%d lines of %d columns", len(lines), len([]rune(lines[0])))
	}
	a := &app{out: &output{}, environ: []string{"TERM=dumb", "LANG=de_DE.UTF-8"}}
	q := a.codeQuestion(graph.DeviceCode{Code: "ABCD12345", URL: "https://microsoft.com/devicelogin", Expires: time.Now()})
	if len(q.Detail) != 1 || q.Value.Empty() {
		t.Errorf("a simple terminal is shown %q", q.Detail)
	}
	for locale, want := range map[string]bool{"LANG=de_DE.UTF-8": true, "LANG=ja_JP.UTF-8": false, "LC_ALL=C.utf8": true, "LC_ALL=POSIX": false, "LANG=ja_JP.eucJP": false, "TERM=xterm": false} {
		if a.environ = []string{locale}; a.blocks() != want {
			t.Errorf("%s: %v", locale, !want)
		}
	}
}
