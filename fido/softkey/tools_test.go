//go:build linux

package softkey

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"keyrollout/fido/internal/pinuv"
)

// served is a key at a device path.
func served(t *testing.T, o Options) (*Key, string) {
	t.Helper()
	k := open(t, o)
	path, wait, err := k.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = k.Close()
		if err := wait(); err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	return k, path
}

func need(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install %s)", name, debian)
	}
}

// tool runs a program without a terminal.
func tool(t *testing.T, stdin string, name string, args ...string) (string, error) {
	t.Helper()
	need(t, name, "fido2-tools")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	c.Stdin = strings.NewReader(stdin)
	var out, bad bytes.Buffer
	c.Stdout, c.Stderr = &out, &bad
	err := c.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s%s", name, strings.Join(args, " "), err, out.String(), bad.String())
	}
	return out.String(), err
}

// typed runs a program on a terminal of its own and types an answer whenever it asks for one: prompts end in ": ".
// What goes in and out otherwise goes through files, for these programs ask on the terminal only.
func typed(t *testing.T, answers []string, name string, args ...string) (string, error) {
	t.Helper()
	need(t, name, "fido2-tools")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	tty, err := pty.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	for {
		n, err := tty.Read(buf)
		seen.Write(buf[:n])
		if err != nil { // EIO: the program has ended
			break
		}
		if s := seen.String(); (strings.HasSuffix(s, ": ") || strings.HasSuffix(s, "no echo) \x1b[0m")) && len(answers) > 0 { // systemd's prompt goes on
			if _, err := tty.Write([]byte(answers[0] + "\n")); err != nil {
				t.Fatal(err)
			}
			answers = answers[1:]
		}
	}
	if err := c.Wait(); err != nil {
		return seen.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, seen.String())
	}
	return seen.String(), nil
}

// succeed gives a program's output, where it ended well.
func succeed(t *testing.T) func(string, error) string {
	return func(out string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func wantIn(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(out, p) {
			t.Errorf("%q is missing in:\n%s", p, out)
		}
	}
}

// The whole life of a key as fido2-token sees it.
func TestFido2Token(t *testing.T) {
	f := &fingers{}
	p := ATKeyPro21()
	p.Samples = 4
	k, path := served(t, Options{Profile: p, Toucher: f})
	ok := succeed(t)

	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)),
		"FIDO_2_1_PRE", "aaguid: "+strings.ReplaceAll(AAGUID, "-", ""), "noclientPin", "nobioEnroll", "alwaysUv",
		"pin retries: undefined", "uv retries: 5", "sensor type: 1 (touch)", "max samples: 4", "pin protocols: 1, 2")

	ok(typed(t, []string{"1234", "1234"}, "fido2-token", "-S", path))
	out, err := typed(t, []string{"4321", "9999", "9999"}, "fido2-token", "-C", path)
	if err == nil {
		t.Errorf("a wrong PIN was taken: %s", out)
	}
	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), "pin retries: 7")
	ok(typed(t, []string{"1234", "123456", "123456"}, "fido2-token", "-C", path))

	f.script(presses(thumb, 0, 40)...)
	ok(typed(t, []string{"123456"}, "fido2-token", "-S", "-e", path))
	info := ok(tool(t, "", "fido2-token", "-I", path))
	wantIn(t, info, ", bioEnroll", "clientPin", ", uv")

	k.mu.Lock()
	id := base64.StdEncoding.EncodeToString(k.st.Fingers[0].ID)
	k.mu.Unlock()
	ok(typed(t, []string{"123456"}, "fido2-token", "-S", "-e", "-i", id, "-n", "Thumb", path))
	wantIn(t, ok(typed(t, []string{"123456"}, "fido2-token", "-L", "-e", path)), id, "Thumb")
	ok(typed(t, []string{"123456"}, "fido2-token", "-D", "-e", "-i", id, path))

	// authenticatorConfig
	ok(typed(t, []string{"123456"}, "fido2-token", "-D", "-u", path))
	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), "noalwaysUv")
	ok(typed(t, []string{"123456"}, "fido2-token", "-S", "-u", path))
	ok(typed(t, []string{"123456"}, "fido2-token", "-S", "-l", "6", path))
	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), ", alwaysUv", "minpinlen: 6")
	ok(typed(t, []string{"123456"}, "fido2-token", "-S", "-f", path))
	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), "pin change required: true")
	ok(typed(t, []string{"123456", "654321", "654321"}, "fido2-token", "-C", path))

	k.PlugOut()
	k.PlugIn() // the ten seconds may be over
	f.script(Touch{})
	ok(tool(t, "", "fido2-token", "-R", path))
	wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), "noclientPin", "minpinlen: 4")
}

// Credentials through fido2-cred and fido2-assert, verified by them too.
func TestFido2CredAndAssert(t *testing.T) {
	p := relaxed()
	p.Algorithms = []int{algES256, algEdDSA, algRS256}
	k, path := served(t, Options{Profile: p})
	ok := succeed(t)
	if s := dial(t, k).setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatal(s)
	}
	for _, alg := range []string{"es256", "eddsa", "rs256"} {
		t.Run(alg, func(t *testing.T) { credAndAssert(t, path, alg) })
	}
	wantIn(t, ok(typed(t, []string{"1234"}, "fido2-token", "-L", "-r", path)), "site.example")
	wantIn(t, ok(typed(t, []string{"1234"}, "fido2-token", "-L", "-k", "site.example", path)), "aWQ=", "rs256")
	wantIn(t, ok(typed(t, []string{"1234"}, "fido2-token", "-I", "-c", path)), "existing rk(s): 1")
}

// credAndAssert makes a resident credential and uses it, discovered and by its id, with an hmac-secret each time.
func credAndAssert(t *testing.T, path, alg string) {
	t.Helper()
	ok := succeed(t)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hash := base64.StdEncoding.EncodeToString(testHash)
	salt := base64.StdEncoding.EncodeToString(make([]byte, 32))
	ask := file("ask", hash+"\nsite.example\nperson\n"+base64.StdEncoding.EncodeToString([]byte("id"))+"\n")
	cred := filepath.Join(dir, "cred")
	ok(typed(t, []string{"1234"}, "fido2-cred", "-M", "-r", "-h", "-v", "-c", "2", "-i", ask, "-o", cred, path, alg))
	pub := filepath.Join(dir, "pub")
	ok(tool(t, "", "fido2-cred", "-V", "-h", "-v", "-c", "2", "-i", cred, "-o", pub, alg))
	lines := strings.SplitN(read(t, pub), "\n", 2)
	pem := file("pem", lines[1])

	for _, with := range []string{"-r", "-v"} { // discovered, and by id
		want := hash + "\nsite.example\n"
		args := []string{"-G", "-h", "-p", "-v"}
		if with == "-r" {
			args = append(args, "-r")
		} else {
			want += lines[0] + "\n"
		}
		assert := filepath.Join(dir, "assert")
		args = append(args, "-i", file("want", want+salt+"\n"), "-o", assert, path)
		ok(typed(t, []string{"1234"}, "fido2-assert", args...))
		ok(tool(t, "", "fido2-assert", "-V", "-h", "-p", "-v", "-i", assert, pem, alg))
	}
}

// Large blobs, as fido2-token keeps them: per credential, under its largeBlobKey.
func TestFido2LargeBlob(t *testing.T) {
	k, path := served(t, Options{Profile: relaxed()})
	ok := succeed(t)
	c := dial(t, k)
	c.setPIN(pinuv.Two, "1234")
	c.make("site.example", "u", m{6: map[string]any{"largeBlobKey": true}})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte("A note that does not become shorter than a cipher's block when it is compressed."), 0o600); err != nil {
		t.Fatal(err)
	}
	ok(typed(t, []string{"1234"}, "fido2-token", "-S", "-b", "-n", "site.example", in, path))
	wantIn(t, ok(typed(t, []string{"1234"}, "fido2-token", "-L", "-b", path)), "00: ")
	ok(typed(t, []string{"1234"}, "fido2-token", "-G", "-b", "-n", "site.example", out, path))
	if read(t, in) != read(t, out) {
		t.Error("the blob came back changed")
	}
	ok(typed(t, []string{"1234"}, "fido2-token", "-D", "-b", "-n", "site.example", path))
}

// A client that is killed while a finger is awaited must not keep the next one out, nor leave it anything to read.
func TestClientKilled(t *testing.T) {
	need(t, "fido2-token", "fido2-tools")
	f := &fingers{}
	_, path := served(t, Options{Toucher: f})
	for _, d := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond} {
		c := exec.Command("fido2-token", "-R", path)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		f.wait(t)
		time.Sleep(d)
		_ = c.Process.Kill()
		_ = c.Wait()
		for range 3 {
			wantIn(t, succeed(t)(tool(t, "", "fido2-token", "-I", path)), "FIDO_2_1")
		}
		f.script()
	}
}

// A client that waits must notice that the key is pulled out, and one that comes then must not hang.
func TestPulledOutOfTheTool(t *testing.T) {
	need(t, "fido2-token", "fido2-tools")
	f := &fingers{}
	k, path := served(t, Options{Toucher: f})
	c := exec.Command("fido2-token", "-R", path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	f.wait(t)
	k.PlugOut()
	if err := c.Wait(); err == nil {
		t.Error("the client saw nothing wrong")
	}
	if out, err := tool(t, "", "fido2-token", "-I", path); err == nil {
		t.Errorf("a key that is pulled out said %s", out)
	}
	k.PlugIn()
	wantIn(t, succeed(t)(tool(t, "", "fido2-token", "-I", path)), "FIDO_2_1")
}

// The same programs over U2F messages: a registration, and an assertion with it.
func TestFido2U2F(t *testing.T) {
	_, path := served(t, Options{Profile: relaxed()})
	ok := succeed(t)
	dir := t.TempDir()
	file := func(name string, lines ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hash := base64.StdEncoding.EncodeToString(testHash)
	cred, pub, assert := filepath.Join(dir, "cred"), filepath.Join(dir, "pub"), filepath.Join(dir, "assert")
	ok(tool(t, "", "fido2-cred", "-M", "-u", "-i", file("ask", hash, "site.example", "person", "aWQ="), "-o", cred, path))
	ok(tool(t, "", "fido2-cred", "-V", "-i", cred, "-o", pub))
	id, pem, _ := strings.Cut(read(t, pub), "\n")
	ok(tool(t, "", "fido2-assert", "-G", "-u", "-p", "-i", file("want", hash, "site.example", id), "-o", assert, path))
	ok(tool(t, "", "fido2-assert", "-V", "-p", "-i", assert, file("pem", pem)))
}

// A whole visit by another client library than libfido2.
func TestPythonFIDO2(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's packages belong to Debian's Python
	need(t, python, "python3-fido2")
	if exec.Command(python, "-c", "import fido2.ctap2").Run() != nil {
		t.Skip("python-fido2 is not installed (Debian: apt-get install python3-fido2)")
	}
	f := &fingers{}
	_, path := served(t, Options{Profile: quick(), Toucher: byReason{f}})
	f.script(presses(thumb, 0, 200)...)
	wantIn(t, succeed(t)(tool(t, "", python, "testdata/client.py", path)), "all well")
}

// Every profile under libfido2's programs: told apart, given a PIN, used.
func TestFido2Profiles(t *testing.T) {
	for _, name := range ProfileNames() {
		t.Run(name, func(t *testing.T) {
			p, _ := ProfileNamed(name)
			_, path := served(t, Options{Profile: p})
			ok := succeed(t)
			wantIn(t, ok(tool(t, "", "fido2-token", "-I", path)), p.Versions[0], "noclientPin")
			ok(typed(t, []string{"1234", "1234"}, "fido2-token", "-S", path))
			dir := t.TempDir()
			ask, cred := filepath.Join(dir, "ask"), filepath.Join(dir, "cred")
			lines := base64.StdEncoding.EncodeToString(testHash) + "\nsite.example\nperson\naWQ=\n"
			if err := os.WriteFile(ask, []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"-M", "-r", "-h", "-i", ask, "-o", cred, path}
			if p.PinUvAuthToken { // libfido2 sends option uv, and a CTAP 2.0 key without a sensor refuses that
				args = append([]string{"-M", "-v"}, args[1:]...)
			}
			ok(typed(t, []string{"1234"}, "fido2-cred", args...))
			ok(tool(t, "", "fido2-cred", "-V", "-h", "-v", "-i", cred))
		})
	}
}
