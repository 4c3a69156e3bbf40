package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrollout/steps"
	"keyrollout/walkthrough"
)

// A command that the practice names is one of the practice, also where it is pasted from a ? page, in either language.
func TestCommandsStayInThePractice(t *testing.T) {
	for _, lang := range []string{"en_US.UTF-8", "ja_JP.UTF-8"} {
		tag := walkthrough.Language(func(string) string { return lang })
		for flag, a := range map[string]*app{"": {}, " --practice": {}, " --practice-at http://127.0.0.1:8480": {login: signInOptions{practice: "http://127.0.0.1:8480"}}} {
			a.practising.Store(flag == " --practice")
			say := a.rehearsed(walkthrough.Speak(tag))
			for _, q := range []string{"tenant.road", "tenant.who", "tenant.keys", "tenant.pass.minutes", "tenant.go", "registration.pass.way", "undo.go", "risk.lock-out-keys"} {
				var page strings.Builder
				for _, t := range walkthrough.About(steps.Question{Name: q}) {
					page.WriteString(say(t) + "\n")
				}
				named := inTenantWords.FindAllStringIndex(page.String(), -1)
				if len(named) == 0 {
					t.Errorf("%s %s names no command", lang, q)
				}
				for _, at := range named {
					rest := page.String()[at[1]:]
					if !strings.HasPrefix(rest, flag) || flag == "" && strings.HasPrefix(rest, " --practice") {
						t.Errorf("%s %s, flag %q: %s", lang, q, flag, page.String()[at[0]:])
					}
				}
			}
		}
	}
}

// What a command prints to go on with stays in the practice, too, and so does what is said of a file before anything begins.
func TestNextStepsStayInThePractice(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	wish, plan := filepath.Join(dir, "wish.yaml"), filepath.Join(dir, "plan.json")
	if err := os.WriteFile(wish, []byte("passkeys: {enabled: true}"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, said := runCommand(t, state, "tenant", "plan", "--practice", wish, "-o", plan)
	if code != exitDone || !strings.Contains(out, "next:  keyrollout tenant apply --practice "+plan) {
		t.Errorf("%d\n%s\n%s", code, out, said)
	}
	if err := os.WriteFile(wish, []byte("passkeys: {enabeld: true}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, said := runCommand(t, state, "tenant", "plan", wish, "--practice"); !strings.Contains(said, "keyrollout tenant plan --practice --write FILE") {
		t.Errorf("says %s", said)
	}
	if _, _, said := runCommand(t, state, "tenant", "plan", wish); strings.Contains(said, "--practice") {
		t.Errorf("in a real tenant it says %s", said)
	}
}
