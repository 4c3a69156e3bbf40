//go:build linux

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
)

// typed is what a person types when something shows.
type typed struct{ prompt, keys string }

// ready is when a question takes any key: one that comes sooner may have been meant for something else.
const ready = 1600 * time.Millisecond

// atScreen runs the built program on a terminal of so many columns with its full screen, types the answers in their
// order, each when its prompt shows, and returns the whole of what was drawn, and what stays in the terminal after the
// screen closed.
func atScreen(t *testing.T, state string, columns uint16, answers []typed, args ...string) (drawn, stays string) {
	t.Helper()
	cmd := exec.Command(build(t), args...)
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+state, "TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	timeout := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer timeout.Stop()
	var all strings.Builder
	seen := 0
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			break
		}
		if len(answers) > 0 && strings.Contains(all.String()[seen:], answers[0].prompt) {
			seen = all.Len()
			keys := answers[0].keys
			answers = answers[1:]
			time.AfterFunc(ready, func() { _, _ = io.WriteString(tty, keys) })
		}
	}
	_ = cmd.Wait() // a no ends with 3
	const leave = "\x1b[?1049l"
	drawn = all.String()
	if len(answers) > 0 {
		t.Fatalf("%v never showed %q:\n%q", args, answers[0].prompt, drawn)
	}
	at := strings.LastIndex(drawn, leave)
	if at < 0 {
		t.Fatalf("%v drew no screen:\n%q", args, drawn)
	}
	return drawn, drawn[at+len(leave):]
}

// What a command did to the tenant stays in the terminal when its screen is gone, and so does that it did nothing. The
// pass itself never does.
func TestWhatWasDoneToATenantStaysInTheTerminal(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	plan, now := filepath.Join(dir, "plan.json"), filepath.Join(dir, "now.yaml")
	wish := fileOf(t, "passkeys: {enabled: true}\ntemporaryAccessPass: {enabled: true, who: everyone}")
	if code, _, stderr := said(t, state, false, "tenant", "plan", "--practice", wish, "-o", plan); code != exitDone {
		t.Fatal(stderr)
	}
	for _, c := range []struct {
		want    string
		answers []typed
		args    []string
	}{
		{"Today's state was written to " + now, nil, []string{"tenant", "plan", "--practice", "--write", now}},
		{"it stands as planned.", nil, []string{"tenant", "apply", "--practice", plan}},
		{"shown once.", []typed{{"never again", "\r"}}, []string{"pass", "issue", "--practice", "--once", "aiko@contoso.example"}},
		{"The pass of 佐藤 愛子 (Aiko Sato) is revoked.", nil, []string{"pass", "revoke", "--practice", "aiko@contoso.example"}},
		{"there was nothing to revoke", nil, []string{"pass", "revoke", "--practice", "aiko@contoso.example"}},
		{"Nothing was changed in the tenant.", []typed{{"Put back what stood", "n\r"}}, []string{"tenant", "undo", "--practice"}},
		{"Put back and read back", []typed{{"Put back what stood", "y\r"}}, []string{"tenant", "undo", "--practice"}},
	} {
		drawn, stays := atScreen(t, state, 100, c.answers, c.args...)
		if !strings.Contains(stays, c.want) {
			t.Errorf("%v leaves no word %q in the terminal:\n%s", c.args, c.want, stays)
		}
		if c.args[1] == "issue" {
			if !strings.Contains(drawn, "one sign-in") {
				t.Error("a pass for one sign-in is not called that")
			}
			pass := regexp.MustCompile(`\x1b\[1;7m  (\S+)  \x1b`).FindStringSubmatch(drawn)
			if pass == nil || strings.Contains(stays, pass[1]) {
				t.Errorf("the pass %q stays in the terminal, or was not shown:\n%s", pass, stays)
			}
		}
	}
}

// Long lines, of a problem and of a plan, break between words at a terminal and nowhere else.
func TestLongLinesBreakBetweenWordsAtATerminal(t *testing.T) {
	state := t.TempDir()
	for _, c := range []struct{ wish, long string }{
		{"passkeys: {enabled: true, models: {allow: [ATKey.Pro]}}", "keyrollout: The desired state cannot be used"},
		{"passkeys: {enabled: true}", "Role: Authentication Policy Administrator."},
	} {
		wish := fileOf(t, c.wish)
		_, stays := atScreen(t, state, 80, nil, "tenant", "plan", "--practice", wish)
		_, stdout, stderr := said(t, state, false, "tenant", "plan", "--practice", wish)
		i := strings.Index(stdout+stderr, c.long)
		if i < 0 {
			t.Fatalf("%q is not told:\n%s%s", c.long, stdout, stderr)
		}
		whole, _, _ := strings.Cut((stdout + stderr)[i:], "\n")
		if len(whole) <= 80 {
			t.Errorf("%q is broken, or too short to be, where there is no terminal", whole)
		}
		if flat := strings.Join(strings.Fields(stays), " "); !strings.Contains(flat, whole) {
			t.Errorf("%q is broken in a word at the terminal:\n%s", whole, stays)
		}
		for l := range strings.Lines(stays) {
			if n := ansi.StringWidth(strings.TrimRight(l, "\r\n")); n > 80 {
				t.Errorf("%d cells wide at a terminal of 80: %q", n, l)
			}
		}
	}
}

// So do those of what needs no screen.
func TestKeyListBreaksBetweenWordsAtATerminal(t *testing.T) {
	cmd := exec.Command(build(t), "key", "list")
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+t.TempDir(), "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22", "LC_ALL=C.UTF-8")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	b, _ := io.ReadAll(tty) // ends with EIO when the program does
	_ = cmd.Wait()
	if !strings.Contains(string(b), "No security key") {
		t.Skipf("a key is plugged in here:\n%s", b)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(b)), " "), "not in the one you sit at.") {
		t.Errorf("broken in a word:\n%s", b)
	}
	for l := range strings.Lines(string(b)) {
		if n := ansi.StringWidth(strings.TrimRight(l, "\r\n")); n > 80 {
			t.Errorf("%d cells wide at a terminal of 80: %q", n, l)
		}
	}
}

// A wrong PIN that was put right is over: when the screen of the command is gone, nothing in the terminal tells of it.
func TestAMistakeThatWasPutRightIsForgotten(t *testing.T) {
	pin := secret.New([]byte("482913"))
	for _, c := range []struct {
		name   string
		after  []typed
		forgot bool
	}{
		{"put right", []typed{{"not the PIN", "j\r"}, {"7 tries", "482913\r"}}, true},
		{"left at", []typed{{"not the PIN", "jj\r"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := softkey.Open(softkey.Options{Profile: softkey.ATKeyPro21(), Store: softkey.MemoryStore(), Toucher: noTouch{}})
			if err != nil {
				t.Fatal(err)
			}
			path, wait, err := key.Serve(t.Context())
			if err != nil {
				t.Skipf("no device path here: %v", err)
			}
			defer func() { key.Close(); _ = wait() }()
			s, err := fido.OpenLink(t.Context(), key.Device(), key.Link())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SetPIN(t.Context(), pin); err != nil {
				t.Fatal(err)
			}
			s.Close()
			answers := append([]typed{{"8 tries", "000000\r"}}, c.after...)
			drawn, stays := atScreen(t, t.TempDir(), 80, answers, "key", "credentials", "room", "--device", path)
			if !strings.Contains(drawn, "not the PIN") {
				t.Fatalf("the mistake was not told:\n%q", drawn)
			}
			if c.forgot == strings.Contains(stays, "PIN") {
				t.Errorf("it %s, and this stays in the terminal:\n%s", c.name, stays)
			}
			if c.forgot && !strings.Contains(stays, "0 sign-ins on the key") {
				t.Errorf("no answer:\n%s", stays)
			}
		})
	}
}
