package graph_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
)

// The whole rollout, every method of Tenant and Pages, against the practice tenant: in process and over loopback, with
// a flat policy and with profiles.
func TestRolloutInPractice(t *testing.T) {
	for name, profiles := range map[string]bool{"flat": false, "profiles": true} {
		t.Run(name, func(t *testing.T) { rollout(t, newCompany(t, profiles, false)) })
		t.Run(name+" over loopback", func(t *testing.T) { rollout(t, newCompany(t, profiles, true)) })
	}
}

type company struct {
	tenant graph.Tenant
	pages  graph.Pages
	now    time.Time
}

func newCompany(t *testing.T, profiles, served bool) *company {
	t.Helper()
	c := &company{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return c.now }
	seed := practice.DefaultCompany()
	seed.Profiles = profiles
	p, err := practice.New(practice.Options{Clock: clock, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	base, rt := "https://graph.microsoft.com", p.Transport()
	if served {
		if base, err = p.Listen(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		rt = http.DefaultTransport
	}
	c.pages = graph.NewPages(base, rt)
	c.tenant, err = graph.New(graph.Options{BaseURL: base + "/v1.0", Bearer: secret.New([]byte(p.Token(practice.AdminUPN))), Transport: rt,
		Clock: clock, Practice: true, Sleep: func(_ context.Context, d time.Duration) error { c.now = c.now.Add(d); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rollout(t *testing.T, c *company) {
	ctx, tenant := t.Context(), c.tenant
	org := must(tenant.Organization(ctx))(t)
	if org.Name != practice.CompanyName || org.Domain != practice.Domain || !org.Practice {
		t.Errorf("company %+v", org)
	}
	if admin := must(tenant.Me(ctx))(t); admin.UPN != practice.AdminUPN {
		t.Errorf("me %+v", admin)
	}
	users := must(tenant.FindUsers(ctx, "aiko"))(t)
	if len(users) != 1 {
		t.Fatalf("users %+v", users)
	}
	aiko := users[0]
	if same := must(tenant.User(ctx, aiko.UPN))(t); same != aiko || aiko.Guest || aiko.Disabled {
		t.Errorf("%+v is not %+v", same, aiko)
	}
	if guest := must(tenant.User(ctx, practice.GuestUPN))(t); !guest.Guest {
		t.Errorf("guest %+v", guest)
	}
	if gone := must(tenant.User(ctx, practice.DisabledUPN))(t); !gone.Disabled {
		t.Errorf("disabled %+v", gone)
	}
	if _, err := tenant.User(ctx, "nobody@"+practice.Domain); !graph.NotFound(err) {
		t.Errorf("nobody: %v", err)
	}
	groups := must(tenant.FindGroups(ctx, "pilot"))(t)
	i := slices.IndexFunc(groups, func(g graph.Group) bool { return g.Name == practice.PilotGroup })
	if i < 0 {
		t.Fatalf("groups %+v", groups)
	}
	pilot := must(tenant.Group(ctx, groups[i].ID))(t)
	if !pilot.Security || pilot.Dynamic || pilot.MailEnabled || pilot.Members < 5 {
		t.Errorf("pilot %+v", pilot)
	}
	if in := must(tenant.MemberOf(ctx, aiko.ID, []string{pilot.ID, graph.AllUsers}))(t); !slices.Contains(in, pilot.ID) {
		t.Errorf("member of %v", in)
	}

	old := step1(t, tenant, pilot.ID)

	// A pass by the administrator, revoked; then another, used by its owner.
	first := must(tenant.IssuePass(ctx, aiko.ID, graph.PassRequest{Lifetime: time.Hour}))(t)
	if err := tenant.RevokePass(ctx, aiko.ID, first.ID); err != nil {
		t.Error(err)
	}
	pass := must(tenant.IssuePass(ctx, aiko.ID, graph.PassRequest{Once: true}))(t)
	list := must(tenant.Passes(ctx, aiko.ID))(t)
	if len(list) != 1 || list[0].ID != pass.ID || !list[0].Value.Empty() || pass.Value.Len() < graph.PassMinLength || !pass.Once || !pass.Usable {
		t.Errorf("passes %+v", list)
	}
	if _, err := c.pages.SignInWithPass(ctx, aiko.UPN, first.Value); code(err) != "pass-invalid" {
		t.Errorf("revoked pass: %v", err)
	}
	info := must(c.pages.SignInWithPass(ctx, aiko.UPN, pass.Value))(t)
	pass.Value.Wipe()

	// One key in Security info, one on behalf.
	own, behalf := newKey(t), newKey(t)
	mine := must(info.RegisterPasskey(ctx, own.register(must(info.CreationOptions(ctx))(t), "ATKey of Aiko")))(t)
	options := must(tenant.CreationOptions(ctx, aiko.ID))(t)
	if options.Expires.Sub(c.now) != 5*time.Minute || !options.HMACSecret || options.CredProtect != 1 || len(options.UserID) != 51 ||
		!slices.ContainsFunc(options.Exclude, func(id []byte) bool { return bytes.Equal(id, own.id) }) {
		t.Errorf("options %+v", options)
	}
	other := must(tenant.RegisterPasskey(ctx, aiko.ID, behalf.register(options, "Second key")))(t)
	keys := must(tenant.Passkeys(ctx, aiko.ID))(t)
	if len(keys) != 2 || !keys[0].Is(own.id) && !keys[1].Is(own.id) || !mine.Is(own.id) || !bytes.Equal(other.CredentialID, behalf.id) || mine.Name != "ATKey of Aiko" {
		t.Errorf("keys %+v", keys)
	}

	begin := must(c.pages.SignInOptions(ctx, aiko.UPN))(t)
	if len(begin.Allow) < 2 {
		t.Errorf("sign-in options %+v", begin)
	}
	before := c.now
	if err := c.pages.SignIn(ctx, own.assert(aiko.UPN, begin, options.UserID)); err != nil {
		t.Errorf("sign in: %v", err)
	}
	if err := tenant.DeletePasskey(ctx, aiko.ID, other.ID); err != nil {
		t.Error(err)
	}
	begin = must(c.pages.SignInOptions(ctx, aiko.UPN))(t)
	if err := c.pages.SignIn(ctx, behalf.assert(aiko.UPN, begin, options.UserID)); err == nil {
		t.Error("a deleted key signs in")
	}
	c.now = c.now.Add(15 * time.Minute)
	rows := must(tenant.SignIns(ctx, aiko.ID, before.Add(-time.Minute)))(t)
	if !slices.ContainsFunc(rows, graph.SignIn.ByPasskey) || !slices.IsSortedFunc(rows, func(a, b graph.SignIn) int { return b.Time.Compare(a.Time) }) {
		t.Errorf("sign-ins %+v", rows)
	}

	// And back: the tenant stands as it stood.
	if err := tenant.SetFIDO2Policy(ctx, old); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(15 * time.Minute)
	if now := must(tenant.FIDO2Policy(ctx))(t); !sameJSON(now.Raw, old.Raw) {
		t.Errorf("after undo:\n%s\nwas\n%s", now.Raw, old.Raw)
	}
}

// step1 opens both policies to a group, reads them back, and returns the passkey policy that stood before.
func step1(t *testing.T, tenant graph.Tenant, group string) graph.FIDO2Policy {
	t.Helper()
	ctx := t.Context()
	old := must(tenant.FIDO2Policy(ctx))(t)
	p := old
	p.Enabled, p.SelfService, p.Include = true, true, []graph.Target{{ID: group}}
	if old.Migrated() {
		p.Profiles = slices.Clone(p.Profiles)
		p.Profiles[0].Attestation, p.Profiles[0].DeviceBound, p.Profiles[0].Synced = false, true, false
		p.Profiles[0].Restrictions = graph.KeyRestrictions{Enforced: true, Allow: true, AAGUIDs: []uuid.UUID{testModel}}
	} else {
		p.Attestation, p.Restrictions = false, graph.KeyRestrictions{Enforced: true, Allow: true, AAGUIDs: []uuid.UUID{testModel}}
	}
	if err := tenant.SetFIDO2Policy(ctx, p); err != nil {
		t.Fatal(err)
	}
	now := must(tenant.FIDO2Policy(ctx))(t)
	if !now.Enabled || !now.SelfService || len(now.Include) != 1 || now.Include[0].ID != group || now.Migrated() != old.Migrated() {
		t.Fatalf("policy %s", now.Raw)
	}
	if now.Migrated() && (len(now.Include[0].Profiles) == 0 || now.Profiles[0].Restrictions.AAGUIDs[0] != testModel) {
		t.Errorf("policy %s", now.Raw)
	}
	pass := must(tenant.PassPolicy(ctx))(t)
	pass.Enabled, pass.Minimum, pass.Include = true, 30*time.Minute, []graph.Target{{ID: group}}
	if err := tenant.SetPassPolicy(ctx, pass); err != nil {
		t.Fatal(err)
	}
	if p := must(tenant.PassPolicy(ctx))(t); !p.Enabled || p.Minimum != 30*time.Minute || p.Include[0].ID != group {
		t.Fatalf("pass policy %s", p.Raw)
	}
	return old
}

var testModel = uuid.MustParse("e416201b-afeb-41ca-a03d-2281c28322aa")

// key is the smallest authenticator: one ES256 credential without attestation.
type key struct {
	t    *testing.T
	priv *ecdsa.PrivateKey
	id   []byte
}

func newKey(t *testing.T) *key {
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &key{t, priv, make([]byte, 32)}
	rand.Read(k.id)
	return k
}

func (k *key) authData(rp string, create bool) []byte {
	sum := sha256.Sum256([]byte(rp))
	flags := byte(1 | 4) // present, verified
	if create {
		flags |= 64
	}
	b := append(sum[:], flags, 0, 0, 0, 0)
	if !create {
		return b
	}
	pub := must(k.priv.PublicKey.Bytes())(k.t)
	cose := must(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: pub[1:33], -3: pub[33:]}))(k.t)
	b = append(b, testModel[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(k.id)))
	return append(append(b, k.id...), cose...)
}

func clientData(kind, challenge, rp string) []byte {
	b, _ := json.Marshal(map[string]string{"type": kind, "challenge": challenge, "origin": "https://" + rp})
	return b
}

func (k *key) register(o graph.CreationOptions, name string) graph.Registration {
	att := must(cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": k.authData(o.RPID, true)}))(k.t)
	return graph.Registration{DisplayName: name, CredentialID: k.id, ClientDataJSON: clientData("webauthn.create", o.Challenge, o.RPID), AttestationObject: att}
}

func (k *key) assert(upn string, o graph.RequestOptions, user []byte) graph.SignInAnswer {
	data, auth := clientData("webauthn.get", o.Challenge, o.RPID), k.authData(o.RPID, false)
	sum := sha256.Sum256(data)
	digest := sha256.Sum256(append(bytes.Clone(auth), sum[:]...))
	return graph.SignInAnswer{UPN: upn, CredentialID: k.id, ClientDataJSON: data, AuthenticatorData: auth,
		Signature: must(ecdsa.SignASN1(rand.Reader, k.priv, digest[:]))(k.t), UserHandle: user}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func code(err error) string {
	var e *graph.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return bytes.Equal(p, q)
}
