package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Microsoft's JavaScript Graph client does step 1 and the pass against the served practice tenant, as anybody's would
// who follows what  practice serve --https  prints.
func TestNodeClient(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it asks npm for Microsoft's client")
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "rollout.js"} {
		b, err := os.ReadFile(filepath.Join("testdata/node", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline").CombinedOutput(); err != nil {
		t.Skipf("npm cannot fetch the client: %v\n%s", err, out)
	}
	s := serveTenant(t, t.TempDir(), "--https", "--forget")
	defer s.end()
	cmd := exec.CommandContext(ctx, "node", filepath.Join(dir, "rollout.js"))
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.lines["Certificate"], "TOKEN="+s.lines["Token"], "BASE="+strings.TrimSuffix(s.lines["Graph"], "/v1.0"))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Fatalf("%v\n%s", err, out)
	}
}
