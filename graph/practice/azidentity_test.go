package practice_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyrollout/graph"
	"keyrollout/graph/practice"
)

// TestAzidentity signs in with Microsoft's own library, by every flow that needs no browser window, and asks Graph who
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

	ask := func(name string, cred azcore.TokenCredential, err error) {
		t.Run(name, func(t *testing.T) {
			if err != nil {
				t.Fatal(err)
			}
			g, err := graph.New(graph.Options{Credential: cred, Transport: tenant.Transport(), Practice: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Organization(t.Context()); err != nil {
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
	wrong, err := azidentity.NewClientSecretCredential(practice.Domain, own, "a guess", &azidentity.ClientSecretCredentialOptions{ClientOptions: client})
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(graph.Options{Credential: wrong, Transport: tenant.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Organization(t.Context()); err == nil {
		t.Error("a wrong secret signs in")
	}
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
