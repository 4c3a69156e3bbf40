package softkey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/internal/pinuv"
	"keyrollout/matcher"
)

// Options is everything a key needs from outside. Store and Toucher are needed; the rest has defaults. The functions are
// called in the middle of commands: they must come back soon and must not call the key.
type Options struct {
	Profile Profile // the zero value: that of the key in the store, ATKeyPro21 for a new one
	Store   Store
	Toucher Toucher
	Clock   func() time.Time
	Rand    io.Reader

	Light   func(Light)               // what the LED shows
	Picture func(matcher.Image, bool) // a print just seen, and whether it was good
	Log     func(Activity)            // what the client asks

	TouchTimeout time.Duration // how long the key waits for a finger; 30 s when 0
}

// Activity is one command of a client, told when it begins and again when it is done. It holds no secrets.
type Activity struct {
	Command string // e.g. "authenticatorMakeCredential"
	Sub     byte   // the subcommand; 0 where there is none
	RPID    string // the site, where there is one
	Done    bool
	Status  byte        // CTAP status, once done; UV_BLOCKED where PIN_BLOCKED stands for the finger's tries (section 6.1.2)
	Err     *WriteError // why the store could not be written; nil = it could
}

// Key is a software key. Its methods may be called from several goroutines.
type Key struct {
	o        Options
	hid      *hid
	waiting  atomic.Bool // a touch is awaited
	closed   atomic.Bool
	services sync.WaitGroup
	end      context.CancelFunc
	life     context.Context

	mu    sync.Mutex // held by one command at a time; guards all below
	st    *state
	saved []byte // st as it was last written
	volatile
}

// volatile is what a power cycle clears.
type volatile struct {
	since      time.Time // plugged in
	pulled     bool      // out again, while a command runs
	misses     int       // wrong PINs in a row
	agreements map[pinuv.Protocol]*pinuv.Agreement
	token      *token
	enrolment  *enrolment
	alone      bool        // the enrolment goes on without a computer
	next       *assertions // of getNextAssertion
	listing    *listing    // of credentialManagement
	blob       *blobWrite  // of largeBlobs
	channel    uint32      // whose next, listing and blob these are
	u2f        *u2fTouch
}

// Open puts a key together from its store and plugs it in. A store that is empty makes a new key; one that holds a key of
// another profile is a *ProfileError, and nothing is changed.
func Open(o Options) (*Key, error) {
	if o.Store == nil || o.Toucher == nil {
		return nil, errors.New("softkey: a key needs a store and a toucher")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.TouchTimeout <= 0 {
		o.TouchTimeout = 30 * time.Second
	}
	k := &Key{o: o}
	if err := k.load(); err != nil {
		return nil, err
	}
	k.life, k.end = context.WithCancel(context.Background())
	k.hid = &hid{
		serve: k.serve, wink: k.wink, noMsg: !k.o.Profile.speaksU2F(),
		state: func() byte {
			if k.waiting.Load() {
				return keepTouchNeeded
			}
			return keepProcessing
		},
		lines: map[line]bool{}, owner: map[uint32]line{},
	}
	k.PlugIn()
	return k, nil
}

// load reads the state, or makes a new one and writes it.
func (k *Key) load() error {
	b, err := k.o.Store.Load()
	if err != nil {
		return fmt.Errorf("softkey: %w", err)
	}
	fresh := len(b) == 0
	switch {
	case !fresh:
		if k.st, err = decodeState(b); err == nil {
			k.o.Profile, err = k.st.profile(k.o.Profile)
		}
	default:
		if k.o.Profile.Name == "" {
			k.o.Profile = ATKeyPro21()
		}
		k.st, err = factory(k.o.Profile, k.o.Rand)
	}
	if err != nil {
		return err
	}
	k.saved = b
	changed, err := k.st.Batch.prepare(k.o.Profile, k.o.Rand)
	if err != nil {
		return err
	}
	drawn, err := k.st.drawListToken(k.o.Profile, k.o.Rand)
	if err != nil {
		return err
	}
	if fresh || changed || drawn {
		return k.commit()
	}
	return nil
}

// Profile is what the key behaves as.
func (k *Key) Profile() Profile { return k.o.Profile }

// Device describes the key for fido.Keys.
func (k *Key) Device() fido.Device {
	return fido.Device{
		Path: "softkey:", Manufacturer: "keyrollout", Product: "Software key (" + k.o.Profile.Name + ")", Software: true,
	}
}

func freshAgreements() map[pinuv.Protocol]*pinuv.Agreement {
	return map[pinuv.Protocol]*pinuv.Agreement{}
}

// PlugOut pulls the key out: what it was doing fails, what it only remembered is gone. It waits for the running command
// to end, so it must not be called from within a callback; a Toucher gives an error instead.
func (k *Key) PlugOut() {
	k.hid.plug(false)
	k.mu.Lock()
	k.pulled = true
	k.unlock()
}

// unlock ends a command. A key that was pulled out meanwhile loses its power now, before anything else can begin.
func (k *Key) unlock() {
	defer k.mu.Unlock()
	if !k.pulled {
		return
	}
	k.voidToken()
	k.endU2F()
	k.volatile = volatile{}
	k.light(lightOff)
}

// PlugIn plugs the key in; the ten seconds begin in which it may be reset. A key that is plugged in stays as it is.
func (k *Key) PlugIn() {
	k.mu.Lock()
	if k.closed.Load() || k.agreements != nil {
		k.mu.Unlock()
		return
	}
	k.volatile = volatile{since: k.o.Clock(), agreements: freshAgreements()}
	k.light(lightPower)
	k.mu.Unlock()
	k.hid.plug(true)
}

// Close pulls the key out for good, ends what serves it and gives the store free.
func (k *Key) Close() error {
	if k.closed.Swap(true) {
		return nil
	}
	k.PlugOut()
	k.end()
	k.services.Wait()
	if c, ok := k.o.Store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// wink blinks once (CTAP 2.1 section 11.2.9.2.1).
func (k *Key) wink() {
	k.light(lightVerify)
	time.Sleep(200 * time.Millisecond)
	k.light(lightPower)
}
