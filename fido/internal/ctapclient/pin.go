package ctapclient

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"keyrollout/fido/internal/pinuv"
	"keyrollout/internal/secret"
)

// Permissions of a pinUvAuthToken (CTAP 2.1 section 6.5.5.7).
const (
	MakeCredential = 0x01
	GetAssertion   = 0x02
	CredMgmt       = 0x04
	BioEnroll      = 0x08
	Config         = 0x20
)

// Subcommands of authenticatorClientPIN (CTAP 2.1 section 6.5.5).
const (
	cmdClientPIN = 0x06

	subPINRetries   = 1
	subKeyAgreement = 2
	subSetPIN       = 3
	subChangePIN    = 4
	subPINToken     = 5
	subUVToken      = 6
	subUVRetries    = 7
	subPINTokenPerm = 9
)

type pinRequest struct {
	Protocol    pinuv.Protocol `cbor:"1,keyasint,omitempty"`
	Sub         int            `cbor:"2,keyasint"`
	Agreement   *coseKey       `cbor:"3,keyasint,omitempty"`
	Auth        []byte         `cbor:"4,keyasint,omitempty"`
	NewPIN      []byte         `cbor:"5,keyasint,omitempty"`
	PINHash     []byte         `cbor:"6,keyasint,omitempty"`
	Permissions uint           `cbor:"9,keyasint,omitempty"`
	RPID        string         `cbor:"10,keyasint,omitempty"`
}

type pinReply struct {
	Agreement  coseKey `cbor:"1,keyasint"`
	Token      []byte  `cbor:"2,keyasint"`
	PINRetries int     `cbor:"3,keyasint"`
	UVRetries  int     `cbor:"5,keyasint"`
}

// coseKey is a public key for key agreement (RFC 9053): EC2, P-256, with the algorithm number CTAP prescribes.
type coseKey struct {
	Kty int    `cbor:"1,keyasint"`
	Alg int    `cbor:"3,keyasint"`
	Crv int    `cbor:"-1,keyasint"`
	X   []byte `cbor:"-2,keyasint"`
	Y   []byte `cbor:"-3,keyasint"`
}

// PINRetries and UVRetries ask how many tries are left.
func (c *Client) PINRetries(ctx context.Context, limit time.Duration) (int, error) {
	var r pinReply
	err := c.Do(ctx, cmdClientPIN, pinRequest{Protocol: pinuv.One, Sub: subPINRetries}, &r, limit)
	return r.PINRetries, err
}

func (c *Client) UVRetries(ctx context.Context, limit time.Duration) (int, error) {
	var r pinReply
	err := c.Do(ctx, cmdClientPIN, pinRequest{Protocol: pinuv.One, Sub: subUVRetries}, &r, limit)
	return r.UVRetries, err
}

// agree makes a shared secret with the key, and our half of it.
func (c *Client) agree(ctx context.Context, p pinuv.Protocol, limit time.Duration) (*pinuv.Shared, *coseKey, error) {
	var r pinReply
	if err := c.Do(ctx, cmdClientPIN, pinRequest{Protocol: p, Sub: subKeyAgreement}, &r, limit); err != nil {
		return nil, nil, err
	}
	if len(r.Agreement.X) != 32 || len(r.Agreement.Y) != 32 {
		return nil, nil, ErrGarbled
	}
	ours, err := pinuv.NewAgreement(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	shared, err := ours.Shared(p, pinuv.Point{X: [32]byte(r.Agreement.X), Y: [32]byte(r.Agreement.Y)})
	if err != nil {
		return nil, nil, ErrGarbled
	}
	pub := ours.Public()
	return shared, &coseKey{Kty: 2, Alg: -25, Crv: 1, X: pub.X[:], Y: pub.Y[:]}, nil
}

// SetPIN sets the first PIN (section 6.5.5.5).
func (c *Client) SetPIN(ctx context.Context, p pinuv.Protocol, pin secret.Secret, limit time.Duration) error {
	shared, ours, err := c.agree(ctx, p, limit)
	if err != nil {
		return err
	}
	defer shared.Wipe()
	r := pinRequest{Protocol: p, Sub: subSetPIN, Agreement: ours}
	if r.NewPIN, err = sealPIN(shared, pin); err != nil {
		return err
	}
	r.Auth = shared.Authenticate(r.NewPIN)
	return c.Do(ctx, cmdClientPIN, r, nil, limit)
}

// ChangePIN replaces the PIN (section 6.5.5.6).
func (c *Client) ChangePIN(ctx context.Context, p pinuv.Protocol, old, new secret.Secret, limit time.Duration) error {
	shared, ours, err := c.agree(ctx, p, limit)
	if err != nil {
		return err
	}
	defer shared.Wipe()
	r := pinRequest{Protocol: p, Sub: subChangePIN, Agreement: ours}
	if r.NewPIN, err = sealPIN(shared, new); err != nil {
		return err
	}
	if r.PINHash, err = sealHash(shared, old); err != nil {
		return err
	}
	r.Auth = shared.Authenticate(append(append([]byte{}, r.NewPIN...), r.PINHash...))
	return c.Do(ctx, cmdClientPIN, r, nil, limit)
}

// sealPIN pads a PIN with zeros to 64 bytes and encrypts it.
func sealPIN(s *pinuv.Shared, pin secret.Secret) (out []byte, err error) {
	var padded [64]byte
	defer clear(padded[:])
	pin.Use(func(b []byte) {
		if len(b) > 63 || len(b) < 4 {
			err = Status(0x37) // PIN_POLICY_VIOLATION
			return
		}
		copy(padded[:], b)
	})
	if err != nil {
		return nil, err
	}
	return s.Encrypt(rand.Reader, padded[:])
}

// sealHash encrypts the first half of a PIN's hash, by which the key knows it.
func sealHash(s *pinuv.Shared, pin secret.Secret) ([]byte, error) {
	var sum [32]byte
	defer clear(sum[:])
	pin.Use(func(b []byte) { sum = sha256.Sum256(b) })
	return s.Encrypt(rand.Reader, sum[:16])
}

// TokenRequest says what a token is wanted for.
type TokenRequest struct {
	Protocol        pinuv.Protocol
	WithPermissions bool // the key has option pinUvAuthToken
	PIN             secret.Secret
	Permissions     uint
	RPID            string
}

// Token proves that the user was verified.
type Token struct {
	Protocol pinuv.Protocol
	key      []byte
}

// Token gets a pinUvAuthToken by PIN, or with an empty PIN by the key's own means.
func (c *Client) Token(ctx context.Context, t TokenRequest, limit time.Duration) (*Token, error) {
	shared, ours, err := c.agree(ctx, t.Protocol, limit)
	if err != nil {
		return nil, err
	}
	defer shared.Wipe()
	r := pinRequest{Protocol: t.Protocol, Sub: subPINToken, Agreement: ours}
	if t.WithPermissions {
		r.Sub, r.Permissions, r.RPID = subPINTokenPerm, t.Permissions, t.RPID
	}
	if t.PIN.Empty() {
		r.Sub = subUVToken
	} else if r.PINHash, err = sealHash(shared, t.PIN); err != nil {
		return nil, err
	}
	var reply pinReply
	if err := c.Do(ctx, cmdClientPIN, r, &reply, limit); err != nil {
		return nil, err
	}
	key, err := shared.Decrypt(reply.Token)
	if err != nil || len(key) < 16 {
		return nil, ErrGarbled
	}
	return &Token{t.Protocol, key}, nil
}

// Sign proves possession of the token for one message. The nil token signs nothing.
func (t *Token) Sign(message ...[]byte) []byte {
	if t == nil {
		return nil
	}
	var m []byte
	for _, part := range message {
		m = append(m, part...)
	}
	return pinuv.Authenticate(t.Protocol, t.key, m)
}

// Number is the protocol's number for a request; 0, left out, for the nil token.
func (t *Token) Number() uint {
	if t == nil {
		return 0
	}
	return uint(t.Protocol)
}

// Wipe overwrites the token.
func (t *Token) Wipe() {
	if t != nil {
		clear(t.key)
	}
}
