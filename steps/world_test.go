package steps_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/matcher/synth"
	"keyrollout/steps"
)

const (
	address = "https://graph.contoso.example"
	aiko    = "aiko@contoso.example"
	thePIN  = "482913"
)

// bench is a practice company, a software key and a person, without a screen. It outlives runs, as a disk would.
type bench struct {
	t       *testing.T
	tenant  *practice.Tenant
	faults  *practice.Faults
	key     *softkey.Key
	keys    fido.Keys // how key is reached; nil = in this process
	clock   *clock
	journal string
	person  *person
	events  []steps.Event
	onEvent func(int) // told the number of each event, before it is handed on
	around  func(http.RoundTripper) http.RoundTripper
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}, faults: &practice.Faults{},
		journal: filepath.Join(t.TempDir(), "journal.jsonl"), person: newPerson()}
	var err error
	if b.tenant, err = practice.New(practice.Options{State: practice.Memory(), Clock: b.clock.Now, Faults: b.faults}); err != nil {
		t.Fatal(err)
	}
	b.person.late = b.clock.Sleep
	b.plugNewKey()
	return b
}

// plugNewKey puts a key as from the factory into the person's hand.
func (b *bench) plugNewKey() {
	b.t.Helper()
	key, err := softkey.Open(softkey.Options{Profile: softkey.ATKeyPro21(), Store: softkey.MemoryStore(), Toucher: b.person,
		Clock: b.clock.Now, TouchTimeout: time.Minute})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { key.Close() })
	b.key, b.person.key = key, key
}

// world is the world of one run.
func (b *bench) world() *steps.World {
	b.t.Helper()
	rt := b.tenant.Transport()
	if b.around != nil {
		rt = b.around(rt)
	}
	tenant, err := graph.New(graph.Options{BaseURL: address + "/v1.0", Transport: rt, Practice: true, Clock: b.clock.Now, Sleep: b.clock.Sleep,
		Bearer: secret.New([]byte(b.tenant.Token(practice.AdminUPN))), UserAgent: "test"})
	if err != nil {
		b.t.Fatal(err)
	}
	j, err := steps.OpenJournal(b.journal, b.clock.Now)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { j.Close() })
	keys := b.keys
	if keys == nil {
		keys = fido.Software(b.key.Device(), b.key.Link)
	}
	var mu sync.Mutex
	n := 0
	return &steps.World{Asker: b.person, Tenant: tenant, Pages: graph.NewPages(address, rt), Journal: j, Clock: b.clock,
		Keys: keys,
		Tell: func(e steps.Event) {
			mu.Lock()
			defer mu.Unlock()
			n++
			b.events = append(b.events, e)
			if b.onEvent != nil {
				b.onEvent(n)
			}
		}}
}

// run is one run of the rollout from wherever things stand.
func (b *bench) run(ctx context.Context) error {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	return steps.Run(ctx, w, steps.Rollout())
}

// crash runs the rollout and cuts it off when an event whose English text begins so is told.
func (b *bench) crash(at string) {
	b.t.Helper()
	ctx, cancel := context.WithCancelCause(b.t.Context())
	b.onEvent = func(int) {
		if strings.HasPrefix(b.events[len(b.events)-1].Text.String(), at) {
			cancel(errCrash)
		}
	}
	if err := b.run(ctx); !errors.Is(err, errCrash) {
		b.t.Fatalf("no crash at %q: %v", at, err)
	}
	b.onEvent = nil
}

// finish runs the rollout to its end.
func (b *bench) finish() {
	b.t.Helper()
	if err := b.run(b.t.Context()); err != nil {
		b.t.Fatalf("the rollout did not finish: %v", err)
	}
	b.proven()
}

// proven checks what a finished rollout leaves: one passkey, one credential, one finger, a sign-in by passkey.
func (b *bench) proven() {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	ctx := b.t.Context()
	user, err := w.Tenant.User(ctx, aiko)
	if err != nil {
		b.t.Fatal(err)
	}
	keys, err := w.Tenant.Passkeys(ctx, user.ID)
	if err != nil || len(keys) != 1 {
		b.t.Fatalf("%d passkeys in the tenant, want 1 (%v)", len(keys), err)
	}
	s, err := fido.OpenLink(ctx, b.key.Device(), b.key.Link())
	if err != nil {
		b.t.Fatal(err)
	}
	defer s.Close()
	pin := secret.New([]byte(thePIN))
	held, err := s.Credentials(ctx, pin, "login.microsoft.com")
	if err != nil || len(held) != 1 {
		b.t.Fatalf("%d credentials on the key, want 1 (%v)", len(held), err)
	}
	if string(held[0].ID) != string(keys[0].CredentialID) {
		b.t.Fatal("the tenant lists another credential than the key holds")
	}
	fingers, err := s.Fingerprints(ctx, pin)
	if err != nil || len(fingers) != 1 {
		b.t.Fatalf("%d fingers on the key, want 1 (%v)", len(fingers), err)
	}
	rows, err := w.Tenant.SignIns(ctx, user.ID, b.clock.Now().Add(-24*time.Hour))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range rows {
		if r.ByPasskey() {
			return
		}
	}
	b.t.Fatal("the sign-in log shows no sign-in by passkey")
}

// told reports whether a problem of that code was told.
func (b *bench) told(code string) *steps.Problem {
	for _, e := range b.events {
		if p, ok := e.Data.(*steps.Problem); ok && p.Code == code {
			return p
		}
	}
	return nil
}

// mustTell fails unless a problem was told, in all its parts.
func (b *bench) mustTell(code string) {
	b.t.Helper()
	p := b.told(code)
	if p == nil {
		var seen []string
		for _, e := range b.events {
			if p, ok := e.Data.(*steps.Problem); ok {
				seen = append(seen, p.Code+" ("+p.What.String()+")")
			}
		}
		b.t.Fatalf("problem %q was not told; told were %q", code, seen)
	}
	if p.What.Empty() || p.State.Empty() || len(p.Next) == 0 {
		b.t.Fatalf("problem %q lacks a part: what %q, state %q, next %v", code, p.What, p.State, p.Next)
	}
}

// clock stands still but for waiting.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	return ctx.Err()
}

// person answers as somebody who wants to get through. A queue under a question's name is answered first.
type person struct {
	mu      sync.Mutex
	queue   map[string][]string
	asked   []string
	shown   string // the pass that was shown last
	shows   int
	touches int
	key     *softkey.Key
	late    func(context.Context, time.Duration) error
	finger  *synth.Finger
	other   *synth.Finger
	seen    func(steps.Question)               // every question
	leaveAt func(n int, name string) error     // before the n-th question is answered
	back    func(n int, q steps.Question) bool // whether to go back from the n-th question
}

// The fingers grow once for all tests.
var theFinger, anotherFinger = synth.New(7), synth.New(8)

func newPerson() *person {
	return &person{queue: map[string][]string{}, finger: theFinger, other: anotherFinger}
}

func (p *person) answer(name string, answers ...string) {
	p.queue[name] = append(p.queue[name], answers...)
}

var usual = map[string]string{
	"tenant.road": "pass", "tenant.who": "group", "tenant.group": "Pilot", "tenant.keys": "any", "tenant.user": "aiko@contoso.example",
	"tenant.pass.minutes": "60", "tenant.go": "yes", "key.finger": "right-index", "key.go": "yes", "key.pin": thePIN,
	"key.pin.new": thePIN, "registration.name": "ATKey of Aiko", "registration.go": "yes", "signin.go": "yes", "pass.replace": "yes", "user.meant": "yes", "registration.pass.way": "have",
}

func (p *person) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return steps.Answer{}, context.Cause(ctx)
	}
	p.asked = append(p.asked, q.Name)
	if p.leaveAt != nil {
		if err := p.leaveAt(len(p.asked), q.Name); err != nil {
			return steps.Answer{}, err
		}
	}
	if p.seen != nil {
		p.seen(q)
	}
	if p.back != nil && q.Back && p.back(len(p.asked), q) {
		return steps.Answer{}, steps.ErrBack
	}
	v := p.next(q)
	if q.Name == "problem.key-gone" {
		p.key.PlugOut()
		p.key.PlugIn()
	}
	switch q.Kind {
	case steps.Act:
		if q.Name == "key.replug" || q.Name == "key.insert" {
			p.key.PlugOut()
			p.key.PlugIn()
		}
		return steps.Answer{ID: "done"}, nil
	case steps.Show:
		q.Value.Use(func(b []byte) { p.shown = string(b) })
		p.shows++
		return steps.Answer{ID: "done"}, nil
	case steps.Secret:
		s := secret.New([]byte(v))
		if q.CheckSecret != nil {
			if pr := q.CheckSecret(s); pr != nil {
				return steps.Answer{}, pr
			}
		}
		return steps.Answer{Secret: s}, nil
	case steps.Line:
		if q.Check != nil {
			if pr := q.Check(v); pr != nil {
				return steps.Answer{}, pr
			}
		}
	}
	if v == "" {
		return steps.Answer{}, fmt.Errorf("%w to %s (%s)", steps.ErrNoAnswer, q.Name, q.Text)
	}
	return steps.Answer{ID: v}, nil
}

func (p *person) next(q steps.Question) string {
	if left := p.queue[q.Name]; len(left) > 0 {
		p.queue[q.Name] = left[1:]
		return left[0]
	}
	if q.Name == "registration.pass" {
		return p.shown
	}
	return usual[q.Name]
}

// Touch is the person's finger on the key: queued under "touch", else the right one.
func (p *person) Touch(ctx context.Context, r softkey.TouchRequest) (softkey.Touch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kind := "good"
	if left := p.queue["touch"]; len(left) > 0 {
		kind, p.queue["touch"] = left[0], left[1:]
	}
	p.touches++
	img := p.finger.Touch(p.touches)
	switch kind {
	case "other":
		img = p.other.Touch(p.touches)
	case "dry":
		img = p.finger.Press(synth.Press{Moisture: -1, Pressure: -0.8}, p.touches)
	case "late":
		_ = p.late(context.Background(), 6*time.Minute)
	case "nobody":
		return softkey.Touch{None: true}, nil
	case "pull":
		return softkey.Touch{}, errors.New("pulled out")
	}
	return softkey.Touch{Image: &img}, nil
}

var errCrash = errors.New("crash")
