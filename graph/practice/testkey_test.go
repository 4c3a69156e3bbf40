package practice

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
)

// testKey is a small authenticator: one ES256 credential, attestation none, self or with a chain.
type testKey struct {
	t      *testing.T
	priv   *ecdsa.PrivateKey
	id     []byte
	aaguid uuid.UUID
	count  uint32
	flags  byte // of the authenticator data, without the AT bit

	format string // none, packed
	chain  *testChain

	rp, origin string
}

const atkey = "e416201b-afeb-41ca-a03d-2281c28322aa"

const (
	flagUP, flagUV, flagBE, flagAT = 1, 4, 8, 64
)

func newTestKey(t *testing.T) *testKey {
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &testKey{t: t, priv: priv, id: id, aaguid: uuid.MustParse(atkey), flags: flagUP | flagUV, format: "packed", rp: rpID, origin: origin}
}

// testChain is a vendor's root and an attestation certificate under it.
type testChain struct {
	root []byte
	leaf []byte
	key  *ecdsa.PrivateKey
}

func newTestChain(t *testing.T, aaguid uuid.UUID) *testChain {
	rootKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leafKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 365 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	ext, _ := asn1.Marshal(aaguid[:])
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: root.NotBefore, NotAfter: root.NotAfter, BasicConstraintsValid: true,
		Subject:         pkix.Name{Country: []string{"TW"}, Organization: []string{"Test Vendor"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Test Key"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: ext}}}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	return &testChain{root: rootDER, leaf: leafDER, key: leafKey}
}

func (c *testChain) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.root}))
}

func (k *testKey) cose() []byte {
	b, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: k.priv.X.FillBytes(make([]byte, 32)), -3: k.priv.Y.FillBytes(make([]byte, 32))})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

func (k *testKey) authData(create bool) []byte {
	sum := sha256.Sum256([]byte(k.rp))
	flags := k.flags
	if create {
		flags |= flagAT
	}
	b := append(sum[:], flags)
	b = binary.BigEndian.AppendUint32(b, k.count)
	if create {
		b = append(b, k.aaguid[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(k.id)))
		b = append(append(b, k.id...), k.cose()...)
	}
	return b
}

func (k *testKey) clientData(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.origin, "crossOrigin": false})
	return b
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// register answers creation options with the body of POST fido2Methods.
func (k *testKey) register(options map[string]any, name string) map[string]any {
	challenge := at[string](k.t, options, "publicKey", "challenge")
	clientData := k.clientData("webauthn.create", challenge)
	authData := k.authData(true)
	hash := sha256.Sum256(clientData)
	stmt := map[string]any{}
	if k.format == "packed" {
		signer := k.priv
		if k.chain != nil {
			signer = k.chain.key
			stmt["x5c"] = []any{k.chain.leaf}
		}
		digest := sha256.Sum256(append(append([]byte{}, authData...), hash[:]...))
		sig, err := ecdsa.SignASN1(rand.Reader, signer, digest[:])
		if err != nil {
			k.t.Fatal(err)
		}
		stmt["alg"], stmt["sig"] = -7, sig
	}
	att, err := cbor.Marshal(map[string]any{"fmt": k.format, "attStmt": stmt, "authData": authData})
	if err != nil {
		k.t.Fatal(err)
	}
	return map[string]any{"displayName": name, "publicKeyCredential": map[string]any{
		"id": b64(k.id), "response": map[string]any{"clientDataJSON": b64(clientData), "attestationObject": b64(att)}}}
}

// assert answers sign-in options with the body of the sign-in page.
func (k *testKey) assert(upn string, options map[string]any, handle []byte) map[string]any {
	k.count++
	clientData := k.clientData("webauthn.get", at[string](k.t, options, "challenge"))
	authData := k.authData(false)
	hash := sha256.Sum256(clientData)
	digest := sha256.Sum256(append(append([]byte{}, authData...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.priv, digest[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return map[string]any{"upn": upn, "id": b64(k.id), "clientDataJSON": b64(clientData), "authenticatorData": b64(authData),
		"signature": b64(sig), "userHandle": b64(handle)}
}

// at reads a path in a JSON object.
func at[T any](t *testing.T, v any, path ...string) T {
	t.Helper()
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	out, isT := v.(T)
	if !isT {
		t.Fatalf("%v is %T (%v)", path, v, v)
	}
	return out
}
