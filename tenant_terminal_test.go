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

	"github.com/creack/pty"
)

// atScreen runs the built program on a terminal with its full screen, types the answer when its prompt shows, again
// and again since what is typed before a question is ready is not taken for its answer, and returns the whole of what was drawn, and what stays in the terminal after the screen closed.
func atScreen(t *testing.T, state string, prompt, answer string, args ...string) (drawn, stays string) {
	t.Helper()
	cmd := exec.Command(build(t), args...)
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+state, "TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	timeout := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer timeout.Stop()
	var all strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			break
		}
		if prompt != "" && strings.Contains(all.String(), prompt) {
			prompt = ""
			go func() {
				for { // until the program has ended and its terminal is closed
					if _, err := io.WriteString(tty, answer); err != nil {
						return
					}
					time.Sleep(200 * time.Millisecond)
				}
			}()
		}
	}
	_ = cmd.Wait() // a no ends with 3
	const leave = "\x1b[?1049l"
	drawn = all.String()
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
	wish := wishFile(t, "passkeys: {enabled: true}\ntemporaryAccessPass: {enabled: true, who: everyone}")
	if code, _, stderr := said(t, state, false, "tenant", "plan", "--practice", wish, "-o", plan); code != exitDone {
		t.Fatal(stderr)
	}
	for _, c := range []struct {
		want, prompt, answer string
		args                 []string
	}{
		{"Today's state was written to " + now, "", "", []string{"tenant", "plan", "--practice", "--write", now}},
		{"it stands as planned.", "", "", []string{"tenant", "apply", "--practice", plan}},
		{"shown once.", "never again", "\r", []string{"pass", "issue", "--practice", "--once", "aiko@contoso.example"}},
		{"The pass of 佐藤 愛子 (Aiko Sato) is revoked.", "", "", []string{"pass", "revoke", "--practice", "aiko@contoso.example"}},
		{"there was nothing to revoke", "", "", []string{"pass", "revoke", "--practice", "aiko@contoso.example"}},
		{"Nothing was changed in the tenant.", "Put back what stood", "n", []string{"tenant", "undo", "--practice"}},
		{"Put back and read back", "Put back what stood", "y", []string{"tenant", "undo", "--practice"}},
	} {
		drawn, stays := atScreen(t, state, c.prompt, c.answer, c.args...)
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
