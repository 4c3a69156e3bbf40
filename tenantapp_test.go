package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// Every permission that the program asks for stands in every form of the instructions, and no other.
func TestTenantAppNamesEveryPermission(t *testing.T) {
	code, out, _ := runCommand(t, t.TempDir(), "tenant", "app")
	if code != exitDone {
		t.Fatal(code)
	}
	for _, r := range graph.Rights {
		for _, s := range r.Scopes {
			if strings.Count(out, s) < 3 {
				t.Errorf("%s stands %d times, want in the list, for az and for Graph", s, strings.Count(out, s))
			}
		}
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if strings.Contains(out, "UserAuthenticationMethod") {
		t.Error("the older, broader permission is recommended")
	}
}

// The check tells right by right what the app has, a broader one counted, and fails where one is missing.
func TestTenantAppCheck(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.json")
	b, err := json.Marshal(map[string]any{"apps": []practice.App{{ID: ownApp, Name: "keyrollout", Secret: "a secret of the app",
		Rights: []string{"Policy.Read.AuthenticationMethod", "Policy.Read.All", "Organization.Read.All", "User.Read.All"}}}})
	if err == nil {
		err = os.WriteFile(seed, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := serveTenant(t, t.TempDir(), "--seed", seed)
	defer s.end()
	code, out, said := runWith(t, "", []string{"KEYROLLOUT_STATE=" + t.TempDir(), secretVariable + "=a secret of the app"}, "tenant", "app", "--check",
		"--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"), "--login", "secret", "--tenant", practice.Domain, "--client-id", ownApp)
	told := out + said
	for _, want := range []string{"has    Policy.Read.All", "has    User.ReadBasic.All", "lacks  UserAuthMethod-TAP.ReadWrite.All (pass)", "code: app-lacks"} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q (exit code %d) in\n%s", want, code, told)
		}
	}
}

// Where the token cannot be read, what can be tried is tried, and a missing right is told with its name.
func TestTenantAppProbes(t *testing.T) {
	company, err := practice.New(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token := company.TokenFor(practice.AdminUPN, "Policy.Read.AuthenticationMethod", "Policy.Read.All", "User.Read", "Organization.Read.All")
	client, err := graph.New(graph.Options{BaseURL: practiceURL + "/v1.0", Transport: company.Transport(), Bearer: secret.New([]byte(token))})
	if err != nil {
		t.Fatal(err)
	}
	all, err := graph.New(graph.Options{BaseURL: practiceURL + "/v1.0", Transport: company.Transport(), Bearer: secret.New([]byte(company.Token(practice.AdminUPN)))})
	if err != nil {
		t.Fatal(err)
	}
	someone, err := all.User(t.Context(), "aiko@contoso.example")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	a := &app{out: &output{File: out}, say: steps.English}
	if err := a.probe(t.Context(), &steps.World{Tenant: client, Admin: someone}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"works  tenant-read", "works  tenant-check", "fails  methods-read", "UserAuthMethod-TAP.Read.All"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
}

// What a token says is read where it says it; anything else is no answer.
func TestRightsInAToken(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	has, ok := rightsIn(token(`{"scp":"User.Read Policy.ReadWrite.AuthenticationMethod","roles":["AuditLog.Read.All"]}`))
	if !ok || !graph.Holds(has, "Policy.Read.AuthenticationMethod") || !graph.Holds(has, "AuditLog.Read.All") || graph.Holds(has, "Policy.Read.All") {
		t.Errorf("%v %v", has, ok)
	}
	for _, opaque := range []string{"", "x", "a.b.c", token(`[]`), token(`{}`), "EwB4A8l6BAAU"} {
		if _, ok := rightsIn(opaque); ok {
			t.Errorf("%q is taken for an answer", opaque)
		}
	}
}
