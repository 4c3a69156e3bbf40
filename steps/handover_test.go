package steps_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// shelf keeps hand-overs in memory, unsealed, so that a test can use what is in them.
type shelf struct {
	kept map[string]string // by user principal name
	full bool
}

func (s *shelf) Has(u graph.User) bool { return s.kept[u.UPN] != "" }

func (s *shelf) Put(u graph.User, text secret.Secret) error {
	if s.full {
		return errors.New("no space left on device")
	}
	if s.kept[u.UPN] != "" {
		return fmt.Errorf("%s gets a second hand-over", u.UPN)
	}
	text.Use(func(b []byte) { s.kept[u.UPN] = string(bytes.Clone(b)) })
	return nil
}

// passesOn turns passes on, as step 1 would.
func (b *bench) passesOn() {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	p, err := w.Tenant.PassPolicy(b.t.Context())
	if err == nil {
		p.Enabled = true
		err = w.Tenant.SetPassPolicy(b.t.Context(), p)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// handOver is one run for some people.
func (b *bench) handOver(ctx context.Context, to steps.Handovers, users ...string) ([]steps.Handover, error) {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	defer w.Journal.Close()
	if err := w.Identify(ctx); err != nil {
		return nil, err
	}
	return steps.HandOver(ctx, w, steps.HandoverWish{Users: users}, to)
}

// holds checks that everybody has one pass, and that the one in the hand-over is it: it opens Security info.
func (b *bench) holds(s *shelf, users ...string) {
	b.t.Helper()
	w := b.world()
	defer w.Close()
	for _, u := range users {
		list, err := w.Tenant.Passes(b.t.Context(), u)
		if err != nil || len(list) != 1 {
			b.t.Errorf("%s has %d passes (%v)", u, len(list), err)
		}
		lines := strings.Split(s.kept[u], "\n")
		if len(lines) < 4 {
			b.t.Errorf("%s has no hand-over", u)
			continue
		}
		if _, err := graph.NewPages(address, b.tenant.Transport()).SignInWithPass(b.t.Context(), u, secret.New([]byte(lines[2]))); err != nil {
			b.t.Errorf("the pass in the hand-over of %s: %v", u, err)
		}
	}
}

const haruto = "haruto@contoso.example"

// Everybody who can use a pass gets one; of the others it is said why, and they keep nobody waiting.
func TestHandOverRefusesOneByOne(t *testing.T) {
	b := newBench(t)
	b.passesOn()
	s := &shelf{kept: map[string]string{}}
	users := []string{practice.GuestUPN, aiko, "nobody@contoso.example", practice.DisabledUPN, practice.AdminUPN, strings.ToUpper(aiko)}
	got, err := b.handOver(t.Context(), s, users...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"user-guest", "issued", "tenant-not-found", "user-disabled", "user-self", "there"} {
		if got[i].Code+string(got[i].State) != want && got[i].Code != want {
			t.Errorf("%s: %+v, want %s", users[i], got[i], want)
		}
	}
	b.holds(s, aiko)
	// Once more: nothing is issued, and a hand-over that was given away is not issued again.
	if got, err = b.handOver(t.Context(), s, aiko); err != nil || got[0].State != steps.HandoverThere {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = b.handOver(t.Context(), &shelf{kept: map[string]string{}}, aiko); err != nil || got[0].State != steps.HandoverThere {
		t.Errorf("%+v %v", got, err)
	}
}

// A pass that a person has already stays.
func TestHandOverLeavesAPassThatIsThere(t *testing.T) {
	b := newBench(t)
	b.passesOn()
	w := b.world()
	if _, err := w.Tenant.IssuePass(t.Context(), aiko, graph.PassRequest{}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	s := &shelf{kept: map[string]string{}}
	got, err := b.handOver(t.Context(), s, aiko)
	if err != nil || got[0].Code != "pass-there" || len(s.kept) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestHandOverWithPassesOff(t *testing.T) {
	_, err := newBench(t).handOver(t.Context(), &shelf{}, aiko)
	if p := steps.ProblemOf(err); p == nil || p.Code != "pass-off" {
		t.Error(err)
	}
}

// A pass whose answer is lost does not stay in the tenant; the next run issues another.
func TestHandOverLosesAnAnswer(t *testing.T) {
	for _, fault := range []string{"lost-answer", "nothing", "half"} {
		b := newBench(t)
		b.passesOn()
		if err := b.faults.Add(fault + " POST /temporaryAccessPassMethods"); err != nil {
			t.Fatal(err)
		}
		s := &shelf{kept: map[string]string{}}
		got, err := b.handOver(t.Context(), s, aiko)
		if err != nil || got[0].Code != "pass-answer-lost" {
			t.Errorf("%s: %+v %v", fault, got, err)
		}
		w := b.world()
		if list, err := w.Tenant.Passes(t.Context(), aiko); err != nil || len(list) > 0 {
			t.Errorf("%s: a pass that nobody saw is there: %v (%v)", fault, list, err)
		}
		w.Close()
		if _, err := b.handOver(t.Context(), s, aiko); err != nil {
			t.Error(err)
		}
		b.holds(s, aiko)
	}
}

// A hand-over that cannot be kept ends the run, and its pass is revoked; if even that fails, by the next run.
func TestHandOverThatCannotBeKept(t *testing.T) {
	for _, revoked := range []bool{true, false} {
		b := newBench(t)
		b.passesOn()
		s := &shelf{kept: map[string]string{}, full: true}
		if !revoked {
			if err := b.faults.Add("forbidden DELETE /temporaryAccessPassMethods"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := b.handOver(t.Context(), s, aiko, haruto)
		if p := steps.ProblemOf(err); p == nil || p.Code != "handover-not-kept" || len(got) != 0 {
			t.Fatalf("%+v %v", got, err)
		}
		w := b.world()
		if list, err := w.Tenant.Passes(t.Context(), aiko); err != nil || (len(list) == 0) != revoked {
			t.Errorf("%v (%v)", list, err)
		}
		w.Close()
		s.full = false
		if _, err := b.handOver(t.Context(), s, aiko, haruto); err != nil {
			t.Fatal(err)
		}
		b.holds(s, aiko, haruto)
	}
}

// stopAt cuts a run off at one request: before it is sent, or after it was carried out and before its answer.
type stopAt struct {
	next  http.RoundTripper
	at    *int
	after bool
	stop  context.CancelCauseFunc
}

func (s stopAt) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.at--
	if *s.at != 0 {
		return s.next.RoundTrip(r)
	}
	if s.after {
		if resp, err := s.next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context()))); err == nil {
			resp.Body.Close()
		}
	}
	s.stop(errCrash)
	return nil, errCrash
}

// Killed at every request, before and after it was carried out, and run again: everybody ends with one pass, and it is
// the one in their hand-over.
func TestHandOverKilledAnywhere(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			b := newBench(t)
			b.passesOn()
			s := &shelf{kept: map[string]string{}}
			ctx, cancel := context.WithCancelCause(t.Context())
			left := at
			b.around = func(rt http.RoundTripper) http.RoundTripper { return stopAt{rt, &left, after, cancel} }
			_, err := b.handOver(ctx, s, aiko, haruto)
			cancel(nil)
			if left > 0 {
				if err != nil || at < 10 {
					t.Fatalf("%d requests, %v", at, err)
				}
				break // the run ended before it was killed
			}
			b.around = nil
			if err := b.clock.Sleep(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
			if _, err := b.handOver(t.Context(), s, aiko, haruto); err != nil {
				t.Fatalf("killed at request %d: %v", at, err)
			}
			b.holds(s, aiko, haruto)
			if t.Failed() {
				t.Fatalf("killed at request %d, after it %v", at, after)
			}
		}
	}
}
