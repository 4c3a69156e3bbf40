package steps

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"keyrollout/graph"
)

// written is one change of the tenant that the journal knows: what stood before it, and after, by what was written.
type written struct {
	id            string // of the plan; of the rollout's own changes, when they began
	tenant        string // empty = of a journal that did not note it yet
	at            time.Time
	before, after map[string]json.RawMessage
	open          map[string]int       // intents of which nobody knows whether they were carried out
	sent          map[string]time.Time // when a policy was last written, or about to be
	done          bool                 // a policy of it was written
	undoing       bool                 // going back was begun
}

// lastWritten is the latest change that was not taken back.
func (j *Journal) lastWritten() (written, bool) {
	all := j.written()
	if len(all) == 0 {
		return written{}, false
	}
	return all[len(all)-1], true
}

// written are the changes that were not taken back, in their order.
func (j *Journal) written() []written {
	var all []written
	rollout := "" // the id of the changes of the rollout's own step, which carry none
	for _, e := range j.entries {
		switch {
		case e.Kind == EntryStep:
			rollout = ""
			continue
		case e.Step != tenantID:
			continue
		case e.What == undoEntry && e.Kind == EntryResult:
			if i := latest(all, e.ID); i >= 0 {
				all = slices.Delete(all, i, i+1)
			}
			continue
		case e.What == undoEntry && e.Kind == EntryIntent:
			if i := latest(all, e.ID); i >= 0 {
				all[i].undoing = true
			}
			continue
		case e.What != fido2Entry && e.What != passEntry:
			continue
		}
		id := e.ID
		if id == "" {
			if rollout == "" {
				rollout = e.Time.Format(time.RFC3339)
			}
			id = rollout
		}
		i := latest(all, id)
		// A plan is known by what it does, so one that is carried out again, after another took it back, is a change of
		// its own; one that was cut off and run again is not.
		again := i >= 0 && (i < len(all)-1 || all[i].after[e.What] != nil)
		if e.Kind == EntryIntent && (i < 0 || again) {
			all = append(all, written{id: id, tenant: e.Tenant, at: e.Time, before: map[string]json.RawMessage{}, after: map[string]json.RawMessage{}, open: map[string]int{}, sent: map[string]time.Time{}})
			i = len(all) - 1
		}
		if i < 0 {
			continue
		}
		if e.Kind == EntryIntent {
			all[i].open[e.What]++
		}
		if e.Kind == EntryIntent || e.Kind == EntryResult {
			all[i].sent[e.What], all[i].done = e.Time, all[i].done || e.Kind == EntryResult
		}
		switch _, have := all[i].before[e.What]; {
		case e.Kind == EntryIntent && !have && len(e.Before) > 0:
			all[i].before[e.What] = e.Before
		case e.Kind == EntryFailed && all[i].after[e.What] == nil:
			// Refused was the last try; one before it that was cut off may have been carried out.
			if all[i].open[e.What]--; all[i].open[e.What] == 0 {
				delete(all[i].before, e.What)
			}
		case e.Kind == EntryResult:
			all[i].after[e.What] = e.After
		}
		if len(all[i].before) == 0 {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

// latest is the place of the latest change of that id; -1 = there is none.
func latest(all []written, id string) int {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].id == id {
			return i
		}
	}
	return -1
}

// Undo puts back what stood before the latest change that the journal knows, and that was not taken back yet. It shows
// what that would change, to the policies and to people, and asks; yes answers that, accepted accepts dangers by name.
func Undo(ctx context.Context, w *World, yes bool, accepted []string) error {
	return w.undo(ctx, yes, accepted, true)
}

// undo is Undo. Where the latest change was cut off before it changed anything, further takes the one before it.
func (w *World) undo(ctx context.Context, yes bool, accepted []string, further bool) error {
	c, ok := w.Journal.lastWritten()
	if !ok {
		return &Problem{Code: "undo-nothing", What: T("The journal knows no change of this tenant that could be taken back."), State: tenantUnchanged,
			Next: []Choice{{ID: "retry", Text: T("name another journal:  keyrollout tenant undo --journal FILE")}}}
	}
	if c.tenant != "" && c.tenant != w.Org.ID {
		return &Problem{Code: "undo-elsewhere", What: T("That journal is of another tenant: %s.", c.tenant), State: tenantUnchanged,
			Next: []Choice{{ID: "retry", Text: T("sign in to that tenant, or leave --journal out")}}}
	}
	now, err := w.policies(ctx)
	if err != nil {
		return err
	}
	back, open, err := c.target(now, w.Clock.Now())
	if err != nil {
		return err
	}
	if len(open) > 0 {
		if err := w.agreeUndo(ctx, c, now, back, open, yes, accepted); err != nil {
			return err
		}
		for _, what := range open {
			if err := w.putBack(ctx, c, what, now, back); err != nil {
				return err
			}
		}
	}
	if err := w.Journal.Result(tenantID, undoEntry, c.id); err != nil {
		return err
	}
	if len(open) == 0 && further && !c.done && !c.undoing {
		w.note(tenantID, T("The change of %s was cut off and never arrived: there is nothing of it to take back.", c.at.Format("2006-01-02 15:04 MST")))
		return w.undo(ctx, yes, accepted, further)
	}
	if len(open) == 0 {
		w.verified(tenantID, T("The tenant stands as before already. Nothing was sent."), Fact{"undone", c.id})
		return nil
	}
	w.verified(tenantID, T("Put back and read back: the tenant stands as it did before %s.", c.at.Format("2006-01-02 15:04 MST")), Fact{"undone", c.id})
	return nil
}

// UndoPlan is Undo for who names the plan: it takes that one back, and no other change in its place.
func UndoPlan(ctx context.Context, w *World, p TenantPlan, yes bool, accepted []string) error {
	if p.Tenant != w.Org.ID {
		return planElsewhere(p)
	}
	all := w.Journal.written()
	at := latest(all, p.ID())
	if at < 0 {
		return &Problem{Code: "undo-unknown", What: T("The journal knows no change by that plan, or it was taken back already."), State: tenantUnchanged,
			Next: []Choice{{ID: "retry", Text: T("see what stands:  keyrollout tenant check;  without a file the latest change is taken back:  keyrollout tenant undo")}}}
	}
	if last := all[len(all)-1]; at < len(all)-1 {
		return &Problem{Code: "undo-later", What: T("After that plan the policies were changed again, on %s: that change comes first.", last.at.Format("2006-01-02 15:04 MST")), State: tenantUnchanged,
			Next: []Choice{{ID: "retry", Text: T("take the latest change back:  keyrollout tenant undo;  then this plan")}}}
	}
	return w.undo(ctx, yes, accepted, false)
}

// target is what is to stand again, and which policies have to be written for it.
func (c written) target(now policies, at time.Time) (back policies, open []string, err error) {
	back = now
	for _, what := range []string{fido2Entry, passEntry} {
		before, ok := c.before[what]
		if !ok {
			continue
		}
		if what == fido2Entry {
			back.fido2, err = graph.ParseFIDO2Policy(before)
		} else {
			back.pass, err = graph.ParsePassPolicy(before)
		}
		if err != nil {
			return back, nil, &Problem{Code: "journal-policy", What: T("What the journal keeps of the policy cannot be read."), State: tenantUnchanged, Err: err}
		}
		// Where nobody saw the change arrive it may still, for a while: that it does not show yet proves nothing.
		if !same(rawOf(now, what), before) || len(c.after[what]) == 0 && at.Before(c.sent[what].Add(policyTakes)) {
			open = append(open, what)
		}
	}
	if back.fido2.Migrated() != now.fido2.Migrated() {
		return back, nil, &Problem{Code: "undo-migrated", State: tenantUnchanged,
			What: T("Microsoft has moved this tenant to passkey profiles since. There is no way back from them, so what stood before cannot be put back."),
			Next: []Choice{{ID: "retry", Text: T("write today's state, change it, and plan:  keyrollout tenant plan --write FILE")}}}
	}
	return back, open, nil
}

func rawOf(p policies, what string) json.RawMessage {
	if what == passEntry {
		return p.pass.Raw
	}
	return p.fido2.Raw
}

// agreeUndo shows what going back does and asks.
func (w *World) agreeUndo(ctx context.Context, c written, now, back policies, open []string, yes bool, accepted []string) error {
	for _, what := range open {
		if after := c.after[what]; len(after) > 0 && !same(after, rawOf(now, what)) {
			w.note(tenantID, T("Somebody changed the policy again after that change. Going back takes their change back, too."))
		}
	}
	e, err := w.effectsOf(ctx, now, back, nil)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(open, func(what string) bool { return !same(rawOf(now, what), c.before[what]) }) {
		w.note(tenantID, T("That change does not show, and may be on its way: what stood before it is written once more, so that it stays."))
	} else {
		w.Tell(Event{Name: EventPlan, Step: tenantID, Text: e.Title, Data: e.Plan})
	}
	if err := w.confirm(ctx, e.dangers, accepted); err != nil || yes {
		return err
	}
	a, err := w.Ask(ctx, Question{Name: "undo.go", Kind: Confirm, Text: T("Put back what stood before %s?", c.at.Format("2006-01-02 15:04 MST"))})
	if errors.Is(err, ErrNoAnswer) {
		return &Problem{Code: "undo-not-confirmed", What: T("Nobody said yes to going back."), State: tenantUnchanged, Err: err,
			Next: []Choice{{ID: "retry", Text: T("say so beforehand:  --yes")}}}
	}
	if err == nil && a.ID != "yes" {
		return ErrDeclined
	}
	return err
}

// putBack writes a policy whole, as Graph gave it then, and waits until it reads so.
func (w *World) putBack(ctx context.Context, c written, what string, now, back policies) error {
	if err := w.Journal.Write(Entry{Kind: EntryIntent, Step: tenantID, What: undoEntry, ID: c.id, Before: rawOf(now, what)}); err != nil {
		return err
	}
	if what == passEntry {
		if err := w.Tenant.SetPassPolicy(ctx, back.pass); err != nil {
			return w.notSent(err, undoEntry, c.id)
		}
		_, err := readBack(ctx, w, w.Tenant.PassPolicy, func(p graph.PassPolicy) bool { return same(p.Raw, c.before[what]) })
		return err
	}
	if err := w.Tenant.SetFIDO2Policy(ctx, back.fido2); err != nil {
		return w.notSent(err, undoEntry, c.id)
	}
	_, err := readBack(ctx, w, w.Tenant.FIDO2Policy, func(p graph.FIDO2Policy) bool { return same(p.Raw, c.before[what]) })
	return err
}
