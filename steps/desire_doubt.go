package steps

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"keyrollout/graph"
)

// InDoubt reports whether a change of a policy was begun and nobody saw its end: what is read from the tenant may be
// from before it.
func (j *Journal) InDoubt() bool { return len(j.doubts()) > 0 }

// doubts are those changes, by policy: the last thing the journal knows of that policy is that it was about to be sent.
func (j *Journal) doubts() map[string]Entry {
	open := map[string]Entry{}
	for _, e := range j.entries {
		policy := e.What
		if e.What == undoEntry && e.Kind == EntryIntent {
			policy = policyOf(e.Before)
		}
		switch {
		case e.Step != tenantID:
		case e.Kind == EntryIntent && (policy == fido2Entry || policy == passEntry):
			open[policy] = e
		case e.Kind == EntryIntent || !slices.Contains([]EntryKind{EntryResult, EntryFailed, EntrySettled}, e.Kind):
		case e.What == undoEntry:
			maps.DeleteFunc(open, func(_ string, o Entry) bool { return o.What == undoEntry && o.ID == e.ID })
		default:
			delete(open, policy)
		}
	}
	return open
}

// policyOf tells by its id which policy an answer of Graph is; empty = none of the two.
func policyOf(raw json.RawMessage) string {
	var p struct{ ID string }
	_ = json.Unmarshal(raw, &p) // an empty id is the answer then
	switch strings.ToLower(p.ID) {
	case "fido2":
		return fido2Entry
	case "temporaryaccesspass":
		return passEntry
	}
	return ""
}

// Settle finds out what became of the changes that were cut off, and notes it in the journal. A read that shows what
// stood before such a change proves nothing while the change may be on its way, so it waits as long as a change may take.
// Whoever concludes from a read that nothing is to be done, or plans on it, has to call it first.
func Settle(ctx context.Context, w *World) error { return w.settle(ctx, nil) }

// settle is Settle for all but what the caller goes on with, and looks at by itself.
func (w *World) settle(ctx context.Context, but func(Entry) bool) error {
	doubts, told := w.Journal.doubts(), false
	for _, policy := range []string{fido2Entry, passEntry} {
		e, ok := doubts[policy]
		cut := e.Time.Format("2006-01-02 15:04:05 MST")
		if !ok || but != nil && but(e) {
			continue
		}
		arrived := func(now json.RawMessage) bool {
			if arrives := w.Journal.arrives(e, policy); len(arrives) > 0 {
				return same(now, arrives)
			}
			return !same(now, e.Before)
		}
		shows, err := w.await(ctx, policy, e.Time, func(now json.RawMessage) bool {
			if arrived(now) {
				return true
			}
			if until := e.Time.Add(policyTakes); !told && w.Clock.Now().Before(until) {
				told = true
				w.note(tenantID, T("A change of this tenant was cut off at %s, and it does not show. It may be on its way: waiting for it until %s.", cut, until.Format("15:04:05 MST")))
			}
			return false
		})
		if err != nil {
			return err
		}
		if !shows {
			w.note(tenantID, T("The change that was cut off at %s did not arrive in the time that a change takes: it was not carried out.", cut))
		} else if told {
			w.note(tenantID, T("The change that was cut off shows now."))
		}
		if err := w.Journal.Write(Entry{Kind: EntrySettled, Step: tenantID, What: policy, ID: e.ID}); err != nil {
			return err
		}
	}
	return nil
}

// arrives is what an undo that was cut off is to bring back; nil where the journal cannot tell.
func (j *Journal) arrives(e Entry, policy string) json.RawMessage {
	if e.What != undoEntry {
		return nil
	}
	all := j.written()
	if i := latest(all, e.ID); i >= 0 {
		return all[i].before[policy]
	}
	return nil
}

// await reads a policy until it is as expected, as long as a change of then may take; false = it never was.
func (w *World) await(ctx context.Context, policy string, then time.Time, as func(json.RawMessage) bool) (bool, error) {
	var err error
	if policy == passEntry {
		_, err = readSince(ctx, w, then, w.Tenant.PassPolicy, func(p graph.PassPolicy) bool { return as(p.Raw) })
	} else {
		_, err = readSince(ctx, w, then, w.Tenant.FIDO2Policy, func(p graph.FIDO2Policy) bool { return as(p.Raw) })
	}
	var p *Problem
	if errors.As(err, &p) && p.Code == "policy-not-taken" {
		return false, nil
	}
	return err == nil, err
}
