package steps_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"keyrollout/graph"
	"keyrollout/steps"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every trouble a person can run into is told in three parts, and the rollout goes on from it to its end.
func TestTroubleIsToldAndOvercome(t *testing.T) {
	for _, c := range []struct {
		name, problem string
		setUp         func(*bench)
	}{
		{"a guest", "user-guest", func(b *bench) {
			b.person.answer("tenant.user", "dana", "aiko")
			b.person.answer("problem.user-guest", "retry")
		}},
		{"a disabled account", "user-disabled", func(b *bench) {
			b.person.answer("tenant.user", "old.account", "aiko")
			b.person.answer("problem.user-disabled", "retry")
		}},
		{"nobody of that name", "user-unknown", func(b *bench) {
			b.person.answer("tenant.user", "nobody-at-all", "aiko")
			b.person.answer("problem.user-unknown", "retry")
		}},
		{"somebody outside the group", "user-out-of-scope", func(b *bench) {
			b.person.answer("tenant.user", "helpdesk@contoso.example", "aiko")
			b.person.answer("problem.user-out-of-scope", "retry")
		}},
		{"a group filled by a rule", "group-unfit", func(b *bench) {
			b.person.answer("tenant.group", dynamicGroup, "Pilot")
			b.person.answer("problem.group-unfit", "retry")
		}},
		{"a group that is none for security", "group-unknown", func(b *bench) {
			b.person.answer("tenant.group", "no such group", "Pilot")
			b.person.answer("problem.group-unknown", "retry")
		}},
		{"oneself", "user-self", func(b *bench) {
			b.person.answer("tenant.who", "all")
			b.person.answer("tenant.user", "admin@contoso.example", "aiko")
			b.person.answer("problem.user-self", "retry")
		}},
		{"a wrong PIN", "pin-wrong", func(b *bench) {
			b.crash("PIN set.")
			b.person.answer("key.pin", "0000", thePIN)
			b.person.answer("problem.pin-wrong", "retry")
		}},
		{"three wrong PINs", "pin-replug", func(b *bench) {
			b.crash("PIN set.")
			b.person.answer("key.pin", "0000", "1111", "2222", thePIN)
			b.person.answer("problem.pin-wrong", "retry", "retry")
			b.person.answer("problem.pin-replug", "replug")
		}},
		{"three wrong PINs at the sign-in check", "pin-replug", func(b *bench) {
			b.crash("Step: sign-in check.")
			b.person.answer("touch", repeat("other", 5)...) // until the key takes no finger and wants its PIN
			b.person.answer("problem.finger-wrong", repeat("retry", 5)...)
			b.person.answer("key.pin", "0000", "1111", "2222", thePIN)
			b.person.answer("problem.pin-wrong", "retry", "retry")
			b.person.answer("problem.pin-replug", "replug")
		}},
		{"a wrong finger", "finger-wrong", func(b *bench) {
			b.person.answer("touch", append(repeat("good", 12), "other", "other", "other", "other", "other")...)
			b.person.answer("problem.finger-wrong", "retry", "retry", "retry", "retry", "retry")
		}},
		{"nobody touches", "touch-none", func(b *bench) {
			b.person.answer("touch", append(repeat("good", 12), "nobody")...)
			b.person.answer("problem.touch-none", "retry")
			b.person.answer("problem.touch-refused", "retry")
		}},
		{"the key pulled out while a finger is enrolled", "key-gone", func(b *bench) {
			b.person.answer("touch", "good", "good", "pull")
			b.person.answer("problem.key-gone", "retry")
		}},
		{"the key pulled out at the registration", "key-gone", func(b *bench) {
			b.person.answer("touch", append(repeat("good", 12), "pull")...)
			b.person.answer("problem.key-gone", "retry")
		}},
		{"not allowed", "tenant-forbidden", func(b *bench) {
			b.fault("forbidden PATCH /policies x1")
			b.person.answer("problem.tenant-forbidden", "retry")
		}},
		{"a fault at Microsoft's", "tenant-down", func(b *bench) {
			b.fault("server-error POST /fido2Methods x1")
			b.fault("server-error PATCH /policies x9")
			b.person.answer("problem.tenant-down", "retry", "retry", "retry", "retry", "retry", "retry")
		}},
		{"garbage", "", func(b *bench) {
			b.fault("garbage GET /policies x1")
			b.person.answer("problem.tenant-garbled", "retry")
			b.person.answer("problem.tenant-silent", "retry")
		}},
		{"half an answer", "", func(b *bench) {
			b.fault("half GET /users x1")
			b.person.answer("problem.tenant-garbled", "retry")
			b.person.answer("problem.tenant-silent", "retry")
		}},
		{"nothing at all", "tenant-silent", func(b *bench) {
			b.fault("nothing GET /policies x20")
			b.person.answer("problem.tenant-silent", repeat("retry", 20)...)
		}},
		{"the answer with the pass is lost", "", func(b *bench) {
			b.fault("lost-answer POST /temporaryAccessPassMethods x1")
			b.person.answer("problem.tenant-silent", "retry")
			b.person.answer("problem.tenant-garbled", "retry")
		}},
		{"not signed in any more", "tenant-sign-in", func(b *bench) {
			b.fault("unauthorized GET /policies x2")
			b.person.answer("problem.tenant-sign-in", "retry", "retry")
		}},
		{"not found", "tenant-not-found", func(b *bench) {
			b.fault("not-found GET /groups x1")
			b.person.answer("problem.tenant-not-found", "retry")
		}},
		{"throttled for long", "tenant-throttled", func(b *bench) {
			b.fault("throttled-silent POST /temporaryAccessPassMethods x1")
			b.person.answer("problem.tenant-throttled", "retry")
		}},
		{"an expired challenge", "challenge-expired", func(b *bench) {
			b.person.answer("touch", append(repeat("good", 12), "late")...)
			b.person.answer("problem.challenge-expired", "retry")
		}},
		{"throttled", "", func(b *bench) { b.fault("throttled GET /users x2") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			c.setUp(b)
			if err := b.run(t.Context()); err != nil {
				t.Fatalf("not overcome: %v; asked %v", err, b.person.asked)
			}
			b.proven()
			if c.problem != "" {
				b.mustTell(c.problem)
			}
		})
	}
}

const dynamicGroup = "All employees"

func repeat(s string, n int) []string { return strings.Fields(strings.Repeat(s+" ", n)) }

func (b *bench) fault(f string) {
	b.t.Helper()
	if err := b.faults.Add(f); err != nil {
		b.t.Fatal(err)
	}
}

// What the tenant refuses leaves nothing on the key.
func TestARefusedRegistrationIsTakenOffTheKey(t *testing.T) {
	for _, c := range []struct {
		name, why string
		early     bool // refused before the key was asked
		spoil     func(*graph.FIDO2Policy)
	}{
		{"a model that is not accepted", "does not accept this model", false, func(p *graph.FIDO2Policy) {
			p.Restrictions = graph.KeyRestrictions{Enforced: true, Allow: true, AAGUIDs: []uuid.UUID{uuid.MustParse("e416201b-afeb-41ca-a03d-2281c28322aa")}}
		}},
		{"attestation enforced", "a software key cannot prove", false, func(p *graph.FIDO2Policy) { p.Attestation = true }},
		{"the policy turned off", "the passkey policy is off", true, func(p *graph.FIDO2Policy) { p.Enabled = false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			spoilt := false
			b.person.leaveAt = func(_ int, q string) error {
				if q == "registration.go" && !spoilt {
					spoilt = true
					w := b.world()
					p, err := w.Tenant.FIDO2Policy(t.Context())
					if err != nil {
						t.Error(err)
					}
					c.spoil(&p)
					if err := w.Tenant.SetFIDO2Policy(t.Context(), p); err != nil {
						t.Error(err)
					}
				}
				return nil
			}
			b.person.answer("problem.registration-refused", "leave")
			if err := b.run(t.Context()); err == nil {
				t.Fatal("the registration was not refused")
			}
			b.mustTell("registration-refused")
			p := b.told("registration-refused")
			if !strings.Contains(p.What.String(), c.why) || !c.early && !strings.Contains(p.State.String(), "removed again") {
				t.Fatalf("told: %s / %s", p.What, p.State)
			}
		})
	}
}

func TestAnExpiredPassIsReplacedWhenTold(t *testing.T) {
	b := newBench(t)
	b.person.leaveAt = func(_ int, q string) error {
		if q == "registration.go" {
			b.clock.mu.Lock()
			b.clock.now = b.clock.now.Add(2 * time.Hour)
			b.clock.mu.Unlock()
			b.person.leaveAt = nil
		}
		return nil
	}
	b.person.answer("problem.pass-expired", "new-pass")
	b.finish()
	b.mustTell("pass-expired")
	if b.person.shows != 2 {
		t.Fatalf("%d passes were shown, want 2", b.person.shows)
	}
}

func TestALockedPINIsToldBeforeItIsAsked(t *testing.T) {
	b := newBench(t)
	b.crash("PIN set.")
	b.person.answer("key.pin", "0000", "0000", "0000", "0000", "0000", "0000", "0000", "0000")
	b.person.answer("problem.pin-wrong", repeat("retry", 8)...)
	b.person.answer("problem.pin-replug", repeat("replug", 8)...)
	b.person.answer("problem.pin-blocked", "leave")
	if err := b.run(t.Context()); err == nil {
		t.Fatal("a locked PIN let the rollout finish")
	}
	b.mustTell("pin-blocked")
}

func TestALockedKeyCanBeResetAndTheRolloutFinished(t *testing.T) {
	b := newBench(t)
	b.crash("PIN set.")
	b.person.answer("key.pin", repeat("0000", 8)...)
	b.person.answer("problem.pin-wrong", repeat("retry", 8)...)
	b.person.answer("problem.pin-replug", repeat("replug", 8)...)
	b.person.answer("problem.pin-blocked", "reset")
	b.person.answer("risk.reset-key", "reset this key")
	b.finish()
	b.mustTell("pin-blocked")
}

// Who leaves while the pass is on the screen is told that it is out, and how to take it away. The command for that is
// not told in the practice: it would ask for a sign-in to the real organisation.
func TestWhatWasChangedStandsInTheSummary(t *testing.T) {
	for _, c := range []struct {
		practice  bool
		says, not string
	}{
		{false, "keyrollout pass revoke " + aiko, "ends by itself"},
		{true, "ends by itself after 60 minutes", "keyrollout pass revoke"},
	} {
		b := newBench(t)
		b.person.leaveAt = func(_ int, q string) error {
			if q == "pass.shown" {
				return steps.ErrQuit
			}
			return nil
		}
		w := b.world()
		defer w.Close()
		w.Org = graph.Organization{ID: "contoso", Name: "Contoso", Practice: c.practice}
		if err := steps.Run(t.Context(), w, steps.Rollout()); err == nil {
			t.Fatal("not left")
		}
		var text string
		for _, e := range b.events {
			if s, ok := e.Data.(steps.Summary); ok {
				text = fmt.Sprint(s.Done)
			}
		}
		if !strings.Contains(text, "policy written") || !strings.Contains(text, c.says) || strings.Contains(text, c.not) {
			t.Errorf("practice %v: the summary says %q", c.practice, text)
		}
	}
}

// Whoever chose keys in step 1 that do not fit the one at hand finds the way back there, and comes through.
func TestARefusalLeadsBackToStepOne(t *testing.T) {
	b := newBench(t)
	b.person.answer("tenant.keys", "attested", "any")
	b.person.answer("problem.registration-refused", "step-one")
	b.person.answer("risk.weaken-attestation", "weaken attestation")
	b.finish()
	b.mustTell("registration-refused")
	if n := len(b.passkeys()); n != 1 {
		t.Errorf("%d passkeys, want 1", n)
	}
	active := ""
	for _, e := range b.events {
		st, ok := e.Data.(steps.StepState)
		switch {
		case ok && st.State == steps.Active:
			active = st.ID
		case ok && st.State == steps.Pending && st.ID == active:
			t.Errorf("%s is left while it is the step one stands in: a screen takes that for the end", active)
		}
	}
}
