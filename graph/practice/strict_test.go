package practice

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Properties that a type does not have are refused wherever a request names them, in Graph's words; those it has are
// taken, whether or not this tenant has a value for them.
func TestUnknownPropertiesAreRefused(t *testing.T) {
	b := newBench(t)
	for path, kind := range map[string]string{
		"/v1.0/users":           "user",
		"/v1.0/users/" + aiko:   "user",
		"/v1.0/me":              "user",
		"/v1.0/groups":          "group",
		"/v1.0/organization":    "organization",
		"/v1.0/domains":         "domain",
		"/v1.0/subscribedSkus":  "subscribedSku",
		"/v1.0" + methodsPolicy: "authenticationMethodsPolicy",
		"/v1.0" + methodsPolicy + "/authenticationMethodConfigurations/fido2": "fido2AuthenticationMethodConfiguration",
		"/v1.0/auditLogs/signIns":                                      "signIn",
		"/beta/auditLogs/signIns":                                      "signIn",
		"/v1.0/auditLogs/directoryAudits":                              "directoryAudit",
		"/v1.0" + strengthsPath:                                        "authenticationStrengthPolicy",
		"/v1.0/identity/conditionalAccess/policies":                    "conditionalAccessPolicy",
		"/v1.0/policies/identitySecurityDefaultsEnforcementPolicy":     "identitySecurityDefaultsEnforcementPolicy",
		"/v1.0" + reportsPath + "/userRegistrationDetails":             "userRegistrationDetails",
		b.userPath(aiko, "/authentication/temporaryAccessPassMethods"): "temporaryAccessPassAuthenticationMethod",
		b.userPath(aiko, "/authentication/fido2Methods"):               "fido2AuthenticationMethod",
		"/v1.0/groups/" + b.groupID(PilotGroup):                        "group",
	} {
		says := func(clause, option, value string) {
			t.Helper()
			out := b.want(400, "GET", q(path, option, value), nil)
			if want := clause + "Could not find a property named 'wish' on type 'microsoft.graph." + kind + "'."; at[string](t, out, "error", "message") != want || at[string](t, out, "error", "code") != "BadRequest" {
				t.Errorf("%s %s: %v", path, option, out)
			}
		}
		says("Parsing OData Select and Expand failed: ", "$select", "id,wish")
		says("Parsing OData Select and Expand failed: ", "$expand", "wish($select=id)")
		b.want(200, "GET", q(path, "$select", propertiesOf[kind][0]+",ID"), nil)
		if out := b.want(200, "GET", path, nil); out["value"] == nil || strings.Contains(path, "beta") {
			continue
		}
		says("Invalid filter clause: ", "$filter", "id eq 'x' and wish eq 'x'")
		says("Invalid filter clause: ", "$filter", "startswith(wish,'x')")
		says("Invalid filter clause: ", "$filter", "wish/any(w:w eq 'x')")
		says("", "$orderby", "wish desc")
	}
	// What only beta has is unknown to v1.0.
	b.want(200, "GET", q("/beta/auditLogs/signIns", "$select", "authenticationDetails"), nil)
	b.want(400, "GET", q("/v1.0/auditLogs/signIns", "$select", "authenticationDetails"), nil)
	b.want(400, "GET", q("/v1.0/auditLogs/signIns", "$filter", "signInEventTypes/any(x:x eq 'interactiveUser')"), nil)
	// Options of collections mean nothing to one thing.
	for _, option := range []string{"$filter", "$top", "$count", "$orderby"} {
		b.want(400, "GET", q("/v1.0/users/"+aiko, option, "1"), nil)
	}
}

// The directory answers some questions from its index only.
func TestAdvancedQueriesNeedTheirParameters(t *testing.T) {
	b := newBench(t)
	cast := "/v1.0/groups/" + b.groupID("Key holders") + "/transitiveMembers/microsoft.graph.user"
	for _, path := range []string{
		q("/v1.0/users", "$filter", "accountEnabled ne true"),
		q("/v1.0/users", "$filter", "not(accountEnabled eq true)"),
		q("/v1.0/users", "$filter", "endswith(mail,'x')"),
		q("/v1.0/groups", "$filter", "displayName ne 'x'"),
		cast,
	} {
		and := "&$count=true"
		if !strings.Contains(path, "?") {
			and = "?$count=true"
		}
		for _, lacking := range []struct{ level, path string }{{"", path}, {"", path + and}, {"eventual", path}} {
			if out := b.with("ConsistencyLevel", lacking.level).want(400, "GET", lacking.path, nil); at[string](t, out, "error", "code") != "Request_UnsupportedQuery" {
				t.Errorf("%v: %v", lacking, out)
			}
		}
		b.with("ConsistencyLevel", "eventual").want(200, "GET", path+and, nil)
	}
	b.with("ConsistencyLevel", "eventual").want(400, "GET", q("/v1.0/users", "$filter", "contains(displayName,'a')", "$count", "true"), nil)
}

// Bodies with properties, kinds of values and parameters that the service does not know are refused, and change nothing.
func TestBodiesAreHeldToTheirTypes(t *testing.T) {
	b := newBench(t)
	config := func(id string) string { return "/v1.0" + methodsPolicy + "/authenticationMethodConfigurations/" + id }
	target := func(k string, v any) map[string]any {
		return map[string]any{"includeTargets": []any{map[string]any{"id": "all_users", "targetType": "group", k: v}}}
	}
	for i, tc := range []struct {
		id   string
		body map[string]any
	}{
		{"sms", map[string]any{"wish": true}},
		{"microsoftAuthenticator", map[string]any{"isSoftwareOathEnabled": "yes"}},
		{"voice", map[string]any{"isOfficePhoneAllowed": 1}},
		{"sms", target("isUsableForSignIn", "yes")},
		{"sms", target("isRegistrationRequired", nil)},
		{"sms", target("allowedPasskeyProfiles", []any{})},
		{"fido2", target("isRegistrationRequired", "no")},
		{"fido2", target("allowedPasskeyProfiles", "x")},
		{"fido2", target("allowedPasskeyProfiles", []any{"x"})},
		{"fido2", target("targetType", 1)},
		{"fido2", map[string]any{"defaultPasskeyProfile": "x"}},
		{"fido2", map[string]any{"isAttestationEnforced": "true"}},
		{"fido2", map[string]any{"keyRestrictions": map[string]any{"isEnforced": "true"}}},
		{"fido2", map[string]any{"state": true}},
		{"temporaryAccessPass", map[string]any{"defaultLength": "8"}},
		{"temporaryAccessPass", map[string]any{"defaultLifetimeInMinutes": 60.5}},
	} {
		before := b.want(200, "GET", config(tc.id), nil)
		tc.body["@odata.type"] = typeOf(strings.ToLower(tc.id))
		b.want(400, "PATCH", config(tc.id), tc.body)
		if after := b.want(200, "GET", config(tc.id), nil); !reflect.DeepEqual(before, after) || t.Failed() {
			t.Fatalf("%d: %v", i, tc.body)
		}
		delete(tc.body, "@odata.type")
		b.want(400, "PATCH", config(tc.id), tc.body)
	}
	for _, body := range []map[string]any{{"reconfirmationInDays": "1"}, {"reconfirmationInDays": 1.5}, {"description": 5}, {"displayName": []any{}}, {"wish": 1}} {
		b.want(400, "PATCH", "/v1.0"+methodsPolicy, body)
	}
	groups := []any{b.groupID(PilotGroup)}
	b.want(400, "POST", b.userPath(aiko, "/checkMemberGroups"), map[string]any{"groupIds": groups, "wish": 1})
	b.want(400, "POST", b.userPath(aiko, "/checkMemberGroups"), map[string]any{"groupIds": "x"})
	b.want(200, "POST", b.userPath(aiko, "/checkMemberGroups"), map[string]any{"groupIds": groups})
}

// The table of properties is the contract's.
func TestPropertiesAreTheContracts(t *testing.T) {
	contracts, err := loadContracts()
	if err != nil {
		t.Skipf("the table of properties was not checked against Microsoft's contract: %v", err)
	}
	for kind, have := range propertiesOf {
		version, name := "v1.0", kind
		if beta, isBeta := strings.CutPrefix(kind, "beta "); isBeta {
			version, name = "beta", beta
			have = append(slices.Clone(have), propertiesOf[beta]...)
		}
		s := contracts[version].doc.Components.Schemas["microsoft.graph."+name]
		if s == nil {
			t.Errorf("the contract has no %s", kind)
			continue
		}
		known, _ := properties(s.Value)
		for _, p := range have {
			if known[p] == nil && version == "v1.0" {
				t.Errorf("%s has no %s", kind, p)
			}
		}
		for p := range known {
			if !strings.Contains(p, "@") && !slices.Contains(have, p) {
				t.Errorf("%s lacks %s", kind, p)
			}
		}
	}
}
