package graph_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
)

// Signing in at the practice tenant by LogIn, and asking it with what came of that.
func TestLogInInPractice(t *testing.T) {
	const app = "5f0f6d5e-3c0a-4f0e-9d3c-2f7c1a9b8e01"
	seed := practice.DefaultCompany()
	seed.Apps = []practice.App{{ID: app, Name: "keyrollout", Public: true, Secret: "a secret"}}
	p := newPractice(t, practice.Options{Seed: seed})
	sign := func(road graph.Road) (graph.Tenant, error) {
		cred, err := graph.LogIn(t.Context(), graph.LogInOptions{Road: road, TenantID: practice.Domain, ClientID: app, Secret: secret.New([]byte("a secret")), Transport: p.Transport(),
			ShowCode: func(d graph.DeviceCode) error {
				if time.Until(d.Expires) < time.Minute || d.URL == "" {
					t.Errorf("code %+v", d)
				}
				return p.SignInDevice(d.Code, practice.AdminUPN)
			}})
		if err != nil {
			return nil, err
		}
		return graph.New(graph.Options{Credential: cred, Transport: p.Transport()})
	}
	tenant := must(sign(graph.ByDeviceCode))(t)
	if u := must(tenant.Me(t.Context()))(t); u.UPN != practice.AdminUPN {
		t.Errorf("person %+v", u)
	}
	tenant = must(sign(graph.BySecret))(t)
	if u := must(tenant.Me(t.Context()))(t); u.UPN != "" || u.ID == "" || u.Name == "" {
		t.Errorf("application %+v", u)
	}
	must(tenant.Organization(t.Context()))(t)

	seed.SecurityDefaults = false
	seed.Access = []practice.AccessPolicy{{Name: "Block device code flow", Block: true, DeviceCode: true}}
	p = newPractice(t, practice.Options{Seed: seed})
	_, err := graph.LogIn(t.Context(), graph.LogInOptions{Road: graph.ByDeviceCode, TenantID: practice.Domain, ClientID: app, Transport: p.Transport(),
		ShowCode: func(d graph.DeviceCode) error { p.SignInDevice(d.Code, practice.AdminUPN); return nil }})
	if code(err) != graph.CodeLogInBlocked {
		t.Errorf("blocked: %v", err)
	}
}

// What a check reads, of a tenant that has something to find.
func TestInspectPractice(t *testing.T) {
	seed := practice.DefaultCompany()
	seed.SecurityDefaults = false
	seed.Access = []practice.AccessPolicy{
		{Name: "Keys only", Register: true, Strength: "00000000-0000-0000-0000-000000000004"},
		{Name: "MFA", State: "enabledForReportingButNotEnforced"},
		{Name: "Block device code flow", Block: true, DeviceCode: true}}
	p := newPractice(t, practice.Options{Seed: seed})
	tenant := must(graph.New(graph.Options{Bearer: secret.New([]byte(p.AppToken("inspector"))), Transport: p.Transport()}))(t)
	i, ctx := tenant.(graph.Inspector), t.Context()

	rules := must(i.AccessRules(ctx))(t)
	if len(rules) != 3 || !rules[0].StopsBootstrap() || rules[1].StopsBootstrap() || rules[2].StopsBootstrap() || !rules[2].BlocksDeviceCode() {
		t.Errorf("rules %+v", rules)
	}
	if m := must(i.Methods(ctx))(t); len(m.Enabled) < 3 {
		t.Errorf("methods %+v", m)
	}
	if s := must(i.Strengths(ctx))(t); len(s) < 3 || !s[0].BuiltIn {
		t.Errorf("strengths %+v", s)
	}
	if p1, _ := graph.Premium(must(i.Licences(ctx))(t)); !p1 {
		t.Error("no licence")
	}
	if on := must(i.SecurityDefaults(ctx))(t); on {
		t.Error("security defaults are on")
	}
	if d := must(i.Domains(ctx))(t); len(d) == 0 || d[0].Name != practice.Domain || !d[0].Default || d[0].Federated {
		t.Errorf("domains %+v", d)
	}
	groups := must(tenant.FindGroups(ctx, "pilot"))(t)
	g := must(tenant.Group(ctx, groups[0].ID))(t)
	var people []string
	n := 0
	for u, err := range i.GroupMembers(ctx, g.ID) {
		if n++; err != nil || u.ID == "" || u.Name == "" {
			t.Fatalf("member %+v, %v", u, err)
		}
		people = append(people, u.ID)
	}
	if n != g.Members {
		t.Errorf("%d members, counted %d", n, g.Members)
	}
	for h, err := range i.PasskeysOf(ctx, people) {
		if err != nil || h.Err != nil {
			t.Fatalf("holder %+v, %v", h, err)
		}
		n--
	}
	if n != 0 {
		t.Errorf("%d people were left out", n)
	}
	for r, err := range i.Registered(ctx) {
		if err != nil || r.User.ID == "" {
			t.Fatalf("registered %+v, %v", r, err)
		}
	}
	for _, err := range i.Audits(ctx, time.Now().Add(-time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What goes wrong on the practice tenant's demand, and what becomes of it.
func TestFaultsInPractice(t *testing.T) {
	faults := &practice.Faults{}
	p := newPractice(t, practice.Options{Faults: faults})
	token := secret.New([]byte(p.Token(practice.AdminUPN)))
	tenant := must(graph.New(graph.Options{Bearer: token, Transport: p.Transport(), Sleep: noSleep}))(t)
	ctx := t.Context()
	aiko := must(tenant.User(ctx, "aiko@"+practice.Domain))(t)
	for _, fault := range []string{"throttled x2", "throttled-silent x3", "server-error", "unavailable", "half", "nothing", "lost-answer"} {
		if err := faults.Add(fault); err != nil {
			t.Fatal(err)
		}
		if u, err := tenant.User(ctx, aiko.ID); err != nil || u != aiko {
			t.Errorf("%s: %+v, %v", fault, u, err)
		}
	}
	for fault, want := range map[string]string{"unauthorized": "InvalidAuthenticationToken", "not-found": "Request_ResourceNotFound", "garbage": graph.CodeGarbled,
		"half x*": graph.CodeCutOff, "nothing x*": graph.CodeNoAnswer} {
		faults.Add(fault)
		if _, err := tenant.User(ctx, aiko.ID); code(err) != want {
			t.Errorf("%s: %v", fault, err)
		}
		faults.Clear()
	}

	// A lost answer is settled by reading: the pass is there, and only once.
	policy := must(tenant.PassPolicy(ctx))(t)
	policy.Enabled = true
	faults.Add("lost-answer PATCH")
	if err := tenant.SetPassPolicy(ctx, policy); err != nil {
		t.Fatalf("a change that settles: %v", err)
	}
	faults.Add("lost-answer POST")
	_, err := tenant.IssuePass(ctx, aiko.ID, graph.PassRequest{})
	var e *graph.Error
	if !errors.As(err, &e) || !e.Unknown {
		t.Fatalf("lost pass: %v", err)
	}
	list := must(tenant.Passes(ctx, aiko.ID))(t)
	if len(list) != 1 {
		t.Fatalf("passes %+v", list)
	}
	faults.Add("lost-answer DELETE")
	if err := tenant.RevokePass(ctx, aiko.ID, list[0].ID); err != nil {
		t.Errorf("a revocation whose answer was lost: %v", err)
	}
	faults.Add("throttled POST")
	if _, err := tenant.IssuePass(ctx, aiko.ID, graph.PassRequest{}); !errors.As(err, &e) || e.Unknown || e.Status != 429 || e.RetryIn == 0 {
		t.Errorf("throttled: %+v", e)
	}
	if left := faults.Left(); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func newPractice(t *testing.T, o practice.Options) *practice.Tenant {
	t.Helper()
	return must(practice.New(o))(t)
}

func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }
