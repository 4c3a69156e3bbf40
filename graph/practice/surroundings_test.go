package practice

import (
	"strings"
	"testing"
	"time"
)

func TestSurroundings(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Seed.Federated = true })
	domains := at[[]any](t, b.want(200, "GET", "/v1.0/domains", nil), "value")
	if at[string](t, domains[0], "authenticationType") != "Federated" {
		t.Errorf("%v", domains)
	}
	b.want(200, "GET", "/v1.0/domains/"+Domain, nil)
	b.want(404, "GET", "/v1.0/domains/fabrikam.example", nil)
	skus := at[[]any](t, b.want(200, "GET", "/v1.0/subscribedSkus", nil), "value")
	if at[string](t, skus[0], "skuPartNumber") != "AAD_PREMIUM" {
		t.Errorf("%v", skus)
	}
	if !at[bool](t, b.want(200, "GET", "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", nil), "isEnabled") {
		t.Error("security defaults are off")
	}
}

func TestMethodsOfAUser(t *testing.T) {
	b := newBench(t)
	b.open()
	b.issue(aiko, map[string]any{})
	b.want(201, "POST", b.keys(aiko), newTestKey(t).register(b.options(aiko), "Key"))
	var kinds []string
	for _, m := range at[[]any](t, b.want(200, "GET", b.userPath(aiko, "/authentication/methods"), nil), "value") {
		kinds = append(kinds, strings.TrimPrefix(at[string](t, m, "@odata.type"), "#microsoft.graph."))
	}
	if got := strings.Join(kinds, " "); got != "passwordAuthenticationMethod temporaryAccessPassAuthenticationMethod fido2AuthenticationMethod" {
		t.Errorf("%s", got)
	}
}

func TestReports(t *testing.T) {
	b := newBench(t)
	b.open()
	b.want(201, "POST", b.keys(aiko), newTestKey(t).register(b.options(aiko), "Key"))
	path := "/v1.0/reports/authenticationMethods/userRegistrationDetails"
	capable := func() int {
		return len(at[[]any](t, b.want(200, "GET", q(path, "$filter", "isPasswordlessCapable eq true"), nil), "value"))
	}
	if n := capable(); n != 0 {
		t.Errorf("the report is not late: %d", n)
	}
	b.clock.add(2 * time.Hour)
	if n := capable(); n != 1 {
		t.Errorf("%d people are able", n)
	}
	b.want(200, "GET", path+"/"+b.tenant.dir.user(aiko).id, nil)
	b.want(404, "GET", path+"/"+b.tenant.dir.user(DisabledUPN).id, nil)
	counts := at[[]any](t, b.want(200, "GET", "/v1.0/reports/authenticationMethods/usersRegisteredByMethod()", nil), "userRegistrationMethodCounts")
	if at[float64](t, counts[0], "userCount") != 1 {
		t.Errorf("%v", counts)
	}
	b.want(200, "GET", "/v1.0/reports/authenticationMethods/usersRegisteredByFeature()", nil)
	b.want(200, "GET", "/beta/reports/authenticationMethods/userSignInsByAuthMethodSummary(period='d7')", nil)
	b.want(400, "GET", "/beta/reports/authenticationMethods/userSignInsByAuthMethodSummary(period='d8')", nil)
}

// TestChickenAndEgg: the built-in phishing-resistant strength stops the first registration; a strength of the tenant's
// own that accepts a one-time pass does not.
func TestChickenAndEgg(t *testing.T) {
	access := func(strength string, register bool) func(*Options) {
		return func(o *Options) {
			o.Seed.SecurityDefaults = false
			o.Seed.Access = []AccessPolicy{{Name: "Strong", Strength: strength, Register: register, Groups: []string{PilotGroup}, Except: []string{"Pilot Tokyo"}}}
		}
	}
	for _, register := range []bool{true, false} {
		b := newBench(t, access(strengthResistant, register))
		b.open()
		b.signInCode("53003", "jose@"+Domain, b.issue("jose@"+Domain, map[string]any{}))
		if status, _ := b.passSignIn(aiko, b.issue(aiko, map[string]any{})); status != 200 {
			t.Errorf("the excluded group is blocked: %s", b.tenant.LastRefusal())
		}
		key := newTestKey(t)
		b.want(201, "POST", b.keys("jose@"+Domain), key.register(b.options("jose@"+Domain), "Key"))
		b.want(200, "POST", pages+"sign-in", key.assert("jose@"+Domain, b.signInOptions("jose@"+Domain), nil))
		b.want(200, "GET", "/v1.0/identity/conditionalAccess/policies", nil)
	}
	b := newBench(t, access(strengthMFA, true))
	b.open()
	if status, _ := b.passSignIn("jose@"+Domain, b.issue("jose@"+Domain, map[string]any{})); status != 200 {
		t.Errorf("MFA does not accept a pass: %s", b.tenant.LastRefusal())
	}
	_, err := New(Options{Seed: &Seed{SecurityDefaults: true, Access: []AccessPolicy{{Name: "x"}}}})
	if err == nil {
		t.Error("Conditional Access beside security defaults")
	}
}

func TestStrengths(t *testing.T) {
	b := newBench(t)
	path := "/v1.0/policies/authenticationStrengthPolicies"
	if n := len(at[[]any](t, b.want(200, "GET", path, nil), "value")); n != 3 {
		t.Errorf("%d strengths", n)
	}
	b.want(400, "PATCH", path+"/"+strengthResistant, map[string]any{"displayName": "Mine"})
	made := b.want(201, "POST", path, map[string]any{"displayName": "Bootstrap", "allowedCombinations": []any{"fido2", "temporaryAccessPassOneTime"}})
	id := at[string](t, made, "id")
	b.want(204, "PATCH", path+"/"+id, map[string]any{"description": "for the first key"})
	combo := map[string]any{"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "appliesToCombinations": []any{"fido2"}, "allowedAAGUIDs": []any{atkey}}
	b.want(201, "POST", path+"/"+id+"/combinationConfigurations", combo)
	b.want(200, "GET", path+"/"+id+"/combinationConfigurations", nil)
	b.want(200, "GET", path+"/"+id, nil)
	c := &call{t: b.tenant, st: b.tenant.st}
	if why := c.weak(id, "fido2", "2fc0579f-8113-47ea-b116-bb5a8db9202a"); !strings.Contains(why, "AAGUID") {
		t.Errorf("%q", why)
	}
	if why := c.weak(id, "temporaryAccessPassOneTime", ""); why != "" {
		t.Errorf("%q", why)
	}
	b.want(204, "DELETE", path+"/"+id, nil)
	b.want(404, "GET", path+"/"+id, nil)
	b.want(400, "POST", path, map[string]any{"displayName": "x", "allowedCombinations": []any{"pigeon"}})
	b.as(aiko).want(403, "POST", path, map[string]any{"displayName": "x", "allowedCombinations": []any{"fido2"}})
}

func TestBatch(t *testing.T) {
	b := newBench(t)
	b.opts.Faults.Add("throttled GET /organization")
	req := func(id, method, url string, more ...any) map[string]any {
		m := map[string]any{"id": id, "method": method, "url": url}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	jsonBody := map[string]any{"Content-Type": "application/json"}
	passes := strings.TrimPrefix(b.passes(aiko), "/v1.0")
	out := b.want(200, "POST", "/v1.0/$batch", map[string]any{"requests": []any{
		req("1", "GET", "/me?$select=id"),
		req("2", "GET", "/organization"),
		req("3", "PATCH", strings.TrimPrefix(passConfig, "/v1.0"), "headers", jsonBody, "body", map[string]any{"@odata.type": passType, "state": "enabled"}),
		req("4", "POST", passes, "headers", jsonBody, "body", map[string]any{}, "dependsOn", []any{"3"}),
		req("5", "GET", "/me", "dependsOn", []any{"2"}),
		req("6", "POST", passes, "body", map[string]any{}),
		req("7", "POST", "/$batch", "headers", jsonBody, "body", map[string]any{}),
	}})
	want := map[string]float64{"1": 200, "2": 429, "3": 204, "4": 201, "5": 424, "6": 400, "7": 400}
	for _, r := range at[[]any](t, out, "responses") {
		if id := at[string](t, r, "id"); at[float64](t, r, "status") != want[id] {
			t.Errorf("%s: %v, want %v", id, r, want[id])
		}
	}
	if n := len(at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")); n != 1 {
		t.Errorf("%d passes", n)
	}
	many := []any{}
	for range 21 {
		many = append(many, req("x", "GET", "/me"))
	}
	b.want(400, "POST", "/v1.0/$batch", `{"requests":[]}`)
	b.want(400, "POST", "/v1.0/$batch", map[string]any{"requests": many})
	b.want(400, "POST", "/v1.0/$batch", map[string]any{"requests": many[:2]})
}
