package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keyrollout/graph/practice"
)

// asOwnApp is the program at a practice tenant that is served, signed in as an app with a secret, in a home of its own.
func asOwnApp(t *testing.T, s *served, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), build(t), append(args, "--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"),
		"--tenant", practice.Domain, "--login", "secret", "--client-id", ownApp)...)
	cmd.Env = []string{"HOME=" + home, "KEYROLLOUT_STATE=" + filepath.Join(home, "state"), secretVariable + "=a secret of the app"}
	return cmd
}

// A directory that other people write to names its groups and people to steer the reader's terminal, and a pass is asked
// for where nobody could see it.
func TestHostileNamesAndNoTerminal(t *testing.T) {
	dir := t.TempDir()
	s := serveTenant(t, t.TempDir(), "--forget", "--seed", fileOf(t, fmt.Sprintf(`{"apps": [{"id": %q, "name": "keyrollout", "secret": "a secret of the app"}],
		"people": [{"upn": "admin", "name": "Avery Admin", "roles": ["Global Administrator"]},
			{"upn": "eve", "name": "Eve\u001b[1A\u001b[2K", "keys": ["ba76a271-6eb6-4171-874d-b6428dbe3437"]}],
		"groups": [{"name": "Pilot\u001b[8m\u0007\u202e", "kind": "security", "members": ["eve"]}]}`, ownApp)))
	defer s.end()
	run := func(args ...string) (string, error) {
		cmd := asOwnApp(t, s, dir, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as a pipeline runs it: without /dev/tty
		b, err := cmd.CombinedOutput()
		return string(b), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		if strings.ContainsAny(out, "\x1b\a\u202e") {
			t.Errorf("%v steers the terminal: %q", args, out)
		}
		return out
	}
	plan := filepath.Join(dir, "plan.json")
	out := must("tenant", "plan", fileOf(t, `{passkeys: {enabled: true, who: {include: ["Pilot\e[8m\a\u202E"]}}, temporaryAccessPass: {enabled: true}}`), "-o", plan)
	if !strings.Contains(out, "-> Pilot\n") {
		t.Errorf("the group is not named:\n%s", out)
	}
	must("tenant", "apply", plan)
	if out := must("tenant", "plan", fileOf(t, "passkeys: {models: {block: [ba76a271-6eb6-4171-874d-b6428dbe3437]}}")); !strings.Contains(out, "Danger lock-out-keys: 1 key could not sign in any more: Eve ") {
		t.Errorf("the danger is not named:\n%s", out)
	}
	if out, err := run("tenant", "plan", fileOf(t, `passkeys: {who: {include: ["\e[2Jnobody"]}}`)); err == nil || strings.Contains(out, "\x1b") {
		t.Errorf("a refusal steers the terminal: %v %q", err, out)
	}
	if out, err := run("pass", "issue", "eve"); err == nil || !strings.Contains(out, "pass-unseen") {
		t.Errorf("a pass that nobody could see: %v\n%s", err, out)
	}
	if out := must("pass", "list", "eve"); !strings.Contains(out, "No pass.") {
		t.Errorf("it was issued all the same:\n%s", out)
	}
}

// A seed may come out of another program, and then it can be read once only.
func TestServeSeedFromAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString(`{"name":"Fabrikam","domain":"fabrikam.example","people":[{"upn":"root","name":"Root","roles":["Global Administrator"]}]}`); err != nil {
		t.Fatal(err)
	}
	w.Close()
	s := serveTenant(t, t.TempDir(), "--seed", fmt.Sprintf("/dev/fd/%d", r.Fd()))
	defer s.end()
	if s.lines["Tenant"] != "fabrikam.example" {
		t.Errorf("serves %v", s.lines)
	}
}
