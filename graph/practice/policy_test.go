package practice

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

// withoutContext drops the annotations that an answer adds.
func withoutContext(o map[string]any) map[string]any {
	o = maps.Clone(o)
	for k := range o {
		if regexp.MustCompile(`@odata\.context$`).MatchString(k) {
			delete(o, k)
		}
	}
	return o
}

func TestPolicyPatch(t *testing.T) {
	b := newBench(t)
	before := b.want(200, "GET", fido2Config, nil)
	b.want(204, "PATCH", fido2Config, before) // the whole body of a GET, annotations and all
	if after := b.want(200, "GET", fido2Config, nil); !reflect.DeepEqual(before, after) {
		t.Errorf("sending back what was read changes the policy:\n%v\n%v", before, after)
	}

	// What is left out stays; an array that is sent replaces the whole array.
	b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": "allow", "aaGuids": []any{atkey}}})
	b.setFIDO2(map[string]any{"state": "enabled"})
	p := readFIDO2(b.tenant.st.Methods["fido2"])
	if !p.Restrictions.Enforced || len(p.Restrictions.AAGUIDs) != 1 || p.State != "enabled" {
		t.Errorf("%+v", p)
	}
	pilot := map[string]any{"targetType": "group", "id": b.groupID(PilotGroup)}
	it := map[string]any{"targetType": "group", "id": b.groupID("IT staff")}
	b.setFIDO2(map[string]any{"includeTargets": []any{pilot, it}})
	b.setFIDO2(map[string]any{"includeTargets": []any{it}})
	if p := readFIDO2(b.tenant.st.Methods["fido2"]); len(p.Include) != 1 || p.Include[0].ID != b.groupID("IT staff") {
		t.Errorf("targets %+v", p.Include)
	}
	b.want(204, "DELETE", fido2Config, nil)
	if after := b.want(200, "GET", fido2Config, nil); !reflect.DeepEqual(before, after) {
		t.Errorf("DELETE does not go back to the default:\n%v\n%v", before, after)
	}

	upper := "/v1.0/policies/authenticationmethodspolicy/authenticationMethodConfigurations/FIDO2"
	b.want(200, "GET", upper, nil)
	whole := b.want(200, "GET", "/v1.0/policies/authenticationMethodsPolicy", nil)
	if n := len(at[[]any](t, whole, "authenticationMethodConfigurations")); n != len(methodKinds) {
		t.Errorf("%d configurations", n)
	}
	b.want(200, "GET", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations", nil)
	b.want(404, "GET", "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/carrierPigeon", nil)
	b.want(204, "PATCH", "/v1.0/policies/authenticationMethodsPolicy", map[string]any{"registrationEnforcement": map[string]any{
		"authenticationMethodsRegistrationCampaign": map[string]any{"state": "enabled", "snoozeDurationInDays": 14}}})
	b.want(400, "PATCH", "/v1.0/policies/authenticationMethodsPolicy", map[string]any{"registrationEnforcement": map[string]any{
		"authenticationMethodsRegistrationCampaign": map[string]any{"snoozeDurationInDays": 15}}})
	b.want(200, "GET", "/v1.0/policies/authenticationMethodsPolicy", nil)
}

func TestPolicyRefusals(t *testing.T) {
	group := func(b *bench, name string) []any {
		return []any{map[string]any{"targetType": "group", "id": b.groupID(name)}}
	}
	for name, tc := range map[string]struct {
		path string
		body func(*bench) map[string]any
	}{
		"no type":          {fido2Config, func(b *bench) map[string]any { return map[string]any{"state": "enabled"} }},
		"other type":       {fido2Config, func(b *bench) map[string]any { return map[string]any{"@odata.type": passType, "state": "enabled"} }},
		"state":            {fido2Config, func(b *bench) map[string]any { return map[string]any{"@odata.type": fido2Type, "state": "on"} }},
		"unknown property": {fido2Config, func(b *bench) map[string]any { return map[string]any{"@odata.type": fido2Type, "selfService": true} }},
		"bool as text": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "isAttestationEnforced": "yes"}
		}},
		"Microsoft 365 group": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "includeTargets": group(b, "Sales")}
		}},
		"no such group": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "includeTargets": group(b, "Nobody")}
		}},
		"AAGUID": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "keyRestrictions": map[string]any{"aaGuids": []any{"x"}}}
		}},
		"enforcement type": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "keyRestrictions": map[string]any{"enforcementType": "deny"}}
		}},
		"profile missing": {fido2Config, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": fido2Type, "passkeyProfiles": []any{map[string]any{"id": atkey, "name": "x", "passkeyTypes": "synced", "attestationEnforcement": "disabled"}}}
		}},
		"minimum over default": {passConfig, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": passType, "minimumLifetimeInMinutes": 61}
		}},
		"default over maximum": {passConfig, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": passType, "maximumLifetimeInMinutes": 59, "minimumLifetimeInMinutes": 10}
		}},
		"under ten minutes": {passConfig, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": passType, "minimumLifetimeInMinutes": 9}
		}},
		"over thirty days": {passConfig, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": passType, "maximumLifetimeInMinutes": 43201}
		}},
		"short pass": {passConfig, func(b *bench) map[string]any { return map[string]any{"@odata.type": passType, "defaultLength": 7} }},
		"long pass":  {passConfig, func(b *bench) map[string]any { return map[string]any{"@odata.type": passType, "defaultLength": 49} }},
		"half a minute": {passConfig, func(b *bench) map[string]any {
			return map[string]any{"@odata.type": passType, "defaultLifetimeInMinutes": 60.5}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			before := b.want(200, "GET", tc.path, nil)
			b.want(400, "PATCH", tc.path, tc.body(b))
			if after := b.want(200, "GET", tc.path, nil); !reflect.DeepEqual(before, after) {
				t.Error("the refused change was made")
			}
		})
	}
}

// TestRefusedHalfWay: a change that is refused late leaves no trace, and an accepted one is audited as old and new.
func TestRefusedHalfWay(t *testing.T) {
	b := newBench(t)
	before := b.want(200, "GET", fido2Config, nil)
	b.refused(400, "assigned to a target", "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type,
		"passkeyProfiles": []any{map[string]any{"id": defaultProfileID, "name": "Default passkey profile", "passkeyTypes": "deviceBound", "attestationEnforcement": "disabled"}},
		"includeTargets":  []any{map[string]any{"targetType": "group", "id": "all_users", "allowedPasskeyProfiles": []any{atkey}}}})
	if after := b.want(200, "GET", fido2Config, nil); !reflect.DeepEqual(before, after) {
		t.Errorf("%v\n%v", before, after)
	}
	b = newBench(t, migrated)
	b.setFIDO2(map[string]any{"isAttestationEnforced": true})
	changes := at[[]any](t, at[[]any](t, at[[]any](t, b.want(200, "GET", "/v1.0/auditLogs/directoryAudits", nil), "value")[0], "targetResources")[0], "modifiedProperties")
	var names []string
	for _, c := range changes {
		names = append(names, at[string](t, c, "displayName"))
	}
	if !reflect.DeepEqual(names, []string{"isAttestationEnforced", "passkeyProfiles"}) {
		t.Errorf("audited: %v", names)
	}
}

func TestPolicySize(t *testing.T) {
	b := newBench(t)
	var ids []any
	for i := range 700 {
		ids = append(ids, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
	}
	b.refused(400, "the limit is 20480", "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type,
		"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": "allow", "aaGuids": ids}})
}

// TestOptIn: sending profiles to a flat tenant opts in; there is no way back.
func TestOptIn(t *testing.T) {
	b := newBench(t)
	b.setFIDO2(map[string]any{"passkeyProfiles": []any{}}) // what some scripts send; harmless here
	b.setFIDO2(map[string]any{"state": "enabled", "passkeyProfiles": []any{map[string]any{"id": defaultProfileID, "name": "Default passkey profile",
		"passkeyTypes": "deviceBound", "attestationEnforcement": "registrationOnly"}}})
	p := readFIDO2(b.tenant.st.Methods["fido2"])
	if !p.migrated() || !p.Attestation || len(p.Include[0].Profiles) != 1 {
		t.Errorf("%+v", p)
	}
	b.want(200, "GET", fido2Config, nil)
	b.want(400, "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type, "passkeyProfiles": []any{}})
	b.setFIDO2(map[string]any{"isAttestationEnforced": false}) // a flat value goes to the default profile
	if p := readFIDO2(b.tenant.st.Methods["fido2"]); p.Profiles[0].Attestation != "disabled" {
		t.Errorf("%+v", p)
	}
	b.want(400, "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type, "includeTargets": []any{
		map[string]any{"targetType": "group", "id": "all_users", "allowedPasskeyProfiles": []any{atkey}}}})
	b.want(204, "DELETE", fido2Config, nil)
	if !readFIDO2(b.tenant.st.Methods["fido2"]).migrated() {
		t.Error("DELETE undid the opt-in")
	}
}

// TestMigrate: Microsoft's migration changes nobody's rules but opens the door to synced passkeys, where attestation was
// not enforced.
func TestMigrate(t *testing.T) {
	for _, attested := range []bool{false, true} {
		b := newBench(t)
		b.open()
		b.setFIDO2(map[string]any{"isAttestationEnforced": attested})
		if done, err := b.tenant.Migrate(); err != nil || !done {
			t.Fatal(done, err)
		}
		p := readFIDO2(b.want(200, "GET", fido2Config, nil))
		want := map[bool]string{false: "deviceBound,synced", true: "deviceBound"}[attested]
		if !p.migrated() || p.Profiles[0].Types != want || len(p.Include[0].Profiles) != 1 || p.Attestation != attested {
			t.Errorf("%+v", p)
		}
		if done, err := b.tenant.Migrate(); err != nil || done {
			t.Error("migrated twice", err)
		}
	}
}

// TestRecordedPolicies: the live policies recorded in the facts go in and come back unharmed.
func TestRecordedPolicies(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(contractDir, "../facts/graph.md"))
	if err != nil {
		t.Skipf("the recorded policies are not at hand: %v", err)
	}
	found := 0
	for _, m := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		var policy map[string]any
		if json.Unmarshal(m[1], &policy) != nil || policy["@odata.type"] != fido2Type {
			continue
		}
		found++
		// The record shortens its lists of AAGUIDs to "…".
		text := regexp.MustCompile(`\["…"\]`).ReplaceAllString(string(m[1]), `["`+atkey+`","`+atkey+`"]`)
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			t.Fatal(err)
		}
		// The flat values of a migrated tenant repeat the default profile, which the shortened record no longer shows.
		policy["keyRestrictions"] = at[map[string]any](t, at[[]any](t, policy, "passkeyProfiles")[0], "keyRestrictions")
		b := newBench(t, migrated)
		b.want(204, "PATCH", fido2Config, policy)
		if got := withoutContext(b.want(200, "GET", fido2Config, nil)); !reflect.DeepEqual(got, policy) {
			t.Errorf("it went in as\n%v\nand came out as\n%v", policy, got)
		}
	}
	if found == 0 {
		t.Error("no recorded policy was found")
	}
}
