package practice

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
)

// signer makes the JWTs of the sign-in endpoint. Its key lives as long as the process: after a restart the tenant still
// knows its tokens by their hashes, which is all it asks of them.
type signer struct {
	once sync.Once
	key  *rsa.PrivateKey
	err  error
}

func (s *signer) load() (*rsa.PrivateKey, error) {
	// Go draws keys from the system's randomness, whatever is injected.
	s.once.Do(func() { s.key, s.err = rsa.GenerateKey(rand.Reader, 2048) })
	return s.key, s.err
}

const signerID = "practice"

// jwt signs claims with RS256, as Entra does.
func (s *signer) jwt(claims object) (string, error) {
	key, err := s.load()
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding.EncodeToString
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := enc([]byte(`{"typ":"JWT","alg":"RS256","kid":"`+signerID+`"}`)) + "." + enc(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + enc(sig), nil
}

// keys is the JSON Web Key Set (RFC 7517).
func (s *signer) keys() (object, error) {
	key, err := s.load()
	if err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding.EncodeToString
	return object{"keys": []any{object{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": signerID,
		"n": enc(key.N.Bytes()), "e": enc(big.NewInt(int64(key.E)).Bytes())}}}, nil
}
