package fido_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const openInChild = "KEYROLLOUT_TEST_OPEN_PATH"

// TestChild is the other process of TestAPathIsNoTerminal.
func TestChild(t *testing.T) {
	path := os.Getenv(openInChild)
	if path == "" {
		t.Skip("only for TestAPathIsNoTerminal")
	}
	openPath(t, path)
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	if f := strings.Fields(rest); f[4] != "0" { // tty_nr
		t.Errorf("the key has become the controlling terminal, %s", f[4])
	}
}

// In a session without a terminal, as of `ssh host keyrollout`, the first terminal that is opened becomes its own, and
// is hung up when it ends. A key must not be.
func TestAPathIsNoTerminal(t *testing.T) {
	path, _, _ := serve(t)
	for range 2 {
		c := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
		c.Env = append(os.Environ(), openInChild+"="+path)
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestChild") {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	openPath(t, path)
}
