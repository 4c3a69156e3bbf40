package steps_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrollout/steps"
)

// examine looks at the bench's tenant and gives the findings by id.
func (b *bench) examine() map[string]steps.Posture {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	found, err := steps.Examine(b.t.Context(), w)
	if err != nil {
		b.t.Fatal(err)
	}
	byID := map[string]steps.Posture{}
	for _, p := range found {
		if p.Text.Empty() {
			b.t.Errorf("%s says nothing", p.ID)
		}
		byID[p.ID] = p
	}
	return byID
}

func TestExamineBeforeAndAfter(t *testing.T) {
	b := newBench(t)
	before := b.examine()
	if l := before["passkey-method"].Level; l != steps.LevelFault {
		t.Errorf("a policy that is off is %q", l)
	}
	b.finish()
	_ = b.clock.Sleep(t.Context(), 40*time.Hour) // the registration report is a day and a half late
	after := b.examine()
	if l := after["passkey-method"].Level; l != steps.LevelOK {
		t.Errorf("a policy that is on is %q", l)
	}
	if s := after["passkeys"].Text.String(); !strings.HasPrefix(s, "1 of ") {
		t.Errorf("who has a passkey: %s", s)
	}
}

func TestWhatCannotBeSeenIsNotCalledGood(t *testing.T) {
	b := newBench(t)
	b.fault("forbidden GET /identity/conditionalAccess x1")
	b.fault("forbidden GET /subscribedSkus x1")
	found := b.examine()
	for _, id := range []string{"conditional-access", "licence"} {
		if l := found[id].Level; l != steps.LevelUnknown {
			t.Errorf("%s is %q although it could not be seen", id, l)
		}
	}
}

// Narrowing the accepted models says whose key would stop to sign in, by name, before anything changes.
func TestLockOutsAreNamedBeforehand(t *testing.T) {
	b := newBench(t)
	b.finish()
	b.journal = filepath.Join(t.TempDir(), "another.jsonl") // another operator begins
	b.person.answer("tenant.keys", "atkey")
	b.person.answer("risk.lock-out-keys", "lock out keys")
	var asked steps.Question
	b.person.seen = func(q steps.Question) {
		if q.Risk == "lock-out-keys" {
			asked = q
		}
	}
	b.person.leaveAt = func(_ int, name string) error {
		if name == "tenant.go" {
			return steps.ErrQuit
		}
		return nil
	}
	if err := b.run(t.Context()); err == nil {
		t.Fatal("not left")
	}
	if s := asked.Text.String(); !strings.Contains(s, "1 key could not sign in any more") || !strings.Contains(s, "Aiko Sato") {
		t.Fatalf("asked: %q", s)
	}
	w := b.world()
	p, err := w.Tenant.FIDO2Policy(t.Context())
	if err != nil || p.Restrictions.Enforced {
		t.Fatalf("something changed before the yes (%v)", err)
	}
}

// Where everyone is covered, a key registered a minute ago is seen, though the registration report does not know it yet:
// turning the policy off, or narrowing it, is a danger that names it.
func TestLockOutOfEveryoneBeforeTheReport(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.who", "all")
	b.finish()
	w := b.world()
	w.Journal = steps.MemoryJournal(b.clock.Now) // another computer, that knows nothing of it
	defer w.Close()
	if err := w.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan := func(wish string) steps.TenantPlan {
		t.Helper()
		d, err := steps.ParseDesire([]byte(wish))
		if err != nil {
			t.Fatal(err)
		}
		p, err := steps.PlanTenant(t.Context(), w, d)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for wish, says := range map[string]string{
		"passkeys: {enabled: false}":                               "Nobody can register or use a key any more.",
		"passkeys: {who: {include: [IT staff]}}":                   "From then on only these can register or use a key: ",
		"passkeys: {models: {allow: [ATKey.ProS]}}":                "",
		"passkeys: {who: {include: [everyone], exclude: [Pilot]}}": "Excluded from keys: ",
	} {
		p := plan(wish)
		if len(p.Dangers) == 0 || p.Dangers[0].Name != steps.RiskLockOut || !strings.HasPrefix(p.Dangers[0].Text, "1 key could not sign in any more: ") {
			t.Errorf("%s: dangers %v", wish, p.Dangers)
		}
		people := strings.Join(p.People, "\n")
		if !strings.Contains(people, says) || strings.Contains(people, "Every key that signs in today") || strings.Contains(people, "newly") {
			t.Errorf("%s says\n%s", wish, people)
		}
	}
	p := plan("passkeys: {who: {include: [Pilot]}}") // the one who has a key is in it
	if people := strings.Join(p.People, "\n"); len(p.Dangers) != 0 || !strings.Contains(people, "None of those who lose it signs in with a key today; every key that does goes on doing so.") {
		t.Errorf("nobody who goes has a key: %v\n%s", p.Dangers, people)
	}
}
