package practice

import (
	"strings"
	"testing"
	"time"
)

// TestRollout walks the four steps as the tool does.
func TestRollout(t *testing.T) {
	for _, shape := range []struct {
		name   string
		change func(*Options)
	}{{"flat", func(*Options) {}}, {"profiles", migrated}} {
		t.Run(shape.name, func(t *testing.T) {
			b := newBench(t, shape.change)

			// Step 1: a tenant that has done nothing yet.
			org := b.want(200, "GET", "/v1.0/organization?$select=id,displayName,verifiedDomains", nil)
			if name := at[string](t, at[[]any](t, org, "value")[0], "displayName"); name != CompanyName {
				t.Errorf("company %q", name)
			}
			if s := at[string](t, b.want(200, "GET", fido2Config, nil), "state"); s != "disabled" {
				t.Errorf("FIDO2 policy is %s", s)
			}
			if s := at[string](t, b.want(200, "GET", passConfig, nil), "state"); s != "disabled" {
				t.Errorf("pass policy is %s", s)
			}
			target := map[string]any{"targetType": "group", "id": b.groupID(PilotGroup), "isRegistrationRequired": false}
			if shape.name == "profiles" {
				target["allowedPasskeyProfiles"] = []any{defaultProfileID}
			}
			b.setFIDO2(map[string]any{"state": "enabled", "isSelfServiceRegistrationAllowed": true, "includeTargets": []any{target}})
			b.setPass(map[string]any{"state": "enabled", "isUsableOnce": true})

			issued := b.want(201, "POST", b.passes(aiko), map[string]any{"lifetimeInMinutes": 60, "isUsableOnce": true})
			value := at[string](t, issued, "temporaryAccessPass")
			listed := at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")
			if len(listed) != 1 || listed[0].(map[string]any)["temporaryAccessPass"] != nil {
				t.Errorf("the list tells the value: %v", listed)
			}
			if strings.Contains(string(b.tenant.saved), value) {
				t.Error("the state holds the pass")
			}

			// Step 3: the user signs in with the pass and registers the key.
			session := at[string](t, b.want(200, "POST", pages+"pass-sign-in", map[string]any{"upn": aiko, "temporaryAccessPass": value}), "session")
			if strings.Contains(string(b.tenant.saved), session) {
				t.Error("the state holds the session token")
			}
			info := *b
			info.token = session
			options := info.want(200, "POST", pages+"security-info/creation-options", map[string]any{})
			key := newTestKey(t)
			made := info.want(201, "POST", pages+"security-info/passkeys", key.register(options, "ATKey.Pro - Aiko"))
			if got := at[string](t, made, "aaGuid"); got != atkey {
				t.Errorf("AAGUID %s", got)
			}
			keys := at[[]any](t, b.want(200, "GET", b.keys(aiko), nil), "value")
			if len(keys) != 1 || at[string](t, keys[0], "attestationLevel") != "notAttested" || at[string](t, keys[0], "model") != "ATKey.Pro CTAP2.1" {
				t.Errorf("passkeys: %v", keys)
			}

			// Step 4: sign-in, and its row in the log, late.
			b.want(200, "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), b.handle(aiko)))
			log := "/beta/auditLogs/signIns?$filter=userId%20eq%20'" + b.tenant.dir.user(aiko).id + "'%20and%20createdDateTime%20ge%202026-11-23T08:45:00Z&$top=20"
			if rows := at[[]any](t, b.want(200, "GET", log, nil), "value"); len(rows) != 0 {
				t.Errorf("the row is there at once: %v", rows)
			}
			b.clock.add(time.Minute)
			rows := at[[]any](t, b.want(200, "GET", log, nil), "value")
			if len(rows) != 2 {
				t.Fatalf("rows: %v", rows)
			}
			detail := at[[]any](t, rows[0], "authenticationDetails")[0].(map[string]any)
			if at[float64](t, rows[0], "status", "errorCode") != 0 || detail["authenticationMethod"] != "Passkey (device-bound)" || detail["succeeded"] != true {
				t.Errorf("row: %v", rows[0])
			}
			audits := at[[]any](t, b.want(200, "GET", "/v1.0/auditLogs/directoryAudits?$filter=loggedByService%20eq%20'Authentication%20Methods'", nil), "value")
			if len(audits) < 4 || at[string](t, at[[]any](t, audits[0], "additionalDetails")[0], "value") != atkey {
				t.Errorf("audit: %v", audits[0])
			}
		})
	}
}

// TestOnBehalf registers through Graph, deletes, and finds the key no longer signs in.
func TestOnBehalf(t *testing.T) {
	b := newBench(t)
	b.open()
	options := b.options(aiko)
	if user := at[string](t, options, "publicKey", "user", "id"); len(user) != 68 || !strings.HasPrefix(user, "T0Y6") {
		t.Errorf("user.id %q: want 51 bytes that begin with OF:", user)
	}
	if n := len(at[string](t, options, "publicKey", "challenge")); n < 6500 || n > 7300 {
		t.Errorf("the challenge has %d characters", n)
	}
	key := newTestKey(t)
	made := b.want(201, "POST", b.keys(aiko), key.register(options, "Key 1"))
	id := at[string](t, made, "id")
	if id != b64(key.id)+"1" {
		t.Errorf("id %q", id)
	}
	exclude := at[[]any](t, b.options(aiko), "publicKey", "excludeCredentials")
	if at[string](t, exclude[0], "id") != id {
		t.Errorf("excluded %v", exclude)
	}
	b.want(200, "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))
	b.want(200, "GET", b.keys(aiko)+"/"+id, nil)
	b.want(204, "DELETE", b.keys(aiko)+"/"+id, nil)
	b.refused(404, "no passkey", "DELETE", b.keys(aiko)+"/"+id, nil)
	b.refused(404, "no passkey", "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))
}
