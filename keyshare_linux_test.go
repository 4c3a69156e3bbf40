package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// jumpHost is a real sshd on loopback, with keys and a port of its own.
type jumpHost struct {
	dir  string
	user string
	args []string // for ssh
	sshd *exec.Cmd
}

func startSSHD(t *testing.T) *jumpHost {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		t.Skip("sshd is missing (Debian: openssh-server)")
	}
	for _, tool := range []string{"ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is missing (Debian: openssh-client)")
		}
	}
	if _, err := os.Stat("/run/sshd"); err != nil && os.Geteuid() == 0 {
		t.Skip("sshd's directory for separating privileges, /run/sshd, is missing")
	}
	h := &jumpHost{dir: t.TempDir()}
	file := func(name string) string { return filepath.Join(h.dir, name) }
	for _, name := range []string{"host", "id"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file(name)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	pub, err := os.ReadFile(file("id.pub"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	conf := strings.Join([]string{"ListenAddress 127.0.0.1", "Port " + port, "HostKey " + file("host"), "AuthorizedKeysFile " + file("authorized"),
		"StrictModes no", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", "PidFile none", ""}, "\n")
	for name, text := range map[string]string{"authorized": string(pub), "conf": conf} {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	h.user = me.Username + "@127.0.0.1"
	h.args = []string{"-F", "none", "-p", port, "-i", file("id"), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "PreferredAuthentications=publickey", "-o", "BatchMode=yes"}
	h.sshd = exec.Command(sshd, "-D", "-e", "-f", file("conf"))
	var log bytes.Buffer
	h.sshd.Stderr = &log
	if err := h.sshd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.sshd.Process.Kill()
		h.sshd.Wait()
		if t.Failed() {
			t.Logf("sshd: %s", log.String())
		}
	})
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return h
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("sshd does not listen: %v", err)
		}
	}
}

// far is how keyrollout is started on the far machine, with a directory for state of its own.
func (h *jumpHost) far(t *testing.T) string {
	t.Helper()
	self, err := exec.LookPath("keyrollout")
	if err != nil {
		t.Fatal(err)
	}
	return "env KEYROLLOUT_STATE=" + filepath.Join(h.dir, "far") + " " + self
}

// keyrollout is the program at the desk.
func (h *jumpHost) keyrollout(ctx context.Context, state string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "keyrollout", args...)
	cmd.Env = append(os.Environ(), "KEYROLLOUT_STATE="+filepath.Join(h.dir, state), "LC_ALL=C")
	return cmd
}

func (h *jumpHost) share(ctx context.Context, program string) *exec.Cmd {
	args := append([]string{"key", "share", "--softkey", "--in-memory", "--auto", "--program", program, h.user, "--"}, h.args...)
	return h.keyrollout(ctx, "desk", args...)
}

// atDesk is a desk that shares its key.
type atDesk struct {
	cmd   *exec.Cmd
	path  string
	lines chan string
}

var sharedAt = regexp.MustCompile(`can be used on \S+ at (/dev/pts/\d+)`)

func (h *jumpHost) sharing(t *testing.T) *atDesk {
	t.Helper()
	d := &atDesk{cmd: h.share(t.Context(), h.far(t)), lines: make(chan string, 1000)}
	var log bytes.Buffer
	d.start(t, &log)
	d.path = sharedAt.FindStringSubmatch(d.until(t, sharedAt, &log))[1]
	return d
}

// start starts its program.
func (d *atDesk) start(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Stderr = log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go d.read(out)
	t.Cleanup(func() { d.cmd.Process.Kill(); d.cmd.Wait() })
}

func (d *atDesk) read(out io.Reader) {
	for s := bufio.NewScanner(out); s.Scan(); {
		d.lines <- s.Text()
	}
	close(d.lines)
}

// until waits for a line on the desk's screen.
func (d *atDesk) until(t *testing.T, want *regexp.Regexp, log *bytes.Buffer) string {
	t.Helper()
	var seen []string
	late := time.After(30 * time.Second)
	for {
		select {
		case l, ok := <-d.lines:
			if want.MatchString(l) {
				return l
			}
			if seen = append(seen, l); ok {
				continue
			}
		case <-late:
		}
		t.Fatalf("the desk did not say %s but %q %s", want, seen, log)
	}
}

// The whole way: desk, ssh, sshd, device path, libfido2, and back.
func TestKeyIsSharedOverSSH(t *testing.T) {
	h := startSSHD(t)
	d := h.sharing(t)
	ctx := t.Context()

	out, err := h.keyrollout(ctx, "elsewhere", "key", "info", "--device", d.path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "software key") {
		t.Fatalf("key info over ssh: %v\n%s", err, out)
	}
	out, err = h.keyrollout(ctx, "far", "key", "list").CombinedOutput()
	if err != nil || !strings.Contains(string(out), d.path) {
		t.Errorf("key list does not find it: %v\n%s", err, out)
	}
	if tool, err := exec.LookPath("fido2-token"); err == nil {
		if out, err := exec.CommandContext(ctx, tool, "-I", d.path).CombinedOutput(); err != nil || !strings.Contains(string(out), "FIDO_2_1") {
			t.Errorf("fido2-token over ssh: %v\n%s", err, out)
		}
	}
	s, err := fido.OpenPath(ctx, d.path)
	if err != nil {
		t.Fatal(err)
	}
	pin := secret.New([]byte("482913"))
	if err := s.SetPIN(ctx, pin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Make(ctx, pin, fido.MakeRequest{RPID: "login.example", UserID: []byte("1"), UserName: "ana", Algorithms: []int{fido.ES256}}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	var none bytes.Buffer
	d.until(t, regexp.MustCompile(`asks: register with login\.example\.`), &none)

	t.Run("one at a time", func(t *testing.T) {
		args := append([]string{"key", "share", "--softkey", "--in-memory", "--auto", "--program", h.far(t), h.user, "--"}, h.args...)
		out, err := h.keyrollout(ctx, "second desk", args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "another key is shared") || !strings.Contains(string(out), "code: share-far") {
			t.Errorf("%v\n%s", err, out)
		}
	})

	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("Ctrl+C: %v", err)
	}
	d.gone(t, h)
}

// gone waits until the path is none any more.
func (d *atDesk) gone(t *testing.T, h *jumpHost) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		_, err := os.Stat(filepath.Join(h.dir, "far/shared/path"))
		if _, open := fido.OpenPath(t.Context(), d.path); open != nil && os.IsNotExist(err) {
			return
		}
		if time.Since(start) > 10*time.Second {
			t.Fatal("the key outlived its connection")
		}
	}
}

// The connection is cut, the desk's program is killed: the key is gone from the far machine.
func TestSharingDiesWithTheConnection(t *testing.T) {
	h := startSSHD(t)
	d := h.sharing(t)
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.cmd.Wait()
	d.gone(t, h)
	h.sharing(t) // and another one may come at once
}

func TestSharingThatCannotBegin(t *testing.T) {
	h := startSSHD(t)
	for code, program := range map[string]string{
		"share-no-program": "/no/such/keyrollout",
		"share-protocol":   "echo Welcome;",
		"share-hung-up":    "exit 3;",
	} {
		out, err := h.share(t.Context(), program).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "code: "+code+"\n") || !strings.Contains(string(out), "state: Nothing was shared.") {
			t.Errorf("%s: %v\n%s", code, err, out)
		}
	}
	h.args = append(h.args, "-o", "IdentityFile=none", "-o", "PubkeyAuthentication=no")
	if out, err := h.share(t.Context(), "x").CombinedOutput(); err == nil || !strings.Contains(string(out), "code: share-login") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, args := range [][]string{{"key", "share"}, {"key", "share", "--", "-p", "1"}, {"key", "share", "a", "b"}, {"key", "share", "--serve", "x"}} {
		out, err := h.keyrollout(t.Context(), "desk", args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "share takes one") {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
	out, err := h.keyrollout(t.Context(), "desk", "key", "share", "--device", "/dev/null", "x").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "code: share-no-key") {
		t.Errorf("%v\n%s", err, out)
	}
}

// attachedKey is the path of a key that is at the desk: a software key that another program serves.
func (h *jumpHost) attachedKey(t *testing.T) string {
	t.Helper()
	d := &atDesk{cmd: h.keyrollout(t.Context(), "key", "softkey", "--in-memory", "--auto", "--profile", "yubikey-5"), lines: make(chan string, 1000)}
	var log bytes.Buffer
	d.start(t, &log)
	at := regexp.MustCompile(`is at (/dev/pts/\d+)`)
	return at.FindStringSubmatch(d.until(t, at, &log))[1]
}

// The person at the desk of an attached key says yes and no with single keys, and sees for what.
func TestThePersonAtTheDeskDecides(t *testing.T) {
	h := startSSHD(t)
	args := append([]string{"key", "share", "--device", h.attachedKey(t), "--program", h.far(t), h.user, "--"}, h.args...)
	_, tty := atTerminal(t, args...)
	d := &atDesk{lines: make(chan string, 1000)}
	go d.read(tty)
	var none bytes.Buffer
	d.path = sharedAt.FindStringSubmatch(d.until(t, sharedAt, &none))[1]
	s, err := fido.OpenPath(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	right, wrong := secret.New([]byte("482913")), secret.New([]byte("111111"))
	ask := fido.MakeRequest{RPID: "login.example", UserID: []byte("1"), UserName: "ana", Algorithms: []int{fido.ES256}}
	for _, c := range []struct {
		says, press string
		do          func() error
		want        fido.Code
	}{
		{"asks: set the first PIN", "n", func() error { return s.SetPIN(t.Context(), right) }, fido.CodeDenied},
		{"asks: set the first PIN", "y", func() error { return s.SetPIN(t.Context(), right) }, 0},
		{"Refused: try a PIN, for login.example: wrong PIN", "", func() error { _, err := s.Make(t.Context(), wrong, ask); return err }, fido.CodePINInvalid},
		{"asks: try a PIN, for login.example", "n", func() error { _, err := s.Make(t.Context(), wrong, ask); return err }, fido.CodeDenied},
		{"asks: try a PIN, for login.example", "y", func() error { _, err := s.Make(t.Context(), right, ask); return err }, 0},
		{"asks: change the PIN, with the old one", "n", func() error { return s.ChangePIN(t.Context(), right, wrong) }, fido.CodeDenied},
	} {
		done := make(chan error, 1)
		go func() { done <- c.do() }()
		d.until(t, regexp.MustCompile(c.says), &none)
		var err error
		for wait := true; wait; {
			select {
			case err = <-done:
				wait = false
			case <-time.After(readTime + 100*time.Millisecond): // a y that comes too soon does not count
				if _, err := tty.WriteString(c.press); err != nil {
					t.Fatal(err)
				}
			}
		}
		var no *fido.Error
		if c.want == 0 && err != nil || c.want != 0 && (!errors.As(err, &no) || no.Code != c.want) {
			t.Fatalf("%q, answered with %q: %v", c.says, c.press, err)
		}
	}
	tty.WriteString("q")
	d.gone(t, h)
}

// At the desk of a software key it is the same, and a press is its touch. What was typed before anything was asked answers
// nothing.
func TestTheDeskOfASoftwareKeyDecides(t *testing.T) {
	h := startSSHD(t)
	args := append([]string{"key", "share", "--softkey", "--in-memory", "--program", h.far(t), h.user, "--"}, h.args...)
	_, tty := atTerminal(t, args...)
	d := &atDesk{lines: make(chan string, 1000)}
	go d.read(tty)
	var none bytes.Buffer
	typed := func(s string) {
		t.Helper()
		if _, err := tty.WriteString(s); err != nil {
			t.Fatal(err)
		}
	}
	d.path = sharedAt.FindStringSubmatch(d.until(t, sharedAt, &none))[1]
	d.until(t, regexp.MustCompile("q ends the sharing at once"), &none)
	s, err := fido.OpenPath(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pin := secret.New([]byte("482913"))
	ask := fido.MakeRequest{RPID: "login.example", UserID: []byte("1"), UserName: "ana", Algorithms: []int{fido.ES256}}
	for _, c := range []struct {
		says, press string
		do          func() error
		want        fido.Code
	}{
		{"asks: set the first PIN", "n", func() error { return s.SetPIN(t.Context(), pin) }, fido.CodeDenied},
		{"asks: set the first PIN", "y", func() error { return s.SetPIN(t.Context(), pin) }, 0},
		{"The key waits, for login.example", "n", func() error { _, err := s.Make(t.Context(), pin, ask); return err }, fido.CodeDenied},
		{"The key waits, for login.example", "\n", func() error { _, err := s.Make(t.Context(), pin, ask); return err }, 0},
	} {
		typed("y\ny\ny\n1\n")
		done := make(chan error, 1)
		go func() { done <- c.do() }()
		d.until(t, regexp.MustCompile(c.says), &none)
		var err error
		for wait := true; wait; {
			select {
			case err = <-done:
				wait = false
			case <-time.After(readTime + 100*time.Millisecond):
				typed(c.press)
			}
		}
		var no *fido.Error
		if c.want == 0 && err != nil || c.want != 0 && (!errors.As(err, &no) || no.Code != c.want) {
			t.Fatalf("%q, answered with %q: %v", c.says, c.press, err)
		}
	}
	typed("q")
	d.gone(t, h)
}

// A desk without a terminal refuses what waits for a yes, and says so.
func TestNobodySaysYesWithoutATerminal(t *testing.T) {
	h := startSSHD(t)
	args := append([]string{"key", "share", "--device", h.attachedKey(t), "--program", h.far(t), h.user, "--"}, h.args...)
	d := &atDesk{cmd: h.keyrollout(t.Context(), "desk", args...), lines: make(chan string, 1000)}
	var log bytes.Buffer
	d.start(t, &log)
	d.path = sharedAt.FindStringSubmatch(d.until(t, sharedAt, &log))[1]
	s, err := fido.OpenPath(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var no *fido.Error
	if err := s.SetPIN(t.Context(), secret.New([]byte("482913"))); !errors.As(err, &no) || no.Code != fido.CodeDenied {
		t.Fatal(err)
	}
	d.until(t, regexp.MustCompile(`Refused: set the first PIN\.`), &log)
	d.until(t, regexp.MustCompile(`Nobody is at this desk`), &log)
}

// What the other machine writes beside the connection comes marked to a real terminal, and does not paint over it.
func TestTheOtherMachineDoesNotPaintTheDesk(t *testing.T) {
	h := startSSHD(t)
	paint := `printf "\033[2J\033[HThe key waits, for good.example: touch it to allow this, or leave it alone. %0100d\n" 0 >&2; yes The key waits | head -1000 >&2; `
	args := append([]string{"key", "share", "--softkey", "--in-memory", "--program", paint + h.far(t), h.user, "--"}, h.args...)
	_, tty := atTerminal(t, args...)
	d := &atDesk{lines: make(chan string, 2000)}
	go d.read(tty)
	waits, shared, left := 0, false, false
	for end := time.After(30 * time.Second); ; {
		select {
		case l := <-d.lines:
			if strings.Contains(l, "\x1b[2J") || strings.HasPrefix(l, "The key waits") {
				t.Errorf("%q", l)
			}
			if strings.HasPrefix(l, "ssh: The key waits") {
				waits++
			}
			if shared, left = shared || sharedAt.MatchString(l), left || l == sshMark+"..."; !shared || !left {
				continue
			}
		case <-end:
			t.Fatalf("shared: %v; the rest left out: %v", shared, left)
		}
		break
	}
	if waits > sshAtHome {
		t.Errorf("%d of 1000 lines", waits)
	}
	tty.WriteString("q")
}

// Where attached keys cannot be shared the person hears what to do instead.
func TestDesksThatCannotShare(t *testing.T) {
	for goos, want := range map[string]string{"linux": "", "windows": "", "darwin": "Linux live system"} {
		var p *steps.Problem
		if err := shareSystem(goos); want == "" && err != nil || want != "" && (!errors.As(err, &p) || !strings.Contains(p.Next[1].Text.String(), want)) {
			t.Errorf("%s: %v", goos, err)
		}
	}
}

// What only reads is told once, until something else is asked.
func TestReadingIsToldOnce(t *testing.T) {
	d := &deskTalk{host: "there"}
	n := 0
	for range 2 {
		for _, c := range []string{"authenticatorGetInfo", "authenticatorClientPIN", "authenticatorBioEnrollment"} {
			n += len(d.lines(share.Activity{Command: c})) + len(d.lines(share.Activity{Command: c, Done: true, Status: 1}))
		}
		n += len(d.lines(share.Activity{Command: "authenticatorSelection"}))
	}
	if n != 4 {
		t.Errorf("%d lines, not 4", n)
	}
}

// PIN_BLOCKED means the PIN where one was tried, and the finger where a sign-in is made (CTAP 2.1 section 6.1.2).
func TestTheDeskTellsFingerFromPIN(t *testing.T) {
	for command, words := range map[string]string{"authenticatorMakeCredential": "use the PIN", "authenticatorClientPIN PIN": "only a reset helps"} {
		got := (&deskTalk{host: "there"}).lines(share.Activity{Command: command, Done: true, Status: byte(fido.CodePINBlocked)})
		if len(got) != 1 || !strings.Contains(got[0].String(), words) {
			t.Errorf("%s: %v", command, got)
		}
	}
}
