package softkey

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"keyrollout/fido/internal/pinuv"
)

// A resident ssh key that wants the PIN and a touch: made by ssh-keygen, used to log in to a real sshd.
func TestSSH(t *testing.T) {
	need(t, "ssh-keygen", "openssh-client")
	f := &fingers{}
	k, path := served(t, Options{Profile: relaxed(), Toucher: f})
	if s := dial(t, k).setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatal(s)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "id")
	ok := succeed(t)
	f.script(make([]Touch, 10)...)
	ok(typed(t, []string{"1234"}, "ssh-keygen", "-q", "-t", "ed25519-sk", "-O", "resident", "-O", "verify-required",
		"-O", "application=ssh:practice", "-O", "device="+path, "-N", "", "-f", file))
	pub := read(t, file+".pub")
	wantIn(t, pub, "sk-ssh-ed25519@openssh.com ")
	wantIn(t, ok(typed(t, []string{"1234"}, "fido2-token", "-L", "-r", path)), "ssh:practice")

	t.Run("login", func(t *testing.T) { login(t, path, file, f) })
}

// login logs in over ssh's own sshd, which speaks over a pipe instead of a port.
func login(t *testing.T, path, file string, f *fingers) {
	need(t, "ssh", "openssh-client")
	need(t, "/usr/sbin/sshd", "openssh-server")
	need(t, "cc", "gcc")
	if _, err := os.Stat("/run/sshd"); err != nil {
		t.Skip("sshd's privilege separation directory, /run/sshd, is missing")
	}
	dir := filepath.Dir(file)
	shim := filepath.Join(dir, "manifest.so")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", shim, "testdata/manifest.c", "-lfido2").CombinedOutput(); err != nil {
		t.Skipf("the headers of libfido2 are missing (Debian: apt-get install libfido2-dev): %s", out)
	}
	ok := succeed(t)
	ok(tool(t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "host")))
	keys := filepath.Join(dir, "authorized")
	if err := os.WriteFile(keys, []byte("verify-required "+read(t, file+".pub")), 0o600); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "sshd_config")
	lines := []string{
		"HostKey " + filepath.Join(dir, "host"), "AuthorizedKeysFile " + keys, "StrictModes no", "UsePAM no",
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", "PidFile none",
	}
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LD_PRELOAD", shim)
	t.Setenv("SOFTKEY_PATH", path)
	t.Setenv("SSH_AUTH_SOCK", "")
	args := []string{
		"-F", "none", "-i", file, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "PreferredAuthentications=publickey", "-o", fmt.Sprintf("ProxyCommand=/usr/sbin/sshd -i -f %s", conf),
		me.Username + "@practice", "echo", "logged", "in",
	}
	f.script(make([]Touch, 10)...)
	wantIn(t, ok(typed(t, []string{"1234"}, "ssh", args...)), "logged in")
	if out, err := typed(t, []string{"0000", "0000", "0000"}, "ssh", args...); err == nil {
		t.Errorf("a wrong PIN logged in: %s", out)
	}
}

// A disk that opens with the key: systemd-cryptenroll makes a credential with hmac-secret, whose secret opens a key slot;
// another key and a wrong PIN do not. alwaysUv is on: from a key that makes a credential without the PIN, systemd 252
// takes the secret without the PIN as well, and asks for it with the PIN when it unlocks, which is another secret.
func TestSystemdCryptenroll(t *testing.T) {
	need(t, "systemd-cryptenroll", "systemd")
	need(t, "cryptsetup", "cryptsetup-bin")
	f := &fingers{}
	k, path := served(t, Options{Profile: ATKeyPro21(), Toucher: f})
	if s := dial(t, k).setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatal(s)
	}
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(disk, make([]byte, 32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ok := succeed(t)
	ok(tool(t, "passphrase", "cryptsetup", "-q", "luksFormat", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
		disk, "-"))
	t.Setenv("PASSWORD", "passphrase")
	t.Setenv("PIN", "1234")
	f.script(make([]Touch, 10)...)
	ok(typed(t, []string{"1234"}, "systemd-cryptenroll", "--fido2-device="+path, "--fido2-with-client-pin=yes", disk))
	wantIn(t, ok(tool(t, "", "cryptsetup", "luksDump", disk)), "systemd-fido2")

	need(t, "python3", "python3")
	wantIn(t, ok(tool(t, "", "python3", "testdata/unlock.py", disk, path, "1234")), "key slot 1 opened")
	if out, err := tool(t, "", "python3", "testdata/unlock.py", disk, path, "0000"); err == nil {
		t.Errorf("a wrong PIN opened the disk: %s", out)
	}
	other, elsewhere := served(t, Options{Profile: ATKeyPro21(), Toucher: f})
	if s := dial(t, other).setPIN(pinuv.Two, "1234"); s != statusOK {
		t.Fatal(s)
	}
	if out, err := tool(t, "", "python3", "testdata/unlock.py", disk, elsewhere, "1234"); err == nil {
		t.Errorf("another key opened the disk: %s", out)
	}
}
