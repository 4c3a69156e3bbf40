package fido

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// Metadata are the models of a BLOB of the FIDO Metadata Service, which the user has downloaded: to do so means to
// accept the terms of the FIDO Alliance, so this program does not.
type Metadata struct {
	Number     int
	NextUpdate time.Time // a BLOB past it is old, not wrong
	Models     []Model
}

//go:embed models_roots.pem
var metadataRoots []byte

// metadataSigner is the name in the certificate that signs BLOBs (FIDO Metadata Service 3.0 section 3.2).
const metadataSigner = "mds.fidoalliance.org"

// MaxMetadata is the size of the largest BLOB that is read, in bytes; BLOBs have about ten million.
const MaxMetadata = 64 << 20

// Why a BLOB is not used. The errors of ReadMetadata are one of these, with the cause behind it.
var (
	ErrNotBlob      = errors.New("this is not a BLOB of the FIDO Metadata Service")
	ErrBlobTooLarge = fmt.Errorf("larger than %d MB, which no BLOB is", MaxMetadata>>20)
	ErrBlobSigner   = errors.New("not signed by the FIDO Metadata Service")
	ErrBlobOld      = errors.New("the certificate it was signed with has ended")
	ErrBlobChanged  = errors.New("the signature is wrong: the file was changed, or is not complete")
)

// ReadMetadata reads a BLOB and checks its signature at the time now. Models of the table that this program brings keep
// what only Microsoft's list tells (Entra).
func ReadMetadata(blob []byte, now time.Time) (Metadata, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(metadataRoots)
	return readMetadata(blob, roots, now)
}

func readMetadata(blob []byte, roots *x509.CertPool, now time.Time) (Metadata, error) {
	payload, err := openBlob(blob, roots, now)
	if err != nil {
		return Metadata{}, err
	}
	var p struct {
		No         int       `json:"no"`
		NextUpdate string    `json:"nextUpdate"`
		Entries    []mdEntry `json:"entries"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrNotBlob, err)
	}
	m := Metadata{Number: p.No}
	if m.NextUpdate, err = time.Parse(time.DateOnly, p.NextUpdate); err != nil {
		return Metadata{}, fmt.Errorf("%w: nextUpdate: %w", ErrNotBlob, err)
	}
	for _, e := range p.Entries {
		if id, err := uuid.Parse(e.AAGUID); err == nil { // U2F entries have none
			m.Models = append(m.Models, e.model(id))
		}
	}
	return m, nil
}

// openBlob checks a JSON Web Signature in compact form (RFC 7515) and returns what it signs.
func openBlob(blob []byte, roots *x509.CertPool, now time.Time) ([]byte, error) {
	if len(blob) > MaxMetadata {
		return nil, ErrBlobTooLarge
	}
	blob = bytes.TrimSpace(blob)
	parts := bytes.SplitN(blob, []byte("."), 4)
	if len(parts) != 3 {
		return nil, ErrNotBlob
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.AppendDecode(nil, bytes.TrimRight(p, "=")); err != nil {
			return nil, ErrNotBlob
		}
	}
	var header struct {
		Alg string   `json:"alg"`
		X5C [][]byte `json:"x5c"` // base64 of DER, which encoding/json reads by itself
	}
	if err := json.Unmarshal(raw[0], &header); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotBlob, err)
	}
	leaf, err := signer(header.X5C, roots, now)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(blob[:len(parts[0])+1+len(parts[1])])
	if !signed(leaf.PublicKey, header.Alg, sum[:], raw[2]) {
		return nil, ErrBlobChanged
	}
	return raw[1], nil
}

// signer is the certificate of the Metadata Service, with its chain verified.
func signer(chain [][]byte, roots *x509.CertPool, now time.Time) (*x509.Certificate, error) {
	if len(chain) == 0 || len(chain) > 8 {
		return nil, fmt.Errorf("%w: it holds no certificates", ErrBlobSigner)
	}
	between := x509.NewCertPool()
	var leaf *x509.Certificate
	for i, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBlobSigner, err)
		}
		if i == 0 {
			leaf = c
		} else {
			between.AddCert(c)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: metadataSigner, Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.After(invalid.Cert.NotAfter):
		return nil, fmt.Errorf("%w: on %s", ErrBlobOld, invalid.Cert.NotAfter.Format(time.DateOnly))
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBlobSigner, err)
	}
	return leaf, nil
}

func signed(key any, alg string, sum, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum, signature) == nil
	case *ecdsa.PublicKey:
		if alg != "ES256" || len(signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(k, sum, r, s)
	}
	return false
}

// mdEntry is one model in a BLOB.
type mdEntry struct {
	AAGUID    string `json:"aaguid"`
	Statement struct {
		Description      string   `json:"description"`
		AttachmentHint   []string `json:"attachmentHint"`
		UserVerification [][]struct {
			Method string `json:"userVerificationMethod"`
			BA     struct {
				MaxTemplates int `json:"maxTemplates"`
			} `json:"baDesc"`
		} `json:"userVerificationDetails"`
		Info struct {
			Transports []string `json:"transports"`
		} `json:"authenticatorGetInfo"`
	} `json:"metadataStatement"`
	Reports []struct {
		Status        string `json:"status"`
		EffectiveDate string `json:"effectiveDate"`
	} `json:"statusReports"`
}

func (e mdEntry) model(id uuid.UUID) Model {
	s := e.Statement
	has := func(transport, hint string) bool {
		return slices.Contains(s.Info.Transports, transport) || slices.Contains(s.AttachmentHint, hint)
	}
	m := Model{AAGUID: id, Name: printable(s.Description), USB: has("usb", "wired"), NFC: has("nfc", "nfc"), BLE: has("ble", "bluetooth")}
	for _, way := range s.UserVerification {
		for _, v := range way {
			if v.Method == "fingerprint_internal" {
				m.Bio, m.Fingers = true, max(m.Fingers, v.BA.MaxTemplates)
			}
		}
	}
	latest := ""
	for _, r := range e.Reports {
		if r.EffectiveDate >= latest {
			latest, m.Status = r.EffectiveDate, r.Status
		}
	}
	if known, ok := builtIn(id); ok {
		m.Entra, m.Fingers = known.Entra, max(m.Fingers, known.Fingers)
		m.USB, m.NFC, m.BLE, m.Bio = m.USB || known.USB, m.NFC || known.NFC, m.BLE || known.BLE, m.Bio || known.Bio
	}
	return m
}

// printable keeps a name from steering a terminal.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
}
