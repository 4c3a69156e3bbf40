package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// served is a practice tenant served by the command itself.
type served struct {
	t     *testing.T
	lines map[string]string // what was printed, by label
	end   func() int        // Ctrl+C; gives the exit code
}

// serveTenant runs  keyrollout practice serve  until it has said where it is.
func serveTenant(t *testing.T, state string, flags ...string) *served {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"practice", "serve", "--listen", "127.0.0.1:0"}, flags...), []string{"KEYROLLOUT_STATE=" + state}, null, w, null)
		w.Close()
	}()
	s := &served{t: t, lines: map[string]string{}}
	said := make(chan struct{})
	go func() {
		in := bufio.NewScanner(r)
		ready := false
		for in.Scan() {
			label, value, _ := strings.Cut(in.Text(), ":")
			if !ready {
				s.lines[label] = strings.TrimSpace(value)
			}
			if in.Text() == "ctrl+c ends it." {
				ready = true
				close(said)
			}
		}
		if !ready {
			close(said)
		}
	}()
	select {
	case <-said:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is served")
	}
	s.end = func() int { stop(); return <-code }
	t.Cleanup(func() { stop() })
	return s
}

// get asks Graph with the printed token.
func (s *served) get(path string, into any) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.lines["Graph"]+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.lines["Token"])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			s.t.Fatal(err)
		}
	}
	return resp.StatusCode
}

const passPolicyPath = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/temporaryAccessPass"

// enablePasses turns passes on, by plain HTTP as any client would.
func (s *served) enablePasses() {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "PATCH", s.lines["Graph"]+passPolicyPath,
		strings.NewReader(`{"@odata.type":"#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration","state":"enabled"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.lines["Token"])
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		s.t.Fatal(resp, err)
	}
	resp.Body.Close()
}

// The printed token opens the printed address; Ctrl+C is the ordinary end; what was changed is there the next time,
// and gone with --forget.
func TestServeKeepsOrForgets(t *testing.T) {
	state := t.TempDir()
	var policy struct{ State string }
	s := serveTenant(t, state)
	s.enablePasses()
	if code := s.end(); code != exitDone {
		t.Errorf("exit code %d after Ctrl+C", code)
	}
	s = serveTenant(t, state)
	if s.get(passPolicyPath, &policy); policy.State != "enabled" {
		t.Errorf("after a restart: %+v", policy)
	}
	t.Setenv("TMPDIR", t.TempDir())
	forgetful := serveTenant(t, state, "--forget", "--accept", openPracticeRisk)
	if forgetful.get(passPolicyPath, &policy); policy.State != "disabled" {
		t.Errorf("with --forget: %+v", policy)
	}
	forgetful.end()
	s.end()
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "keyrollout-served-*")); len(left) > 0 {
		t.Errorf("--forget leaves %v", left)
	}
}

// A seed of one's own has a tenant of its own, and a token for whoever may do most in it.
func TestServeSeed(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(seed, []byte(`{"name":"Fabrikam","domain":"fabrikam.example","people":[{"upn":"bo","name":"Bo"},{"upn":"root","name":"Root","roles":["Global Administrator"]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveTenant(t, t.TempDir(), "--seed", seed)
	defer s.end()
	var me struct{ UserPrincipalName string }
	if code := s.get("/me", &me); code != 200 || me.UserPrincipalName != "root@fabrikam.example" || s.lines["Tenant"] != "fabrikam.example" {
		t.Errorf("%d %+v %v", code, me, s.lines)
	}
}

// Nobody else on the network reaches the tenant by accident, and a second server does not share the first one's state.
func TestServeRefuses(t *testing.T) {
	state := t.TempDir()
	first := serveTenant(t, state)
	defer first.end()
	bad := filepath.Join(state, "bad.json")
	if err := os.WriteFile(bad, []byte(`{"nme":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(state, "odd.json")
	if err := os.WriteFile(odd, []byte(`{"groups":[{"name":"Pilot 2","kind":"secure"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code  int
		says  string
		flags []string
	}{
		{exitFailed, "--accept open-practice", []string{"--forget", "--listen", "0.0.0.0:0"}},
		{exitUsage, "there is no risk", []string{"--forget", "--accept", "everything"}},
		{exitFailed, "code: serve", []string{"--listen", "127.0.0.1:0"}},
		{exitFailed, "code: serve", []string{"--forget", "--listen", strings.TrimSuffix(strings.TrimPrefix(first.lines["Graph"], "http://"), "/v1.0")}},
		{exitFailed, "code: seed", []string{"--seed", bad}},
		{exitFailed, "code: seed", []string{"--forget", "--seed", bad + "x"}},
		{exitFailed, "code: seed", []string{"--forget", "--seed", odd}},
	} {
		got, _, stderr := runCommand(t, state, append([]string{"practice", "serve"}, c.flags...)...)
		if got != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit code %d\n%s", c.flags, got, stderr)
		}
	}
}

// A damaged state is told with its file and what to do; nothing of it is overwritten.
func TestServeDamaged(t *testing.T) {
	state := t.TempDir()
	serveTenant(t, state).end()
	file := filepath.Join(state, "served", "contoso", "tenant.json")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []string{string(whole[:len(whole)/2]), "\x00\x00", `{"Version":1,"Passkeys":[null]}`, `{"Version":1,"Tokens":{"x":null}}`, `{"Version":99}`} {
		if err := os.WriteFile(file, []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, said := runCommand(t, state, "practice", "serve", "--listen", "127.0.0.1:0")
		if code != exitFailed || !strings.Contains(said, "code: served-damaged") || !strings.Contains(said, file) {
			t.Errorf("%.30q: exit code %d\n%s", damage, code, said)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != damage {
			t.Errorf("%.30q was overwritten (%v)", damage, err)
		}
	}
}

// runCommand runs a command without a terminal and returns its exit code and what it said.
func runCommand(t *testing.T, state string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runWith(t, "", []string{"KEYROLLOUT_STATE=" + state}, args...)
}

// runWith is runCommand with lines to read and an environment.
func runWith(t *testing.T, input string, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	var files [3]*os.File
	for i, name := range []string{"in", "out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	if _, err := files[0].WriteString(input); err != nil {
		t.Fatal(err)
	}
	if _, err := files[0].Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	code = run(t.Context(), args, environ, files[0], files[1], files[2])
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return code, read(files[1]), read(files[2])
}

// doctor and tenant check speak the language of the environment to people, and English to programs.
func TestFindingsInJapanese(t *testing.T) {
	env := []string{"KEYROLLOUT_STATE=" + t.TempDir(), "LC_ALL=ja_JP.UTF-8"}
	_, out, _ := runWith(t, "", env, "doctor")
	if !strings.Contains(out, "正常   keyrollout: ") || !strings.Contains(out, "  時計: ") {
		t.Error(out)
	}
	if _, out, _ = runWith(t, "", env, "doctor", "--json"); !strings.Contains(out, `"name": "clock"`) || strings.Contains(out, "時計") {
		t.Error(out)
	}
	if _, out, _ = runWith(t, "", env, "tenant", "check", "--practice"); !strings.Contains(out, "\n注意    構成証明の強制: ") || strings.Contains(out, "note  ") {
		t.Error(out)
	}
	if _, out, _ = runWith(t, "", env, "tenant", "check", "--practice", "--format", "json"); !strings.Contains(out, `"level": "note"`) {
		t.Error(out)
	}
}
