package steps

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"keyrollout/graph"
)

// Names of what is written, in the journal.
const (
	fido2Entry = "fido2-policy"
	passEntry  = "pass-policy"
	undoEntry  = "undo"
)

// ApplyPlan brings a tenant to the state of a plan: exactly that, or nothing where the tenant has moved since the plan
// was made. accepted are the dangers accepted by name; the others are asked for. Run again after any end it finds what
// has been done, does the rest, and says in which state things are.
func ApplyPlan(ctx context.Context, w *World, p TenantPlan, accepted []string) error {
	if p.Tenant != w.Org.ID {
		return planElsewhere(p)
	}
	// What this plan began itself is looked at below: it does not matter how often that is written.
	if err := w.settle(ctx, func(e Entry) bool { return e.What != undoEntry && e.ID == p.ID() }); err != nil {
		return err
	}
	now, err := w.policies(ctx)
	if err != nil {
		return err
	}
	open, want, err := p.left(now)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		if err := p.settle(w, now); err != nil {
			return err
		}
		w.verified(tenantID, T("The tenant stands as planned already. Nothing was sent."), Fact{"plan", p.ID()})
		return nil
	}
	if err := within(want, p.Want); err != nil {
		return err
	}
	e, err := w.effectsOf(ctx, now, want, p.Names)
	if err != nil {
		return err
	}
	w.Tell(Event{Name: EventPlan, Step: tenantID, Text: e.Title, Data: e.Plan})
	if err := p.newLosses(e.losses); err != nil {
		return err
	}
	if err := w.confirm(ctx, e.dangers, accepted); err != nil {
		return err
	}
	return p.carryOut(ctx, w, now, want, open)
}

func planElsewhere(p TenantPlan) error {
	return &Problem{Code: "plan-elsewhere", What: T("The plan was made for another tenant: %s.", p.Name), State: tenantUnchanged,
		Next: []Choice{{ID: "retry", Text: T("sign in to that tenant, or plan for this one")}}}
}

// left tells which policies are still to be written, and what they are to become.
func (p TenantPlan) left(now policies) (open []string, want policies, err error) {
	was, err := parsePolicies(p.Before)
	if err != nil {
		return nil, want, err
	}
	planned := p.Want.on(was)
	want = now
	var moved []Change
	name := func(id string) string { return nameOf(id, nil, p.Names) }
	// A policy that the plan does not change may move as it likes.
	fido2Planned, passPlanned := len(fido2Differences(was.fido2, planned.fido2, name)) > 0, len(passDifferences(was.pass, planned.pass, name)) > 0
	if fido2Planned && len(fido2Differences(now.fido2, planned.fido2, name)) > 0 {
		open, want.fido2 = append(open, fido2Entry), p.Want.Passkeys.on(now.fido2)
		if !same(now.fido2.Raw, p.Before.FIDO2) {
			moved = append(moved, otherwise(fido2Title, fido2Differences(was.fido2, now.fido2, name))...)
		}
	}
	if passPlanned && len(passDifferences(now.pass, planned.pass, name)) > 0 {
		open, want.pass = append(open, passEntry), p.Want.Pass.on(now.pass)
		if !same(now.pass.Raw, p.Before.Pass) {
			moved = append(moved, otherwise(passTitle, passDifferences(was.pass, now.pass, name))...)
		}
	}
	if len(moved) == 0 {
		return open, want, nil
	}
	pr := &Problem{Code: "plan-moved", What: T("The tenant is no longer as it was when the plan was made: %s.", changesText(moved)), State: tenantUnchanged,
		Next: []Choice{{ID: "retry", Text: T("look again and plan anew:  keyrollout tenant plan WISH.yaml -o PLAN")}}}
	if len(open) == 1 && fido2Planned && passPlanned { // the other one is there already
		pr.State = stoodText(open[0])
	}
	return nil, want, pr
}

// otherwise stands in where a policy moved in something that no field shows.
func otherwise(title Text, c []Change) []Change {
	if len(c) == 0 {
		return []Change{{Group: title, Field: T("something")}}
	}
	return c
}

// changesText names the fields of changes in a sentence.
func changesText(list []Change) Text {
	out := Text{}
	for i, c := range list {
		one := T("%s, %s", c.Group, c.Field)
		if !c.To.Empty() {
			one = T("%s, %s (%s, now %s)", c.Group, c.Field, c.From, c.To)
		}
		if i == 0 {
			out = one
		} else {
			out = T("%s; %s", out, one)
		}
	}
	return out
}

func parsePolicies(b PlanBefore) (p policies, err error) {
	if p.fido2, err = graph.ParseFIDO2Policy(b.FIDO2); err == nil {
		p.pass, err = graph.ParsePassPolicy(b.Pass)
	}
	if err != nil {
		_, perr := ParsePlan(nil)
		return p, perr
	}
	return p, nil
}

// newLosses refuses where more keys would be locked out than the plan told its reader: they were registered since.
func (p TenantPlan) newLosses(l losses) error {
	told := map[string]bool{}
	for _, k := range p.LockedOut {
		told[k.UserID+"/"+k.ID] = true
	}
	more := losses{seen: true}
	for _, k := range l.keys {
		if !told[k.UserID+"/"+k.ID] {
			more.keys = append(more.keys, k)
		}
	}
	if len(more.keys) == 0 {
		return nil
	}
	return &Problem{Code: "plan-stale", What: T("More people would be locked out than the plan says. %s", more.text()), State: tenantUnchanged,
		Next: []Choice{{ID: "retry", Text: T("look again and plan anew:  keyrollout tenant plan WISH.yaml -o PLAN")}}}
}

// confirm has every danger typed in words that was not accepted by name.
func (w *World) confirm(ctx context.Context, dangers []danger, accepted []string) error {
	for _, d := range dangers {
		if slices.Contains(accepted, d.name) {
			w.note(tenantID, T("Accepted by name. %s", d.text()), Fact{"risk", d.name})
			continue
		}
		err := w.risk(ctx, d.name, d.what, d.word)
		if errors.Is(err, ErrNoAnswer) {
			return &Problem{Code: "risk-not-accepted", What: T("Not confirmed. %s", d.text()), State: tenantUnchanged, Err: err,
				Next: []Choice{{ID: "retry", Text: T("accept it by name:  --accept-risk %s", d.name)}}}
		}
		if errors.Is(err, ErrBack) {
			return ErrDeclined
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carryOut writes what is open: the intent in the journal first, then the change, then it is read back.
func (p TenantPlan) carryOut(ctx context.Context, w *World, now, want policies, open []string) error {
	for i, what := range open {
		before, send := now.fido2.Raw, func() error { return w.Tenant.SetFIDO2Policy(ctx, want.fido2) }
		if what == passEntry {
			before, send = now.pass.Raw, func() error { return w.Tenant.SetPassPolicy(ctx, want.pass) }
		}
		if err := w.Journal.Write(Entry{Kind: EntryIntent, Step: tenantID, What: what, ID: p.ID(), Tenant: w.Org.ID, Before: before}); err != nil {
			return err
		}
		if err := send(); err != nil {
			return p.notWritten(w, what, i > 0, err)
		}
		after, err := p.shows(ctx, w, what)
		if err != nil {
			return err
		}
		if err := w.Journal.Write(Entry{Kind: EntryResult, Step: tenantID, What: what, ID: p.ID(), After: after}); err != nil {
			return err
		}
		w.verified(tenantID, plannedText(what), Fact{"plan", p.ID()}, Fact{what, "written"})
	}
	return nil
}

func plannedText(what string) Text {
	if what == passEntry {
		return T("The Temporary Access Pass policy was written and read back: it stands as planned.")
	}
	return T("The passkey policy was written and read back: it stands as planned.")
}

func stoodText(open string) Text {
	if open == passEntry {
		return T("The passkey policy stands as planned; the Temporary Access Pass policy was not written.")
	}
	return T("The Temporary Access Pass policy stands as planned; the passkey policy was not written.")
}

// notWritten says in what state a refused or lost change leaves the tenant.
func (p TenantPlan) notWritten(w *World, what string, second bool, err error) error {
	var g *graph.Error
	err = w.notSent(err, what, p.ID())
	if lost := errors.As(err, &g) && g.Unknown; !lost && second {
		if pr := problemOfTenant(err); pr != nil {
			pr.State = stoodText(what)
			return pr
		}
	}
	return err
}

// notSent notes a change that was refused, unless its answer was lost: then it may have been carried out.
func (w *World) notSent(err error, what, id string) error {
	var g *graph.Error
	if errors.As(err, &g) && g.Unknown {
		return err
	}
	if jerr := w.Journal.Failed(tenantID, what, id); jerr != nil {
		return errors.Join(err, jerr)
	}
	return err
}

// shows waits until a policy reads as planned, and says what did not take when it does not.
func (p TenantPlan) shows(ctx context.Context, w *World, what string) (json.RawMessage, error) {
	was, err := parsePolicies(p.Before)
	if err != nil {
		return nil, err
	}
	planned := p.Want.on(was)
	name := func(id string) string { return nameOf(id, nil, p.Names) }
	var raw json.RawMessage
	var missing []Change
	if what == passEntry {
		_, err = readBack(ctx, w, w.Tenant.PassPolicy, func(now graph.PassPolicy) bool {
			raw, missing = now.Raw, passDifferences(planned.pass, now, name)
			return len(missing) == 0
		})
	} else {
		_, err = readBack(ctx, w, w.Tenant.FIDO2Policy, func(now graph.FIDO2Policy) bool {
			raw, missing = now.Raw, fido2Differences(planned.fido2, now, name)
			return len(missing) == 0
		})
	}
	var pr *Problem
	if errors.As(err, &pr) && pr.Code == "policy-not-taken" {
		pr.What = T("What was written does not show when the policy is read back: %s.", changesText(missing))
		pr.Next = []Choice{{ID: "retry", Text: T("apply the plan again: it looks first")}}
	}
	return raw, err
}

// settle notes what a run that was cut off had carried out.
func (p TenantPlan) settle(w *World, now policies) error {
	for what, raw := range map[string]json.RawMessage{fido2Entry: now.fido2.Raw, passEntry: now.pass.Raw} {
		if e, ok := w.Journal.Unsettled(tenantID, what); ok && e.ID == p.ID() {
			if err := w.Journal.Write(Entry{Kind: EntryResult, Step: tenantID, What: what, ID: p.ID(), After: raw}); err != nil {
				return err
			}
		}
	}
	return nil
}
