package practice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Options make a tenant. The zero value is the default company in memory.
type Options struct {
	State  Store            // where the tenant's state is kept; nil = Memory()
	Clock  func() time.Time // nil = time.Now
	Rand   io.Reader        // pass values, ids, challenges, tokens; nil = crypto/rand
	Seed   *Seed            // people, groups and nature of the tenant; nil = the default company
	Faults *Faults          // what goes wrong on demand; may be nil
	// Sleep is how the fault "slow" waits; nil = in real time. It returns early, with an error, when the context ends.
	Sleep func(context.Context, time.Duration) error
}

// Tenant is the practice tenant. It is safe for concurrent use: one request is handled at a time, as in one row of a
// database.
type Tenant struct {
	store  Store
	clock  func() time.Time
	faults *Faults
	sleep  func(context.Context, time.Duration) error
	seed   Seed
	dir    *directory
	trust  trustList
	signer signer

	mu      sync.Mutex // guards everything below
	rand    io.Reader
	st      *state
	saved   []byte            // what the store holds
	before  []byte            // what the store held before the last change: a lagging read answers from here
	live    map[string]*token // tokens of this process, by hash; those of the OAuth endpoint are in the state
	past    []snapshot
	quotas  quotas
	refused string
}

// ErrDamaged means that the store holds something that is no state of a practice tenant.
var ErrDamaged = errors.New("the state cannot be read")

// New opens the tenant: from the state in the store if there is one, else as a tenant that has done nothing yet.
func New(o Options) (*Tenant, error) {
	if o.State == nil {
		o.State = Memory()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Seed == nil {
		o.Seed = DefaultCompany()
	}
	if o.Sleep == nil {
		o.Sleep = realSleep
	}
	t := &Tenant{store: o.State, clock: o.Clock, rand: o.Rand, faults: o.Faults, sleep: o.Sleep, seed: *o.Seed, live: map[string]*token{}, quotas: quotas{}}
	if o.Seed.Crowd.People > 0 {
		if err := o.Seed.Crowd.expand(&t.seed); err != nil {
			return nil, fmt.Errorf("practice tenant: %w", err)
		}
	}
	t.seed.fill()
	err := t.seed.check()
	if err != nil {
		return nil, fmt.Errorf("practice tenant: %w", err)
	}
	if t.dir, err = newDirectory(&t.seed); err != nil {
		return nil, fmt.Errorf("practice tenant: %w", err)
	}
	if t.trust, err = newTrustList(t.seed.Trust); err != nil {
		return nil, fmt.Errorf("practice tenant: %w", err)
	}
	if t.saved, err = o.State.Load(); err != nil {
		return nil, fmt.Errorf("practice tenant: read the state: %w", err)
	}
	if len(t.saved) == 0 {
		if t.st, err = t.firstState(); err != nil {
			return nil, fmt.Errorf("practice tenant: %w", err)
		}
		if err := t.save(); err != nil {
			return nil, fmt.Errorf("practice tenant: keep the state: %w", err)
		}
	} else if t.st, err = readState(t.saved); err != nil {
		return nil, fmt.Errorf("practice tenant: %w: %w", ErrDamaged, err)
	}
	t.before = t.saved
	t.past = nil
	t.remember(t.now(), t.saved)
	return t, nil
}

// now is the tenant's time in UTC, to the second as most of Graph's dates are.
func (t *Tenant) now() time.Time { return t.clock().UTC().Truncate(time.Second) }

// LastRefusal is the precise reason of the latest refusal, which the answer itself may keep to itself as Entra does.
// It names people and models, never a pass, token or key.
func (t *Tenant) LastRefusal() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused
}
