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

	Profile string `cbor:"20,keyasint,omitempty"` // Profile.Name; "" in the state of an earlier version
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

// ProfileError is a store that holds the key of another profile than it was to be opened under. What that key has (a
// finger, alwaysUv) the other may not even be able to ask for, so it is not opened at all.
type ProfileError struct {
	Kept  string // Profile.Name of the key in the store
	Asked string // and of the one that was asked for; "": none was, and this program has no profile of the name Kept
}

func (e *ProfileError) Error() string {
	if e.Asked == "" {
		return fmt.Sprintf("softkey: the store holds a key of the profile %q, which this program does not have", e.Kept)
	}
	return fmt.Sprintf("softkey: the store holds a key of the profile %q, not %q", e.Kept, e.Asked)
}

// profile is the profile that a state is of: the one that was asked for, or a *ProfileError; without one its own. The
// state of an earlier version names none: it is taken for any that can have come to it, the default first.
func (s *state) profile(asked Profile) (Profile, error) {
	is := func(p Profile) bool { return p.Name == s.Profile || s.Profile == "" && s.suits(p) }
	if asked.Name != "" && is(asked) {
		return asked, nil
	}
	for _, known := range profiles {
		switch p := known.make(); {
		case !is(p):
		case asked.Name != "":
			return p, &ProfileError{Kept: p.Name, Asked: asked.Name}
		default:
			return p, nil
		}
	}
	return asked, &ProfileError{Kept: s.Profile, Asked: asked.Name}
}

// suits reports whether a key of that profile can have come to this state.
func (s *state) suits(p Profile) bool {
	return s.UVTries <= p.UVTries && len(s.Fingers) <= p.Fingers && (p.CanAlwaysUV || !s.AlwaysUV) &&
		len(s.LargeBlob) <= p.LargeBlob && len(s.Resident) <= p.MaxResident
}

// decodeState reads what the store held.
func decodeState(b []byte) (*state, error) {
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
	for i := range s.Resident {
		c := &s.Resident[i]
		if _, err := c.signer(); err != nil {
			return nil, fmt.Errorf("softkey: the stored state holds a credential that cannot be used: %w", err)
		}
		// An earlier version kept longer names than its answers had room for.
		c.RPName, c.UserName, c.DisplayName = cutName(c.RPName), cutName(c.UserName), cutName(c.DisplayName)
	}
	return s, nil
}

// commit writes the state. When that fails the key goes back to what was written last, so that it never answers from a
// state a power cut would undo.
func (k *Key) commit() error {
	k.st.Profile = k.o.Profile.Name
	b, err := encoder.Marshal(k.st)
	if err == nil {
		err = k.o.Store.Save(b)
	}
	if err != nil {
		if s, e := decodeState(k.saved); e == nil {
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
