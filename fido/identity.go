package fido

import (
	"context"
	"regexp"

	"keyrollout/internal/secret"
)

// Identity is what can be told of a key without its PIN, to recognise it when it comes back. Keys do not say who they
// are: that is meant to keep people from being followed.
type Identity struct {
	AAGUID    [16]byte
	Firmware  uint64
	VendorID  uint16
	ProductID uint16
	Product   string
	Serial    string // most keys tell none
	HasPIN    bool
	HasFinger bool
}

// IdentityOf puts together what is known of a key.
func IdentityOf(d Device, i Info) Identity {
	return Identity{i.AAGUID, i.Firmware, d.VendorID, d.ProductID, d.Product, d.Serial, i.HasPIN(), i.HasFinger()}
}

// Likeness is how far two identities are the same.
type Likeness int

const (
	OtherKey  Likeness = iota // another key, or this one after a reset or another firmware
	SameModel                 // the same model in the same state: most likely the same key
	SameKey                   // the same serial number
)

func (l Likeness) String() string {
	return [...]string{"another key", "a key of the same model in the same state", "the same key"}[l]
}

// Compare tells how far a key that came back is the one that went. Ask Knows where more certainty is needed.
func (a Identity) Compare(b Identity) Likeness {
	switch {
	case a != b:
		return OtherKey
	case a.Serial != "":
		return SameKey
	}
	return SameModel
}

// Knows reports whether the key holds a credential, without a touch: the one certain way to recognise a key. A
// credential with credProtect 3 shows itself only to a PIN.
func Knows(ctx context.Context, s Session, pin secret.Secret, rpID string, id []byte) (bool, error) {
	_, err := s.Assert(ctx, pin, AssertRequest{RPID: rpID, Allow: [][]byte{id}, VerifyUser: !pin.Empty(), Silent: true})
	return err == nil, none(err)
}

// productSerial finds a serial number that a vendor put at the end of the product's name: ATKey.Pro-01C01F2D.
func productSerial(product string) string {
	if m := serialSuffix.FindStringSubmatch(product); m != nil {
		return m[1]
	}
	return ""
}

var serialSuffix = regexp.MustCompile(`-([0-9A-F]{8,})$`)
