package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"keyrollout/graph/practice"
	"keyrollout/steps"
)

// said runs a command without a person, and gives its exit code and both outputs. A full one takes nothing.
func said(t *testing.T, state string, full bool, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	out, errOut := file("out"), file("err")
	if full {
		if out, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
			t.Skipf("no file here that is always full: %v", err)
		}
		defer out.Close()
	}
	code = run(context.Background(), args, []string{"KEYROLLOUT_STATE=" + state, "TERM=dumb"}, in, out, errOut)
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if !full {
		stdout = read(out)
	}
	return code, stdout, read(errOut)
}

// fileOf is a file with this text: a desired state, or a seed.
func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// three fails unless a problem was told in its parts.
func three(t *testing.T, stderr, code, what string) {
	t.Helper()
	for _, want := range []string{what, "\nstate: ", "\nnext: ", "\ncode: " + code} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
}

// An answer that could not be written is not done, whatever its form.
func TestFullOutputIsTold(t *testing.T) {
	state := t.TempDir()
	wish := fileOf(t, "passkeys: {enabled: true}")
	for _, args := range [][]string{
		{"tenant", "check", "--practice"},
		{"tenant", "check", "--practice", "--format", "json"},
		{"tenant", "check", "--practice", "--format", "junit"},
		{"tenant", "check", "--practice", "--format", "sarif"},
		{"tenant", "plan", "--practice", wish},
		{"tenant", "plan", "--practice", wish, "--json"},
		{"tenant", "app"},
		{"pass", "list", "--practice", "aiko@" + practice.Domain},
		{"login"},
		{"help"},
		{"practice", "serve", "--forget", "--listen", "127.0.0.1:0"},
	} {
		code, _, stderr := said(t, state, true, args...)
		if code != exitFailed {
			t.Errorf("%v: exit code %d", args, code)
		}
		three(t, stderr, "output", "The answer could not be written whole: no space left on device.")
	}
}

// A trace that lost something is told, after a run that went well and after one that did not.
func TestTraceOnAFullDiskIsTold(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("no file here that is always full: %v", err)
	}
	s := serveTenant(t, t.TempDir())
	defer s.end()
	at := []string{"--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"), "--login", "device-code", "--tenant", practice.Domain, "--trace", "/dev/full"}
	code, stdout, stderr := withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, "", append([]string{"tenant", "check"}, at...)...)
	if code != exitFailed || !strings.Contains(stdout, "passkey") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	three(t, stderr, "trace", "The trace in /dev/full is not whole: no space left on device.")
	code, _, stderr = withPerson(t, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, "", append([]string{"pass", "list", "nobody-of-that-name"}, at...)...)
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	three(t, stderr, "user-unknown", "Nobody with")
	three(t, stderr, "trace", "The trace in /dev/full is not whole")
}

// What cannot be kept is told in three parts, and leaves nothing half done.
func TestFilesThatCannotBeUsedAreTold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are of a Unix")
	}
	code, _, stderr := said(t, filepath.Join(fileOf(t, ""), "state"), false, "tenant", "check", "--practice")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	three(t, stderr, "state-dir", "The place where state is kept cannot be used")
	state := t.TempDir()
	wish := fileOf(t, "passkeys: {enabled: true}")
	gone := filepath.Join(t.TempDir(), "gone", "file")
	for _, flags := range [][]string{{wish, "-o", gone}, {"--write", gone}} {
		code, _, stderr := said(t, state, false, append([]string{"tenant", "plan", "--practice"}, flags...)...)
		if code != exitFailed {
			t.Errorf("%v: exit code %d", flags, code)
		}
		three(t, stderr, "file-unwritable", "The file "+gone+" cannot be written: no such file or directory.")
	}
	plan := filepath.Join(t.TempDir(), "plan.json")
	if code, _, stderr := said(t, state, false, "tenant", "plan", "--practice", wish, "-o", plan); code != exitDone {
		t.Fatal(stderr)
	}
	journal := filepath.Join(state, "practice", "journal.jsonl")
	if err := os.WriteFile(journal, []byte("{}\nnot a line\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"tenant", "apply", "--practice", plan}, {"tenant", "undo", "--practice"}, {"tenant", "plan", "--practice", wish}} {
		code, _, stderr := said(t, state, false, args...)
		if code != exitFailed {
			t.Errorf("%v: exit code %d", args, code)
		}
		three(t, stderr, "journal-damaged", "The journal "+journal+" is damaged in line 2.")
	}
}

// A file behind undo is the plan to take back; any other is told what undo takes.
func TestUndoTakesAPlan(t *testing.T) {
	state := t.TempDir()
	plan := func(wish string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "plan.json")
		if code, _, stderr := said(t, state, false, "tenant", "plan", "--practice", fileOf(t, wish), "-o", file); code != exitDone {
			t.Fatal(stderr)
		}
		return file
	}
	must := func(want int, says string, args ...string) {
		t.Helper()
		code, _, stderr := said(t, state, false, append([]string{"tenant"}, append(args, "--practice")...)...)
		if code != want || !strings.Contains(stderr, says) {
			t.Errorf("%v: exit code %d\n%s\nwant %d and %q", args, code, stderr, want, says)
		}
	}
	on := plan("passkeys: {enabled: true}")
	must(exitFailed, "code: undo-unknown", "undo", on, "--yes")
	must(exitDone, "read back", "apply", on)
	must(exitDone, "as planned already", "apply", on)
	once := plan("temporaryAccessPass: {once: true}")
	must(exitDone, "read back", "apply", once)
	must(exitFailed, "code: undo-later", "undo", on, "--yes")
	must(exitFailed, "code: undo-not-confirmed", "undo", once)
	must(exitDone, "Put back and read back", "undo", once, "--yes")
	must(exitDone, "Put back and read back", "undo", on, "--yes")
	must(exitFailed, "code: undo-unknown", "undo", on, "--yes")
	must(exitFailed, "code: undo-nothing", "undo", "--yes")
	journal := filepath.Join(state, "practice", "journal.jsonl")
	must(exitFailed, "next: keyrollout tenant undo --practice --journal "+journal, "undo", journal)
	must(exitFailed, "undo takes the plan that was applied", "undo", fileOf(t, "passkeys: {enabled: true}"))
	must(exitFailed, "cannot be read", "undo", filepath.Join(t.TempDir(), "none"))
	must(exitUsage, "one file at most", "undo", on, once)
	must(exitUsage, "takes nothing but flags behind it", "check", on)
	must(exitUsage, "there is no danger", "undo", "--accept-risk", "lock-out")
}

// An undo that was cut off: plan waits for it and says so, check says that it may not show.
func TestPlanAfterAnUndoThatWasCutOff(t *testing.T) {
	state := t.TempDir()
	wish, plan := fileOf(t, "passkeys: {enabled: true}"), filepath.Join(t.TempDir(), "plan.json")
	for _, args := range [][]string{{"plan", wish, "-o", plan}, {"apply", plan}} {
		if code, _, stderr := said(t, state, false, append([]string{"tenant"}, append(args, "--practice")...)...); code != exitDone {
			t.Fatal(stderr)
		}
	}
	path := filepath.Join(state, "practice", "journal.jsonl")
	j, err := steps.ReadJournal(path)
	if err != nil || j.InDoubt() {
		t.Fatal("in doubt after an apply that ended", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	var result, undo steps.Entry
	if err := json.Unmarshal(lines[len(lines)-1], &result); err != nil || len(result.After) == 0 {
		t.Fatalf("%v: %s", err, lines[len(lines)-1])
	}
	undo = steps.Entry{Time: result.Time, Kind: steps.EntryIntent, Step: "tenant", What: "undo", ID: result.ID, Before: result.After}
	line, err := json.Marshal(undo)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, bytes.NewReader(append(line, '\n'))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, _, stderr := said(t, state, false, "tenant", "check", "--practice"); !strings.Contains(stderr, "may be from before it") {
		t.Errorf("check says nothing of it:\n%s", stderr)
	}
	code, stdout, stderr := said(t, state, false, "tenant", "plan", wish, "--practice")
	if code != exitDone || !strings.Contains(stdout, "nothing to change") || !strings.Contains(stderr, "it was not carried out") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	if _, _, stderr := said(t, state, false, "tenant", "plan", wish, "--practice"); strings.Contains(stderr, "cut off") {
		t.Errorf("told twice:\n%s", stderr)
	}
}

// Flags that would do nothing, or that would become another address, are refused before anything happens.
func TestFlagsOfASignInThatMeanNothing(t *testing.T) {
	for _, args := range [][]string{
		{"tenant", "check", "--practice", "--trace", filepath.Join(t.TempDir(), "trace")},
		{"pass", "list", "aiko", "--practice", "--tenant", practice.Domain},
		{"tenant", "undo", "--practice", "--practice-at", "http://127.0.0.1:1"},
		{"tenant", "check", "--tenant", "contoso.example/../fabrikam.example"},
		{"tenant", "check", "--tenant", "con toso"},
		{"tenant", "check", "--tenant", "-"},
	} {
		if code, _, stderr := said(t, t.TempDir(), false, args...); code != exitUsage || !strings.Contains(stderr, "--") {
			t.Errorf("%v: exit code %d\n%s", args, code, stderr)
		}
	}
}
