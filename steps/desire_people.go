package steps

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// LockedKey is a registered key that could not sign in any more.
type LockedKey struct {
	ID     string `json:"id"` // of the sign-in method
	UserID string `json:"userId"`
	User   string `json:"user"`
	Key    string `json:"key"`
	Model  string `json:"model,omitempty"`
}

// losses is what a change takes from people who have keys.
type losses struct {
	keys   []LockedKey
	seen   bool // false: nobody knows
	late   bool // whose keys to read was told by the registration report, which does not know the last day and a half
	unseen int  // people whose keys could not be read
}

// mayLock reports whether a change can keep a key from signing in that signs in today. It errs on the side of looking.
func mayLock(a, b graph.FIDO2Policy) bool {
	if !a.Enabled {
		return false
	}
	if !b.Enabled || slices.ContainsFunc(b.Exclude, func(t graph.Target) bool { return !hasTarget(a.Exclude, t.ID) }) {
		return true
	}
	for _, t := range a.Include {
		i := slices.IndexFunc(b.Include, func(o graph.Target) bool { return o.ID == t.ID })
		if i < 0 || slices.ContainsFunc(t.Profiles, func(id uuid.UUID) bool { return !slices.Contains(b.Include[i].Profiles, id) }) {
			return true
		}
	}
	stricter := func(from, to graph.KeyRestrictions) bool { return to.Enforced && !sameRules(from, to) }
	if !a.Migrated() {
		return stricter(a.Restrictions, b.Restrictions) || b.Attestation && !a.Attestation
	}
	return slices.ContainsFunc(a.Profiles, func(p graph.PasskeyProfile) bool {
		i := slices.IndexFunc(b.Profiles, func(q graph.PasskeyProfile) bool { return q.ID == p.ID })
		return i < 0 || p.Synced && !b.Profiles[i].Synced || p.DeviceBound && !b.Profiles[i].DeviceBound || stricter(p.Restrictions, b.Profiles[i].Restrictions)
	})
}

// accepts reports whether a policy lets somebody sign in with a key. Of several profiles one has to fit.
func accepts(p graph.FIDO2Policy, in func(group string) bool, k graph.Passkey) bool {
	if !p.Enabled || slices.ContainsFunc(p.Exclude, func(t graph.Target) bool { return in(t.ID) }) {
		return false
	}
	return slices.ContainsFunc(p.Include, func(t graph.Target) bool {
		if !in(t.ID) {
			return false
		}
		if !p.Migrated() {
			return !refuses(p.Restrictions, k.AAGUID) && !(k.Synced && p.Attestation)
		}
		return slices.ContainsFunc(p.Profiles, func(pr graph.PasskeyProfile) bool {
			kind := pr.DeviceBound
			if k.Synced {
				kind = pr.Synced
			}
			return slices.Contains(t.Profiles, pr.ID) && kind && !refuses(pr.Restrictions, k.AAGUID)
		})
	})
}

// lost asks every key of everybody the old policy reaches whether the new one still takes it.
func (w *World) lost(ctx context.Context, a, b graph.FIDO2Policy) (losses, error) {
	in, ok := w.Tenant.(graph.Inspector)
	if !ok {
		return losses{}, nil
	}
	people, late, err := w.candidates(ctx, in, a.Include)
	if err != nil {
		return losses{}, hidden(err)
	}
	member, err := memberships(ctx, in, people, a, b)
	if err != nil {
		return losses{}, hidden(err)
	}
	l := losses{seen: true, late: late}
	ids := slices.Sorted(maps.Keys(people))
	if i := slices.Index(ids, w.Admin.ID); i >= 0 {
		ids[i] = graph.Self
	}
	began, n := w.Clock.Now(), 0
	for h, err := range in.PasskeysOf(ctx, ids) {
		if err != nil {
			return losses{}, hidden(err)
		}
		if n++; n%200 == 0 {
			left := time.Duration(float64(w.Clock.Now().Sub(began)) / float64(n) * float64(len(ids)-n))
			w.waiting(T("Reading registered keys: %d of %d people.", n, len(ids)), left)
		}
		if h.Err != nil {
			if hidden(h.Err) != nil {
				return losses{}, h.Err
			}
			l.unseen++
			continue
		}
		if h.UserID == graph.Self {
			h.UserID = w.Admin.ID
		}
		for _, k := range h.Passkeys {
			is := func(group string) bool { return group == graph.AllUsers || member[group][h.UserID] }
			if accepts(a, is, k) && !accepts(b, is, k) {
				l.keys = append(l.keys, LockedKey{ID: k.ID, UserID: h.UserID, User: people[h.UserID], Key: k.Name, Model: k.Model})
			}
		}
	}
	return l, nil
}

func (w *World) waiting(t Text, left time.Duration) {
	w.Tell(Event{Name: EventWait, Step: tenantID, Text: t, Data: Wait{For: t, Left: int(left.Seconds())}})
}

// manyPeople is from how many on the registration report says whose keys to read: below, everybody is asked. The report
// is up to 36 hours old, so what it does not show proves nothing.
const manyPeople = 2000

// candidates are the people, by id, whose keys may count under a policy. late tells that there may be more.
func (w *World) candidates(ctx context.Context, in graph.Inspector, include []graph.Target) (people map[string]string, late bool, err error) {
	everyone := targets(include, graph.AllUsers)
	if everyone {
		people, err = w.everybody(ctx, in)
	} else {
		people, err = w.members(ctx, in, include)
	}
	if err != nil || people != nil && len(people) <= manyPeople {
		return people, false, err
	}
	with, err := w.reported(ctx, in, people)
	switch {
	case err != nil && hidden(err) == nil && !everyone:
		return people, false, nil // no licence for the report: everybody is asked
	case err != nil:
		return nil, true, err
	}
	for _, h := range w.Journal.registered() { // what was done here is known before the report has it
		if _, ok := people[h.user]; ok || everyone {
			with[h.user] = h.name
		}
	}
	return with, true, nil
}

// everybody are the accounts of the tenant; nil where they are many, or cannot be listed.
func (w *World) everybody(ctx context.Context, in graph.Inspector) (map[string]string, error) {
	people := map[string]string{}
	for u, err := range in.Everybody(ctx) {
		if err != nil {
			return nil, hidden(err)
		}
		if people[u.ID] = u.Name; len(people) > manyPeople {
			return nil, nil
		}
	}
	return people, nil
}

// members are the people of groups.
func (w *World) members(ctx context.Context, in graph.Inspector, of []graph.Target) (map[string]string, error) {
	people := map[string]string{}
	for _, t := range of {
		for u, err := range in.GroupMembers(ctx, t.ID) {
			if gone(err) {
				break
			}
			if err != nil {
				return nil, err
			}
			if people[u.ID] = u.Name; len(people)%1000 == 0 {
				w.waiting(T("Reading the members of groups: %d people so far.", len(people)), 0)
			}
		}
	}
	return people, nil
}

// reported are those whom the registration report says to have a passkey; of some people, or of all where of is nil.
func (w *World) reported(ctx context.Context, in graph.Inspector, of map[string]string) (map[string]string, error) {
	people, n := map[string]string{}, 0
	for r, err := range in.Registered(ctx) {
		if err != nil {
			return nil, err
		}
		if n++; n%1000 == 0 {
			w.waiting(T("Reading who has registered a key: %d people so far.", n), 0)
		}
		if _, ok := of[r.User.ID]; (ok || of == nil) && slices.ContainsFunc(r.Methods, isPasskey) {
			people[r.User.ID] = r.User.Name
		}
	}
	return people, nil
}

// memberships are, by group, the candidates in it: of all groups that either policy names.
func memberships(ctx context.Context, in graph.Inspector, people map[string]string, a, b graph.FIDO2Policy) (map[string]map[string]bool, error) {
	out := map[string]map[string]bool{}
	for _, t := range slices.Concat(a.Include, a.Exclude, b.Include, b.Exclude) {
		if t.ID == graph.AllUsers || out[t.ID] != nil {
			continue
		}
		out[t.ID] = map[string]bool{}
		for u, err := range in.GroupMembers(ctx, t.ID) {
			if gone(err) {
				break
			}
			if err != nil {
				return nil, err
			}
			if _, ok := people[u.ID]; ok {
				out[t.ID][u.ID] = true
			}
		}
	}
	return out, nil
}

// gone reports that a group is not there any more: it has nobody in it.
func gone(err error) bool {
	var g *graph.Error
	return errors.As(err, &g) && g.Status == 404
}

// text says whom a change locks out, and how much of that is certain; empty = certainly nobody.
func (l losses) text() Text {
	if !l.seen {
		return T("Keys that are registered now could stop signing in. Which ones cannot be seen with this account or licence.")
	}
	var out Text
	also := func(t Text) {
		if !out.Empty() {
			t = T("%s %s", out, t)
		}
		out = t
	}
	if len(l.keys) > 0 {
		var names []string
		for _, k := range l.keys[:min(len(l.keys), 5)] {
			names = append(names, k.User+" ("+or(k.Model, k.Key)+")")
		}
		switch n := len(l.keys); {
		case n == 1:
			also(T("1 key could not sign in any more: %s.", names[0]))
		case n > 5:
			also(T("%d keys could not sign in any more: %s and %d more.", n, strings.Join(names[:4], ", "), n-4))
		default:
			also(T("%d keys could not sign in any more: %s.", n, strings.Join(names, ", ")))
		}
	}
	if l.unseen > 0 {
		also(T("The keys of %s cannot be seen with this account: some of them could stop working.", People(l.unseen)))
	}
	if l.late {
		also(T("Whether a key of the last 36 hours stops signing in cannot be known: the registration report is that far behind."))
	}
	return out
}
