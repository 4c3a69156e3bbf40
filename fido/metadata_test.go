package fido_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"keyrollout/fido"
)

const blobPayload = `{"legalHeader":"…","no":9,"nextUpdate":"2026-12-01","entries":[
 {"aaguid":"e416201b-afeb-41ca-a03d-2281c28322aa","metadataStatement":{"description":"ATKey.Pro, renamed",
  "attachmentHint":["external","wired"],"userVerificationDetails":[[{"userVerificationMethod":"fingerprint_internal"}]]},
  "statusReports":[{"status":"REVOKED","effectiveDate":"2026-05-01"},{"status":"FIDO_CERTIFIED_L1","effectiveDate":"2022-03-15"}]},
 {"aaguid":"11111111-2222-3333-4444-555555555555","metadataStatement":{"description":"A\\u001b newer key",
  "authenticatorGetInfo":{"transports":["usb","nfc"]},"userVerificationDetails":[[{"userVerificationMethod":"fingerprint_internal","baDesc":{"maxTemplates":7}}]]}},
 {"attestationCertificateKeyIdentifiers":["00"],"metadataStatement":{"description":"U2F"}}]}`

// certify makes a certificate for a key, signed by a parent.
func certify(t *testing.T, name string, ca bool, key crypto.Signer, parent *x509.Certificate, by crypto.Signer) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	if ca {
		c.KeyUsage = x509.KeyUsageCertSign
	} else {
		c.DNSNames = []string{name}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// signBlob makes a BLOB as the Metadata Service does.
func signBlob(t *testing.T, key crypto.Signer, chain []*x509.Certificate, payload string) string {
	t.Helper()
	header := map[string]any{"alg": "ES256", "typ": "JWT"}
	if _, ok := key.(*rsa.PrivateKey); ok {
		header["alg"] = "RS256"
	}
	var x5c [][]byte
	for _, c := range chain {
		x5c = append(x5c, c.Raw)
	}
	header["x5c"] = x5c
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch k := key.(type) {
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	case *ecdsa.PrivateKey:
		r, s, e := ecdsa.Sign(rand.Reader, k, sum[:])
		signature, err = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), e
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestMetadata(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	rootKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	root := certify(t, "Root", true, rootKey, nil, rootKey)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	var blob string
	for _, key := range []crypto.Signer{rsaKey, ecKey} {
		leaf := certify(t, "mds.fidoalliance.org", false, key, root, rootKey)
		blob = signBlob(t, key, []*x509.Certificate{leaf, root}, blobPayload)
		m, err := fido.ReadMetadataFrom([]byte(blob+"\n"), roots, now)
		if err != nil {
			t.Fatal(err)
		}
		if m.Number != 9 || m.NextUpdate.Month() != time.December || len(m.Models) != 2 {
			t.Fatalf("%+v", m)
		}
		pro, newer := m.Models[0], m.Models[1]
		if pro.Name != "ATKey.Pro, renamed" || !pro.Entra || !pro.USB || pro.Fingers != 10 || pro.Status != "REVOKED" {
			t.Errorf("%+v", pro)
		}
		if newer.Entra || !newer.USB || !newer.NFC || !newer.Bio || newer.Fingers != 7 {
			t.Errorf("%+v", newer)
		}
	}
	other := certify(t, "elsewhere.example", false, ecKey, root, rootKey)
	self := certify(t, "mds.fidoalliance.org", false, ecKey, nil, ecKey)
	good := []*x509.Certificate{certify(t, "mds.fidoalliance.org", false, ecKey, root, rootKey)}
	for name, c := range map[string]struct {
		blob string
		why  error
	}{
		"changed":       {strings.Replace(blob, ".ey", ".eY", 1), fido.ErrBlobChanged},
		"cut":           {blob[:len(blob)-10], fido.ErrBlobChanged},
		"no signature":  {blob[:strings.LastIndex(blob, ".")+1], fido.ErrBlobChanged},
		"other name":    {signBlob(t, ecKey, []*x509.Certificate{other}, blobPayload), fido.ErrBlobSigner},
		"self-signed":   {signBlob(t, ecKey, []*x509.Certificate{self}, blobPayload), fido.ErrBlobSigner},
		"no chain":      {signBlob(t, ecKey, nil, blobPayload), fido.ErrBlobSigner},
		"other key":     {signBlob(t, rsaKey, good, blobPayload), fido.ErrBlobChanged},
		"not JSON":      {signBlob(t, ecKey, good, "{"), fido.ErrNotBlob},
		"no date":       {signBlob(t, ecKey, good, "{}"), fido.ErrNotBlob},
		"nothing":       {"", fido.ErrNotBlob},
		"a web page":    {"<html>not found. Go back.</html>", fido.ErrNotBlob},
		"another thing": {"a.b.c", fido.ErrNotBlob},
		"huge":          {strings.Repeat("x", fido.MaxMetadata+1), fido.ErrBlobTooLarge},
	} {
		if m, err := fido.ReadMetadataFrom([]byte(c.blob), roots, now); !errors.Is(err, c.why) || len(m.Models) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := fido.ReadMetadataFrom([]byte(blob), roots, now.AddDate(2, 0, 0)); !errors.Is(err, fido.ErrBlobOld) {
		t.Errorf("an expired certificate: %v", err)
	}
	if _, err := fido.ReadMetadata([]byte(blob), now); !errors.Is(err, fido.ErrBlobSigner) {
		t.Errorf("our own root in place of the Metadata Service's: %v", err)
	}
}

// A BLOB has some 300 models, each with a picture of tens of kilobytes: ten megabytes. What is not wanted of it is not
// kept, and reading it takes less than twice its size.
func TestMetadataOfRealSize(t *testing.T) {
	rootKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	root := certify(t, "Root", true, rootKey, nil, rootKey)
	between := certify(t, "Between", true, key, root, rootKey)
	leaf := certify(t, "mds.fidoalliance.org", false, key, between, key)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	const models = 300
	entries := make([]map[string]any, models)
	icon := "data:image/png;base64," + strings.Repeat("A", 25<<10)
	for i := range entries {
		id := uuid.UUID{15: byte(i), 14: byte(i >> 8)}
		entries[i] = map[string]any{"aaguid": id, "timeOfLastStatusChange": "2026-01-01", "metadataStatement": map[string]any{
			"description": "Key", "icon": icon, "attestationRootCertificates": []string{strings.Repeat("B", 2000)}}}
	}
	payload, err := json.Marshal(map[string]any{"legalHeader": strings.Repeat("L", 1000), "no": 10, "nextUpdate": "2026-12-01", "entries": entries})
	if err != nil {
		t.Fatal(err)
	}
	blob := []byte(signBlob(t, key, []*x509.Certificate{leaf, between}, string(payload)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := fido.ReadMetadataFrom(blob, roots, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	runtime.ReadMemStats(&after)
	if err != nil || len(m.Models) != models {
		t.Fatalf("%d models, %v", len(m.Models), err)
	}
	took := after.TotalAlloc - before.TotalAlloc
	t.Logf("%.1f MB, %.1f MB allocated in all", float64(len(blob))/1e6, float64(took)/1e6)
	if len(blob) < 10e6 || took > 2*uint64(len(blob)) {
		t.Errorf("%d bytes took %d", len(blob), took)
	}
}

func TestAddModels(t *testing.T) { // not parallel: the table is the program's
	defer fido.UseTable()
	id := uuid.MustParse("11111111-2222-3333-4444-555555555555")
	pro := uuid.MustParse("e416201b-afeb-41ca-a03d-2281c28322aa")
	before := len(fido.ModelsNamed(""))
	fido.AddModels([]fido.Model{{AAGUID: id, Name: "A newer key"}, {AAGUID: pro, Name: "ATKey.Pro, renamed", Entra: true}})
	if m, ok := fido.ModelOf(id); !ok || m.Name != "A newer key" {
		t.Errorf("%+v %v", m, ok)
	}
	if m, ok := fido.ModelOf(pro); !ok || m.Name != "ATKey.Pro, renamed" {
		t.Errorf("%+v %v", m, ok)
	}
	if all := fido.ModelsNamed(""); len(all) != before+1 || !strings.HasPrefix(all[0].Name, "ATKey") {
		t.Errorf("%d models, first %s", len(all), all[0].Name)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte("e30.e30.e30"))
	f.Add([]byte("eyJhbGciOiJSUzI1NiIsIng1YyI6WyJNQT09Il19.e30.AA"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := fido.ReadMetadata(b, time.Now()); err == nil {
			t.Errorf("accepted: %+v", m)
		}
	})
}
