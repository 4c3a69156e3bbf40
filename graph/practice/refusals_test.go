package practice

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestRegistrationRefusals: every reason for which Entra refuses a registration, each with the same vague answer.
func TestRegistrationRefusals(t *testing.T) {
	restrict := func(kind string, ids ...string) map[string]any {
		list := []any{}
		for _, id := range ids {
			list = append(list, id)
		}
		return map[string]any{"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": kind, "aaGuids": list}}
	}
	const other = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	for _, tc := range []struct {
		name, reason string
		upn          string
		prepare      func(b *bench, k *testKey)
		spoil        func(b *bench, body map[string]any)
	}{
		{name: "policy off", reason: "policy is disabled", prepare: func(b *bench, k *testKey) { b.setFIDO2(map[string]any{"state": "disabled"}) }},
		{name: "outside the scope", upn: "peter@" + Domain, reason: "outside the scope"},
		{name: "excluded", reason: "outside the scope", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"excludeTargets": []any{map[string]any{"targetType": "group", "id": b.groupID("Pilot Tokyo")}}})
		}},
		{name: "self-service off", reason: "self-service", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"isSelfServiceRegistrationAllowed": false})
		}},
		{name: "model not allowed", reason: "does not permit the AAGUID", prepare: func(b *bench, k *testKey) { b.setFIDO2(restrict("allow", other)) }},
		{name: "model blocked", reason: "does not permit the AAGUID", prepare: func(b *bench, k *testKey) { b.setFIDO2(restrict("block", strings.ToUpper(atkey))) }},
		{name: "attestation enforced, self", reason: "self attestation", prepare: func(b *bench, k *testKey) { b.setFIDO2(map[string]any{"isAttestationEnforced": true}) }},
		{name: "attestation enforced, none", reason: "not packed", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"isAttestationEnforced": true})
			k.format = "none"
		}},
		{name: "attestation enforced, own chain", reason: "not in the metadata", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"isAttestationEnforced": true})
			k.aaguid = uuid.MustParse(other)
			k.chain = newTestChain(k.t, k.aaguid)
		}},
		{name: "attestation enforced, synced", reason: "no synced passkeys", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"isAttestationEnforced": true})
			k.flags |= flagBE
		}},
		{name: "disabled account", upn: DisabledUPN, reason: "is disabled", prepare: func(b *bench, k *testKey) {
			b.setFIDO2(map[string]any{"includeTargets": []any{map[string]any{"targetType": "group", "id": "all_users"}}})
		}},
		{name: "no user verification", reason: "does not verify", prepare: func(b *bench, k *testKey) { k.flags = flagUP }},
		{name: "other relying party", reason: "does not verify", prepare: func(b *bench, k *testKey) { k.rp = "login.microsoftonline.com" }},
		{name: "other origin", reason: "does not verify", prepare: func(b *bench, k *testKey) { k.origin = "https://login.microsoft.com.evil.example" }},
		{name: "chain of another AAGUID", reason: "does not verify", prepare: func(b *bench, k *testKey) { k.chain = newTestChain(k.t, uuid.MustParse(other)) }},
		{name: "expired challenge", reason: "expired at", spoil: func(b *bench, body map[string]any) { b.clock.add(5 * time.Minute) }},
		{name: "other credential id", reason: "credential id", spoil: func(b *bench, body map[string]any) {
			body["publicKeyCredential"].(map[string]any)["id"] = b64([]byte("another id of at least 16 bytes"))
		}},
		{name: "padded id", reason: "cannot be decoded", spoil: func(b *bench, body map[string]any) {
			cred := body["publicKeyCredential"].(map[string]any)
			cred["id"] = cred["id"].(string) + "="
		}},
		{name: "not an attestation", reason: "cannot be read", spoil: func(b *bench, body map[string]any) {
			body["publicKeyCredential"].(map[string]any)["response"].(map[string]any)["attestationObject"] = "oA"
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.open()
			upn := aiko
			if tc.upn != "" {
				upn = tc.upn
			}
			k := newTestKey(t)
			if tc.prepare != nil {
				tc.prepare(b, k)
			}
			body := k.register(b.options(upn), "Key")
			if tc.spoil != nil {
				tc.spoil(b, body)
			}
			out := b.refused(400, tc.reason, "POST", b.keys(upn), body)
			if at[string](t, out, "error", "code") != "badRequest" || at[string](t, out, "error", "message") != errRegistration.message {
				t.Errorf("the answer tells too much: %v", out)
			}
			if len(b.tenant.st.Passkeys) != 0 {
				t.Error("a passkey was registered all the same")
			}
		})
	}
}

// TestRegistrationForm: the body's own faults, which the service names.
func TestRegistrationForm(t *testing.T) {
	b := newBench(t)
	b.open()
	key := newTestKey(t)
	cred := func(body map[string]any) map[string]any { return body["publicKeyCredential"].(map[string]any) }
	for name, spoil := range map[string]func(map[string]any){
		"rawId":          func(m map[string]any) { cred(m)["rawId"] = cred(m)["id"] },
		"type":           func(m map[string]any) { cred(m)["type"] = "public-key" },
		"attachment":     func(m map[string]any) { cred(m)["authenticatorAttachment"] = "cross-platform" },
		"in a string":    func(m map[string]any) { m["publicKeyCredential"] = `{"id":"x"}` },
		"no name":        func(m map[string]any) { m["displayName"] = "" },
		"long name":      func(m map[string]any) { m["displayName"] = strings.Repeat("é", 31) },
		"other property": func(m map[string]any) { m["pin"] = "1234" },
	} {
		body := key.register(b.options(aiko), "Key")
		spoil(body)
		b.want(400, "POST", b.keys(aiko), body)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	body := key.register(b.options(aiko), strings.Repeat("é", 30))
	resp := cred(body)["response"].(map[string]any)
	resp["clientDataJSON"] = padded(resp["clientDataJSON"].(string)) // padded base64 is read in the two response fields
	cred(body)["clientExtensionResults"] = map[string]any{}
	b.want(201, "POST", b.keys(aiko), body)
}

func padded(s string) string {
	raw, _ := lenient(s)
	return IDPadded.encode(raw)
}

// TestChallengeOnce: a challenge answers once, for one user, in one ceremony; a credential registers once.
func TestChallengeOnce(t *testing.T) {
	b := newBench(t)
	b.open()
	options := b.options(aiko)
	b.refused(400, "another user", "POST", b.keys("jose@"+Domain), newTestKey(t).register(options, "Key"))
	key := newTestKey(t)
	b.want(201, "POST", b.keys(aiko), key.register(options, "Key"))
	b.refused(400, "used already", "POST", b.keys(aiko), newTestKey(t).register(options, "Key"))
	b.refused(400, "already registered", "POST", b.keys("jose@"+Domain), key.register(b.options("jose@"+Domain), "Key"))

	get := b.signInOptions(aiko)
	b.refused(400, "another ceremony", "POST", b.keys(aiko), newTestKey(t).register(map[string]any{"publicKey": get}, "Key"))
}

// TestAttestationTrusted: a chain that ends in a listed root passes enforcement, and is told as attested.
func TestAttestationTrusted(t *testing.T) {
	key := newTestKey(t)
	key.chain = newTestChain(t, key.aaguid)
	b := newBench(t, func(o *Options) {
		o.Seed.Trust = []TrustedModel{{AAGUID: atkey, Model: "Test", Roots: key.chain.pem()}}
	})
	b.open()
	b.setFIDO2(map[string]any{"isAttestationEnforced": true})
	made := b.want(201, "POST", b.keys(aiko), key.register(b.options(aiko), "Key"))
	if at[string](t, made, "attestationLevel") != "attested" || len(at[[]any](t, made, "attestationCertificates")) != 1 {
		t.Errorf("%v", made)
	}
	stranger := newTestKey(t)
	stranger.chain = newTestChain(t, stranger.aaguid)
	b.refused(400, "metadata's roots", "POST", b.keys(aiko), stranger.register(b.options(aiko), "Key"))
}

// TestProfiles: a user under several profiles needs to satisfy one; a target without profiles lets nobody in.
func TestProfiles(t *testing.T) {
	b := newBench(t, migrated)
	const strict = "e47a833c-5dfa-45f1-9471-bb0cf0eb425b"
	target := func(group string, profiles ...any) map[string]any {
		return map[string]any{"targetType": "group", "id": b.groupID(group), "allowedPasskeyProfiles": profiles}
	}
	b.setFIDO2(map[string]any{"state": "enabled",
		"passkeyProfiles": []any{
			map[string]any{"id": defaultProfileID, "name": "Default passkey profile", "passkeyTypes": "deviceBound", "attestationEnforcement": "registrationOnly"},
			map[string]any{"id": strict, "name": "synced", "passkeyTypes": "synced", "attestationEnforcement": "disabled",
				"keyRestrictions": map[string]any{"isEnforced": false, "enforcementType": "allow", "aaGuids": []any{}}},
		},
		"includeTargets": []any{target(PilotGroup, defaultProfileID), target("Pilot Tokyo", strict)},
	})
	key := newTestKey(t)
	b.refused(400, "enforces attestation", "POST", b.keys("jose@"+Domain), key.register(b.options("jose@"+Domain), "Key"))
	b.refused(400, "no device-bound", "POST", b.keys(aiko), key.register(b.options(aiko), "Key"))
	key.flags |= flagBE
	b.want(201, "POST", b.keys(aiko), key.register(b.options(aiko), "Key"))
	b.want(200, "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))

	// The classic damage: targets written by a tool of the flat age.
	b.setFIDO2(map[string]any{"includeTargets": []any{map[string]any{"targetType": "group", "id": b.groupID(PilotGroup)}}})
	b.refused(403, "no passkey profile is allowed", "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))
}

// TestSignInRefusals: what the sign-in page refuses, with a row in the log for each.
func TestSignInRefusals(t *testing.T) {
	b := newBench(t)
	b.open()
	key := newTestKey(t)
	key.count = 5
	b.want(201, "POST", b.keys(aiko), key.register(b.options(aiko), "Key"))
	good := func() map[string]any { return key.assert(aiko, b.signInOptions(aiko), b.handle(aiko)) }
	b.want(200, "POST", pages+"sign-in", good())

	old := good()
	b.clock.add(6 * time.Minute)
	b.refused(401, "expired at", "POST", pages+"sign-in", old)

	forged := good()
	forged["signature"] = good()["signature"]
	b.refused(401, "does not verify", "POST", pages+"sign-in", forged)

	other := key.assert(aiko, b.signInOptions(aiko), b.handle("jose@"+Domain))
	b.refused(401, "another user's", "POST", pages+"sign-in", other)

	key.count = 2
	b.refused(401, "cloned", "POST", pages+"sign-in", good())
	key.count = 50

	key.flags = flagUP
	b.refused(401, "does not verify", "POST", pages+"sign-in", good())
	key.flags = flagUP | flagUV
	b.want(200, "POST", pages+"sign-in", good())

	// Key restrictions lock out a key that is already registered.
	b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": true, "enforcementType": "block", "aaGuids": []any{atkey}}})
	b.refused(403, "does not permit", "POST", pages+"sign-in", good())
	b.setFIDO2(map[string]any{"keyRestrictions": map[string]any{"isEnforced": false}})
	b.want(200, "POST", pages+"sign-in", good())
	b.setFIDO2(map[string]any{"state": "disabled"})
	b.refused(403, "disabled", "POST", pages+"sign-in", good())
	b.want(404, "POST", pages+"sign-in-options", map[string]any{"upn": "nobody@" + Domain})

	b.clock.add(time.Hour)
	rows := at[[]any](t, b.want(200, "GET", "/beta/auditLogs/signIns?$filter=status/errorCode%20ne%200", nil), "value")
	if len(rows) != 7 {
		t.Errorf("%d rows of failures, want 7", len(rows))
	}
	for _, r := range rows {
		if at[bool](t, at[[]any](t, r, "authenticationDetails")[0], "succeeded") {
			t.Errorf("a failure that succeeded: %v", r)
		}
	}
}

// TestRolesAndRights: 403 without right or role, own account, administrators, administrative units.
func TestRolesAndRights(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Seed.People = append(o.Seed.People, Person{UPN: "hidden", Name: "Hidden Helen", Hidden: true})
	})
	b.open()
	b.refused(403, "own account", "GET", b.passes(AdminUPN), nil)
	b.refused(403, "own account", "POST", b.passes(AdminUPN), map[string]any{})
	b.want(200, "GET", "/v1.0/me/authentication/temporaryAccessPassMethods", nil)
	b.refused(404, "administrative unit", "GET", b.keys("hidden@"+Domain), nil)
	b.refused(404, "no user", "GET", "/v1.0/users/nobody@contoso.example", nil)

	desk := b.as(HelpDeskUPN)
	desk.want(201, "POST", b.passes(aiko), map[string]any{})
	desk.refused(403, "roles", "POST", b.passes(AuditorUPN), map[string]any{}) // an administrator
	desk.refused(403, "roles", "GET", fido2Config, nil)
	desk.refused(403, "roles", "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type})
	desk.refused(403, "roles", "GET", "/beta/auditLogs/signIns", nil)

	look := b.as(AuditorUPN)
	look.want(200, "GET", fido2Config, nil)
	look.want(200, "GET", b.passes(aiko), nil)
	look.refused(403, "roles", "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type})
	look.refused(403, "roles", "POST", b.passes(aiko), map[string]any{})

	own := b.as(aiko)
	own.want(200, "GET", "/v1.0/me", nil)
	own.refused(403, "roles", "GET", b.keys("jose@"+Domain), nil)
	options := own.want(200, "GET", "/v1.0/me/authentication/fido2Methods/creationOptions", nil)
	key := newTestKey(t)
	own.want(201, "POST", "/v1.0/me/authentication/fido2Methods", key.register(options, "Mine"))
	own.want(200, "GET", "/v1.0/me/authentication/fido2Methods", nil)
	own.want(405, "GET", "/beta/me/authentication/fido2Methods/creationOptions", nil)

	narrow := *b
	narrow.token = b.tenant.TokenFor(AdminUPN, "Policy.Read.AuthenticationMethod", "User.ReadBasic.All")
	narrow.want(200, "GET", fido2Config, nil)
	out := narrow.refused(403, "none of the rights", "PATCH", fido2Config, map[string]any{"@odata.type": fido2Type})
	if at[string](t, out, "error", "code") != "Authorization_RequestDenied" {
		t.Errorf("%v", out)
	}
	basic := narrow.want(200, "GET", b.userPath(aiko, "?$select=id,displayName,accountEnabled"), nil)
	if basic["accountEnabled"] != nil {
		t.Errorf("User.ReadBasic.All shows accountEnabled: %v", basic)
	}
	self := *b
	self.token = b.tenant.TokenFor(aiko, "User.Read")
	self.want(200, "GET", b.userPath(aiko, ""), nil)
	self.refused(403, "for oneself", "GET", b.userPath(AdminUPN, ""), nil)
	self.want(403, "GET", "/v1.0/users", nil)
	nobody := *b
	nobody.token = "x"
	nobody.want(401, "GET", "/v1.0/me", nil)

	app := *b
	app.token = b.tenant.AppToken("rollout-app")
	app.want(200, "GET", fido2Config, nil)
	app.want(400, "GET", "/v1.0/me", nil)
	app.want(200, "GET", b.keys(aiko), nil)
}

// TestFree: a tenant without P1 has no sign-in log.
func TestFree(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Free = true })
	out := b.want(403, "GET", "/beta/auditLogs/signIns", nil)
	if at[string](t, out, "error", "code") != "Authentication_RequestFromNonPremiumTenantOrB2CTenant" {
		t.Errorf("%v", out)
	}
}

// TestSettle: a fresh passkey cannot sign in for a while.
func TestSettle(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Settle = 30 * time.Second })
	b.open()
	key := newTestKey(t)
	b.want(201, "POST", b.keys(aiko), key.register(b.options(aiko), "Key"))
	b.refused(404, "not reached", "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))
	b.clock.add(30 * time.Second)
	b.want(200, "POST", pages+"sign-in", key.assert(aiko, b.signInOptions(aiko), nil))
}
