package practice_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyrollout/graph"
	"keyrollout/graph/practice"
)

// TestAzidentity signs in with Microsoft's own library, by every flow, and asks Graph who
// it is.
func TestAzidentity(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "rollout"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var certificate bytes.Buffer
	pem.Encode(&certificate, &pem.Block{Type: "CERTIFICATE", Bytes: der})

	const own = "5f0f6d5e-3c0a-4f0e-9d3c-2f7c1a9b8e01"
	seed := practice.DefaultCompany()
	seed.Apps = []practice.App{{ID: own, Name: "keyrollout", Public: true, Secret: "a secret", Certificate: certificate.String()}}
	tenant, err := practice.New(practice.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	var client azcore.ClientOptions
	client.Transport = &http.Client{Transport: tenant.Transport()}

	through := tenant.Transport()
	ask := func(name string, cred azcore.TokenCredential, err error) {
		t.Run(name, func(t *testing.T) {
			if err != nil {
				t.Fatal(err)
			}
			g, err := graph.New(graph.Options{Credential: cred, Transport: through, Practice: true})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if _, err := g.Organization(ctx); err != nil {
				t.Errorf("%v (%s)", err, tenant.LastRefusal())
			}
		})
	}
	device, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{ClientOptions: client, TenantID: practice.Domain, ClientID: own,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			return tenant.SignInDevice(m.UserCode, practice.AdminUPN)
		}})
	ask("device code", device, err)
	secret, err := azidentity.NewClientSecretCredential(practice.Domain, own, "a secret", &azidentity.ClientSecretCredentialOptions{ClientOptions: client})
	ask("client secret", secret, err)
	cert, err := azidentity.NewClientCertificateCredential(practice.Domain, own, []*x509.Certificate{parse(t, der)}, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: client})
	ask("certificate", cert, err)
	if runtime.GOOS == "linux" {
		browser, err := azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{ClientOptions: client, TenantID: practice.Domain, ClientID: own})
		playBrowser(t, tenant)
		ask("browser", browser, err)
	}
	// The same with the tenant in another process, as it were.
	address, err := tenant.Listen(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if through, err = practice.Dial(address, nil); err != nil {
		t.Fatal(err)
	}
	client.Transport = &http.Client{Transport: through}
	far, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{ClientOptions: client, TenantID: practice.Domain, ClientID: own,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			if !strings.HasPrefix(m.VerificationURL, address) {
				t.Errorf("a person is sent to %s", m.VerificationURL)
			}
			resp, err := http.PostForm(m.VerificationURL, url.Values{"code": {m.UserCode}, "upn": {practice.AdminUPN}})
			if err == nil {
				resp.Body.Close()
			}
			return err
		}})
	ask("served", far, err)
	wrong, err := azidentity.NewClientSecretCredential(practice.Domain, own, "a guess", &azidentity.ClientSecretCredentialOptions{ClientOptions: client})
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(graph.Options{Credential: wrong, Transport: through})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Organization(t.Context()); err == nil {
		t.Error("a wrong secret signs in")
	}
}

// playBrowser puts a browser into the PATH that does what a person would: pick the administrator's account.
func playBrowser(t *testing.T, tenant *practice.Tenant) {
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\nprintf %s \"$1\" > "+opened+".part && mv "+opened+".part "+opened+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	go func() {
		for t.Context().Err() == nil {
			time.Sleep(20 * time.Millisecond)
			address, err := os.ReadFile(opened)
			if err != nil {
				continue
			}
			u, err := url.Parse(string(address))
			if err != nil {
				t.Error(err)
				return
			}
			form := u.Query()
			form.Set("upn", practice.AdminUPN)
			u.RawQuery = ""
			req, err := http.NewRequest("POST", u.String(), strings.NewReader(form.Encode()))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := tenant.Transport().RoundTrip(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("the sign-in page: %v %+v (%s)", err, resp, tenant.LastRefusal())
				return
			}
			page, _ := io.ReadAll(resp.Body)
			action := regexp.MustCompile(`action="([^"]*)"`).FindSubmatch(page)
			answer := url.Values{}
			for _, m := range regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`).FindAllSubmatch(page, -1) {
				answer.Set(string(m[1]), html.UnescapeString(string(m[2])))
			}
			if action == nil || answer.Get("code") == "" {
				t.Errorf("no form goes back to the program: %s", page)
				return
			}
			back, err := http.PostForm(html.UnescapeString(string(action[1])), answer)
			if err != nil {
				t.Error(err)
				return
			}
			back.Body.Close()
			return
		}
	}()
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
