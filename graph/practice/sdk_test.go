package practice_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
)

// TestWithSDK asks everything of graph.Tenant over Microsoft's SDK, in process and over loopback: what the SDK sends and
// reads is what this package has to speak.
func TestWithSDK(t *testing.T) {
	for _, served := range []bool{false, true} {
		name := map[bool]string{false: "in process", true: "over loopback"}[served]
		t.Run(name, func(t *testing.T) {
			for _, profiles := range []bool{false, true} {
				seed := practice.DefaultCompany()
				seed.Profiles, seed.SignInDelay = profiles, -1
				tenant, err := practice.New(practice.Options{Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				o := graph.Options{Bearer: secret.New([]byte(tenant.Token(practice.AdminUPN))), Practice: true}
				base := "https://graph.microsoft.com"
				if served {
					if base, err = tenant.Listen(t.Context(), ""); err != nil {
						t.Fatal(err)
					}
					o.BaseURL = base + "/v1.0"
				} else {
					o.Transport = tenant.Transport()
				}
				g, err := graph.New(o)
				if err != nil {
					t.Fatal(err)
				}
				throughSDK(t, tenant, g, graph.NewPages(base, o.Transport))
			}
		})
	}
}

func throughSDK(t *testing.T, tenant *practice.Tenant, g graph.Tenant, pages graph.Pages) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	fatal := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v (%s)", what, err, tenant.LastRefusal())
		}
	}
	org, err := g.Organization(ctx)
	fatal("organization", err)
	if org.Domain != practice.Domain || org.Name != practice.CompanyName {
		t.Errorf("%+v", org)
	}
	me, err := g.Me(ctx)
	fatal("me", err)
	if me.UPN != practice.AdminUPN {
		t.Errorf("%+v", me)
	}
	users, err := g.FindUsers(ctx, "sato")
	fatal("find users", err)
	if len(users) != 1 {
		t.Fatalf("%+v", users)
	}
	groups, err := g.FindGroups(ctx, "pilot")
	fatal("find groups", err)
	if len(groups) != 2 {
		t.Fatalf("%+v", groups)
	}
	pilot, err := g.Group(ctx, groups[0].ID)
	fatal("group", err)
	if pilot.Members != 24 {
		t.Errorf("%+v", pilot)
	}
	in, err := g.MemberOf(ctx, users[0].ID, []string{pilot.ID})
	fatal("member of", err)
	if len(in) != 1 {
		t.Errorf("%v", in)
	}
	for upn, want := range map[string]graph.User{practice.GuestUPN: {Guest: true}, practice.DisabledUPN: {Disabled: true}} {
		u, err := g.User(ctx, upn)
		fatal(upn, err)
		if u.Guest != want.Guest || u.Disabled != want.Disabled {
			t.Errorf("%+v", u)
		}
	}

	p, err := g.FIDO2Policy(ctx)
	fatal("FIDO2 policy", err)
	target := graph.Target{ID: pilot.ID}
	if p.Migrated() {
		target.Profiles = append(target.Profiles, p.DefaultProfile)
	}
	p.Enabled, p.SelfService, p.Include = true, true, []graph.Target{target}
	fatal("set the FIDO2 policy", g.SetFIDO2Policy(ctx, p))
	back, err := g.FIDO2Policy(ctx)
	fatal("FIDO2 policy", err)
	if !back.Enabled || len(back.Include) != 1 || back.Include[0].ID != pilot.ID {
		t.Errorf("%+v", back)
	}
	pp, err := g.PassPolicy(ctx)
	fatal("pass policy", err)
	pp.Enabled, pp.Once = true, true
	fatal("set the pass policy", g.SetPassPolicy(ctx, pp))

	pass, err := g.IssuePass(ctx, users[0].ID, graph.PassRequest{Lifetime: time.Hour, Once: true})
	fatal("issue a pass", err)
	if pass.Value.Empty() || !pass.Usable {
		t.Errorf("%+v", pass)
	}
	list, err := g.Passes(ctx, users[0].ID)
	fatal("passes", err)
	if len(list) != 1 || !list[0].Value.Empty() || list[0].ID != pass.ID {
		t.Errorf("%+v", list)
	}
	info, err := pages.SignInWithPass(ctx, users[0].UPN, pass.Value)
	fatal("sign in with the pass", err)
	options, err := info.CreationOptions(ctx)
	fatal("creation options", err)
	if len(options.UserID) != 51 || len(options.Challenge) < 6000 || options.RPID != "login.microsoft.com" {
		t.Errorf("%+v", options)
	}
	if _, err := g.CreationOptions(ctx, users[0].ID); err != nil {
		t.Error(err)
	}
	_, err = g.RegisterPasskey(ctx, users[0].ID, graph.Registration{DisplayName: "x", CredentialID: []byte("0123456789abcdef"), ClientDataJSON: []byte("{}"), AttestationObject: []byte{0xa0}})
	var refused *graph.Error
	if !errors.As(err, &refused) || refused.Status != 400 || refused.RequestID == "" {
		t.Errorf("a broken registration: %v", err)
	}
	keys, err := g.Passkeys(ctx, users[0].ID)
	fatal("passkeys", err)
	if len(keys) != 0 {
		t.Errorf("%+v", keys)
	}
	rows, err := g.SignIns(ctx, users[0].ID, time.Now().Add(-time.Hour))
	fatal("sign-ins", err)
	if len(rows) != 1 || rows[0].Code != 0 || rows[0].Methods[0].Method != "Temporary Access Pass" {
		t.Errorf("%+v", rows)
	}
	fatal("revoke the pass", g.RevokePass(ctx, users[0].ID, pass.ID))
	if _, err := pages.SignInOptions(ctx, users[0].UPN); err != nil {
		t.Error(err)
	}
}
