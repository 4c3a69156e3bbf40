package practice

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// App is an application registration: who may ask for tokens.
type App struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Public allows the flows of programs that cannot keep a secret: device code, and a browser on this machine.
	Public bool `json:"public"`
	// Redirects are further addresses a browser may be sent back to; loopback is always allowed to public programs.
	Redirects []string `json:"redirects"`
	// Rights are the application's own, for flows without a person; null = every right.
	Rights []string `json:"rights"`
	// Secret and Certificate (PEM) prove the application; either is enough.
	Secret      string `json:"secret"`
	Certificate string `json:"certificate"`
}

// Applications that are in every tenant, by the ids that Microsoft gave them.
const (
	GraphCommandLineTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
	AzureCLI              = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
)

var microsoftApps = []App{
	{ID: GraphCommandLineTools, Name: "Microsoft Graph Command Line Tools", Public: true},
	{ID: AzureCLI, Name: "Microsoft Azure CLI", Public: true},
}

func (t *Tenant) app(id string) *App {
	for _, list := range [][]App{t.seed.Apps, microsoftApps} {
		for i := range list {
			if strings.EqualFold(list[i].ID, id) {
				return &list[i]
			}
		}
	}
	return nil
}

// sendsTo reports whether a browser may be sent back there. Ports of loopback addresses do not matter (RFC 8252 §7.3).
func (a *App) sendsTo(redirect string) bool {
	u, err := url.Parse(redirect)
	if err != nil || u.Fragment != "" {
		return false
	}
	if a.Public && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1") {
		return true
	}
	return slices.Contains(a.Redirects, redirect)
}

func (a *App) secretIs(s string) bool {
	return a.Secret != "" && subtle.ConstantTimeCompare([]byte(a.Secret), []byte(s)) == 1
}

// signed checks a client assertion: a JWT that the application signed with its certificate's key ("Microsoft identity
// platform application authentication certificate credentials").
func (a *App) signed(assertion string, now time.Time) error {
	block, _ := pem.Decode([]byte(a.Certificate))
	if block == nil {
		return errors.New("the application has no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	key, isRSA := cert.PublicKey.(*rsa.PublicKey)
	parts := strings.Split(assertion, ".")
	if !isRSA || len(parts) != 3 {
		return errors.New("it is not a JWT, or the certificate is not for RSA")
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Issuer  string  `json:"iss"`
		Subject string  `json:"sub"`
		Expires float64 `json:"exp"`
	}
	if err := errors.Join(decodePart(parts[0], &header), decodePart(parts[1], &claims)); err != nil {
		return err
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch header.Alg {
	case "PS256":
		err = rsa.VerifyPSS(key, crypto.SHA256, sum[:], sig, nil)
	case "RS256":
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
	default:
		err = fmt.Errorf("the algorithm %q is not accepted", header.Alg)
	}
	if err == nil && (!strings.EqualFold(claims.Issuer, a.ID) || !strings.EqualFold(claims.Subject, a.ID) || float64(now.Unix()) >= claims.Expires) {
		err = errors.New("it is for another application, or has expired")
	}
	return err
}

func decodePart(part string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
