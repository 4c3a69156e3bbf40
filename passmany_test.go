package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"

	"keyrollout/graph/practice"
)

// Passes for many people, through the command and a served tenant: each is in a file that only the operator's key opens,
// and in nothing else; a second run issues nothing.
func TestIssueMany(t *testing.T) {
	s := serveTenant(t, t.TempDir())
	defer s.end()
	s.enablePasses()
	operator, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	users, out := filepath.Join(dir, "users.txt"), filepath.Join(dir, "out")
	if err := os.WriteFile(users, []byte("\ufeff# the pilot\r\naiko@contoso.example\r\nharuto@contoso.example # Tokyo\n\n"+practice.GuestUPN+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	issue := func() (int, string, string) {
		return withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, "\nyes\n", "pass", "issue-many", users, "--recipient", operator.Recipient().String(), "--out", out,
			"--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"), "--login", "device-code", "--tenant", practice.Domain)
	}
	code, told, said := issue()
	if code != exitFailed || strings.Count(told, "issued ") != 2 || !strings.Contains(told, "refused  "+practice.GuestUPN) || !strings.Contains(said, "code: handover-refused") {
		t.Fatalf("exit code %d\n%s\n%s", code, told, said)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.age"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	journal, err := os.ReadFile(filepath.Join(out, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(b), operator)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		value := strings.Split(string(text), "\n")[2]
		if len(value) != 8 {
			t.Errorf("no pass in\n%s", text)
		}
		for where, all := range map[string]string{"the summary": told, "the dialogue": said, "the journal": string(journal), "the sealed file": string(b)} {
			if strings.Contains(all, value) {
				t.Errorf("a pass stands in %s", where)
			}
		}
		if st, err := os.Stat(f); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", st.Mode(), err)
		}
	}
	if code, told, said = issue(); strings.Contains(told, "issued ") || strings.Count(told, "skipped ") != 2 {
		t.Errorf("the second run: exit code %d\n%s\n%s", code, told, said)
	}
}

// What makes no sense is refused before anybody signs in.
func TestIssueManyRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("# nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	operator, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "--recipient", []string{empty, "--out", dir}},
		{exitUsage, "--recipient", []string{empty, "--out", dir, "--recipient", operator.String()}}, // the secret half
		{exitUsage, "--out", []string{empty, "--recipient", operator.Recipient().String()}},
		{exitFailed, "names nobody", []string{empty, "--out", dir, "--recipient", operator.Recipient().String()}},
		{exitFailed, "code: users", []string{empty + "x", "--out", dir, "--recipient", operator.Recipient().String()}},
	} {
		code, _, said := runCommand(t, dir, append([]string{"pass", "issue-many"}, c.args...)...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit code %d\n%s", c.args, code, said)
		}
		if strings.Contains(said, operator.String()) {
			t.Error("a secret key is repeated on the screen")
		}
	}
}
