package practice

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// TrustedModel is a line of the practice tenant's metadata: a model, and the roots that vouch for its attestation. Entra
// takes these from the FIDO Metadata Service; the practice tenant knows nobody unless it is told.
type TrustedModel struct {
	AAGUID string `json:"aaguid"`
	Model  string `json:"model"`
	Roots  string `json:"roots"` // PEM certificates
}

type trustList map[uuid.UUID]*x509.CertPool

func newTrustList(models []TrustedModel) (trustList, error) {
	list := trustList{}
	for _, m := range models {
		id, err := uuid.Parse(m.AAGUID)
		if err != nil {
			return nil, fmt.Errorf("trusted model %q: %w", m.Model, err)
		}
		pool := x509.NewCertPool()
		for rest := []byte(m.Roots); ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("trusted model %q: %w", m.Model, err)
			}
			pool.AddCert(cert)
		}
		list[id] = pool
	}
	return list, nil
}

// doubts tells why an attestation that verified is not that of a listed model; "" = it is. Entra wants packed with a
// full chain to the roots of the model's metadata ("Become a Microsoft-compatible FIDO2 security key vendor").
func (l trustList) doubts(format string, aaguid uuid.UUID, chain []any, now time.Time) string {
	if format != "packed" {
		return fmt.Sprintf("the attestation format is %q, not packed", format)
	}
	if len(chain) == 0 {
		return "the attestation is the key's own (self attestation), without a chain of certificates"
	}
	roots := l[aaguid]
	if roots == nil {
		return fmt.Sprintf("the AAGUID %s is not in the metadata", aaguid)
	}
	between := x509.NewCertPool()
	var leaf *x509.Certificate
	for i, item := range chain {
		der, _ := item.([]byte)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return "a certificate of the chain cannot be read"
		}
		if i == 0 {
			leaf = cert
		} else {
			between.AddCert(cert)
		}
	}
	// Attestation certificates carry extensions of FIDO's own, which the library has looked at.
	leaf.UnhandledCriticalExtensions = nil
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return fmt.Sprintf("the chain of certificates does not end in the metadata's roots: %v", err)
	}
	return ""
}

// modelName is the model of an AAGUID as the service would name it; "" where it is unknown. AuthenTrend's models are
// from the FIDO Metadata Service, the two of Microsoft Authenticator from the Entra pages.
func modelName(aaguid string) string {
	return map[string]string{
		"e1a96183-5016-4f24-b55b-e3ae23614cc6": "ATKey.Pro CTAP2.0",
		"e416201b-afeb-41ca-a03d-2281c28322aa": "ATKey.Pro CTAP2.1",
		"ba76a271-6eb6-4171-874d-b6428dbe3437": "ATKey.ProS",
		"d41f5a69-b817-4144-a13c-9ebd6d9254d6": "ATKey.Card CTAP2.0",
		"da1fa263-8b25-42b6-a820-c0036f21ba7f": "ATKey.Card NFC",
		"2fc0579f-8113-47ea-b116-bb5a8db9202a": "YubiKey 5 Series with NFC",
		"90a3ccdf-635c-4729-a248-9b709135078f": "Microsoft Authenticator",
		"de1e552d-db1d-4423-a619-566b625cdc84": "Microsoft Authenticator",
	}[aaguid]
}
