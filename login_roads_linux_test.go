package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// microsoft is a practice tenant in Microsoft's place: behind a proxy that looks into TLS, under the names of
// Microsoft's hosts. The program is told nothing but the proxy and its certificate authority, as in many companies.
type microsoft struct {
	t           *testing.T
	tenant      *practice.Tenant
	proxy, ca   string
	certificate string // of the app, with its key
	key         *rsa.PrivateKey
	mu          sync.Mutex
	hosts       []string // that were asked for
}

func newMicrosoft(t *testing.T) *microsoft {
	t.Helper()
	m := &microsoft{t: t}
	file, public := newCertificate(t, t.TempDir())
	m.certificate = file
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			m.key = k.(*rsa.PrivateKey)
		}
	}
	company := practice.DefaultCompany()
	company.Apps = []practice.App{{ID: ownApp, Name: "keyrollout", Secret: "a secret of the app", Certificate: public}}
	if m.tenant, err = practice.New(practice.Options{Seed: company}); err != nil {
		t.Fatal(err)
	}
	far := httptest.NewUnstartedServer(m.tenant)
	far.TLS, far.Config.ErrorLog = m.authority(), log.New(io.Discard, "", 0)
	far.StartTLS()
	t.Cleanup(far.Close)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	m.proxy = "http://" + ln.Addr().String()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go m.connect(c, far.Listener.Addr().String())
		}
	}()
	return m
}

// authority makes the certificate authority of the network, and what it says of Microsoft's hosts.
func (m *microsoft) authority() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Proxy CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	own, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ca = filepath.Join(m.t.TempDir(), "ca.pem")
	if err := os.WriteFile(m.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own}), 0o600); err != nil {
		m.t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, DNSNames: []string{"graph.microsoft.com", "login.microsoftonline.com"}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, key)
	if err != nil {
		m.t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// connect is one connection through the proxy.
func (m *microsoft) connect(c net.Conn, far string) {
	defer c.Close()
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil || r.Method != http.MethodConnect {
		return
	}
	m.mu.Lock()
	m.hosts = append(m.hosts, r.Host)
	m.mu.Unlock()
	to, err := net.Dial("tcp", far)
	if err != nil {
		return
	}
	defer to.Close()
	fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	go io.Copy(to, in)
	io.Copy(c, to)
}

// assertion is what the issuer of a workload's identity signs; the app trusts it like its own certificate.
func (m *microsoft) assertion() string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			m.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(map[string]any{"alg": "RS256"}) + "." + part(map[string]any{"iss": ownApp, "sub": ownApp, "exp": time.Now().Add(time.Hour).Unix()})
	sum := sha256.Sum256([]byte(text))
	sig, err := m.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		m.t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// file writes a file of the test.
func (m *microsoft) file(name, text string, mode os.FileMode) string {
	m.t.Helper()
	path := filepath.Join(m.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// Every way to sign in that takes no person, as a company has them: all through a proxy with a certificate authority of
// its own. The far ends (az, the endpoint of a managed identity) are stand-ins; what is asked of them is held too.
func TestSignInWithoutAPerson(t *testing.T) {
	bin := build(t)
	m := newMicrosoft(t)
	asked := filepath.Join(t.TempDir(), "asked")
	az := m.file("az", fmt.Sprintf("#!/bin/sh\necho \"$@\" >>%s\necho '{\"accessToken\":\"%s\",\"expires_on\":%d,\"expiresOn\":\"2099-01-01 00:00:00.000000\",\"tenant\":\"x\",\"tokenType\":\"Bearer\"}'\n",
		asked, m.tenant.Token(practice.AdminUPN), time.Now().Add(time.Hour).Unix()), 0o700)
	azOut := m.file("az", "#!/bin/sh\necho 'ERROR: Please run \"az login\" to setup account.' >&2\nexit 1\n", 0o700)
	machine, err := graph.LogIn(t.Context(), graph.LogInOptions{Road: graph.BySecret, TenantID: practice.Domain, ClientID: ownApp, Secret: secret.New([]byte("a secret of the app")), Transport: m.tenant.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	token, err := machine.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-IDENTITY-HEADER") != "of the machine" || r.URL.Query().Get("resource") != "https://graph.microsoft.com" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"%s","expires_on":"%d","resource":"https://graph.microsoft.com","token_type":"Bearer"}`, token.Token, time.Now().Add(time.Hour).Unix())
	}))
	defer identity.Close()
	own := []string{"--tenant", practice.Domain, "--client-id", ownApp}
	for _, c := range []struct {
		name string
		args []string
		env  []string
		code int
		says string
	}{
		{"secret", slices.Concat([]string{"--login", "secret"}, own), []string{secretVariable + "=a secret of the app"}, exitDone, "signed in as keyrollout"},
		{"certificate", slices.Concat([]string{"--certificate", m.certificate}, own), nil, exitDone, "signed in as keyrollout"},
		{"azure-cli", []string{"--login", "azure-cli", "--tenant", practice.Domain}, []string{"PATH=" + filepath.Dir(az) + ":/usr/bin:/bin"}, exitDone, "signed in as " + practice.AdminUPN},
		{"azure-cli, nobody signed in", []string{"--login", "azure-cli", "--tenant", practice.Domain}, []string{"PATH=" + filepath.Dir(azOut) + ":/usr/bin:/bin"}, exitFailed, "az login --tenant DOMAIN"},
		{"azure-cli, none", []string{"--login", "azure-cli", "--tenant", practice.Domain}, []string{"PATH=/nonexistent"}, exitFailed, "code: azure-cli"},
		{"managed", []string{"--login", "managed"}, []string{"IDENTITY_ENDPOINT=" + identity.URL, "IDENTITY_HEADER=of the machine"}, exitDone, "signed in as keyrollout"},
		{"workload", slices.Concat([]string{"--login", "workload"}, own), []string{"AZURE_FEDERATED_TOKEN_FILE=" + m.file("token", m.assertion(), 0o600)}, exitDone, "signed in as keyrollout"},
		{"environment", []string{"--login", "environment"}, []string{"AZURE_TENANT_ID=" + practice.Domain, "AZURE_CLIENT_ID=" + ownApp, "AZURE_CLIENT_SECRET=a secret of the app"}, exitDone, "signed in as keyrollout"},
		{"no such authority", slices.Concat([]string{"--login", "secret", "--ca", ""}, own), []string{secretVariable + "=a secret of the app"}, exitFailed, "an authority that this computer does not trust"},
		{"no proxy", slices.Concat([]string{"--login", "secret"}, own), []string{secretVariable + "=a secret of the app", "HTTPS_PROXY=http://127.0.0.1:1"}, exitFailed, "the proxy does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), bin, slices.Concat([]string{"pass", "list", "aiko@" + practice.Domain, "--ca", m.ca}, c.args)...)
			cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "KEYROLLOUT_STATE=" + t.TempDir(), "HTTPS_PROXY=" + m.proxy}, c.env...)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("exit code %d, %q is wanted in\n%s", code, c.says, out)
			}
			if strings.Contains(string(out), "a secret of the app") {
				t.Error("the secret is on the screen")
			}
		})
	}
	if b, err := os.ReadFile(asked); err != nil || !strings.Contains(string(b), "account get-access-token") || !strings.Contains(string(b), "https://graph.microsoft.com") {
		t.Errorf("az was asked %q (%v)", b, err)
	}
	for _, host := range []string{"graph.microsoft.com:443", "login.microsoftonline.com:443"} {
		if !slices.Contains(m.hosts, host) {
			t.Errorf("%s was not reached through the proxy: %v", host, m.hosts)
		}
	}
}

// A PKCS #12 file as Windows and OpenSSL write it, with its password; and what is said of one that cannot be read.
func TestPKCS12Certificate(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: there is nothing to make a PKCS #12 file with")
	}
	m := newMicrosoft(t)
	url := servedBy(t, m.tenant)
	for _, c := range []struct {
		name, password string
		code           int
		says           string
		flags          []string
	}{
		{"older", "right", exitDone, "signed in as keyrollout", []string{"-legacy"}},
		{"older, wrong password", "wrong", exitFailed, "code: certificate", []string{"-legacy"}},
		{"of today", "right", exitFailed, "openssl pkcs12 -in", nil}, // AES: Microsoft's library for Go does not read it
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app.pfx")
			args := slices.Concat([]string{"pkcs12", "-export", "-in", m.certificate, "-inkey", m.certificate, "-out", file, "-passout", "pass:right"}, c.flags)
			if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
				t.Skipf("this openssl cannot make it: %v\n%s", err, out)
			}
			code, _, said := runWith(t, "", []string{"KEYROLLOUT_STATE=" + t.TempDir(), certificateVariable + "=" + c.password}, "pass", "list", "aiko@"+practice.Domain,
				"--practice-at", url, "--tenant", practice.Domain, "--client-id", ownApp, "--certificate", file)
			if code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("exit code %d, %q is wanted in\n%s", code, c.says, said)
			}
		})
	}
}

func servedBy(t *testing.T, tenant *practice.Tenant) string {
	t.Helper()
	url, err := tenant.Listen(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return url
}
