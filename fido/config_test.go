package fido_test

import (
	"testing"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
)

func TestConfig(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o)
		c := s.(fido.Configurer)
		before, err := s.Info(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ToggleAlwaysUV(ctx, pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(ctx); err != nil || i.Options["alwaysUv"] == before.Options["alwaysUv"] {
			t.Errorf("always-verify was %v and is %v (%v)", before.Options["alwaysUv"], i.Options["alwaysUv"], err)
		}
		if err := c.SetMinPIN(ctx, pin(rightPIN), 6); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(ctx); err != nil || i.MinPIN != 6 || i.ForcePIN {
			t.Errorf("%d %v %v", i.MinPIN, i.ForcePIN, err)
		}
		wantCode(t, s.ChangePIN(ctx, pin(rightPIN), pin("12345")), fido.CodePINPolicy)
		wantCode(t, c.SetMinPIN(ctx, pin(rightPIN), 5), fido.CodePINPolicy)
		wantCode(t, c.SetMinPIN(ctx, pin(rightPIN), 64), fido.CodeInvalidParameter)
		if err := c.ForcePINChange(ctx, pin(rightPIN)); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(ctx); err != nil || !i.ForcePIN {
			t.Errorf("%v %v", i.ForcePIN, err)
		}
		_, err = s.Make(ctx, pin(rightPIN), request("ana"))
		wantCode(t, err, fido.CodePINPolicy)
		if err := s.ChangePIN(ctx, pin(rightPIN), pin("739128")); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(ctx); err != nil || i.ForcePIN {
			t.Errorf("%v %v", i.ForcePIN, err)
		}
	})
}

// Nobody has protected a new key yet: it lets itself be set up before its first PIN.
func TestConfigBeforeTheFirstPIN(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		k, _ := newKey(t, func(p *softkey.Profile) { p.AlwaysUV = false })
		s := open(t, o, k)
		if err := s.(fido.Configurer).SetMinPIN(t.Context(), secret.Secret{}, 8); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Info(t.Context()); err != nil || i.MinPIN != 8 {
			t.Errorf("%d %v", i.MinPIN, err)
		}
		wantCode(t, s.SetPIN(t.Context(), pin("1234567")), fido.CodePINPolicy)
	})
}

func TestConfigWhereThereIsNone(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, _ := withPIN(t, o, func(p *softkey.Profile) { p.Config, p.CredMgmt, p.CredMgmtPreview = false, false, false })
		c := s.(fido.Configurer)
		wantCode(t, c.SetMinPIN(t.Context(), pin(rightPIN), 6), fido.CodeUnsupported)
		wantCode(t, c.UpdateUser(t.Context(), pin(rightPIN), fido.Resident{}), fido.CodeUnsupported)
		_, err := s.Credentials(t.Context(), pin(rightPIN), "")
		wantCode(t, err, fido.CodeUnsupported)
	})
}

func TestUpdateUser(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o)
		if used, free, err := s.(fido.Configurer).Room(ctx, pin(rightPIN)); err != nil || used != 0 || free != 100 {
			t.Errorf("%d used, %d free, %v", used, free, err)
		}
		made, err := s.Make(ctx, pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		if used, free, err := s.(fido.Configurer).Room(ctx, pin(rightPIN)); err != nil || used != 1 || free != 99 {
			t.Errorf("%d used, %d free, %v", used, free, err)
		}
		c := s.(fido.Configurer)
		r := fido.Resident{ID: made.ID, UserID: []byte("id of ana"), UserName: "ana.maria", DisplayName: "Ana María"}
		if err := c.UpdateUser(ctx, pin(rightPIN), r); err != nil {
			t.Fatal(err)
		}
		list, err := s.Credentials(ctx, pin(rightPIN), rp)
		if err != nil || len(list) != 1 || list[0].UserName != "ana.maria" || list[0].DisplayName != "Ana María" {
			t.Fatalf("%+v %v", list, err)
		}
		r.ID = []byte("nobody")
		wantCode(t, c.UpdateUser(ctx, pin(rightPIN), r), fido.CodeNoCredentials)
	})
}
