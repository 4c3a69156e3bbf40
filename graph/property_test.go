package graph

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// For random tenants and random wishes: what is sent makes the tenant what was wished and changes nothing else; and
// what stood before can be put back, letter by letter.
func TestChangeAndPutBack(t *testing.T) {
	for seed := range uint64(500) {
		r := dice{rand.New(rand.NewPCG(seed, 1))}
		before := r.policy()
		base, err := ParseFIDO2Policy([]byte(before))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, before)
		}
		want := r.wish(base)
		change, err := fido2Changes(base, want)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		after := patched(t, before, change)
		got, err := ParseFIDO2Policy([]byte(after))
		if err != nil {
			t.Fatal(err)
		}
		got.Raw, want.Raw = nil, nil
		if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
			t.Fatalf("seed %d: became\n%s\nwished\n%s\nby %v", seed, a, b, change)
		}
		was, is := parsed(t, before), parsed(t, after)
		for name := range was {
			if change[name] == nil && !reflect.DeepEqual(was[name], is[name]) {
				t.Fatalf("seed %d: %s changed", seed, name)
			}
		}
		if strings.Count(after, "unknown property") != strings.Count(before, "unknown property") {
			t.Fatalf("seed %d: an unknown property was lost or made:\n%s\n%s", seed, before, after)
		}
		back, err := kept(base.Raw, fido2Keys(base))
		if err != nil {
			t.Fatal(err)
		}
		if again := patched(t, after, back); !reflect.DeepEqual(parsed(t, again), was) {
			t.Fatalf("seed %d: put back\n%s\nwas\n%s", seed, again, before)
		}
	}
}

// patched does to a configuration what Graph does with a PATCH.
func patched(t *testing.T, was string, change body) string {
	t.Helper()
	object := parsed(t, was)
	for name, v := range change {
		object[name] = plain(v)
	}
	b, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type dice struct{ *rand.Rand }

func (r dice) yes() bool { return r.IntN(2) == 0 }

func (r dice) id() uuid.UUID {
	id, _ := uuid.NewRandomFromReader(r)
	return id
}

// Read makes dice a source of ids.
func (r dice) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return len(p), nil
}

func (r dice) odd(o map[string]any) map[string]any {
	if r.IntN(3) == 0 {
		o["new"+fmt.Sprint(r.IntN(9))] = "unknown property"
	}
	return o
}

func (r dice) ids(n int) (list []string) {
	list = []string{}
	for range r.IntN(n) {
		list = append(list, r.id().String())
	}
	return list
}

func (r dice) restrictions() map[string]any {
	return r.odd(map[string]any{"isEnforced": r.yes(), "enforcementType": []string{"allow", "block"}[r.IntN(2)], "aaGuids": r.ids(4)})
}

func (r dice) policy() string {
	p := map[string]any{"id": "Fido2", "state": []string{"enabled", "disabled"}[r.IntN(2)], "isSelfServiceRegistrationAllowed": r.yes(),
		"isAttestationEnforced": r.yes(), "keyRestrictions": r.restrictions(), "@odata.type": fido2Type}
	var profiles []any
	var ids []string
	if r.yes() {
		ids = []string{defaultProfile.String(), r.id().String()}[:1+r.IntN(2)]
		for _, id := range ids {
			profiles = append(profiles, r.odd(map[string]any{"id": id, "name": "p" + id[:4], "passkeyTypes": []string{"deviceBound", "synced", "deviceBound, synced"}[r.IntN(3)],
				"attestationEnforcement": []string{"disabled", "registrationOnly"}[r.IntN(2)], "keyRestrictions": r.restrictions()}))
		}
		p["passkeyProfiles"], p["defaultPasskeyProfile"] = profiles, ids[0]
	}
	include, exclude := []any{}, []any{}
	for range r.IntN(4) {
		one := r.odd(map[string]any{"id": r.id().String(), "targetType": "group", "isRegistrationRequired": r.yes()})
		if ids != nil {
			one["allowedPasskeyProfiles"] = ids
		}
		include = append(include, one)
	}
	for range r.IntN(3) {
		exclude = append(exclude, r.odd(map[string]any{"id": r.id().String(), "targetType": "group"}))
	}
	p["includeTargets"], p["excludeTargets"] = include, exclude
	b, _ := json.Marshal(r.odd(p))
	return string(b)
}

// wish changes some of a policy, as a step would: on a copy.
func (r dice) wish(p FIDO2Policy) FIDO2Policy {
	q, _ := ParseFIDO2Policy(p.Raw)
	if r.yes() {
		q.Enabled = !q.Enabled
	}
	if r.yes() {
		q.SelfService = true
	}
	if r.yes() {
		t := Target{ID: r.id().String(), RegistrationRequired: r.yes()}
		if q.Migrated() {
			t.Profiles = []uuid.UUID{q.DefaultProfile}
		}
		q.Include = append(q.Include, t)
	}
	if len(q.Include) > 0 && r.yes() {
		q.Include[0].RegistrationRequired = !q.Include[0].RegistrationRequired
	}
	if r.yes() {
		q.Exclude = append(q.Exclude, Target{ID: r.id().String()})
	}
	k := KeyRestrictions{r.yes(), r.yes(), []uuid.UUID{r.id()}}
	switch {
	case r.yes():
	case q.Migrated():
		q.Profiles[0].Attestation, q.Profiles[0].Restrictions, q.Profiles[0].Synced = r.yes(), k, false
		q.Profiles[0].DeviceBound = true
	default:
		q.Attestation, q.Restrictions = r.yes(), k
	}
	return q
}
