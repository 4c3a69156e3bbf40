package graph_test

import (
	"errors"
	"testing"

	"keyrollout/graph"
	"keyrollout/graph/practice"
)

const root = "root@" + practice.Domain

// stepByStep signs in, in a way that how completes, at a tenant where nothing but reading was consented to.
func stepByStep(t *testing.T, how func(*practice.Tenant, *graph.LogInOptions)) graph.Tenant {
	t.Helper()
	seed := practice.DefaultCompany()
	seed.People = append(seed.People, practice.Person{UPN: root, Name: "Root", Roles: []string{practice.RoleGlobalAdministrator}})
	seed.Consent = []string{"User.Read", "User.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "Policy.Read.AuthenticationMethod"}
	p := newPractice(t, practice.Options{Seed: seed})
	o := graph.LogInOptions{Cloud: graph.Clouds[0], TenantID: practice.Domain, Scopes: graph.ScopesFor(graph.Clouds[0], "tenant-read"), Transport: p.Transport()}
	how(p, &o)
	cred, err := graph.LogIn(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return must(graph.New(graph.Options{Credential: cred, Scopes: o.Scopes, StepByStep: true, Transport: p.Transport()}))(t)
}

// signedIn is stepByStep by device code; who are the people who type the codes, one after the other; when there are no
// more, the person declines.
func signedIn(t *testing.T, who ...string) (tenant graph.Tenant, codes *int) {
	t.Helper()
	codes = new(int)
	return stepByStep(t, func(p *practice.Tenant, o *graph.LogInOptions) {
		o.Road = graph.ByDeviceCode
		o.ShowCode = func(d graph.DeviceCode) error {
			*codes++
			if *codes > len(who) {
				return &graph.Error{Code: graph.CodeLogInDeclined} // as the sign-in page tells it
			}
			return p.SignInDevice(d.Code, who[*codes-1])
		}
	}), codes
}

// lookAndChange looks, then changes two things: one sign-in is for looking, and one more for both changes.
func lookAndChange(t *testing.T, tenant graph.Tenant, signIns func() int) {
	t.Helper()
	ctx := t.Context()
	policy := must(tenant.PassPolicy(ctx))(t)
	if n := signIns(); n != 1 {
		t.Fatalf("%d sign-ins to look", n)
	}
	policy.Enabled = true
	if err := tenant.SetPassPolicy(ctx, policy); err != nil {
		t.Fatal(err)
	}
	policy.Raw, policy.Once = must(tenant.PassPolicy(ctx))(t).Raw, true
	if err := tenant.SetPassPolicy(ctx, policy); err != nil {
		t.Fatal(err)
	}
	if n := signIns(); n != 2 {
		t.Fatalf("%d sign-ins to look and to change", n)
	}
}

// Reading takes one sign-in; the first change asks for its permission, and no other does again.
func TestPermissionsAreAskedForStepByStep(t *testing.T) {
	tenant, codes := signedIn(t, root, root)
	lookAndChange(t, tenant, func() int { return *codes })
}

// Who declines is told which permission it was, and is asked again when they try again; what is only good to know
// nobody is asked for twice.
func TestPermissionDeclined(t *testing.T) {
	tenant, codes := signedIn(t, root)
	ctx := t.Context()
	policy := must(tenant.PassPolicy(ctx))(t)
	policy.Enabled = true
	for n := 2; n <= 3; n++ {
		err := tenant.SetPassPolicy(ctx, policy)
		var e *graph.Error
		if !errors.As(err, &e) || e.Code != graph.CodeLogInConsent || *codes != n {
			t.Fatalf("%v after %d sign-ins", err, *codes)
		}
		if r, ok := e.Needs(); !ok || r.Scopes[0] != "Policy.ReadWrite.AuthenticationMethod" || r.Role != "Authentication Policy Administrator" {
			t.Errorf("needs %+v", r)
		}
	}
	for range 2 {
		if _, err := tenant.(graph.Inspector).AccessRules(ctx); code(err) != graph.CodeLogInConsent || *codes != 4 {
			t.Errorf("%v after %d sign-ins", err, *codes)
		}
	}
	if again := must(tenant.PassPolicy(ctx))(t); again.Enabled {
		t.Error("it was changed")
	}
}

// A second person cannot slip into the rollout of the first by signing in for a permission.
func TestAnotherAccountIsRefused(t *testing.T) {
	tenant, _ := signedIn(t, practice.AdminUPN, root)
	policy := must(tenant.PassPolicy(t.Context()))(t)
	policy.Enabled = true
	if err := tenant.SetPassPolicy(t.Context(), policy); code(err) != graph.CodeLogInOther {
		t.Errorf("%v", err)
	}
}
