package steps

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	people, err := w.candidates(ctx, in, a.Include)
	if err != nil {
		return losses{}, hidden(err)
	}
	member, err := memberships(ctx, in, people, a, b)
	if err != nil {
		return losses{}, hidden(err)
	}
	l := losses{seen: true}
	ids := slices.Sorted(maps.Keys(people))
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

// manyPeople is from how many on the registration report says whose keys to read, though it is up to 36 hours old:
// below, everybody of the groups is asked.
const manyPeople = 2000

// candidates are the people, by id, whose keys may count under a policy.
func (w *World) candidates(ctx context.Context, in graph.Inspector, include []graph.Target) (map[string]string, error) {
	if targets(include, graph.AllUsers) {
		return w.reported(ctx, in, nil)
	}
	people := map[string]string{}
	for _, t := range include {
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
	if len(people) <= manyPeople {
		return people, nil
	}
	with, err := w.reported(ctx, in, people)
	if err != nil && hidden(err) == nil {
		return people, nil // no licence for the report: everybody is asked
	}
	return with, err
}

// reported are those whom the registration report says to have a passkey; of some people, or of all.
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

// text says whom a change locks out; empty = nobody.
func (l losses) text() Text {
	if !l.seen {
		return T("Keys that are registered now could stop signing in. Which ones cannot be seen with this account or licence.")
	}
	if len(l.keys) == 0 {
		if l.unseen > 0 {
			return T("The keys of %s cannot be seen with this account: some of them could stop working.", People(l.unseen))
		}
		return Text{}
	}
	out := lockout{counted: true}
	for _, k := range l.keys {
		out.keys = append(out.keys, k.User+" ("+or(k.Model, k.Key)+")")
	}
	return out.text()
}
