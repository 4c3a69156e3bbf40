package steps_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// company is a practice tenant of its own, with a journal that outlives runs, for changes of its policies.
type company struct {
	t       *testing.T
	tenant  *practice.Tenant
	clock   *clock
	person  *person
	faults  *practice.Faults
	journal string
	events  []steps.Event
	around  func(http.RoundTripper) http.RoundTripper
	onEvent func(steps.Event)
}

func newCompany(t *testing.T, seed *practice.Seed) *company {
	t.Helper()
	c := &company{t: t, clock: &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}, person: newPerson(), faults: &practice.Faults{}, journal: t.TempDir() + "/journal.jsonl"}
	var err error
	if c.tenant, err = practice.New(practice.Options{Seed: seed, Clock: c.clock.Now, Faults: c.faults}); err != nil {
		t.Fatal(err)
	}
	return c
}

// world is the world of one run, as after a new start of the program.
func (c *company) world() *steps.World {
	c.t.Helper()
	rt := c.tenant.Transport()
	if c.around != nil {
		rt = c.around(rt)
	}
	tenant, err := graph.New(graph.Options{BaseURL: address + "/v1.0", Transport: rt, Practice: true, Clock: c.clock.Now, Sleep: c.clock.Sleep,
		Bearer: secret.New([]byte(c.tenant.Token(practice.AdminUPN))), UserAgent: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	j, err := steps.OpenJournal(c.journal, c.clock.Now)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { j.Close() })
	return &steps.World{Asker: c.person, Tenant: tenant, Clock: c.clock, Journal: j, Org: graph.Organization{ID: "tenant", Name: "Contoso"},
		Tell: func(e steps.Event) {
			c.events = append(c.events, e)
			if c.onEvent != nil {
				c.onEvent(e)
			}
		}}
}

// raw is every byte of the two policies and of the whole, as Graph returns them.
func (c *company) raw() (out string) {
	c.t.Helper()
	const p = "/v1.0/policies/authenticationMethodsPolicy"
	for _, path := range []string{p + "/authenticationMethodConfigurations/fido2", p + "/authenticationMethodConfigurations/temporaryAccessPass", p} {
		r, _ := http.NewRequest("GET", address+path, nil)
		r.Header.Set("Authorization", "Bearer "+c.tenant.Token(practice.AdminUPN))
		a, err := c.tenant.Transport().RoundTrip(r)
		if err != nil {
			c.t.Fatal(err)
		}
		b, _ := io.ReadAll(a.Body)
		if a.StatusCode != 200 {
			c.t.Fatalf("%s: %s", path, b)
		}
		var v map[string]any
		if path == p && json.Unmarshal(b, &v) == nil {
			delete(v, "lastModifiedDateTime") // says when, not what
			b, _ = json.Marshal(v)
		}
		out += string(b) + "\n"
	}
	return out
}

var allRisks = []string{steps.RiskLockOut, steps.RiskSynced, steps.RiskAttestation}

func (c *company) plan(wish string) (steps.TenantPlan, error) {
	d, err := steps.ParseDesire([]byte(wish))
	if err != nil {
		return steps.TenantPlan{}, err
	}
	return steps.PlanTenant(c.t.Context(), c.world(), d)
}

// mustPlan plans, and takes the plan through its file.
func (c *company) mustPlan(wish string) steps.TenantPlan {
	c.t.Helper()
	p, err := c.plan(wish)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, wish)
	}
	b, err := p.Encode()
	if err == nil {
		p, err = steps.ParsePlan(b)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *company) apply(p steps.TenantPlan) error {
	return steps.ApplyPlan(c.t.Context(), c.world(), p, allRisks)
}

func (c *company) mustApply(p steps.TenantPlan) {
	c.t.Helper()
	if err := c.apply(p); err != nil {
		c.t.Fatalf("apply: %v (%s)", err, c.tenant.LastRefusal())
	}
}

func (c *company) said(text string) bool {
	return slices.ContainsFunc(c.events, func(e steps.Event) bool { return strings.Contains(e.Text.String(), text) })
}

// hasCode fails unless err is a problem of this code in its three parts.
func hasCode(t *testing.T, err error, code string) *steps.Problem {
	t.Helper()
	var p *steps.Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Fatalf("%v, want the problem %s", err, code)
	}
	if p.What.Empty() || p.State.Empty() || len(p.Next) == 0 {
		t.Fatalf("the problem %s lacks a part: %+v", code, p)
	}
	return p
}

// lottery draws tenants and wishes.
type lottery struct{ *rand.Rand }

func (r lottery) yes() bool { return r.IntN(2) == 0 }

func (r lottery) of(list ...string) string { return list[r.IntN(len(list))] }

func (r lottery) models() string {
	ids := []string{"ATKey.ProS", "e416201b-afeb-41ca-a03d-2281c28322aa", "EE882879-721C-4913-9775-3DFCCE97072A", "ATKey.Card NFC"}
	list := func() string { return "[" + strings.Join(ids[:r.IntN(len(ids))], ", ") + "]" }
	return r.of("any", "{allow: "+list()+"}", "{block: "+list()+"}")
}

func (r lottery) who(profiles bool) string {
	groups := []string{"Pilot", "Pilot Tokyo", "Key holders", "IT staff"}
	r.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	var in []string
	for _, g := range groups[:r.IntN(3)] {
		if profiles && r.yes() {
			g = "{group: " + g + ", profiles: [" + r.of("Default passkey profile", "Second", "Second, Default passkey profile") + "]}"
		}
		in = append(in, g)
	}
	if r.IntN(4) == 0 {
		in = append(in, "everyone")
	}
	return "{include: [" + strings.Join(in, ", ") + "], exclude: [" + r.of("", "No passkeys yet") + "]}"
}

// wish names each key or not; it is a whole one when a tenant is made.
func (r lottery) wish(profiles bool) string {
	var b strings.Builder
	key := func(depth int, name, value string) {
		if r.IntN(3) > 0 {
			fmt.Fprintf(&b, "%s%s: %s\n", strings.Repeat("  ", depth), name, value)
		}
	}
	b.WriteString("passkeys:\n  selfService: " + r.of("true", "false") + "\n")
	key(1, "enabled", r.of("true", "true", "false"))
	if profiles {
		b.WriteString("  profiles:\n  - name: Second\n")
		key(2, "synced", r.of("true", "false"))
		key(2, "attestation", r.of("true", "false"))
		key(2, "models", r.models())
	} else {
		key(1, "attestation", r.of("true", "false"))
	}
	key(1, "models", r.models())
	key(1, "who", r.who(profiles))
	b.WriteString("temporaryAccessPass:\n  once: " + r.of("true", "false") + "\n")
	key(1, "enabled", r.of("true", "false"))
	key(1, "who", r.who(false))
	key(1, "length", fmt.Sprint(8+r.IntN(41)))
	if r.yes() {
		lo := 10 + r.IntN(100)
		def := lo + r.IntN(300)
		fmt.Fprintf(&b, "  minimum: %dm\n  default: %dm\n  maximum: %dm\n", lo, def, def+r.IntN(1000))
	}
	return b.String()
}

// For random tenants and random wishes: planned, applied and planned again nothing is left; what was taken back is
// byte for byte what Graph returned before; nothing outside the plan changes; today's state written as a file is no
// change.
func TestPlanApplyUndo(t *testing.T) {
	n := uint64(60)
	if testing.Short() {
		n = 10
	}
	changed := 0
	for seed := range n {
		r := lottery{rand.New(rand.NewPCG(seed, 5))}
		s := practice.DefaultCompany()
		s.Profiles = r.yes()
		for i := range s.People {
			if r.IntN(3) == 0 && !s.People[i].Guest {
				s.People[i].Keys = []string{r.of("e416201b-afeb-41ca-a03d-2281c28322aa", "ee882879-721c-4913-9775-3dfcce97072a")}
			}
		}
		c := newCompany(t, s)
		if made := c.mustPlan(r.wish(s.Profiles)); len(made.Changes) > 0 {
			c.mustApply(made) // a tenant somebody has worked on
		}
		before := c.raw()
		wish := r.wish(s.Profiles)
		p := c.mustPlan(wish)
		if c.raw() != before {
			t.Fatalf("seed %d: planning changed the tenant", seed)
		}
		c.mustApply(p)
		if again := c.mustPlan(wish); len(again.Changes) != 0 {
			t.Fatalf("seed %d: still to change after apply: %v\n%s", seed, again.Changes, wish)
		}
		untouched(t, seed, before, c.raw(), wish)
		b, err := steps.WriteDesire(t.Context(), c.world())
		if err != nil {
			t.Fatal(err)
		}
		if again := c.mustPlan(string(b)); len(again.Changes) != 0 {
			t.Fatalf("seed %d: today's state is a change: %v\n%s", seed, again.Changes, b)
		}
		if len(p.Changes) == 0 {
			continue
		}
		changed++
		if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
			t.Fatalf("seed %d: undo: %v (%s)", seed, err, c.tenant.LastRefusal())
		}
		if after := c.raw(); after != before {
			t.Fatalf("seed %d: put back\n%s\nwas\n%s", seed, after, before)
		}
	}
	if changed < int(n)/2 {
		t.Errorf("only %d of %d wishes changed anything", changed, n)
	}
}

// untouched fails when a property that the wish does not speak of changed.
func untouched(t *testing.T, seed uint64, before, after, wish string) {
	t.Helper()
	speaks := map[string]string{"state": "enabled:", "includeTargets": "who:", "excludeTargets": "who:", "isSelfServiceRegistrationAllowed": "selfService:",
		"isAttestationEnforced": "attestation:", "keyRestrictions": "models:", "passkeyProfiles": "profiles:", "defaultLength": "length:",
		"isUsableOnce": "once:", "minimumLifetimeInMinutes": "minimum:", "maximumLifetimeInMinutes": "maximum:", "defaultLifetimeInMinutes": "default:"}
	parts, _, _ := strings.Cut(wish, "temporaryAccessPass:")
	sections := []string{parts, wish[len(parts):]}
	for i := range 2 {
		var a, b map[string]any
		if json.Unmarshal([]byte(strings.Split(before, "\n")[i]), &a) != nil || json.Unmarshal([]byte(strings.Split(after, "\n")[i]), &b) != nil {
			t.Fatal("no JSON")
		}
		for k := range a {
			echo := strings.Contains(sections[i], "profiles:") || k == "passkeyProfiles" && strings.Contains(sections[i], "models:") // flat values repeat the default profile
			if fmt.Sprint(a[k]) != fmt.Sprint(b[k]) && !(speaks[k] != "" && strings.Contains(sections[i], speaks[k])) && !(echo && slices.Contains([]string{"isAttestationEnforced", "keyRestrictions", "passkeyProfiles"}, k)) {
				t.Fatalf("seed %d: %s changed from %v to %v, and the wish does not name it:\n%s", seed, k, a[k], b[k], wish)
			}
		}
	}
}

const firstWish = `
passkeys:
  enabled: true
  who: {include: [Pilot], exclude: [No passkeys yet]}
  attestation: true
  models: {allow: [ATKey.ProS]}
temporaryAccessPass: {enabled: true, who: everyone, maximum: 4h, once: true}
`

// killer kills the program at the n-th request: before it is sent, or after it was carried out and its answer lost.
type killer struct {
	http.RoundTripper
	at, n    int
	carryOut bool
	kill     context.CancelCauseFunc
}

func (c *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	if c.n == c.at {
		if c.carryOut {
			if _, err := c.RoundTripper.RoundTrip(r); err != nil {
				return nil, err
			}
		}
		c.kill(errCrash)
		return nil, errCrash
	}
	return c.RoundTripper.RoundTrip(r)
}

// Killed at every request of an apply, and run again: the planned state, and it says so. Left alone, each policy is in
// the old state or the planned one, never between.
func TestApplyKilledAtEveryRequest(t *testing.T) {
	for _, carryOut := range []bool{false, true} {
		for at := 1; ; at++ {
			c := newCompany(t, practice.DefaultCompany())
			before := strings.Split(c.raw(), "\n")
			p := c.mustPlan(firstWish)
			ctx, kill := context.WithCancelCause(t.Context())
			cut := &killer{at: at, carryOut: carryOut, kill: kill}
			c.around = func(rt http.RoundTripper) http.RoundTripper { cut.RoundTripper = rt; return cut }
			err := steps.ApplyPlan(ctx, c.world(), p, allRisks)
			kill(nil)
			c.around = nil
			if cut.n < at {
				if at < 8 {
					t.Fatalf("an apply of %d requests?", at-1)
				}
				break
			}
			if err == nil {
				t.Fatalf("request %d: killed and no error", at)
			}
			middle := strings.Split(c.raw(), "\n")
			c.events = nil
			c.mustApply(p)
			if !c.said("as planned") {
				t.Fatalf("request %d: it does not say in which state things are: %v", at, c.events)
			}
			after := strings.Split(c.raw(), "\n")
			for i := range 2 {
				if middle[i] != before[i] && middle[i] != after[i] {
					t.Fatalf("request %d: left between the states: %s", at, middle[i])
				}
			}
			if again := c.mustPlan(firstWish); len(again.Changes) != 0 {
				t.Fatalf("request %d: %v", at, again.Changes)
			}
			if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
				t.Fatalf("request %d: undo: %v", at, err)
			}
			if back := strings.Split(c.raw(), "\n"); !slices.Equal(back, before) {
				t.Fatalf("request %d, carried out %t: put back\n%v\nwas\n%v", at, carryOut, back, before)
			}
		}
	}
}

// An undo killed at every request and run again ends where the change began.
func TestUndoKilledAtEveryRequest(t *testing.T) {
	for at := 1; ; at++ {
		c := newCompany(t, practice.DefaultCompany())
		before := c.raw()
		c.mustApply(c.mustPlan(firstWish))
		ctx, kill := context.WithCancelCause(t.Context())
		cut := &killer{at: at, carryOut: at%2 == 0, kill: kill}
		c.around = func(rt http.RoundTripper) http.RoundTripper { cut.RoundTripper = rt; return cut }
		err := steps.Undo(ctx, c.world(), true, allRisks)
		kill(nil)
		c.around = nil
		if cut.n < at {
			break
		}
		if err == nil {
			t.Fatalf("request %d: killed and no error", at)
		}
		if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
			t.Fatal(err)
		}
		if c.raw() != before {
			t.Fatalf("request %d: not put back", at)
		}
		hasCode(t, steps.Undo(t.Context(), c.world(), true, allRisks), "undo-nothing")
	}
}

// A run that was cut off before it changed anything leaves nothing to take back: undo takes the change before it, and where
// there is none it says so. A plan that is named takes back nothing else.
func TestUndoAfterARunThatChangedNothing(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	before := c.raw()
	on := c.mustPlan("passkeys: {enabled: true}")
	c.mustApply(on)
	with := c.raw()
	lost := c.mustPlan("passkeys: {selfService: false}")
	cut := func() {
		t.Helper()
		ctx, kill := context.WithCancelCause(t.Context())
		c.around = func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch {
					kill(errCrash)
					return nil, errCrash
				}
				return rt.RoundTrip(r)
			})
		}
		if err := steps.ApplyPlan(ctx, c.world(), lost, allRisks); err == nil || c.raw() != with {
			t.Fatalf("not cut off before the change: %v", err)
		}
		c.around = nil
		_ = c.clock.Sleep(t.Context(), time.Hour)
	}
	cut()
	if err := steps.UndoPlan(t.Context(), c.world(), lost, true, allRisks); err != nil || c.raw() != with {
		t.Fatalf("another change was taken back in the place of the named one: %v", err)
	}
	cut()
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil || c.raw() != before {
		t.Fatalf("the change before was not taken back: %v", err)
	}
	if !c.said("was cut off and never arrived") {
		t.Errorf("it does not say why: %v", c.events)
	}
	hasCode(t, steps.Undo(t.Context(), c.world(), true, allRisks), "undo-nothing")
}

// A journal of another tenant, named by mistake, does not bring that one's policies here.
func TestUndoOfAnotherTenant(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	c.mustApply(c.mustPlan(firstWish))
	here := newCompany(t, practice.DefaultCompany())
	here.journal = c.journal
	before := here.raw()
	w := here.world()
	w.Org.ID = "another"
	hasCode(t, steps.Undo(t.Context(), w, true, allRisks), "undo-elsewhere")
	if here.raw() != before {
		t.Error("it was changed all the same")
	}
}

// A run that was cut off behind its write is taken back, even while reads still answer from before it.
func TestUndoBeforeTheChangeShows(t *testing.T) {
	c := late(t)
	before := c.raw()
	c.cutOffApply(c.mustPlan("passkeys: {enabled: true}"))
	if c.raw() != before {
		t.Fatal("it shows already")
	}
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
		t.Fatal(err)
	}
	c.endsAs(before, "the change arrived after it was taken back")
}

// The same plan carried out again, after another one went back: each undo takes back the latest that was done.
func TestUndoOfAPlanAppliedAgain(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	first := c.raw()
	on := c.mustPlan("passkeys: {enabled: true}\ntemporaryAccessPass: {enabled: true}")
	c.mustApply(on)
	with := c.raw()
	off := c.mustPlan("passkeys: {enabled: false}\ntemporaryAccessPass: {enabled: false}")
	c.mustApply(off)
	c.mustApply(on)
	for i, want := range []string{first, with, first} {
		if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
			t.Fatal(err)
		}
		if c.raw() != want {
			t.Fatalf("undo %d: the tenant is not as before that change", i+1)
		}
	}
	hasCode(t, steps.Undo(t.Context(), c.world(), true, allRisks), "undo-nothing")
}

func TestApplyTwiceAndMoved(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	p := c.mustPlan(firstWish)
	other := c.mustPlan("passkeys: {selfService: false}")
	c.mustApply(other)
	before := c.raw()
	if pr := hasCode(t, c.apply(p), "plan-moved"); !strings.Contains(pr.What.String(), "set up by themselves (yes, now no)") {
		t.Errorf("it does not say what moved: %s", pr.What)
	}
	if c.raw() != before {
		t.Fatal("a refused plan changed the tenant")
	}
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
		t.Fatal(err)
	}
	c.mustApply(p)
	sent := 0
	c.around = func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch {
				sent++
			}
			return rt.RoundTrip(r)
		})
	}
	c.mustApply(p)
	if sent != 0 || !c.said("as planned already") {
		t.Errorf("applied again: %d changes sent", sent)
	}
	elsewhere := p
	elsewhere.Tenant = "another"
	hasCode(t, c.apply(elsewhere), "plan-elsewhere")
	// Microsoft's migration is a move as well, and there is no way back from it.
	later := c.mustPlan("passkeys: {attestation: false}")
	if _, err := c.tenant.Migrate(); err != nil {
		t.Fatal(err)
	}
	hasCode(t, c.apply(later), "plan-moved")
	hasCode(t, steps.Undo(t.Context(), c.world(), true, allRisks), "undo-migrated")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Writes that show late are waited for, with progress; one that never shows is said with what did not take.
func TestApplyWaitsUntilItShows(t *testing.T) {
	s := practice.DefaultCompany()
	s.Lag = 2 * time.Minute
	c := newCompany(t, s)
	c.mustApply(c.mustPlan(firstWish))
	if !slices.ContainsFunc(c.events, func(e steps.Event) bool { return e.Name == steps.EventWait }) {
		t.Error("it did not say that it waits")
	}
	s.Lag = time.Hour
	c = newCompany(t, s)
	if pr := hasCode(t, c.apply(c.mustPlan(firstWish)), "policy-not-taken"); !strings.Contains(pr.What.String(), "attestation enforced") {
		t.Errorf("it does not say what did not take: %s", pr.What)
	}
}

func TestDangersAreNamed(t *testing.T) {
	s := practice.DefaultCompany()
	for i := range s.People {
		if s.People[i].UPN == "chris" {
			s.People[i].Keys = []string{"ee882879-721c-4913-9775-3dfcce97072a"}
		}
		if s.People[i].UPN == "aiko" {
			s.People[i].Keys = []string{"ba76a271-6eb6-4171-874d-b6428dbe3437"}
		}
	}
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, who: {include: [Pilot]}, attestation: true}"))
	for _, w := range []struct{ wish, danger, who string }{
		{"passkeys: {models: {allow: [ATKey.ProS]}}", steps.RiskLockOut, "Chris Green"},
		{"passkeys: {models: {block: [ee882879-721c-4913-9775-3dfcce97072a]}}", steps.RiskLockOut, "Chris Green"},
		{"passkeys: {who: {include: [Pilot Tokyo]}}", steps.RiskLockOut, "Chris Green"},
		{"passkeys: {attestation: false}", steps.RiskAttestation, ""},
		{"passkeys: {selfService: false}", "", ""},
		{"passkeys: {models: {allow: [ATKey.ProS, ee882879-721c-4913-9775-3dfcce97072a]}}", "", ""},
	} {
		p := c.mustPlan(w.wish)
		switch {
		case w.danger == "" && len(p.Dangers) != 0, w.danger != "" && (len(p.Dangers) != 1 || p.Dangers[0].Name != w.danger):
			t.Errorf("%s: dangers %v", w.wish, p.Dangers)
		case w.who != "" && (len(p.LockedOut) != 1 || p.LockedOut[0].User != w.who):
			t.Errorf("%s: locked out %v", w.wish, p.LockedOut)
		}
		if w.danger == "" {
			continue
		}
		before := c.raw()
		err := steps.ApplyPlan(t.Context(), c.world(), p, nil)
		if hasCode(t, err, "risk-not-accepted"); c.raw() != before || c.person.asked[len(c.person.asked)-1] != "risk."+w.danger {
			t.Errorf("%s: applied without a yes", w.wish)
		}
	}
	s.Profiles = true
	c = newCompany(t, s)
	p := c.mustPlan("passkeys: {enabled: true, profiles: [{name: default passkey profile, synced: false}]}")
	if len(p.Dangers) != 0 {
		t.Errorf("dangers %v", p.Dangers)
	}
	if p = c.mustPlan("passkeys: {enabled: true}"); len(p.Dangers) != 1 || p.Dangers[0].Name != steps.RiskSynced {
		t.Errorf("dangers %v", p.Dangers)
	}
}

// A danger is typed in its words, and going back is answered; a no leaves all as it is.
func TestDangerTypedAndUndoAnswered(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	c.mustApply(c.mustPlan(firstWish))
	p := c.mustPlan("passkeys: {attestation: false}")
	c.person.answer("risk."+steps.RiskAttestation, "weaken attestation")
	if err := steps.ApplyPlan(t.Context(), c.world(), p, nil); err != nil {
		t.Fatal(err)
	}
	before := c.raw()
	c.person.answer("undo.go", "no", "yes")
	if err := steps.Undo(t.Context(), c.world(), false, nil); !errors.Is(err, steps.ErrQuit) || c.raw() != before {
		t.Fatalf("a no was answered: %v", err)
	}
	if err := steps.Undo(t.Context(), c.world(), false, nil); err != nil || c.raw() == before {
		t.Fatalf("a yes was answered: %v", err)
	}
}

// Keys that were registered after the plan was read are not locked out by it.
func TestPlanThatTellsOfFewerKeysIsStale(t *testing.T) {
	s := practice.DefaultCompany()
	for i := range s.People {
		if s.People[i].UPN == "chris" {
			s.People[i].Keys = []string{"ee882879-721c-4913-9775-3dfcce97072a"}
		}
	}
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, who: everyone}"))
	p := c.mustPlan("passkeys: {models: {allow: [ATKey.ProS]}}")
	if len(p.LockedOut) != 1 {
		t.Fatalf("locked out: %v", p.LockedOut)
	}
	p.LockedOut = nil
	if pr := hasCode(t, c.apply(p), "plan-stale"); !strings.Contains(pr.What.String(), "Chris Green") {
		t.Errorf("it does not say who: %s", pr.What)
	}
}

// Without Entra ID P1 nobody can tell who has keys: the danger is named all the same.
func TestLockOutThatCannotBeSeen(t *testing.T) {
	s := practice.DefaultCompany()
	s.Free = true
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, who: everyone}"))
	p := c.mustPlan("passkeys: {models: {allow: [ATKey.ProS]}}")
	if len(p.Dangers) != 1 || p.Dangers[0].Name != steps.RiskLockOut || !strings.Contains(p.Dangers[0].Text, "cannot be seen") {
		t.Fatalf("dangers: %v", p.Dangers)
	}
}

// The second policy refused: it says that the first one stands, and going back takes that one back.
func TestSecondPolicyRefused(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	before := c.raw()
	p := c.mustPlan(firstWish)
	if err := c.faults.Add("forbidden PATCH /temporaryAccessPass"); err != nil {
		t.Fatal(err)
	}
	if pr := hasCode(t, c.apply(p), "tenant-forbidden"); !strings.Contains(pr.State.String(), "The passkey policy stands as planned") {
		t.Errorf("state: %s", pr.State)
	}
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil || c.raw() != before {
		t.Fatalf("not put back: %v", err)
	}
}

// What the wizard's first step changed can be taken back as well.
func TestUndoOfTheRollout(t *testing.T) {
	b := newBench(t)
	c := &company{t: t, tenant: b.tenant, clock: b.clock, person: b.person, journal: b.journal}
	before := c.raw()
	b.crash("Pass issued")
	if c.raw() == before {
		t.Fatal("the rollout changed nothing")
	}
	w := c.world()
	if err := w.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := steps.Undo(t.Context(), w, true, allRisks); err != nil || c.raw() != before {
		t.Fatalf("not put back: %v", err)
	}
	hasCode(t, steps.Undo(t.Context(), c.world(), true, allRisks), "undo-nothing")
}

func TestDesireIsReadStrictly(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	for _, w := range []struct{ wish, says string }{
		{"", "empty"},
		{"---\n# nothing yet\n", "empty"},
		{"passkeys:\n  enabeld: true", `line 2: there is no key "enabeld" here; perhaps "enabled" is meant`},
		{"passkeys:\n  who:\n    include: [Pilot]\n    but: [x]", `line 4: there is no key "but"`},
		{"passkeys:\n  enabled: perhaps", `line 2: "enabled" takes true or false, not "perhaps"`},
		{"passkeys:\n  attestation: registrationOnly", `line 2: "attestation" takes true or false, not "registrationOnly"`},
		{"passkeys:\n  enabled:", "line 2: a value is expected"},
		{"passkeys:\n  colour: red", `line 2: there is no key "colour" here; there are attestation, enabled, models`},
		{"passkeys:\n  who: {inlcude: []}", `line 2: there is no key "inlcude" here; perhaps "include" is meant`},
		{"passkeys:\n  enabled: true\n  enabled: false", `line 3: "enabled" is said twice`},
		{"passkeys: [", "YAML"},
		{"passkeys: {enabled: true}\n---\n{}", "second document"},
		{"passkeys:\n  models: {allow: [ATKey]}", `line 2: 5 models fit "ATKey": ATKey`},
		{"passkeys:\n  models: {allow: [No such key]}", `line 2: no model is called`},
		{"passkeys:\n  models: {allow: [], block: []}", "line 2: write  any"},
		{"passkeys:\n  models: everything", "line 2: write  any"},
		{"passkeys:\n  who: {include: [Sales]}", `no security group "Sales"`},
		{"passkeys:\n  who: {include: [All employees]}", "filled by a rule"},
		{"passkeys:\n  who: {include: [Reception]}", "mail-enabled"},
		{"passkeys:\n  who: {include: [Pil]}", `line 2: "Pil" has to be the name of one security group or its id; alike are Pilot`},
		{"passkeys:\n  who: {include: [Pilot, pilot]}", "named twice"},
		{"passkeys:\n  who: {include: [null]}", "a value is expected"},
		{"passkeys:\n  who:\n    include:", "a value is expected"},
		{"passkeys:\n  models: {block: [~]}", "a value is expected"},
		{"passkeys:\n  profiles: [{name: x}]", "line 2: this tenant has no passkey profiles"},
		{"passkeys:\n  models: {allow: [ATKey.ProX]}", `line 2: no model is called "ATKey.ProX"; perhaps "ATKey.Pro`},
		{"passkeys:\n  models:\n    block:\n      - ee882879-721c-4913-9775-3dfcce9707", `line 4: "ee882879-721c-4913-9775-3dfcce9707" is no AAGUID`},
		{"passkeys:\n  profiles:\n    - synced: true", "line 3: a profile is called by its name"},
		{"passkeys:\n  profiles:\n    - id: 1\n      synced: true", `line 3: "1" is no id of a profile`},
		{"passkeys:\n  profiles:\n    - {name: x, remove: true, synced: true}", "line 3: a profile that is removed"},
		{"temporaryAccessPass:\n  once: true\n  length: 7", "line 3: a pass has 8 to 48 characters, not 7"},
		{"temporaryAccessPass:\n  length: 8.5", `line 2: "length" takes a whole number, not "8.5"`},
		{"temporaryAccessPass:\n  length: long", `line 2: "length" takes a whole number, not "long"`},
		{"temporaryAccessPass:\n  length: [8]", `line 2: "length" takes a whole number, not a list`},
		{"temporaryAccessPass:\n  length: 99999999999999999999", `line 2: "length" takes a whole number, not "99999999999999999999"`},
		{"temporaryAccessPass:\n  length: 0x7fffffffffffffffff", `line 2: "length" takes a whole number`},
		{"temporaryAccessPass:\n  minimum: [60m]", `line 2: "minimum" takes a time such as 60m, 8h or 2d, not a list`},
		{"passkeys:\n  who: {include: Pilot}", `line 2: "include" takes a list, written [one, another], not "Pilot"`},
		{"passkeys:\n  who: {include: [[Pilot]]}", "line 2: a group stands here by its name or id, not a list"},
		{"passkeys:\n  who: {include: [{group: Pilot, profiles: x}]}", `line 2: "profiles" takes a list, written [one, another], not "x"`},
		{"passkeys:\n  who: everybody", "line 2: write  everyone,  or the lists"},
		{"passkeys:\n  models: {allow: {a: b}}", `line 2: "allow" takes a list, written [one, another], not keys with values`},
		{"passkeys:\n  enabled: [true]", `line 2: "enabled" takes true or false, not a list`},
		{"passkeys:\n  profiles: x", `line 2: "profiles" takes a list of profiles`},
		{"passkeys:\n  profiles:\n    - id: [x]", `line 3: "id" takes one word, not a list`},
		{"passkeys:\n  [a]: true", "line 2: a key is one word here, not a list"},
		{"passkeys:\n\tenabled: true", "line 2: it begins with a tab"},
		{"passkeys: {enabled: true", "line 1: it is not YAML (did not find"},
		{"temporaryAccessPass:\n  once: true\n  minimum: 9m", "line 3: a pass lives 10m to 30d, not 9m"},
		{"temporaryAccessPass:\n  minimum: 2h\n  once: false", "line 2: minimum (2h), default (1h)"},
		{"temporaryAccessPass: {minimum: 5m}", "10m to 30d, not 5m"},
		{"temporaryAccessPass: {maximum: 31d}", "10m to 30d, not 31d"},
		{"temporaryAccessPass: {minimum: 2h}", "minimum (2h), default (1h)"},
		{"temporaryAccessPass: {default: 90s}", "whole minutes"},
		{"temporaryAccessPass: {length: 49}", "8 to 48"},
		{"passkeys:\n  models: {allow: [" + manyIDs(700) + "]}", "Microsoft allows 20480"},
	} {
		_, err := c.plan(w.wish)
		var p *steps.Problem
		if !errors.As(err, &p) || !strings.Contains(p.What.String(), w.says) || strings.Contains(p.What.String(), "unmarshal") {
			t.Errorf("%q\nsays %v\nwant %s", w.wish, err, w.says)
		}
	}
}

// Two profiles are not told apart by small and capital letters: neither two new ones, nor one that takes another's name.
// Two that stand so today are no fault of the wish.
func TestProfilesHaveNamesOfTheirOwn(t *testing.T) {
	s := practice.DefaultCompany()
	s.Profiles = true
	c := newCompany(t, s)
	const two = "passkeys:\n  profiles:\n    - name: Visitors\n      id: 11111111-1111-4111-8111-111111111111\n    - name: Contractors\n      id: 22222222-2222-4222-8222-222222222222\n"
	refused := func(wish string, line int) {
		t.Helper()
		_, err := c.plan(wish)
		var p *steps.Problem
		if !errors.As(err, &p) || !strings.Contains(p.What.String(), fmt.Sprintf("line %d: two passkey profiles would be called", line)) {
			t.Errorf("%s\nsays %v", wish, err)
		}
	}
	refused("passkeys:\n  profiles:\n    - name: Visitors\n    - name: visitors\n", 3)
	refused("passkeys:\n  profiles:\n    - name: Visitors\n    - name: DEFAULT PASSKEY profile\n      id: 11111111-1111-4111-8111-111111111111\n", 4)
	c.mustApply(c.mustPlan(two))
	refused("passkeys:\n  profiles:\n    - name: contractors\n      id: 11111111-1111-4111-8111-111111111111\n", 3)
	swapped := strings.NewReplacer("Visitors", "Contractors", "Contractors", "Visitors").Replace(two)
	if p := c.mustPlan(swapped); len(p.Changes) != 2 {
		t.Errorf("two names swapped: %v", p.Changes)
	}
	taken := "passkeys:\n  profiles:\n    - {name: Contractors, id: 22222222-2222-4222-8222-222222222222, remove: true}\n    - {name: contractors, id: 11111111-1111-4111-8111-111111111111}\n"
	if p := c.mustPlan(taken); len(p.Changes) == 0 {
		t.Error("the name of one that is removed is free")
	}
}

// A profile is removed by a plan of its own once no group has it, with all that stands around it; the default one never.
func TestProfileIsRemoved(t *testing.T) {
	s := practice.DefaultCompany()
	s.Profiles = true
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, profiles: [{name: Tokyo}, {name: Osaka}], who: {include: [Pilot, {group: Pilot Tokyo, profiles: [Tokyo]}]}}"))
	for wish, says := range map[string]string{
		"passkeys:\n  profiles: [{name: tokyo, remove: true}]":                                                        `line 2: groups have the profile "tokyo"`,
		"passkeys:\n  profiles: [{name: Default passkey profile, remove: true}]":                                      "line 2: \"Default passkey profile\" is the default profile",
		"passkeys:\n  profiles: [{name: Osaka, remove: true}]\n  who: {include: [{group: Pilot, profiles: [Osaka]}]}": `line 3: the profile "Osaka" is removed by the same file`,
		"passkeys:\n  who: {include: [{group: Pilot, profiles: [Osak]}]}":                                             `line 2: there is no passkey profile "Osak"; perhaps "Osaka" is meant`,
	} {
		_, err := c.plan(wish)
		var p *steps.Problem
		if !errors.As(err, &p) || !strings.Contains(p.What.String(), says) {
			t.Errorf("%s\nsays %v\nwant %s", wish, err, says)
		}
	}
	before := c.raw()
	const wish = "passkeys: {profiles: [{name: Osaka, remove: true}]}"
	p := c.mustPlan(wish)
	if len(p.Changes) != 1 || p.Changes[0].Policy != `Passkey profile "Osaka"` || p.Changes[0].To != "removed" {
		t.Fatalf("%+v", p.Changes)
	}
	c.mustApply(p)
	if after := c.raw(); strings.Contains(after, "Osaka") || !strings.Contains(after, "Tokyo") {
		t.Errorf("stands: %s", after)
	}
	if again := c.mustPlan(wish); len(again.Changes) != 0 {
		t.Errorf("again: %+v", again.Changes)
	}
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil || c.raw() != before {
		t.Errorf("not put back: %v\n%s\n%s", err, c.raw(), before)
	}
}

// Whatever is in a file, reading it ends in a desired state or in a problem.
func FuzzParseDesire(f *testing.F) {
	for _, s := range []string{firstWish, "passkeys: {profiles: [{name: a, models: any}]}", "a: &a [*a]", "passkeys: {who: {include: [{group: x, profiles: [y]}]}}", "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := steps.ParseDesire(b)
		var p *steps.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%T: %v", err, err)
		}
		if _, jerr := json.Marshal(d); jerr != nil {
			t.Fatal(jerr)
		}
	})
}

// A plan is no place for names, nor for anything that this version does not know.
func TestPlanIsReadStrictly(t *testing.T) {
	c := newCompany(t, practice.DefaultCompany())
	p := c.mustPlan(firstWish)
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]string{
		{`"ba76a271-6eb6-4171-874d-b6428dbe3437"`, `"ATKey.ProS"`}, {`"keyrolloutPlan": 1`, `"keyrolloutPlan": 2`},
		{`"made"`, `"maker"`}, {`"maximum": "4h"`, `"maximum": "soon"`}, {"{", "["},
	} {
		edited := strings.Replace(string(b), r[0], r[1], 1)
		if edited == string(b) {
			t.Fatalf("%s is not in the plan", r[0])
		}
		_, err := steps.ParsePlan([]byte(edited))
		hasCode(t, err, "plan-file")
	}
	// What people read and what is applied belong together: neither is changed alone.
	for _, r := range [][2]string{{`"maximum": "4h"`, `"maximum": "5h"`}, {`"policy": "Temporary Access Pass"`, `"policy": "Nothing"`}, {`"by": "`, `"by": "x`}} {
		edited := strings.Replace(string(b), r[0], r[1], 1)
		if edited == string(b) {
			t.Fatalf("%s is not in the plan", r[0])
		}
		_, err := steps.ParsePlan([]byte(edited))
		hasCode(t, err, "plan-edited")
	}
	if _, err := steps.ParsePlan([]byte(strings.ReplaceAll(string(b), "\n", "\r\n"))); err != nil {
		t.Errorf("lines that end otherwise: %v", err)
	}
	_, err = steps.ParsePlan(append(b, b...))
	hasCode(t, err, "plan-file")
	if _, err := steps.ParsePlan(append(b, "\n \n"...)); err != nil {
		t.Error(err)
	}
	p.Before.FIDO2 = json.RawMessage("{}")
	hasCode(t, c.apply(p), "plan-file")
	// Graph may write the same policy in another order and case.
	p = c.mustPlan(firstWish)
	p.Before.FIDO2 = json.RawMessage(strings.Replace(string(p.Before.FIDO2), `"@odata.context"`, `"x@odata.note"`, 1))
	c.mustApply(p)
}

// In a tenant with profiles a key signs in as long as one of the person's profiles takes it.
func TestLockOutThroughProfiles(t *testing.T) {
	s := practice.DefaultCompany()
	s.Profiles = true
	for i := range s.People {
		switch s.People[i].UPN {
		case "aiko", "chris": // aiko is in both groups, chris in Pilot
			s.People[i].Keys = []string{"ee882879-721c-4913-9775-3dfcce97072a"}
		}
	}
	c := newCompany(t, s)
	c.mustApply(c.mustPlan(`
passkeys:
  enabled: true
  profiles: [{name: Tokyo}]
  who: {include: [Pilot, {group: Pilot Tokyo, profiles: [Tokyo]}]}
`))
	for wish, who := range map[string]string{
		"passkeys: {models: {allow: [ATKey.ProS]}}":                                                              "Chris Green",
		"passkeys: {profiles: [{name: Tokyo, models: {allow: [ATKey.ProS]}}]}":                                   "",
		"passkeys: {who: {include: [Pilot Tokyo]}}":                                                              "Chris Green",
		"passkeys: {who: {exclude: [Pilot Tokyo]}}":                                                              "佐藤 愛子 (Aiko Sato)",
		"passkeys: {profiles: [{name: default passkey profile, deviceBound: false, synced: true}]}":              "Chris Green",
		"passkeys: {who: {include: [{group: Pilot, profiles: [Tokyo]}, Pilot Tokyo]}}":                           "",
		"passkeys: {models: {block: [ee882879-721c-4913-9775-3dfcce97072a]}, who: {include: [Pilot, everyone]}}": "Chris Green, 佐藤 愛子 (Aiko Sato)",
	} {
		var list []string
		for _, k := range c.mustPlan(wish).LockedOut {
			list = append(list, k.User)
		}
		slices.Sort(list)
		if got := strings.Join(list, ", "); got != who {
			t.Errorf("%s\nlocks out %q, want %q", wish, got, who)
		}
	}
}

func manyIDs(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%08x-0000-4000-8000-000000000000", i+1))
	}
	return strings.Join(list, ", ")
}

// In a large group the registration report says whom to ask; without a licence for it everybody is asked.
func TestLockOutInALargeGroup(t *testing.T) {
	for _, free := range []bool{false, true} {
		s := practice.DefaultCompany()
		s.Free = free
		s.Crowd = practice.Crowd{People: 3000, Keys: 10, GroupSize: 3000, Models: []string{"ee882879-721c-4913-9775-3dfcce97072a"}}
		c := newCompany(t, s)
		c.mustApply(c.mustPlan("passkeys: {enabled: true, who: {include: [Crowd 1]}}"))
		requests := 0
		c.around = func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) { requests++; return rt.RoundTrip(r) })
		}
		p := c.mustPlan("passkeys: {models: {allow: [ATKey.ProS]}}")
		if len(p.LockedOut) != 10 {
			t.Errorf("free %t: %d keys locked out, want 10", free, len(p.LockedOut))
		}
		if most := map[bool]int{false: 20, true: 175}[free]; requests > most {
			t.Errorf("free %t: %d requests", free, requests)
		}
	}
}

// In a large tenant the report is all there is of most people, and it is up to 36 hours old: that it shows no key is no
// proof, so the change is a danger all the same, and what the journal knows is told by name.
func TestLockOutThatCannotBeKnown(t *testing.T) {
	s := practice.DefaultCompany()
	s.ReportDelay = 100 * 365 * 24 * time.Hour // it shows nothing yet
	s.Crowd = practice.Crowd{People: 2100}
	for i := range s.People {
		if s.People[i].UPN == "chris" {
			s.People[i].Keys = []string{"ee882879-721c-4913-9775-3dfcce97072a"}
		}
	}
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, who: everyone}"))
	for _, wish := range []string{"passkeys: {enabled: false}", "passkeys: {who: {include: [Pilot Tokyo]}}"} {
		p := c.mustPlan(wish)
		if len(p.Dangers) != 1 || p.Dangers[0].Name != steps.RiskLockOut || !strings.Contains(p.Dangers[0].Text, "cannot be known: the registration report is that far behind") {
			t.Errorf("%s: dangers %v", wish, p.Dangers)
		}
		if people := strings.Join(p.People, "\n"); strings.Contains(people, "goes on doing so") {
			t.Errorf("%s: it says for certain\n%s", wish, people)
		}
		hasCode(t, steps.ApplyPlan(t.Context(), c.world(), p, nil), "risk-not-accepted")
	}
	w := c.world()
	found, err := w.Tenant.FindUsers(t.Context(), "chris")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	for _, e := range []steps.Entry{{Kind: steps.EntryWish, Wish: &steps.Wish{User: found[0].ID, UserName: "Chris Green"}},
		{Kind: steps.EntryResult, Step: "registration", What: "credential", ID: "x"}} {
		if err := w.Journal.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if p := c.mustPlan("passkeys: {enabled: false}"); len(p.LockedOut) != 1 || p.LockedOut[0].User != "Chris Green" {
		t.Errorf("registered here, and not told: %v", p.LockedOut)
	}
}

// 100,000 people and 20,000 keys: who would be locked out, within Graph's quotas, with progress and little memory.
func TestLockOutAtSize(t *testing.T) {
	if testing.Short() {
		t.Skip("a tenant of 100,000 people")
	}
	s := practice.DefaultCompany()
	s.Quotas = true
	s.Crowd = practice.Crowd{People: 100_000 - len(s.People), Keys: 20_000,
		Models: []string{"e416201b-afeb-41ca-a03d-2281c28322aa", "ee882879-721c-4913-9775-3dfcce97072a"}}
	c := newCompany(t, s)
	c.mustApply(c.mustPlan("passkeys: {enabled: true, who: everyone}"))
	requests, refused := 0, 0
	c.around = func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			requests++
			_ = c.clock.Sleep(t.Context(), 50*time.Millisecond) // a quick answer of Graph's
			a, err := rt.RoundTrip(r)
			if err == nil && a.StatusCode == http.StatusTooManyRequests {
				refused++
			}
			return a, err
		})
	}
	base, most, waits := memory(), uint64(0), 0
	c.onEvent = func(e steps.Event) {
		if e.Name == steps.EventWait {
			if waits++; waits%25 == 0 {
				most = max(most, memory())
			}
		}
	}
	began := c.clock.Now()
	p := c.mustPlan("passkeys: {models: {allow: [e416201b-afeb-41ca-a03d-2281c28322aa]}}")
	most = max(most, memory())
	if len(p.LockedOut) != 10_000 {
		t.Errorf("%d keys locked out, want 10000", len(p.LockedOut))
	}
	if requests > 1200 || refused > 0 {
		t.Errorf("%d requests, %d of them throttled", requests, refused)
	}
	if waits < 150 {
		t.Errorf("progress was told %d times", waits)
	}
	if most > 200<<20 {
		t.Errorf("%d MB", most>>20)
	}
	t.Logf("%d requests, %d throttled, %s of the tenant's time, %d MB with the practice tenant (%d MB before), progress told %d times",
		requests, refused, c.clock.Now().Sub(began), most>>20, base>>20, waits)
}

// memory is what this process has in use, in bytes: the practice tenant with its 100,000 people, too.
func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
