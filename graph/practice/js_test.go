package practice

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJavaScriptClient does step 1 and the pass with Microsoft's JavaScript Graph client against the served tenant. It
// needs Node, and the package @microsoft/microsoft-graph-client in the directory that PRACTICE_NODE_MODULES names:
//
//	npm install --prefix DIR @microsoft/microsoft-graph-client
func TestJavaScriptClient(t *testing.T) {
	dir := os.Getenv("PRACTICE_NODE_MODULES")
	if dir == "" {
		t.Skip("PRACTICE_NODE_MODULES does not say where Microsoft's JavaScript client is")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed")
	}
	b := newBench(t)
	url, certificate, err := b.tenant.ListenTLS(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, script, dir)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "TENANT="+url, "TOKEN="+b.token)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "done") {
		t.Fatalf("%v\n%s\n(%s)", err, out, b.tenant.LastRefusal())
	}
	if p := readFIDO2(b.tenant.st.Methods["fido2"]); p.State != "enabled" || len(p.Include) != 1 {
		t.Errorf("%+v", p)
	}
	if b.tenant.st.Passes[b.tenant.dir.user(aiko).id] == nil {
		t.Error("no pass was issued")
	}
}
