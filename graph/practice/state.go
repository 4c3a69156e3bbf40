package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
)

// object is a JSON object as it travels: policies are kept whole, so that what the service does not understand
// survives as it does in Entra.
type object = map[string]any

// stateVersion is raised when an older program could misread the state.
const stateVersion = 1

// state is everything that changes. People and groups do not: they come from the seed, with ids derived from their
// names, so that the state stays small and a restart finds everyone under the same id.
type state struct {
	Version    int
	Policy     object               // authenticationMethodsPolicy, without its configurations
	Methods    map[string]object    // authenticationMethodConfigurations by lower-case id
	Strengths  []object             // the tenant's own authentication strengths
	Passes     map[string]*pass     // by user id: one pass per user
	Passkeys   []*passkey           //
	Challenges map[string]challenge // by hash of the challenge's text
	Sessions   map[string]*session  // Security info pages, by hash of the session token
	Tokens     map[string]*token    // of the OAuth endpoint, by hash
	Grants     map[string]*grant    // sign-ins under way, by hash of their code
	Consented  []string             // rights that administrators consented to, beyond the seed's
	SignIns    []signIn             // oldest first
	Audits     []audit              // oldest first
}

// firstState is a tenant that has done nothing yet.
func (t *Tenant) firstState() (*state, error) {
	st := &state{
		Version: stateVersion, Policy: defaultPolicy(), Methods: map[string]object{},
		Passes: map[string]*pass{}, Challenges: map[string]challenge{}, Sessions: map[string]*session{}, Tokens: map[string]*token{}, Grants: map[string]*grant{},
	}
	st.Passkeys = t.seededKeys()
	for id := range methodKinds {
		st.Methods[id] = defaultMethod(id, t.seed.Profiles)
	}
	return st, nil
}

func readState(b []byte) (*state, error) {
	st := &state{}
	if err := json.Unmarshal(b, st); err != nil {
		return nil, err
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("it was written by another version of keyrollout (state version %d, this one reads %d)", st.Version, stateVersion)
	}
	if slices.Contains(st.Passkeys, nil) || holdsNil(st.Passes) || holdsNil(st.Sessions) || holdsNil(st.Tokens) || holdsNil(st.Grants) {
		return nil, errors.New("it has empty entries")
	}
	// What a hand-edited file leaves out is read and written to later.
	if st.Policy == nil {
		st.Policy = defaultPolicy()
	}
	if st.Methods == nil {
		st.Methods = map[string]object{}
	}
	for id := range methodKinds {
		if st.Methods[id] == nil {
			st.Methods[id] = defaultMethod(id, false)
		}
	}
	if st.Passes == nil {
		st.Passes = map[string]*pass{}
	}
	if st.Challenges == nil {
		st.Challenges = map[string]challenge{}
	}
	if st.Sessions == nil {
		st.Sessions = map[string]*session{}
	}
	if st.Tokens == nil {
		st.Tokens = map[string]*token{}
	}
	if st.Grants == nil {
		st.Grants = map[string]*grant{}
	}
	return st, nil
}

func holdsNil[T any](m map[string]*T) bool {
	for _, v := range m {
		if v == nil {
			return true
		}
	}
	return false
}

// save puts the state into the store. It is called before an answer leaves, so that nothing a client was told is lost.
func (t *Tenant) save() error {
	t.st.forget(t.now())
	b, err := json.Marshal(t.st)
	if err != nil {
		return err
	}
	if err := t.store.Save(b); err != nil {
		return err
	}
	t.before, t.saved = t.saved, b
	t.remember(t.now(), b)
	return nil
}

// rollback takes the state back to what the store holds.
func (t *Tenant) rollback() {
	if st, err := readState(t.saved); err == nil {
		t.st = st
	}
}

// logRows is how many rows of each log are kept.
const logRows = 10_000

// forget drops what has run out: challenges and sessions of the past, the oldest rows of the logs.
func (st *state) forget(now time.Time) {
	for k, c := range st.Challenges {
		// An hour's grace keeps "expired" and "never issued" apart in LastRefusal.
		if now.After(c.Expires.Add(time.Hour)) {
			delete(st.Challenges, k)
		}
	}
	for k, s := range st.Sessions {
		if now.After(s.Expires) {
			delete(st.Sessions, k)
		}
	}
	for k, tok := range st.Tokens {
		if now.After(tok.Expires) {
			delete(st.Tokens, k)
		}
	}
	for k, g := range st.Grants {
		if now.After(g.Expires.Add(time.Hour)) {
			delete(st.Grants, k)
		}
	}
	if n := len(st.SignIns) - logRows; n > 0 {
		st.SignIns = append([]signIn(nil), st.SignIns[n:]...)
	}
	if n := len(st.Audits) - logRows; n > 0 {
		st.Audits = append([]audit(nil), st.Audits[n:]...)
	}
}

// random draws n bytes. It is called with the tenant locked.
func (t *Tenant) random(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(t.rand, b)
	return b, err
}

// newID draws a fresh id.
func (t *Tenant) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(t.rand)
	return id.String(), err
}

// newToken draws a bearer value of 256 bits and the hash it is kept under.
func (t *Tenant) newToken() (value, hash string, err error) {
	b, err := t.random(32)
	if err != nil {
		return "", "", err
	}
	value = base64.RawURLEncoding.EncodeToString(b)
	return value, hashOf(value), nil
}

// hashOf is how tokens, sessions and challenges are kept: they carry 128 bits or more, so a plain hash cannot be
// searched. Passes are short and kept otherwise (pass.go).
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
