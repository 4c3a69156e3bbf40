package practice

import (
	"testing"
	"time"
)

func (b *bench) passSignIn(upn, value string) (int, map[string]any) {
	b.t.Helper()
	return b.do("POST", pages+"pass-sign-in", map[string]any{"upn": upn, "temporaryAccessPass": value})
}

func (b *bench) issue(upn string, body map[string]any) string {
	b.t.Helper()
	return at[string](b.t, b.want(201, "POST", b.passes(upn), body), "temporaryAccessPass")
}

func (b *bench) passReason(upn string) string {
	b.t.Helper()
	return at[string](b.t, at[[]any](b.t, b.want(200, "GET", b.passes(upn), nil), "value")[0], "methodUsabilityReason")
}

func (b *bench) signInCode(want string, upn, value string) {
	b.t.Helper()
	_, out := b.passSignIn(upn, value)
	if got := at[string](b.t, out, "error", "code"); got != want {
		b.t.Errorf("sign-in of %s: %s, want %s (%s)", upn, got, want, b.tenant.LastRefusal())
	}
}

func TestPassRules(t *testing.T) {
	b := newBench(t)
	if out := b.want(400, "POST", b.passes(aiko), map[string]any{}); at[string](t, out, "error", "code") != "badRequest" {
		t.Errorf("%v", out)
	}
	b.setPass(map[string]any{"state": "enabled", "includeTargets": []any{map[string]any{"targetType": "group", "id": b.groupID("Key holders")}}})
	out := b.want(400, "POST", b.passes(aiko), map[string]any{"lifetimeInMinutes": 30})
	if m := at[string](t, out, "error", "message"); m != "Invalid LifetimeInMinutes specified. The valid range between 60 and 480." {
		t.Errorf("%q", m)
	}
	out = b.want(400, "POST", b.passes(GuestUPN), map[string]any{})
	if m := at[string](t, out, "error", "message"); m != "Temporary Access Pass cannot be added to an external guest user." {
		t.Errorf("%q", m)
	}
	b.want(400, "POST", b.passes(aiko), map[string]any{"temporaryAccessPass": "Chosen-by-me1"})
	b.want(400, "POST", b.passes(aiko), map[string]any{"lifetime": 60})
	b.want(400, "POST", b.passes(aiko), `{"lifetimeInMinutes":"60"}`)
	b.want(400, "POST", b.passes(aiko), `{"lifetimeInMinutes":`)
	b.want(400, "POST", b.passes(aiko), nil)

	first := b.issue(aiko, map[string]any{})
	if len(first) != 8 {
		t.Errorf("a pass of %d characters", len(first))
	}
	b.setPass(map[string]any{"defaultLength": 48})
	second := b.issue(aiko, map[string]any{})
	if len(second) != 48 {
		t.Errorf("a pass of %d characters", len(second))
	}
	b.signInCode("pass-invalid", aiko, first) // replaced
	if status, _ := b.passSignIn(aiko, second); status != 200 {
		t.Errorf("sign-in: %d", status)
	}
	if status, _ := b.passSignIn(aiko, second); status != 200 { // not one-time
		t.Errorf("second sign-in: %d", status)
	}
	b.clock.add(time.Hour)
	b.signInCode("pass-expired", aiko, second)
	if r := b.passReason(aiko); r != "Expired" {
		t.Errorf("reason %s", r)
	}

	// Outside the scope a pass is issued all the same, and fails at sign-in.
	value := b.issue("peter@"+Domain, map[string]any{})
	b.signInCode("130502", "peter@"+Domain, value)
	if r := b.passReason("peter@" + Domain); r != "DisabledByPolicy" {
		t.Errorf("reason %s", r)
	}

	later := b.issue(aiko, map[string]any{"startDateTime": stamp(b.clock.Now().Add(2 * time.Hour)), "lifetimeInMinutes": 60})
	b.signInCode("pass-not-yet-valid", aiko, later)
	if r := b.passReason(aiko); r != "NotYetValid" {
		t.Errorf("reason %s", r)
	}
	b.clock.add(2 * time.Hour)
	if status, _ := b.passSignIn(aiko, later); status != 200 {
		t.Errorf("sign-in: %d", status)
	}
	b.want(400, "POST", b.passes(aiko), map[string]any{"startDateTime": stamp(b.clock.Now().Add(-2 * time.Hour)), "lifetimeInMinutes": 60})
	b.signInCode("user-unknown", "nobody@"+Domain, "x")
	b.signInCode("user-disabled", DisabledUPN, "x")
	b.setPass(map[string]any{"state": "disabled"})
	b.signInCode("pass-disabled", aiko, later)
	b.setPass(map[string]any{"state": "enabled"})

	id := at[string](t, at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")[0], "id")
	b.want(200, "GET", b.passes(aiko)+"/"+id, nil)
	b.want(204, "DELETE", b.passes(aiko)+"/"+id, nil)
	b.want(404, "DELETE", b.passes(aiko)+"/"+id, nil)
	b.signInCode("pass-invalid", aiko, later)
}

// TestOneTimePass: it signs in once, and registers within ten minutes.
func TestOneTimePass(t *testing.T) {
	b := newBench(t)
	b.open()
	b.setPass(map[string]any{"isUsableOnce": true})
	b.want(400, "POST", b.passes(aiko), map[string]any{"isUsableOnce": false})
	value := b.issue(aiko, map[string]any{})
	_, out := b.passSignIn(aiko, value)
	info := *b
	info.token = at[string](t, out, "session")
	b.signInCode("pass-used", aiko, value)
	if r := b.passReason(aiko); r != "OneTimeUsed" {
		t.Errorf("reason %s", r)
	}
	b.clock.add(9 * time.Minute)
	options := info.want(200, "POST", pages+"security-info/creation-options", map[string]any{})
	b.clock.add(time.Minute)
	info.refused(403, "ten minutes", "POST", pages+"security-info/passkeys", newTestKey(t).register(options, "Late"))

	b.setFIDO2(map[string]any{"state": "disabled"})
	_, out = b.passSignIn(aiko, b.issue(aiko, map[string]any{}))
	info.token = at[string](t, out, "session")
	info.refused(403, "disabled", "POST", pages+"security-info/creation-options", map[string]any{})
	b.refused(401, "session", "POST", pages+"security-info/creation-options", map[string]any{}) // a Graph token is none
}
