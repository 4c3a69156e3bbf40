package graph

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A migrated tenant as seen in July 2026, shortened; with what a later service might add.
const migrated = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#x","@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled",
 "defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001","excludeTargets":[],
 "includeTargets":[{"id":"all_users","targetType":"group","isRegistrationRequired":false,"newInTarget":{"x":1},
   "allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001","e47a833c-5dfa-45f1-9471-bb0cf0eb425b"]}],
 "isAttestationEnforced":true,"isSelfServiceRegistrationAllowed":true,
 "keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":["2fc0579f-8113-47ea-b116-bb5a8db9202a"]},
 "passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default passkey profile","passkeyTypes":"deviceBound, synced",
   "attestationEnforcement":"registrationOnly","newInProfile":[1,2],"keyRestrictions":{"isEnforced":true,"enforcementType":"allow","newInRestrictions":"z",
   "aaGuids":["2FC0579F-8113-47ea-b116-bb5a8db9202a","2fc0579f-8113-47ea-b116-bb5a8db9202a"]}},
  {"id":"e47a833c-5dfa-45f1-9471-bb0cf0eb425b","name":"synced","passkeyTypes":"synced","attestationEnforcement":"disabled",
   "keyRestrictions":{"isEnforced":false,"enforcementType":"allow","aaGuids":[]}}]}`

// The same without what this program's contract does not know.
var migratedToday = strings.NewReplacer(`"newInTarget":{"x":1},`, "", `"newInProfile":[1,2],`, "", `"newInRestrictions":"z",`, "").Replace(migrated)

const flat = `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"disabled",
 "isSelfServiceRegistrationAllowed":false,"isAttestationEnforced":false,"excludeTargets":[],
 "keyRestrictions":{"isEnforced":false,"enforcementType":"block","aaGuids":[]},"passkeyProfiles":[],
 "includeTargets":[{"id":"all_users","targetType":"group","isRegistrationRequired":false}]}`

var (
	defaultProfile = uuid.MustParse("00000000-0000-0000-0000-000000000001")
	syncedProfile  = uuid.MustParse("e47a833c-5dfa-45f1-9471-bb0cf0eb425b")
	yubikey        = uuid.MustParse("2fc0579f-8113-47ea-b116-bb5a8db9202a")
	atkey          = uuid.MustParse("019614a3-2703-7e35-a453-285fd06c5d24")
)

const pilots = "5b0a2a2b-93b5-4c83-ae2b-1a4a9ed6fbb6"

func TestReadMigratedPolicy(t *testing.T) {
	tenant, s := play(t, reply(200, migrated))
	p, err := tenant.FIDO2Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.asked[0].path != "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2" {
		t.Errorf("asked %s", s.asked[0].path)
	}
	want := FIDO2Policy{Enabled: true, SelfService: true, Attestation: true, DefaultProfile: defaultProfile,
		Restrictions: KeyRestrictions{true, true, []uuid.UUID{yubikey}},
		Include:      []Target{{ID: AllUsers, Profiles: []uuid.UUID{defaultProfile, syncedProfile}}},
		Profiles: []PasskeyProfile{
			{defaultProfile, "Default passkey profile", true, true, true, KeyRestrictions{true, true, []uuid.UUID{yubikey, yubikey}}},
			{syncedProfile, "synced", false, true, false, KeyRestrictions{false, true, nil}},
		}, Raw: json.RawMessage(migrated)}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if !p.Migrated() || string(p.Raw) != migrated {
		t.Error("the raw answer is not kept, or the shape is not seen")
	}
}

// change reads a policy, changes it and returns the body that was sent.
func change(t *testing.T, was string, f func(*FIDO2Policy)) map[string]any {
	t.Helper()
	tenant, s := play(t, reply(200, was), reply(200, was), reply(204, ""))
	s.newer = strings.Contains(was, "newIn")
	p, err := tenant.FIDO2Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f(&p)
	if err := tenant.SetFIDO2Policy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if s.asked[2].method != "PATCH" || !s.asked[2].zipped {
		t.Errorf("sent %+v", s.asked[2])
	}
	return parsed(t, s.asked[2].body)
}

func parsed(t *testing.T, s string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return m
}

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func TestChangeFlatPolicy(t *testing.T) {
	b := change(t, flat, func(p *FIDO2Policy) {
		p.Enabled, p.SelfService, p.Attestation = true, true, true
		p.Include = []Target{{ID: pilots}}
		p.Restrictions = KeyRestrictions{true, true, []uuid.UUID{atkey}}
	})
	want := parsed(t, `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","state":"enabled",
		"isSelfServiceRegistrationAllowed":true,"isAttestationEnforced":true,
		"includeTargets":[{"targetType":"group","id":"`+pilots+`","isRegistrationRequired":false}],
		"keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":["`+atkey.String()+`"]}}`)
	if !reflect.DeepEqual(b, want) {
		t.Errorf("sent %v\nwant %v", b, want)
	}
}

// Only what changed is sent, arrays whole; what this version does not know stays in them.
func TestChangeOneProfile(t *testing.T) {
	for _, tenant := range []string{migrated, migratedToday} {
		changeOneProfile(t, tenant)
	}
}

func changeOneProfile(t *testing.T, migrated string) {
	b := change(t, migrated, func(p *FIDO2Policy) {
		p.Attestation = false // a flat value: not written in this shape
		p.Profiles = slices.Clone(p.Profiles)
		p.Profiles[0].Restrictions = KeyRestrictions{true, true, append(slices.Clone(p.Profiles[0].Restrictions.AAGUIDs), atkey)}
	})
	if !slices.Equal(keys(b), []string{"@odata.type", "passkeyProfiles"}) {
		t.Fatalf("sent %v", keys(b))
	}
	was, sent := parsed(t, migrated)["passkeyProfiles"].([]any), b["passkeyProfiles"].([]any)
	if !reflect.DeepEqual(sent[1], was[1]) {
		t.Errorf("the other profile changed: %v", sent[1])
	}
	want := was[0].(map[string]any)
	want["keyRestrictions"].(map[string]any)["aaGuids"] = []any{yubikey.String(), yubikey.String(), atkey.String()}
	if !reflect.DeepEqual(sent[0], any(want)) {
		t.Errorf("sent %v\nwant %v", sent[0], want)
	}
}

func TestTargetsKeepTheirProfiles(t *testing.T) {
	for _, tenant := range []string{migrated, migratedToday} {
		changeTargets(t, tenant)
	}
}

func changeTargets(t *testing.T, migrated string) {
	b := change(t, migrated, func(p *FIDO2Policy) {
		p.Include = []Target{{ID: AllUsers, RegistrationRequired: true}, {ID: pilots}} // a caller that forgot the profiles
	})
	sent := b["includeTargets"].([]any)
	want := parsed(t, migrated)["includeTargets"].([]any)[0].(map[string]any)
	want["isRegistrationRequired"] = true
	if !reflect.DeepEqual(sent[0], any(want)) {
		t.Errorf("sent %v\nwant %v", sent[0], want)
	}
	if added := sent[1].(map[string]any); !reflect.DeepEqual(added["allowedPasskeyProfiles"], []any{defaultProfile.String()}) || added["targetType"] != "group" {
		t.Errorf("sent %v", added)
	}
	if len(sent) != 2 || len(b) != 2 {
		t.Errorf("sent %v", b)
	}
}

func TestEmptyListEmpties(t *testing.T) {
	b := change(t, strings.Replace(migratedToday, `"excludeTargets":[]`, `"excludeTargets":[{"id":"`+pilots+`","targetType":"group"}]`, 1),
		func(p *FIDO2Policy) { p.Exclude = nil })
	if l, ok := b["excludeTargets"].([]any); !ok || len(l) != 0 || len(b) != 2 {
		t.Errorf("sent %v", b)
	}
}

// A policy that was kept goes back letter by letter, unknown values included.
func TestPutBack(t *testing.T) {
	odd := strings.Replace(migrated, `"passkeyTypes":"synced"`, `"passkeyTypes":"synced,hybrid"`, 1)
	tenant, s := play(t, reply(200, migrated), reply(204, ""))
	s.newer = true
	old, err := ParseFIDO2Policy([]byte(odd))
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.SetFIDO2Policy(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	b, was := parsed(t, s.asked[1].body), parsed(t, odd)
	for _, k := range []string{"state", "isSelfServiceRegistrationAllowed", "includeTargets", "excludeTargets", "passkeyProfiles"} {
		if !reflect.DeepEqual(b[k], was[k]) {
			t.Errorf("%s: sent %v, was %v", k, b[k], was[k])
		}
	}
	if b["keyRestrictions"] != nil || b["isAttestationEnforced"] != nil {
		t.Errorf("flat values were written to a tenant with profiles: %v", keys(b))
	}
}

// refuse changes a policy and expects that nothing is written.
func refuse(t *testing.T, was, now string, f func(*FIDO2Policy)) *Error {
	t.Helper()
	tenant, _ := play(t, reply(200, was), reply(200, now))
	p, err := tenant.FIDO2Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f(&p)
	e := refusal(tenant.SetFIDO2Policy(t.Context(), p))
	if e == nil || e.Op != "change the passkey policy" || e.Unknown {
		t.Fatalf("got %+v", e)
	}
	return e
}

func TestUnknownShapeIsNotRewritten(t *testing.T) {
	rename := func(p *FIDO2Policy) { p.Profiles[1].Name = "new name" }
	for name, odd := range map[string]string{
		"passkey type": strings.Replace(migrated, `"passkeyTypes":"synced"`, `"passkeyTypes":"synced,hybrid"`, 1),
		"attestation":  strings.Replace(migrated, `"attestationEnforcement":"disabled"`, `"attestationEnforcement":"always"`, 1),
		"restriction":  strings.Replace(migrated, `{"isEnforced":false,"enforcementType":"allow"`, `{"isEnforced":false,"enforcementType":"audit"`, 1),
		"AAGUID":       strings.Replace(migrated, `"aaGuids":[]`, `"aaGuids":["any YubiKey"]`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if e := refuse(t, odd, odd, rename); e.Code != "unknown-shape" {
				t.Errorf("got %+v", e)
			}
			// Another profile may change: the odd one goes back as it came.
			b := change(t, odd, func(p *FIDO2Policy) { p.Profiles[0].Attestation = false })
			if was := parsed(t, odd)["passkeyProfiles"].([]any)[1]; !reflect.DeepEqual(b["passkeyProfiles"].([]any)[1], was) {
				t.Errorf("sent %v, was %v", b["passkeyProfiles"], was)
			}
		})
	}
}

func TestSomebodyElseWasFaster(t *testing.T) {
	moved := strings.Replace(migrated, `"name":"synced"`, `"name":"renamed by a colleague"`, 1)
	if e := refuse(t, migrated, moved, func(p *FIDO2Policy) { p.Profiles[0].Name = "mine" }); e.Code != CodeMoved {
		t.Errorf("got %+v", e)
	}
	if e := refuse(t, flat, migrated, func(p *FIDO2Policy) { p.Enabled = true }); e.Code != CodeMigrated {
		t.Errorf("got %+v", e)
	}
	if e := refuse(t, migrated, migrated, func(p *FIDO2Policy) { p.Profiles = nil }); e.Code != CodeMigrated {
		t.Errorf("got %+v", e)
	}
}

// What somebody changed to the very same is no conflict: so ends a change whose answer was lost.
func TestAlreadyThere(t *testing.T) {
	now := strings.Replace(migratedToday, `"excludeTargets":[]`, `"excludeTargets":[{"targetType":"group","id":"`+pilots+`"}]`, 1)
	tenant, _ := play(t, reply(200, migratedToday), reply(200, now), reply(204, ""))
	p, err := tenant.FIDO2Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Exclude = []Target{{ID: pilots}}
	if err := tenant.SetFIDO2Policy(t.Context(), p); err != nil {
		t.Error(err)
	}
}

func TestSize(t *testing.T) {
	p, err := ParseFIDO2Policy([]byte(migrated))
	if err != nil || p.Size() < 2<<10 || p.Size() > 4<<10 {
		t.Errorf("%d bytes, %v", p.Size(), err)
	}
	p.Profiles[0].Restrictions.AAGUIDs = make([]uuid.UUID, 700)
	if p.Size() < PolicyLimit {
		t.Errorf("%d bytes", p.Size())
	}
}

func TestPolicyGarbage(t *testing.T) {
	for _, body := range []string{"", "{}", "[]", "null", `{"id":5}`, `{"id":"Fido2","includeTargets":[5]}`, `{"id":"Fido2","passkeyProfiles":"x"}`,
		`{"id":"Fido2","state":"enabled","passkeyProfiles":[null]}`, `{"id":"Fido2","keyRestrictions":[]}`, migrated[:300]} {
		tenant, _ := play(t, reply(200, body), reply(200, body))
		_, err := tenant.FIDO2Policy(t.Context())
		e := refusal(err)
		if body == `{"id":"Fido2","state":"enabled","passkeyProfiles":[null]}` {
			tenant.FIDO2Policy(t.Context())
			continue // null elements read as empty ones
		}
		if e == nil || e.Code != CodeGarbled {
			t.Errorf("%.40q: %v", body, err)
		}
		if _, err := tenant.PassPolicy(t.Context()); body == "{}" && refusal(err) == nil {
			t.Errorf("pass policy %q: %v", body, err)
		}
	}
}

const passPolicy = `{"@odata.type":"#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration","id":"TemporaryAccessPass","state":"disabled",
 "defaultLifetimeInMinutes":60,"defaultLength":8,"minimumLifetimeInMinutes":60,"maximumLifetimeInMinutes":480,"isUsableOnce":false,
 "excludeTargets":[],"includeTargets":[{"targetType":"group","id":"all_users","isRegistrationRequired":false}]}`

func TestPassPolicy(t *testing.T) {
	tenant, s := play(t, reply(200, passPolicy), reply(200, passPolicy), reply(204, ""))
	p, err := tenant.PassPolicy(t.Context())
	want := PassPolicy{Include: []Target{{ID: AllUsers}}, Default: time.Hour, Minimum: time.Hour, Max: 8 * time.Hour, Length: 8, Raw: json.RawMessage(passPolicy)}
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Fatalf("got %+v, %v", p, err)
	}
	p.Enabled, p.Once, p.Length, p.Minimum, p.Include = true, true, 12, 10*time.Minute, []Target{{ID: pilots}}
	if err := tenant.SetPassPolicy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	sent := parsed(t, `{"@odata.type":"#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration","state":"enabled","isUsableOnce":true,
		"defaultLength":12,"minimumLifetimeInMinutes":10,"includeTargets":[{"targetType":"group","id":"`+pilots+`","isRegistrationRequired":false}]}`)
	if b := parsed(t, s.asked[2].body); !reflect.DeepEqual(b, sent) {
		t.Errorf("sent %v\nwant %v", b, sent)
	}

	tenant, s = play(t, reply(200, passPolicy), reply(204, ""))
	if err := tenant.SetPassPolicy(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if b := parsed(t, s.asked[1].body); b["state"] != "disabled" || b["maximumLifetimeInMinutes"] != 480.0 || b["id"] != nil {
		t.Errorf("put back %v", b)
	}
}

func TestPassPolicyLimits(t *testing.T) {
	tenant, _ := play(t)
	good, err := ParsePassPolicy([]byte(passPolicy))
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(*PassPolicy){
		"short": func(p *PassPolicy) { p.Minimum = 9 * time.Minute }, "long": func(p *PassPolicy) { p.Max = 31 * 24 * time.Hour },
		"seconds": func(p *PassPolicy) { p.Default += time.Second }, "order": func(p *PassPolicy) { p.Default = p.Max + time.Hour },
		"length": func(p *PassPolicy) { p.Length = 49 }, "no length": func(p *PassPolicy) { p.Length = 7 },
	} {
		p := good
		f(&p)
		var e *Error
		if err := tenant.SetPassPolicy(t.Context(), p); !errors.As(err, &e) || e.Code != CodeBadInput || e.Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
