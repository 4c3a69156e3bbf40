package steps_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrollout/fido"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// passkeys are Aiko's, as the tenant lists them.
func (b *bench) passkeys() (ids []string) {
	b.t.Helper()
	w := b.world()
	user, err := w.Tenant.User(b.t.Context(), aiko)
	if err != nil {
		b.t.Fatal(err)
	}
	keys, err := w.Tenant.Passkeys(b.t.Context(), user.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// again runs a rollout once more and returns what was asked in it.
func (b *bench) again() []string {
	b.t.Helper()
	b.person.asked, b.events = nil, nil
	if err := b.run(b.t.Context()); err != nil {
		b.t.Fatalf("not taken up again: %v; asked %v", err, b.person.asked)
	}
	return b.person.asked
}

// found reports whether a finding says so, in its line or its facts.
func (b *bench) found(text string) bool {
	return slices.ContainsFunc(b.events, func(e steps.Event) bool {
		f, ok := e.Data.(steps.Finding)
		return ok && strings.Contains(f.Text.String(), text) ||
			slices.ContainsFunc(f.Facts, func(t steps.Text) bool { return strings.Contains(t.String(), text) })
	})
}

func TestADoneRolloutCostsNeitherPINNorTouch(t *testing.T) {
	b := newBench(t)
	b.finish()
	touches := b.person.touches
	if asked := b.again(); len(asked) > 0 || b.person.touches != touches {
		t.Fatalf("asked %v, %d touches more", asked, b.person.touches-touches)
	}
	if !b.found("This key is registered for") || !b.found("The sign-in was proven at") {
		t.Fatal("not found done")
	}
}

func TestAnotherKeyIsNoticed(t *testing.T) {
	b := newBench(t)
	b.finish()
	first := b.key
	b.plugNewKey()
	second := b.key
	b.person.answer("problem.key-swapped", "another")
	asked := b.again()
	b.mustTell("key-swapped")
	if !b.found("It does not show the sign-in that is registered") {
		t.Error("the wrong key was set up without a word")
	}
	if !slices.Contains(asked, "signin.go") || !b.found("was of another key than the one that is plugged in") {
		t.Errorf("the proof of another key was taken for this one's: %v", asked)
	}
	if n := len(b.passkeys()); n != 2 {
		t.Fatalf("%d passkeys, want 2", n)
	}
	// Now the second is this rollout's key. Whoever plugs it in when told so goes on without a PIN.
	b.key, b.person.key = first, first
	b.person.seen = func(q steps.Question) {
		if q.Name == "problem.key-swapped" {
			b.key, b.person.key = second, second
		}
	}
	b.person.answer("problem.key-swapped", "retry")
	w := b.world()
	defer w.Close()
	w.Keys = pocket{b}
	if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
		t.Fatal(err)
	}
}

// pocket holds whatever key is in the person's hand at the moment.
type pocket struct{ b *bench }

func (p pocket) now() fido.Keys { return fido.Software(p.b.key.Device(), p.b.key.Link) }

func (p pocket) List(ctx context.Context) ([]fido.Device, error) { return p.now().List(ctx) }

func (p pocket) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	return p.now().Open(ctx, d)
}

func TestACredentialDeletedOnTheKeyIsNoticed(t *testing.T) {
	b := newBench(t)
	b.finish()
	s, err := fido.OpenLink(t.Context(), b.key.Device(), b.key.Link())
	if err != nil {
		t.Fatal(err)
	}
	pin := secret.New([]byte(thePIN))
	held, err := s.Credentials(t.Context(), pin, "login.microsoft.com")
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	if err := s.DeleteCredential(t.Context(), pin, held[0].ID); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b.person.answer("problem.key-swapped", "another")
	asked := b.again()
	b.mustTell("key-swapped")
	if !slices.Contains(asked, "registration.go") || !slices.Contains(asked, "signin.go") {
		t.Fatalf("a key without its sign-in was taken for done: %v", asked)
	}
	b.again()
	if !b.found("The sign-in was proven at") {
		t.Fatal("not proven after all")
	}
}

func TestACredentialDeletedInTheTenantIsNoticed(t *testing.T) {
	b := newBench(t)
	b.finish()
	w := b.world()
	user, err := w.Tenant.User(t.Context(), aiko)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Tenant.DeletePasskey(t.Context(), user.ID, b.passkeys()[0]); err != nil {
		t.Fatal(err)
	}
	asked := b.again()
	if !slices.Contains(asked, "registration.go") || !slices.Contains(asked, "signin.go") {
		t.Fatalf("what the tenant does not list was taken for done: %v", asked)
	}
	b.proven()
}

// Another run, from another machine, replaced the credential: this key signs in, but that was not proven yet.
func TestAReplacedCredentialIsProvenAnew(t *testing.T) {
	b := newBench(t)
	b.finish()
	was := b.passkeys()[0]
	w := b.world()
	user, err := w.Tenant.User(t.Context(), aiko)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Tenant.DeletePasskey(t.Context(), user.ID, was); err != nil {
		t.Fatal(err)
	}
	mine := b.journal
	b.journal = t.TempDir() + "/journal.jsonl"
	b.person.leaveAt = func(_ int, q string) error {
		if q == "signin.go" {
			return steps.ErrQuit
		}
		return nil
	}
	if err := b.run(t.Context()); err == nil {
		t.Fatal("not left")
	}
	b.journal, b.person.leaveAt = mine, nil
	if asked := b.again(); !slices.Equal(asked, []string{"signin.go"}) {
		t.Fatalf("asked %v, want the sign-in alone", asked)
	}
	if !b.found("was of a key that the tenant does not list any more") {
		t.Fatal("the old proof went away without a word")
	}
	b.proven()
}

// veiled is a key that shows no sign-in without its PIN, as with credProtect 3; blind, it has no list of them either.
type veiled struct {
	fido.Keys
	blind bool
}

type veiledSession struct {
	fido.Session
	blind bool
}

func (k veiled) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	s, err := k.Keys.Open(ctx, d)
	return veiledSession{s, k.blind}, err
}

func (s veiledSession) Assert(ctx context.Context, pin secret.Secret, r fido.AssertRequest) ([]fido.Assertion, error) {
	if r.Silent && pin.Empty() {
		return nil, &fido.Error{Op: "sign in", Code: fido.CodeNoCredentials}
	}
	return s.Session.Assert(ctx, pin, r)
}

func (s veiledSession) Info(ctx context.Context) (fido.Info, error) {
	i, err := s.Session.Info(ctx)
	if s.blind {
		delete(i.Options, "credMgmt")
		delete(i.Options, "credentialMgmtPreview")
	}
	return i, err
}

func TestAKeyThatHidesItsSignIns(t *testing.T) {
	for _, blind := range []bool{false, true} {
		b := newBench(t)
		b.finish()
		b.person.asked, b.events = nil, nil
		w := b.world()
		defer w.Close()
		w.Keys = veiled{w.Keys, blind}
		if err := steps.Run(t.Context(), w, steps.Rollout()); err != nil {
			t.Fatal(err)
		}
		want := []string{"key.pin"} // once, for the list
		if blind {
			want = nil
		}
		if !slices.Equal(b.person.asked, want) {
			t.Errorf("blind %v: asked %v, want %v", blind, b.person.asked, want)
		}
		if said := b.found("known from the journal only"); said != blind {
			t.Errorf("blind %v: said to rest on the journal: %v", blind, said)
		}
	}
}

// A key that hides its sign-ins from who has not typed its PIN is recognised as another person's as soon as it was typed.
func TestAnotherPersonsKeyThatHidesItsSignIns(t *testing.T) {
	b := newBench(t)
	b.finish()
	first := b.key
	// A finger is to be enrolled, for which the PIN is typed: in step 2, before anything is registered.
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Fingers(ctx, w)
		if err != nil {
			return err
		}
		b.person.answer("finger.remove", "yes")
		return steps.RemoveFinger(ctx, w, list[0].Name)
	})
	w := b.world()
	defer w.Close()
	if err := w.Journal.NextPerson(); err != nil {
		t.Fatal(err)
	}
	w.Keys = veiled{pocket{b}, false}
	b.person.answer("tenant.keys", "keep")
	b.person.answer("tenant.user", "haruto")
	b.person.answer("problem.key-of-another", "leave")
	if err := steps.Run(t.Context(), w, steps.Rollout()); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	b.mustTell("key-of-another")
	if b.key != first || len(b.passkeys()) != 1 {
		t.Error("something was registered")
	}
	s, err := fido.OpenLink(t.Context(), first.Device(), first.Link())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if held, err := s.Credentials(t.Context(), secret.New([]byte(thePIN)), ""); err != nil || len(held) != 1 {
		t.Errorf("%d sign-ins on the key, %v", len(held), err)
	}
}

// At Windows the person hears what to start the terminal as, and that nothing happened, whichever road the refusal took.
func TestWindowsGivesKeysToAdministratorsOnly(t *testing.T) {
	refused := &fido.Error{Op: "open", Code: fido.CodeNoAccess, Err: fido.ErrAdminOnly}
	for name, err := range map[string]error{"alone": refused, "with the path": steps.WithRule(`\\?\hid#key`, refused), "of several": errors.Join(refused, refused)} {
		p := steps.ProblemOf(err)
		if p == nil || p.Code != "key-no-access" || p.State.Empty() || len(p.Do) == 0 || !strings.Contains(p.Do[0].String(), "Run as administrator") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
