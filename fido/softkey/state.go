package softkey

import (
	"fmt"
	"io"
)

// stateVersion is raised when an older program could not read the state any more.
const stateVersion = 1

// state is everything that outlives a power cycle. It is written through the store before an answer leaves the key.
type state struct {
	Version int `cbor:"0,keyasint"`

	Seed      []byte       `cbor:"1,keyasint"` // of derived credentials; drawn anew by reset
	PIN       *pinVerifier `cbor:"2,keyasint,omitempty"`
	PINTries  int          `cbor:"3,keyasint"`
	UVTries   int          `cbor:"4,keyasint"`
	Fingers   []finger     `cbor:"5,keyasint,omitempty"`
	Resident  []credential `cbor:"6,keyasint,omitempty"`
	Counter   uint32       `cbor:"7,keyasint"` // signature counter of derived credentials
	Serial    uint64       `cbor:"8,keyasint"` // of the last credential: tells the newest
	LargeBlob []byte       `cbor:"9,keyasint,omitempty"`

	// Settings of authenticatorConfig (CTAP 2.1 section 6.11).
	MinPIN     int      `cbor:"10,keyasint"`
	ForcePIN   bool     `cbor:"11,keyasint,omitempty"`
	AlwaysUV   bool     `cbor:"12,keyasint,omitempty"`
	MinPINRPs  []string `cbor:"13,keyasint,omitempty"`
	Enterprise bool     `cbor:"14,keyasint,omitempty"`

	Batch batch `cbor:"15,keyasint"` // survives reset, as what a factory wrote does

	ListToken []byte `cbor:"16,keyasint,omitempty"` // persistentPinUvAuthToken (CTAP 2.2 section 6.5.2)
	LongTouch bool   `cbor:"17,keyasint,omitempty"` // reset wants a long touch
	PINPolicy bool   `cbor:"18,keyasint,omitempty"` // PINs must not be simple
	UVCount   uint   `cbor:"19,keyasint,omitempty"` // verifications by finger since the PIN was last typed
}

// finger is an enrolled finger. Data is the matcher's own form.
type finger struct {
	ID   []byte `cbor:"1,keyasint"`
	Name string `cbor:"2,keyasint"`
	Data []byte `cbor:"3,keyasint"`
}

// credential is a credential source the key keeps (CTAP 2.1 section 6.1.2, "public key credential source").
type credential struct {
	ID          []byte `cbor:"1,keyasint"`
	RPID        string `cbor:"2,keyasint"`
	RPName      string `cbor:"3,keyasint,omitempty"`
	UserID      []byte `cbor:"4,keyasint"`
	UserName    string `cbor:"5,keyasint,omitempty"`
	DisplayName string `cbor:"6,keyasint,omitempty"`
	Alg         int    `cbor:"7,keyasint"`
	Key         []byte `cbor:"8,keyasint"` // scalar, seed or PKCS #1, by Alg
	Protect     int    `cbor:"9,keyasint"` // credProtect level, 1..3
	RandomUV    []byte `cbor:"10,keyasint"`
	RandomNoUV  []byte `cbor:"11,keyasint"`
	Counter     uint32 `cbor:"12,keyasint"`
	Serial      uint64 `cbor:"13,keyasint"`
	Blob        []byte `cbor:"14,keyasint,omitempty"`
	BlobKey     []byte `cbor:"15,keyasint,omitempty"`
	// Hidden marks a credential that is kept because its key cannot be derived from its id (RS256), although the
	// client asked for none that can be discovered.
	Hidden  bool `cbor:"16,keyasint,omitempty"`
	Payment bool `cbor:"17,keyasint,omitempty"` // thirdPartyPayment

	derived bool // made again from its id, not in the state
}

// factory is the state of a new key, and after a reset.
func factory(p Profile, rand io.Reader) (*state, error) {
	s := &state{
		Version: stateVersion, Seed: make([]byte, 32),
		PINTries: p.PINTries, UVTries: p.UVTries, MinPIN: p.MinPIN, AlwaysUV: p.AlwaysUV,
		LongTouch: p.LongTouch, PINPolicy: p.PINPolicy,
	}
	if _, err := io.ReadFull(rand, s.Seed); err != nil {
		return nil, fmt.Errorf("softkey: no randomness: %w", err)
	}
	_, err := s.drawListToken(p, rand)
	return s, err
}

// decodeState reads what the store held.
func decodeState(b []byte, p Profile) (*state, error) {
	s := new(state)
	if err := stored.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("softkey: the stored state cannot be read: %w", err)
	}
	switch {
	case s.Version != stateVersion:
		return nil, fmt.Errorf("softkey: the stored state is version %d; this program reads version %d", s.Version, stateVersion)
	case len(s.Seed) != 32:
		return nil, fmt.Errorf("softkey: the stored state is not one of this program")
	}
	for _, c := range s.Resident {
		if _, err := c.signer(); err != nil {
			return nil, fmt.Errorf("softkey: the stored state holds a credential that cannot be used: %w", err)
		}
	}
	// A state written under another profile is bounded by this one.
	s.PINTries = max(0, min(s.PINTries, p.PINTries))
	s.UVTries = max(0, min(s.UVTries, p.UVTries))
	s.MinPIN = max(s.MinPIN, p.MinPIN)
	return s, nil
}

// commit writes the state. When that fails the key goes back to what was written last, so that it never answers from a
// state a power cut would undo.
func (k *Key) commit() error {
	b, err := encoder.Marshal(k.st)
	if err == nil {
		err = k.o.Store.Save(b)
	}
	if err != nil {
		if s, e := decodeState(k.saved, k.o.Profile); e == nil {
			k.st = s
		}
		return &WriteError{err}
	}
	k.saved = b
	return nil
}

// WriteError is a store that could not be written. The key is as it was before.
type WriteError struct{ Err error }

func (e *WriteError) Error() string {
	return fmt.Sprintf("softkey: the state could not be written: %v", e.Err)
}
func (e *WriteError) Unwrap() error { return e.Err }
