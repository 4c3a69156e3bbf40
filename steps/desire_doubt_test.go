package steps_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"keyrollout/graph/practice"
	"keyrollout/steps"
)

const lag = 30 * time.Second

// late is a tenant whose reads are late.
func late(t *testing.T) *company {
	t.Helper()
	s := practice.DefaultCompany()
	s.Lag = lag
	return newCompany(t, s)
}

// lagging is a late one in which a plan has been carried out and shows.
func lagging(t *testing.T, wish string) (*company, steps.TenantPlan) {
	t.Helper()
	c := late(t)
	p := c.mustPlan(wish)
	c.mustApply(p)
	c.later()
	return c, p
}

func (c *company) later() {
	c.t.Helper()
	if err := c.clock.Sleep(c.t.Context(), 2*lag); err != nil {
		c.t.Fatal(err)
	}
	c.events = nil
}

// endsAs fails unless the tenant stands so once everything shows.
func (c *company) endsAs(want, otherwise string) {
	c.t.Helper()
	c.later()
	if c.raw() != want {
		c.t.Error(otherwise)
	}
}

// cutOff kills a run at its change: behind it, or before it was sent.
func (c *company) cutOff(behind bool, run func(context.Context) error) {
	c.t.Helper()
	ctx, kill := context.WithCancelCause(c.t.Context())
	killed := false
	c.around = func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPatch {
				return rt.RoundTrip(r)
			}
			killed = true
			defer kill(errCrash)
			if behind {
				return rt.RoundTrip(r)
			}
			return nil, errCrash
		})
	}
	if err := run(ctx); err == nil || !killed {
		c.t.Fatalf("not cut off: %v", err)
	}
	c.around, c.events = nil, nil
}

func (c *company) cutOffUndo(behind bool) {
	c.t.Helper()
	c.cutOff(behind, func(ctx context.Context) error { return steps.Undo(ctx, c.world(), true, allRisks) })
}

func (c *company) cutOffApply(p steps.TenantPlan) {
	c.t.Helper()
	c.cutOff(true, func(ctx context.Context) error { return steps.ApplyPlan(ctx, c.world(), p, allRisks) })
}

// An undo was cut off behind its change, and reads still answer from before it: the plan that it took back is carried
// out anew, and not told to stand already. Where the undo never left, it is told that it does.
func TestApplyWhileAnUndoIsOnItsWay(t *testing.T) {
	for _, behind := range []bool{true, false} {
		c, p := lagging(t, "passkeys: {enabled: true}")
		with := c.raw()
		c.cutOffUndo(behind)
		if c.raw() != with {
			t.Fatal("the undo shows already")
		}
		c.mustApply(p)
		if already := c.said("as planned already"); already == behind {
			t.Errorf("cut off behind the change %t: it says %v", behind, c.events)
		}
		c.endsAs(with, fmt.Sprintf("cut off behind the change %t: the tenant does not stand as planned", behind))
		began := c.clock.Now()
		c.mustApply(p)
		if !c.said("as planned already") || c.clock.Now() != began {
			t.Error("what became of it was settled, and is waited for again")
		}
	}
}

// The same for another plan that was cut off: what the first one wanted does not stand any more.
func TestApplyWhileAnotherPlanIsOnItsWay(t *testing.T) {
	c, p := lagging(t, "passkeys: {enabled: true}")
	off := c.mustPlan("passkeys: {enabled: false}")
	c.cutOffApply(off)
	with := c.raw()
	c.mustApply(p)
	if c.said("as planned already") {
		t.Error("it says that the first plan stands")
	}
	c.endsAs(with, "the tenant does not stand as planned")
}

// Whoever plans waits first: what the plan starts from is what stands.
func TestPlanWhileAnUndoIsOnItsWay(t *testing.T) {
	c, _ := lagging(t, "passkeys: {enabled: true}")
	c.cutOffUndo(true)
	w := c.world()
	if !w.Journal.InDoubt() {
		t.Fatal("the journal holds nothing in doubt")
	}
	if again := c.mustPlan("passkeys: {enabled: true}"); len(again.Changes) != 0 {
		t.Fatal("the test saw nothing late")
	}
	if err := steps.Settle(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if again := c.mustPlan("passkeys: {enabled: true}"); len(again.Changes) == 0 {
		t.Error("the plan rests on what the undo has taken back")
	}
	if w := c.world(); w.Journal.InDoubt() {
		t.Error("settled, and in doubt again after a new start")
	}
}

// The wizard does not take a tenant for ready while the undo of what made it so is on its way.
func TestRolloutWhileAnUndoIsOnItsWay(t *testing.T) {
	c, _ := lagging(t, "passkeys: {enabled: true, who: everyone, selfService: true}")
	w := c.world()
	u, err := w.Tenant.User(t.Context(), "aiko@"+practice.Domain)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Journal.SetWish(steps.Wish{Who: "all_users", WhoName: "everyone", User: u.ID, UserUPN: u.UPN, UserName: u.Name, Road: steps.RoadMFA, KeepRules: true}); err != nil {
		t.Fatal(err)
	}
	if f, err := steps.TenantStep().Check(t.Context(), w); err != nil || f.State != steps.Done {
		t.Fatalf("%v %v: not ready before the undo", f, err)
	}
	c.cutOffUndo(true)
	if f, err := steps.TenantStep().Check(t.Context(), c.world()); err != nil || f.State == steps.Done {
		t.Errorf("%v %v: ready, while the undo is on its way", f, err)
	}
}

// Cut off behind the change, run again and refused: the change may stand, and can be taken back.
func TestUndoAfterARefusedSecondTry(t *testing.T) {
	c := late(t)
	before := c.raw()
	p := c.mustPlan("passkeys: {enabled: true}")
	c.cutOffApply(p)
	if err := c.faults.Add("forbidden PATCH /fido2"); err != nil {
		t.Fatal(err)
	}
	if err := c.apply(p); err == nil {
		t.Fatal("the second try was not refused")
	}
	c.later()
	if c.raw() == before {
		t.Fatal("the first try changed nothing")
	}
	if err := steps.Undo(t.Context(), c.world(), true, allRisks); err != nil {
		t.Fatal(err)
	}
	c.endsAs(before, "not put back")
}

// A change that was cut off yesterday is not waited for today: one read tells.
func TestNothingIsWaitedForThatIsLongPast(t *testing.T) {
	c, _ := lagging(t, "passkeys: {enabled: true}")
	c.cutOffUndo(false)
	if err := c.clock.Sleep(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	w, before := c.world(), c.clock.Now()
	if err := steps.Settle(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if d := c.clock.Now().Sub(before); d != 0 || w.Journal.InDoubt() || !c.said("it was not carried out") {
		t.Errorf("waited %v, in doubt: %v", d, w.Journal.InDoubt())
	}
}
