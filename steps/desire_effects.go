package steps

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// Dangers that a plan can have. Each is confirmed in words, or accepted by its name.
const (
	RiskLockOut     = "lock-out-keys"
	RiskSynced      = "open-to-synced"
	RiskAttestation = "weaken-attestation"
)

// danger is a named danger of a change, and what is to be typed for it.
type danger struct {
	name, word string
	what       Text
}

// text names the danger and says what it is.
func (d danger) text() Text { return T("Danger %s: %s", d.name, d.what) }

// effects is what a change of policies is and does.
type effects struct {
	Plan
	dangers []danger
	losses  losses
}

// effectsOf works out what going from a to b does, to the tenant and to people. It only reads, and only what can matter.
func (w *World) effectsOf(ctx context.Context, a, b policies, names map[string]string) (effects, error) {
	var e effects
	groups, err := w.lookUp(ctx, a, b)
	if err != nil {
		return e, err
	}
	e.Title = T("What would change in the tenant")
	e.Changes = changesBetween(a, b, func(id string) string { return nameOf(id, groups, names) })
	if len(e.Changes) == 0 {
		e.losses.seen = true
		return e, nil
	}
	e.losses.seen = true
	if mayLock(a.fido2, b.fido2) {
		if e.losses, err = w.lost(ctx, a.fido2, b.fido2); err != nil {
			return e, err
		}
	}
	e.dangers = dangersOf(a.fido2, b.fido2, e.losses)
	e.People = peopleText(a, b, e.losses, groups, names)
	right := graph.Rights[slices.IndexFunc(graph.Rights, func(r graph.Right) bool { return r.For == "tenant-write" })]
	e.Needs = []Text{
		T("Role: %s. Permission: %s.", Text{right.Role, nil}, right.Scopes[0]),
		T("Licence: passkeys come with every edition of Entra ID, the free one too."),
		T("Takes effect within minutes; it is read back until it shows."),
	}
	return e, nil
}

// lookUp finds the groups of the lists that change, with their members counted. One that cannot be seen is left out.
func (w *World) lookUp(ctx context.Context, a, b policies) (map[string]graph.Group, error) {
	groups := map[string]graph.Group{}
	for _, l := range [][2][]graph.Target{{a.fido2.Include, b.fido2.Include}, {a.fido2.Exclude, b.fido2.Exclude}, {a.pass.Include, b.pass.Include}, {a.pass.Exclude, b.pass.Exclude}} {
		if sameWho(l[0], l[1]) && a.fido2.Enabled == b.fido2.Enabled && a.pass.Enabled == b.pass.Enabled {
			continue
		}
		for _, t := range slices.Concat(l[0], l[1]) {
			if _, ok := groups[t.ID]; ok || uuid.Validate(t.ID) != nil {
				continue
			}
			g, err := w.Tenant.Group(ctx, t.ID)
			if err != nil && hidden(err) != nil {
				return nil, err
			}
			if err == nil {
				groups[t.ID] = g
			}
		}
	}
	return groups, nil
}

func nameOf(id string, groups map[string]graph.Group, names map[string]string) string {
	if id == graph.AllUsers {
		return Everyone
	}
	return or(groups[id].Name, or(names[id], id))
}

// dangersOf names what a change of the passkey policy puts at risk.
func dangersOf(a, b graph.FIDO2Policy, l losses) []danger {
	var out []danger
	if t := l.text(); !t.Empty() {
		out = append(out, danger{RiskLockOut, "lock out keys", t})
	}
	if takesSynced(b) && !takesSynced(a) {
		out = append(out, danger{RiskSynced, "open to synced", T("Synced passkeys would be accepted: they are copied to every device of a person's Apple, Google or password manager account.")})
	}
	if weaker(a, b) {
		out = append(out, danger{RiskAttestation, "weaken attestation", T("Keys would no longer have to prove what they are.")})
	}
	return out
}

// takesSynced reports whether anybody may use a synced passkey under the profiles of a policy. A flat policy says
// nothing about them.
func takesSynced(p graph.FIDO2Policy) bool {
	return p.Enabled && slices.ContainsFunc(p.Profiles, func(pr graph.PasskeyProfile) bool {
		return pr.Synced && slices.ContainsFunc(p.Include, func(t graph.Target) bool { return slices.Contains(t.Profiles, pr.ID) })
	})
}

// weaker reports whether a key somewhere no longer has to be attested, or a profile without it comes beside those with.
func weaker(a, b graph.FIDO2Policy) bool {
	if !b.Enabled {
		return false
	}
	if !a.Migrated() {
		return a.Attestation && !b.Attestation
	}
	all := !slices.ContainsFunc(a.Profiles, func(p graph.PasskeyProfile) bool { return !p.Attestation })
	return slices.ContainsFunc(b.Profiles, func(q graph.PasskeyProfile) bool {
		i := slices.IndexFunc(a.Profiles, func(p graph.PasskeyProfile) bool { return p.ID == q.ID })
		return !q.Attestation && (i >= 0 && a.Profiles[i].Attestation || i < 0 && all)
	})
}

// peopleText says what a change does to people, a line each.
func peopleText(a, b policies, l losses, groups map[string]graph.Group, names map[string]string) []Text {
	var out []Text
	say := func(id string, everyone, counted, uncounted Text) {
		switch g, ok := groups[id]; {
		case id == graph.AllUsers:
			out = append(out, everyone)
		case ok && g.Members >= 0:
			counted.Args = []any{People(g.Members), g.Name}
			out = append(out, counted)
		default:
			uncounted.Args = []any{nameOf(id, groups, names)}
			out = append(out, uncounted)
		}
	}
	before, after := reached(a.fido2.Enabled, a.fido2.Include), reached(b.fido2.Enabled, b.fido2.Include)
	come, leave := moved(before, after)
	switch {
	case len(before) > 0 && len(after) == 0:
		out = append(out, T("Nobody can register or use a key any more."))
	case targets(before, graph.AllUsers) && !targets(after, graph.AllUsers):
		out = append(out, T("From then on only these can register or use a key: %s.", whoOf(after, groups, names)))
	default:
		for _, id := range come {
			say(id, T("Everyone can register a key."), T("%s in %s can newly register a key."), T("%s: its people can newly register a key."))
		}
		for _, id := range leave {
			say(id, Text{}, T("%s in %s can no longer register or use a key, unless they are in by another group."),
				T("%s: its people can no longer register or use a key, unless they are in by another group."))
		}
	}
	shut, open := moved(a.fido2.Exclude, b.fido2.Exclude)
	for _, id := range shut {
		say(id, T("Everyone is excluded: nobody can register or use a key."), T("Excluded from keys: %s in %s."), T("%s: its people are excluded from keys."))
	}
	for _, id := range open {
		say(id, T("Everyone is no longer excluded."), T("No longer excluded from keys: %s in %s."), T("%s: its people are no longer excluded from keys."))
	}
	switch t := l.text(); {
	case !t.Empty():
		if out = append(out, t); l.seen && !l.late && l.unseen == 0 && len(after) > 0 {
			out = append(out, T("Every other key that signs in today goes on doing so."))
		}
	case len(before) == 0:
		out = append(out, T("Nobody's sign-in changes: a key comes beside what people have."))
	case len(after) == 0:
		out = append(out, T("Nobody signs in with a key today, so nobody loses a sign-in."))
	case len(leave)+len(shut) > 0:
		out = append(out, T("None of those who lose it signs in with a key today; every key that does goes on doing so."))
	default:
		out = append(out, T("Every key that signs in today goes on doing so."))
	}
	before, after = reached(a.pass.Enabled, a.pass.Include), reached(b.pass.Enabled, b.pass.Include)
	come, leave = moved(before, after)
	if len(before) > 0 && len(after) == 0 {
		return append(out, T("Nobody can use a pass any more; one that was issued may stop working."))
	}
	for _, id := range come {
		say(id, T("Everyone can be given a pass."), T("%s in %s can newly be given a pass."), T("%s: its people can newly be given a pass."))
	}
	for _, id := range leave {
		say(id, T("Not everyone can use a pass any more; one that was issued may stop working."), T("%s in %s can no longer use a pass, unless they are in by another group."),
			T("%s: its people can no longer use a pass, unless they are in by another group."))
	}
	return out
}

// reached are the targets that a policy reaches: off, it reaches nobody; with everyone, no group adds anybody.
func reached(on bool, include []graph.Target) []graph.Target {
	if i := slices.IndexFunc(include, func(t graph.Target) bool { return t.ID == graph.AllUsers }); on && i >= 0 {
		return include[i : i+1]
	} else if on {
		return include
	}
	return nil
}

// moved tells which targets come in and which go out. From everyone to groups nobody comes, and to everyone nobody goes.
func moved(a, b []graph.Target) (come, leave []string) {
	for _, t := range b {
		if !hasTarget(a, t.ID) && !targets(a, graph.AllUsers) {
			come = append(come, t.ID)
		}
	}
	for _, t := range a {
		if !hasTarget(b, t.ID) && !targets(b, graph.AllUsers) {
			leave = append(leave, t.ID)
		}
	}
	return come, leave
}

// whoOf names targets with the people in them.
func whoOf(list []graph.Target, groups map[string]graph.Group, names map[string]string) Text {
	var out Text
	for i, t := range list {
		one := Text{Format: "%s", Args: []any{nameOf(t.ID, groups, names)}}
		if g, ok := groups[t.ID]; ok && g.Members >= 0 {
			one = T("%s in %s", People(g.Members), g.Name)
		}
		if i > 0 {
			one = T("%s, %s", out, one)
		}
		out = one
	}
	return out
}
