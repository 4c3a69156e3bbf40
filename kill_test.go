//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// answers of a person at the plain dialogue, by what the prompt says.
var atTheTerminal = []struct{ prompt, answer string }{
	{"How do people come", "pass"}, {"Who may use", "group"}, {"Which group?", "Pilot"}, {"Which keys", "any"},
	{"Who gets the first key?", "aiko"}, {"Do you mean", "yes"}, {"Who gets the next key?", "haruto"}, {"been played to its end", "next"}, {"How many minutes", "60"}, {"Go ahead?", "yes"}, {"Press enter", ""},
	{"Which finger?", "right-index"}, {"A new PIN", "482913"}, {"again", "482913"}, {"PIN of the key", "482913"},
	{"is being enrolled.", "good"}, {"waits for an enrolled finger.", "good"}, {"A name for this key", "ATKey of Aiko"},
	{"at hand?", "have"}, {"Temporary Access Pass of", "PASS"}, {"What now?", "retry"}, {"Replace it", "yes"},
}

// sit runs the built program (a practice, unless args say otherwise) at a terminal of its own until it ends, or until stop says that it is to be killed. It
// returns everything that was printed.
func sit(t *testing.T, bin, state string, stop func(screen string) bool, args ...string) (string, error) {
	t.Helper()
	if args == nil {
		args = []string{"practice"}
	}
	cmd := exec.Command(bin, append(args, "--plain")...)
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+state, "TERM=xterm", "LC_ALL=C.UTF-8")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	timeout := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer timeout.Stop()
	var all, fresh strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		all.Write(buf[:n])
		fresh.Write(buf[:n])
		if stop(all.String()) {
			_ = cmd.Process.Kill() // SIGKILL: nothing is flushed, nothing is closed
			_ = cmd.Wait()
			return all.String(), errors.New("killed")
		}
		if err != nil { // EIO: the program ended
			if err != io.EOF && !strings.Contains(err.Error(), "input/output") {
				t.Fatal(err)
			}
			return all.String(), cmd.Wait()
		}
		if a, ok := reply(fresh.String(), all.String()); ok {
			fresh.Reset()
			if _, err := io.WriteString(tty, a+"\r"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// notes is where the person has written the pass down.
var notes string

// reply is the answer to the prompt that stands last on the screen.
func reply(fresh, all string) (string, bool) {
	if !strings.HasSuffix(fresh, ": ") {
		return "", false
	}
	last := fresh[strings.LastIndex(fresh, "\n")+1:]
	for _, a := range atTheTerminal {
		if !strings.Contains(last, a.prompt) {
			continue
		}
		if a.prompt == "Press enter" {
			lines := strings.Split(strings.TrimSpace(fresh), "\n")
			notes = strings.TrimSpace(lines[len(lines)-2])
		}
		return strings.ReplaceAll(a.answer, "PASS", notes), true
	}
	return "", false
}

// built is the program, linked once for all tests; TestMain removes it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "keyrollout-test-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "keyrollout")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		return bin, fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
})

func build(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// The next person in a practice gets a key as from the factory, as out of the box; the first person's stays theirs.
func TestTheNextPersonInPracticeHasAKeyOfTheirOwn(t *testing.T) {
	bin, state := build(t), t.TempDir()
	for i, name := range []string{"aiko", "haruto"} {
		screen, err := sit(t, bin, state, func(string) bool { return false })
		if err != nil || !strings.Contains(screen, "Proven: ") {
			t.Fatalf("%s: %v\n%s", name, err, screen)
		}
		if !strings.Contains(screen, "No PIN yet.") || strings.Contains(screen, "What now?") {
			t.Errorf("%s gets a key that is in use:\n%s", name, screen)
		}
		if keys, err := filepath.Glob(filepath.Join(state, "practice", "softkey*.sealed")); err != nil || len(keys) != i+1 {
			t.Errorf("%d person(s), keys %v, %v", i+1, keys, err)
		}
	}
}

func TestKilledAndTakenUpAgain(t *testing.T) {
	bin := build(t)
	for _, c := range []struct {
		name string
		stop func(string) bool
	}{
		{"in the middle of the finger enrolment", func(s string) bool { return strings.Contains(s, "Touch 5:") }},
		{"while the registration waits for the finger", func(s string) bool { return strings.Contains(s, "waits for an enrolled finger.") }},
		{"when the tenant has just taken the key", func(s string) bool { return strings.Contains(s, "The tenant took the key.") }},
		{"when the pass has just been shown", func(s string) bool { return strings.Contains(s, "shown now and never again") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var state string
			state, notes = t.TempDir(), ""
			screen, err := sit(t, bin, state, c.stop)
			if err == nil || err.Error() != "killed" {
				t.Fatalf("not killed: %v\n%s", err, screen)
			}
			screen, err = sit(t, bin, state, func(string) bool { return false })
			if err != nil {
				t.Fatalf("not taken up again: %v\n%s", err, screen)
			}
			if !strings.Contains(screen, "Proven: ") {
				t.Fatalf("no proof at the end:\n%s", screen)
			}
		})
	}
}
