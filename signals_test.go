//go:build linux

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// exitOf is the exit code of a program that was started; a signal that killed it is no exit.
func exitOf(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// atTerminal starts the program at a terminal of its own of 80 by 24, with nothing kept from before.
func atTerminal(t *testing.T, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	cmd := exec.Command("keyrollout", args...)
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+t.TempDir(), "TERM=xterm", "LC_ALL=C.UTF-8")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return cmd, tty
}

// A signal ends every screen in order, with the exit code shells know and a word about what stays.
func TestASignalEndsARun(t *testing.T) {
	for _, c := range []struct {
		name, waits string
		args        []string
		signal      syscall.Signal
	}{
		{"plain, asked to end", "(default 1): ", []string{"practice", "--plain"}, syscall.SIGTERM},
		{"plain, hung up", "(default 1): ", []string{"practice", "--plain"}, syscall.SIGHUP},
		{"plain, interrupted", "(default 1): ", []string{"practice", "--plain"}, syscall.SIGINT},
		{"the wizard, asked to end", "with a Temporary Access Pass", []string{"practice"}, syscall.SIGTERM},
		{"the wizard, hung up", "with a Temporary Access Pass", []string{"practice"}, syscall.SIGHUP},
		{"the wizard at its first question", "My own key", nil, syscall.SIGTERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, tty := atTerminal(t, c.args...)
			var all strings.Builder
			buf := make([]byte, 4096)
			for sent := false; ; {
				n, err := tty.Read(buf)
				all.Write(buf[:n])
				if !sent && strings.Contains(all.String(), c.waits) {
					sent = true
					if err := cmd.Process.Signal(c.signal); err != nil {
						t.Fatal(err)
					}
				}
				if err != nil { // EIO: the program let go of the terminal
					break
				}
			}
			if code := exitOf(t, cmd); code != exitInterrupted {
				t.Errorf("exit code %d, want %d", code, exitInterrupted)
			}
			if !strings.Contains(all.String(), "What was done stays done") {
				t.Errorf("no word about what stays:\n%q", all.String())
			}
		})
	}
}

// A terminal that takes nothing any more holds every line that is printed, and a run that waits for it for ever: after a
// while the program ends all the same.
func TestAStalledTerminalDoesNotKeepAProgramThatWasToldToEnd(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	room, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	if _, err := w.Write(make([]byte, room-page)); err != nil { // one page is left for the program to fill
		t.Fatal(err)
	}
	cmd := exec.Command("keyrollout-impatient", "practice")
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+t.TempDir(), "LC_ALL=C.UTF-8")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	limit := time.Now().Add(time.Minute)
	for n := 0; n < room-300; time.Sleep(10 * time.Millisecond) { // no line is that long: the next one does not fit
		if n, err = unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(limit) {
			_ = cmd.Process.Kill()
			t.Fatalf("%d of %d bytes were printed, and no more", n, room)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, cmd); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d", code, exitInterrupted)
	}
}

// --record hears a person at a real terminal, touches too, and what it writes plays to the same end.
func TestARecordingOfAPersonPlays(t *testing.T) {
	var state string
	state, notes = t.TempDir(), ""
	script := filepath.Join(t.TempDir(), "person.walk")
	screen, err := sit(t, "keyrollout", state, func(string) bool { return false }, "practice", "--record", script)
	if err != nil {
		t.Fatalf("%v\n%s", err, screen)
	}
	b, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"482913", notes} {
		if secret == "" || strings.Contains(string(b), secret) {
			t.Fatalf("the recording holds %q", secret)
		}
	}
	if !strings.Contains(string(b), "answer touch.enrol good x") {
		t.Fatalf("no touch in the recording:\n%s", b)
	}
	out, err := exec.Command("keyrollout", "replay", script).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Proven: ") {
		t.Fatalf("the recording does not play: %v\n%s\n%s", err, b, out)
	}
}

// A person goes back at the terminal, in the wizard by Esc and in the plain dialogue by its sign, out to where they began.
func TestGoingBackAtTheTerminal(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		says [][2]string // what is on the screen, and what is typed then
	}{
		{"wizard", nil, [][2]string{
			{"My own key", "\r"}, {"with a Temporary Access Pass", "\r"}, {"the people of one", "\r"}, {"beginning of its name", "\x1b"},
			{"the people of one", "\x1b"}, {"with a Temporary Access Pass", "\x1b"}, {"My own key", "q"}}},
		{"plain", []string{"--plain"}, [][2]string{
			{"(default 1): ", "1\r"}, {"register their key? (default 1): ", "1\r"}, {"security keys? (default 1): ", "1\r"},
			{"(default Pilot): ", "<\r"}, {"security keys? (default 1): ", "b\r"}, {"register their key? (default 1): ", "b\r"},
			{"begin? (default 1): ", "q\r"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, tty := atTerminal(t, c.args...)
			var fresh strings.Builder
			buf := make([]byte, 4096)
			for _, s := range c.says {
				late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
				for !strings.Contains(fresh.String(), s[0]) {
					n, err := tty.Read(buf)
					fresh.Write(buf[:n])
					if err != nil {
						t.Fatalf("%q did not come:\n%q", s[0], fresh.String())
					}
				}
				late.Stop()
				fresh.Reset()
				time.Sleep(600 * time.Millisecond) // a question that just came takes no key yet
				if _, err := io.WriteString(tty, s[1]); err != nil {
					t.Fatal(err)
				}
			}
			_, _ = io.Copy(io.Discard, tty)
			if code := exitOf(t, cmd); code != exitStopped {
				t.Errorf("exit code %d, want %d", code, exitStopped)
			}
		})
	}
}
