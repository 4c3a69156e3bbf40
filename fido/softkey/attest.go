package softkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"time"
)

// batch is the attestation key of the key with its certificate, and the root that issued it. Real keys share a batch
// key by the hundred thousand, so that it tells no two of them apart. A batch key in a public program would be nobody's;
// so each store draws its own, and a relying party that wants to trust it has to be given its root.
type batch struct {
	AAGUID  []byte `cbor:"1,keyasint,omitempty"`
	Key     []byte `cbor:"2,keyasint,omitempty"`
	Cert    []byte `cbor:"3,keyasint,omitempty"` // DER
	RootKey []byte `cbor:"4,keyasint,omitempty"`
	Root    []byte `cbor:"5,keyasint,omitempty"` // DER

	// For enterprise attestation, this key's alone.
	OwnKey  []byte `cbor:"6,keyasint,omitempty"`
	OwnCert []byte `cbor:"7,keyasint,omitempty"` // DER
}

// oidAAGUID is id-fido-gen-ce-aaguid (WebAuthn section 8.2.1).
var oidAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}

// Certificates of the software key never run out: RFC 5280 section 4.1.2.5 has this date for it.
var (
	validFrom  = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// prepare makes what is missing: the root once, the certificates whenever the key carries another AAGUID than before.
func (b *batch) prepare(p Profile, random io.Reader) (changed bool, err error) {
	same := bytes.Equal(b.AAGUID, p.AAGUID[:])
	if len(b.Root) > 0 && same && (len(b.OwnCert) > 0 || !p.CanEnterprise) {
		return false, nil
	}
	if len(b.Root) == 0 {
		if b.RootKey, err = drawKey(algES256, random); err != nil {
			return false, err
		}
		root := &x509.Certificate{
			Subject:               subject("", "Software key root, for practice"),
			NotBefore:             validFrom,
			NotAfter:              validUntil,
			IsCA:                  true,
			BasicConstraintsValid: true,
			MaxPathLenZero:        true,
			KeyUsage:              x509.KeyUsageCertSign,
		}
		if b.Root, err = issue(root, root, b.RootKey, b.RootKey, random); err != nil {
			return false, err
		}
	}
	root, err := x509.ParseCertificate(b.Root)
	if err != nil {
		return false, err
	}
	if !same || len(b.Cert) == 0 {
		if b.Key, b.Cert, err = b.leaf(p, root, "Software key batch, for practice", random); err != nil {
			return false, err
		}
		b.OwnCert = nil
	}
	b.AAGUID = bytes.Clone(p.AAGUID[:])
	if p.CanEnterprise && len(b.OwnCert) == 0 {
		number := make([]byte, 8)
		if _, err := io.ReadFull(random, number); err != nil {
			return false, err
		}
		b.OwnKey, b.OwnCert, err = b.leaf(p, root, fmt.Sprintf("Software key %x, for practice", number), random)
	}
	return true, err
}

// leaf draws an attestation key and issues its certificate (WebAuthn section 8.2.1).
func (b *batch) leaf(p Profile, root *x509.Certificate, name string, random io.Reader) (key, cert []byte, err error) {
	if key, err = drawKey(algES256, random); err != nil {
		return nil, nil, err
	}
	id, err := asn1.Marshal(p.AAGUID[:])
	if err != nil {
		return nil, nil, err
	}
	leaf := &x509.Certificate{
		Subject:               subject("Authenticator Attestation", name),
		NotBefore:             validFrom,
		NotAfter:              validUntil,
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{{Id: oidAAGUID, Value: id}},
	}
	cert, err = issue(leaf, root, key, b.RootKey, random)
	return key, cert, err
}

// subject is made up, as the model is. ZZ is one of the codes ISO 3166 leaves to its users.
func subject(unit, name string) pkix.Name {
	n := pkix.Name{Country: []string{"ZZ"}, Organization: []string{"keyrollout"}, CommonName: name}
	if unit != "" {
		n.OrganizationalUnit = []string{unit}
	}
	return n
}

func issue(c, parent *x509.Certificate, key, parentKey []byte, random io.Reader) ([]byte, error) {
	serial := make([]byte, 16)
	if _, err := io.ReadFull(random, serial); err != nil {
		return nil, err
	}
	serial[0] = serial[0]&0x7F | 0x40 // positive, and always of the same length
	c.SerialNumber = new(big.Int).SetBytes(serial)
	own, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key)
	if err != nil {
		return nil, err
	}
	issuer, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), parentKey)
	if err != nil {
		return nil, err
	}
	return x509.CreateCertificate(rand.Reader, c, parent, own.Public(), repeatable{issuer})
}

// repeatable signs deterministically, so that a key made from the same randomness is the same key.
type repeatable struct{ *ecdsa.PrivateKey }

func (r repeatable) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return r.PrivateKey.Sign(nil, digest, o)
}

// AttestationRoot is the certificate (DER) that issued this key's batch certificate: what a relying party, such as the
// practice tenant, has to trust for this key to pass attestation.
func (k *Key) AttestationRoot() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.st.Batch.Root)
}

// Attestation statement formats (WebAuthn section 8).
const (
	formatPacked = "packed"
	formatNone   = "none"
)

// packed is the attestation statement of format "packed" (WebAuthn section 8.2).
type packed struct {
	Alg int      `cbor:"alg"`
	Sig []byte   `cbor:"sig"`
	X5C [][]byte `cbor:"x5c"`
}

// attest signs as one of the batch or, where own, as this very key.
func (b batch) attest(own bool, authData, clientDataHash []byte) (packed, error) {
	key, cert := b.Key, b.Cert
	if own {
		key, cert = b.OwnKey, b.OwnCert
	}
	c := credential{Alg: algES256, Key: key}
	s, err := c.signer()
	if err != nil {
		return packed{}, err
	}
	sig, err := sign(s, authData, clientDataHash)
	return packed{Alg: algES256, Sig: sig, X5C: [][]byte{cert}}, err
}
