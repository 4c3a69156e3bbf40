//go:build linux

package softkey

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
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

// tool runs one of libfido2's programs, or skips the test where it is not installed.
func tool(t *testing.T, stdin string, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install fido2-tools)", name)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	c.Stdin = strings.NewReader(stdin)
	var out, bad bytes.Buffer
	c.Stdout, c.Stderr = &out, &bad
	err := c.Run()
	if err != nil {
		t.Logf("%s: %v: %s", name, err, bad.String())
	}
	return out.String(), err
}

func TestToolInfo(t *testing.T) {
	_, path := served(t, Options{})
	out, err := tool(t, "", "fido2-token", "-I", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
}
