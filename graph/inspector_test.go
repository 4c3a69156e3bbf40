package graph

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"keyrollout/internal/secret"
)

func inspect(t *testing.T, answers ...answer) (Inspector, *script) {
	tenant, s := play(t, answers...)
	i, ok := tenant.(Inspector)
	if !ok {
		t.Fatal("the tenant is no Inspector")
	}
	return i, s
}

func TestMethods(t *testing.T) {
	i, _ := inspect(t, reply(200, `{"id":"authenticationMethodsPolicy","policyMigrationState":null,"policyVersion":"1.5",
		"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"snoozeDurationInDays":3,"state":"enabled","excludeTargets":[],
		"includeTargets":[{"id":"all_users","targetType":"group","targetedAuthenticationMethod":"fido2"}]}},
		"authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled"},{"id":"Sms","state":"disabled"}]}`),
		reply(200, `{"isEnabled":true}`), reply(200, `{}`),
		reply(200, `{"value":[{"id":"00000000-0000-0000-0000-000000000004","displayName":"Phishing-resistant MFA","policyType":"builtIn","allowedCombinations":["windowsHelloForBusiness","fido2"]}]}`),
		reply(200, `{"value":[{"skuPartNumber":"M365","capabilityStatus":"Enabled","consumedUnits":5,"prepaidUnits":{"enabled":10},"servicePlans":[{"servicePlanName":"AAD_PREMIUM","provisioningStatus":"Success"},{"servicePlanName":"X","provisioningStatus":"Disabled"}]}]}`),
		reply(200, `{"value":[{"id":"contoso.com","authenticationType":"Federated","isDefault":true,"isVerified":true}]}`))
	ctx := t.Context()
	m, err := i.Methods(ctx)
	want := Methods{Campaign: Campaign{"enabled", "fido2", 3, []Target{{ID: AllUsers}}}, Enabled: map[string]bool{"Fido2": true, "Sms": false}}
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, %v", m, err)
	}
	if on, err := i.SecurityDefaults(ctx); err != nil || !on {
		t.Errorf("got %v, %v", on, err)
	}
	if _, err := i.SecurityDefaults(ctx); refusal(err) == nil || refusal(err).Code != CodeGarbled {
		t.Errorf("got %v", err)
	}
	if s, err := i.Strengths(ctx); err != nil || len(s) != 1 || !s[0].BuiltIn || !slices.Equal(s[0].Combinations, []string{"windowsHelloForBusiness", "fido2"}) {
		t.Errorf("got %+v, %v", s, err)
	}
	l, err := i.Licences(ctx)
	if err != nil || len(l) != 1 || l[0].Seats != 10 || l[0].Used != 5 || !slices.Equal(l[0].Services, []string{"AAD_PREMIUM"}) {
		t.Errorf("got %+v, %v", l, err)
	}
	if p1, p2 := Premium(l); !p1 || p2 {
		t.Errorf("premium %v, %v", p1, p2)
	}
	if d, err := i.Domains(ctx); err != nil || len(d) != 1 || d[0] != (EntraDomain{"contoso.com", true, true, true}) {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestAccessRules(t *testing.T) {
	strength := `"authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004","displayName":"PR","allowedCombinations":["fido2"]}`
	rule := func(state, conditions, grant string) string {
		return `{"id":"r","displayName":"x","state":"` + state + `","conditions":{"users":{"includeUsers":["All"],"excludeGroups":["g"]},` + conditions + `},"grantControls":` + grant + `}`
	}
	register := `"applications":{"includeApplications":[],"includeUserActions":["urn:user:registersecurityinfo"]}`
	all := `"applications":{"includeApplications":["All"]}`
	i, _ := inspect(t, reply(200, `{"value":[`+
		rule("enabled", register, `{"operator":"OR","builtInControls":[],`+strength+`}`)+`,`+
		rule("enabledForReportingButNotEnforced", all, `{"operator":"AND","builtInControls":["mfa"],`+strength+`}`)+`,`+
		rule("disabled", register, `{"operator":"OR","builtInControls":["block"]}`)+`,`+
		rule("enabled", all, `{"operator":"OR","builtInControls":["mfa"],"authenticationStrength":null}`)+`,`+
		rule("enabled", all+`,"authenticationFlows":{"transferMethods":"deviceCodeFlow,authenticationTransfer"}`, `{"operator":"OR","builtInControls":["block"]}`)+`,`+
		rule("enabled", register, `null`)+`]}`))
	rules, err := i.AccessRules(t.Context())
	if err != nil || len(rules) != 6 {
		t.Fatalf("got %+v, %v", rules, err)
	}
	for n, want := range []bool{true, true, false, false, false, false} {
		if rules[n].StopsBootstrap() != want {
			t.Errorf("rule %d: %v", n+1, !want)
		}
		if rules[n].BlocksDeviceCode() != (n == 4) {
			t.Errorf("rule %d blocks device codes: %v", n+1, n != 4)
		}
	}
	if !slices.Equal(rules[0].IncludeUsers, []string{"All"}) || !slices.Equal(rules[0].ExcludeGroups, []string{"g"}) || rules[3].Strength != nil {
		t.Errorf("got %+v", rules[0])
	}
}

func TestLists(t *testing.T) {
	next := `"@odata.nextLink":"https://graph.microsoft.com/v1.0/groups/` + pilots + `/transitiveMembers/microsoft.graph.user?$skiptoken=a"`
	i, s := inspect(t,
		reply(200, `{"value":[{"id":"1","userPrincipalName":"a@x"}],`+next+`}`), reply(200, `{"value":[{"id":"2","userType":"Guest","accountEnabled":false}]}`),
		reply(200, `{"value":[{"id":"1","userPrincipalName":"a@x","isAdmin":true,"isPasswordlessCapable":true,"methodsRegistered":["passKeyDeviceBound","somethingNew"],"lastUpdatedDateTime":"2026-11-20T00:00:00Z"}]}`),
		reply(200, `{"value":[{"id":"a1","activityDateTime":"2026-11-22T08:00:00Z","activityDisplayName":"Add Passkey (device-bound) [security key]","result":"success","resultReason":"r",
			"initiatedBy":{"user":{"userPrincipalName":"admin@x"},"app":null},"targetResources":[{"id":null,"userPrincipalName":"ann@x"}],"additionalDetails":[{"key":"AAGuid","value":"`+atkey.String()+`"}]}]}`))
	ctx := t.Context()
	members, err := collect(i.GroupMembers(ctx, pilots), 0)
	if err != nil || len(members) != 2 || !members[1].Guest || !members[1].Disabled || s.asked[1].query.Get("$skiptoken") != "a" || s.asked[1].header.Get("ConsistencyLevel") != "eventual" {
		t.Errorf("got %+v, %v", members, err)
	}
	who, err := collect(i.Registered(ctx), 0)
	if err != nil || len(who) != 1 || !who[0].Admin || !who[0].Passwordless || len(who[0].Methods) != 2 || who[0].Updated.IsZero() {
		t.Errorf("got %+v, %v", who, err)
	}
	audits, err := collect(i.Audits(ctx, time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)), 0)
	if err != nil || len(audits) != 1 || audits[0].AAGUID() != atkey.String() || audits[0].By != "admin@x" || audits[0].TargetUPN != "ann@x" || !audits[0].Success {
		t.Errorf("got %+v, %v", audits, err)
	}
	if f := s.asked[3].query.Get("$filter"); f != "loggedByService eq 'Authentication Methods' and activityDateTime ge 2026-11-22T07:00:00Z" {
		t.Errorf("asked %s", f)
	}
}

// A list may be left early, ends at an error, and does not go in circles.
func TestListsThatGoWrong(t *testing.T) {
	circle := reply(200, `{"value":[{"id":"1"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/groups/`+pilots+`/transitiveMembers/microsoft.graph.user?$skiptoken=a"}`)
	i, s := inspect(t, circle, circle, circle, reply(403, graphError("Authorization_RequestDenied", "")), reply(200, `{}`))
	for range i.GroupMembers(t.Context(), pilots) {
		break
	}
	if len(s.asked) != 1 {
		t.Errorf("%d requests", len(s.asked))
	}
	n := 0
	for _, err := range i.GroupMembers(t.Context(), pilots) {
		if n++; err != nil && refusal(err).Code != CodeGarbled {
			t.Error(err)
		}
	}
	if n != 3 || len(s.asked) != 3 {
		t.Errorf("%d rows, %d requests", n, len(s.asked))
	}
	for _, want := range []int{403, 200} {
		if _, err := collect(i.GroupMembers(t.Context(), pilots), 0); refusal(err) == nil || refusal(err).Status != want {
			t.Errorf("got %v", err)
		}
	}
	if _, err := collect(i.GroupMembers(t.Context(), "x"), 0); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

// Five of the reports in ten seconds, one of Conditional Access a second, the rest as fast as asked.
func TestLimiter(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	l := newLimiter(Options{Clock: func() time.Time { return now }})
	var waits []time.Duration
	for range 12 {
		waits = append(waits, l.wait("/beta/auditLogs/signIns")/time.Second)
	}
	if want := []time.Duration{0, 0, 0, 0, 0, 10, 10, 10, 10, 10, 20, 20}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	now = now.Add(time.Minute)
	if l.wait("/v1.0/auditLogs/directoryAudits") != 0 || l.wait("/v1.0/identity/conditionalAccess/policies") != 0 || l.wait("/v1.0/users") != 0 {
		t.Error("waits for nothing")
	}
	if d := l.wait("/v1.0/identity/conditionalAccess/policies"); d != time.Second {
		t.Errorf("waits %v", d)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { l.wait("/v1.0/reports/x") })
	}
	all.Wait()
	if d := l.wait("/v1.0/reports/x"); d != 100*time.Second {
		t.Errorf("waits %v", d)
	}
}

func noSleep(context.Context, time.Duration) error { return nil }

func TestSkew(t *testing.T) {
	i, _ := inspect(t, reply(200, `{"isEnabled":false}`, "Date: Sun, 22 Nov 2026 09:03:00 GMT"))
	if _, known := i.Skew(); known {
		t.Error("known before any answer")
	}
	if on, err := i.SecurityDefaults(t.Context()); on || err != nil {
		t.Errorf("got %v, %v", on, err)
	}
	if d, known := i.Skew(); !known || d != 3*time.Minute {
		t.Errorf("got %v, %v", d, known)
	}
}

// Whatever is refused, the right that was missing can be told.
func TestNeeds(t *testing.T) {
	var answers []answer
	for range 40 {
		answers = append(answers, reply(403, graphError("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")))
	}
	s := &script{t: t, answers: answers}
	tenant, err := New(Options{Bearer: secret.New([]byte("token-of-the-test")), Transport: s, Sleep: noSleep})
	if err != nil {
		t.Fatal(err)
	}
	ctx, i := t.Context(), tenant.(Inspector)
	pass, err := ParsePassPolicy([]byte(passPolicy))
	if err != nil {
		t.Fatal(err)
	}
	two := func(_ any, err error) error { return err }
	for part, errs := range map[string][]error{
		"tenant-read": {two(tenant.Organization(ctx)), two(tenant.Me(ctx)), two(tenant.User(ctx, "x")), two(tenant.FindUsers(ctx, "x")), two(tenant.FindGroups(ctx, "x")),
			two(tenant.Group(ctx, pilots)), two(tenant.MemberOf(ctx, "x", []string{pilots})), two(tenant.FIDO2Policy(ctx)), two(tenant.PassPolicy(ctx)),
			two(i.Methods(ctx)), two(i.Strengths(ctx)), two(collect(i.GroupMembers(ctx, pilots), 0)), two(collect(i.Everybody(ctx), 0))},
		"tenant-check": {two(i.SecurityDefaults(ctx)), two(i.AccessRules(ctx)), two(i.Licences(ctx))},
		"tenant-write": {tenant.SetPassPolicy(ctx, pass), tenant.SetFIDO2Policy(ctx, FIDO2Policy{})},
		"methods-read": {two(tenant.Passes(ctx, "x")), two(tenant.Passkeys(ctx, "x")), two(collect(i.PasskeysOf(ctx, []string{"x"}), 0))},
		"pass":         {two(tenant.IssuePass(ctx, "x", PassRequest{})), tenant.RevokePass(ctx, "x", "y")},
		"registration": {two(tenant.CreationOptions(ctx, "x")), two(tenant.RegisterPasskey(ctx, "x", Registration{"k", []byte{1}, []byte{2}, []byte{3}})),
			tenant.DeletePasskey(ctx, "x", "y")},
		"sign-in": {two(tenant.SignIns(ctx, someUser, time.Now())), two(collect(i.Registered(ctx), 0)), two(collect(i.Audits(ctx, time.Now()), 0))},
	} {
		for n, err := range errs {
			e := refusal(err)
			if e == nil {
				t.Fatalf("%s %d: no refusal", part, n)
			}
			if r, ok := e.Needs(); !ok || r.For != part || len(r.Scopes) != 1 || !Holds(ScopesFor(Clouds[0], part), r.Scopes[0]) || r.Role == "" {
				t.Errorf("%s: needs %+v", e.Op, r)
			}
		}
	}
	for _, e := range []*Error{{Op: "issue a pass", Status: 404}, {Op: "read the sign-in log", Status: 403, Code: CodeNotPremium}, {Op: "x", Status: 403}} {
		if r, ok := e.Needs(); ok {
			t.Errorf("%v needs %+v", e, r)
		}
	}
}
