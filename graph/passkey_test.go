package graph

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyrollout/internal/secret"
)

// The answer of the beta service in 2024, shortened, with all three encodings in its list.
const options2024 = `{"@odata.context":"x","challengeTimeoutDateTime":"2026-11-22T09:05:00Z",
 "publicKey":{"rp":{"id":"login.microsoft.com","name":"Microsoft"},
  "user":{"id":"T0Y6mho3vwFprE6aslBq9b2Qjz7Ixbn0PntEPkHirHimyfAtmz4xoilu6sNoiPFkmvxW","name":"john@contoso.com","displayName":"John Doe"},
  "challenge":"ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ-_==",
  "pubKeyCredParams":[{"type":"public-key","alg":-7},{"type":"public-key","alg":-257}],"timeout":60000,
  "excludeCredentials":[{"type":"public-key","id":"TZ2KrDEawbrIGQsnheGZ/BG9Nfnb7blSGwQYMGyJIhM=","transports":[]},
   {"type":"public-key","id":"TZ2KrDEawbrIGQsnheGZ_BG9Nfnb7blSGwQYMGyJIhM"},{"type":"public-key","id":"TZ2KrDEawbrIGQsnheGZ_BG9Nfnb7blSGwQYMGyJIhM1"},null],
  "authenticatorSelection":{"authenticatorAttachment":"cross-platform","requireResidentKey":true,"userVerification":"required"},
  "attestation":"direct",
  "extensions":{"hmacCreateSecret":true,"enforceCredentialProtectionPolicy":true,"credentialProtectionPolicy":"userVerificationOptional"}}}`

func TestCreationOptions(t *testing.T) {
	tenant, s := play(t, reply(200, options2024))
	o, err := tenant.CreationOptions(t.Context(), "ann#EXT#@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	if s.asked[0].path != "/users/ann%23EXT%23%40contoso.com/authentication/fido2Methods/creationOptions()" {
		t.Errorf("asked %s", s.asked[0].path)
	}
	id, _ := base64.StdEncoding.DecodeString("TZ2KrDEawbrIGQsnheGZ/BG9Nfnb7blSGwQYMGyJIhM=")
	if o.Challenge != "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ-_==" || o.RPID != "login.microsoft.com" || o.RPName != "Microsoft" ||
		!o.Expires.Equal(time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)) || len(o.UserID) != 51 || !bytes.HasPrefix(o.UserID, []byte("OF:")) ||
		o.UserName != "john@contoso.com" || o.DisplayName != "John Doe" || fmt.Sprint(o.Algorithms) != "[-7 -257]" || !o.HMACSecret || o.CredProtect != 1 {
		t.Errorf("got %+v", o)
	}
	// padded, plain, and counted (which is also a plain reading)
	if len(o.Exclude) != 4 || !bytes.Equal(o.Exclude[0], id) || !bytes.Equal(o.Exclude[1], id) || !bytes.Equal(o.Exclude[2], id) || len(o.Exclude[3]) != 33 {
		t.Errorf("exclude %x", o.Exclude)
	}
}

func TestCreationOptionsThatCannotBeAnswered(t *testing.T) {
	for _, cut := range []string{`"challenge":"ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ-_==",`, `"id":"login.microsoft.com",`,
		`"id":"T0Y6mho3vwFprE6aslBq9b2Qjz7Ixbn0PntEPkHirHimyfAtmz4xoilu6sNoiPFkmvxW",`, `{"type":"public-key","alg":-7},{"type":"public-key","alg":-257}`} {
		tenant, _ := play(t, reply(200, strings.Replace(options2024, cut, "", 1)))
		_, err := tenant.CreationOptions(t.Context(), someUser)
		if e := refusal(err); e == nil || e.Code != CodeGarbled {
			t.Errorf("without %s: %v", cut, err)
		}
	}
}

func TestCredentialIDs(t *testing.T) {
	for size := 1; size < 80; size++ {
		id := make([]byte, size)
		for seed := range 40 {
			for i := range id {
				id[i] = byte(i*31 + seed*97 + i*i*seed)
			}
			plain := base64.RawURLEncoding.EncodeToString(id)
			counted := plain + fmt.Sprint((4-len(plain)%4)%4)
			for kind, s := range map[string]string{"padded": base64.StdEncoding.EncodeToString(id), "padded url": base64.URLEncoding.EncodeToString(id), "plain": plain, "counted": counted} {
				list := CredentialIDs(s)
				found := false
				for _, r := range list {
					found = found || bytes.Equal(r, id)
				}
				if !found || len(list) > 2 {
					t.Fatalf("%s of %d bytes, %q: got %x", kind, size, s, list)
				}
				if kind == "counted" && !bytes.Equal(list[0], id) {
					t.Fatalf("%q: the likelier reading is not first: %x", s, list)
				}
				if !(Passkey{ID: s}).Is(id) || (Passkey{ID: s}).Is(nil) {
					t.Fatalf("%q is not recognised", s)
				}
			}
		}
	}
	for _, s := range []string{"", "1", "%%%%", "a b c", "AAAA\n", "AAAAA", "-", "="} {
		if got := CredentialIDs(s); got != nil {
			t.Errorf("%q read as %x", s, got)
		}
	}
}

func TestRegister(t *testing.T) {
	tenant, s := play(t, reply(201, `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"AQIDBA2","displayName":"ATKey - Ann","createdDateTime":"2026-11-22T09:00:00Z",
		"aaGuid":"019614a3-2703-7e35-a453-285fd06c5d24","model":"ATKey.Pro","attestationLevel":"attested","passkeyType":"deviceBound","attestationCertificates":["x"]}`))
	k, err := tenant.RegisterPasskey(t.Context(), someUser, Registration{"ATKey - Ann", []byte{1, 2, 3, 4}, []byte(`{"type":"webauthn.create"}`), []byte{0xfb, 0xff}})
	if err != nil {
		t.Fatal(err)
	}
	a := s.asked[0]
	const want = `{"displayName":"ATKey - Ann","publicKeyCredential":{"id":"AQIDBA","response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0","attestationObject":"-_8"},"clientExtensionResults":{}}}`
	if a.method != "POST" || a.version != "v1.0" || a.path != "/users/"+someUser+"/authentication/fido2Methods" || a.body != want || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("sent %+v", a)
	}
	if k.ID != "AQIDBA2" || !bytes.Equal(k.CredentialID, []byte{1, 2, 3, 4}) || k.AAGUID != atkey || k.Model != "ATKey.Pro" || !k.Attested || k.Synced || k.Name != "ATKey - Ann" || k.Created.IsZero() {
		t.Errorf("got %+v", k)
	}
}

func TestRegisterBadInput(t *testing.T) {
	tenant, _ := play(t)
	whole := Registration{"k", []byte{1}, []byte{2}, []byte{3}}
	for name, f := range map[string]func(*Registration){
		"no name": func(r *Registration) { r.DisplayName = "" }, "31 characters": func(r *Registration) { r.DisplayName = strings.Repeat("ä", 31) },
		"no id": func(r *Registration) { r.CredentialID = nil }, "no data": func(r *Registration) { r.ClientDataJSON = nil },
	} {
		r := whole
		f(&r)
		if _, err := tenant.RegisterPasskey(t.Context(), someUser, r); refusal(err) == nil || refusal(err).Code != CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListPasskeys(t *testing.T) {
	tenant, _ := play(t, reply(200, `{"value":[{"id":"TZ2KrDEawbrIGQsnheGZ_BG9Nfnb7blSGwQYMGyJIhM1","displayName":"a","passkeyType":"synced","attestationLevel":"notAttested"},
		null,{"id":"2fc0579f-8113-47ea-b116-bb5a8db9202a","passkeyType":"newKind","aaGuid":"odd"}]}`), reply(200, `{"value":[]}`))
	list, err := tenant.Passkeys(t.Context(), someUser)
	if err != nil || len(list) != 2 || !list[0].Synced || list[0].Attested || len(list[0].CredentialID) != 32 || list[1].CredentialID != nil {
		t.Errorf("got %+v, %v", list, err)
	}
	if list, err := tenant.Passkeys(t.Context(), someUser); err != nil || list == nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestIssuePass(t *testing.T) {
	tenant, s := play(t, reply(201, `{"id":"p1","isUsable":true,"methodUsabilityReason":"EnabledByPolicy","temporaryAccessPass":"A\u0026b\"\\\u00e4z","createdDateTime":"2026-11-22T09:00:00.1234567Z","startDateTime":"2026-11-23T08:00:00Z","lifetimeInMinutes":90,"isUsableOnce":true}`),
		reply(201, `{"id":"p2","temporaryAccessPass":"x"}`))
	berlin := time.FixedZone("", 3600)
	p, err := tenant.IssuePass(t.Context(), someUser, PassRequest{Start: time.Date(2026, 11, 23, 9, 0, 0, 5, berlin), Lifetime: 90 * time.Minute, Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"startDateTime":"2026-11-23T08:00:00Z","lifetimeInMinutes":90,"isUsableOnce":true}`; s.asked[0].body != want || s.asked[0].method != "POST" {
		t.Errorf("sent %s, want %s", s.asked[0].body, want)
	}
	if !p.Value.Equal(secret.New([]byte("A&b\"\\äz"))) || p.ID != "p1" || p.Lifetime != 90*time.Minute || !p.Once || !p.Usable || p.Reason != "EnabledByPolicy" || p.Start.Hour() != 8 {
		t.Errorf("got %+v", p)
	}
	if _, err := tenant.IssuePass(t.Context(), someUser, PassRequest{}); err != nil || s.asked[1].body != "{}" {
		t.Errorf("sent %s, %v", s.asked[1].body, err)
	}
	if _, err := tenant.IssuePass(t.Context(), someUser, PassRequest{Lifetime: 90 * time.Second}); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

func TestListPasses(t *testing.T) {
	tenant, _ := play(t, reply(200, `{"value":[{"id":"p1","isUsable":false,"methodUsabilityReason":"OneTimeUsed","temporaryAccessPass":null,"lifetimeInMinutes":60,"isUsableOnce":true,"startDateTime":"2026-11-22T08:00:00Z"}]}`))
	list, err := tenant.Passes(t.Context(), someUser)
	if err != nil || len(list) != 1 || list[0].Reason != "OneTimeUsed" || list[0].Lifetime != time.Hour || !list[0].Value.Empty() || !list[0].Once {
		t.Errorf("got %+v, %v", list, err)
	}
}

// Without a name the request would go to another address.
func TestNobodyIsNamed(t *testing.T) {
	tenant, _ := play(t)
	ctx := t.Context()
	whole := Registration{"k", []byte{1}, []byte{2}, []byte{3}}
	for name, f := range map[string]func() error{
		"User":            func() error { _, err := tenant.User(ctx, " "); return err },
		"MemberOf":        func() error { _, err := tenant.MemberOf(ctx, "", []string{pilots}); return err },
		"Passes":          func() error { _, err := tenant.Passes(ctx, ""); return err },
		"IssuePass":       func() error { _, err := tenant.IssuePass(ctx, "", PassRequest{}); return err },
		"RevokePass":      func() error { return tenant.RevokePass(ctx, someUser, "") },
		"CreationOptions": func() error { _, err := tenant.CreationOptions(ctx, ""); return err },
		"RegisterPasskey": func() error { _, err := tenant.RegisterPasskey(ctx, "", whole); return err },
		"Passkeys":        func() error { _, err := tenant.Passkeys(ctx, ""); return err },
		"DeletePasskey":   func() error { return tenant.DeletePasskey(ctx, "", "k") },
	} {
		if e := refusal(f()); e == nil || e.Code != CodeBadInput || e.Op == "" {
			t.Errorf("%s: %v", name, e)
		}
	}
}
