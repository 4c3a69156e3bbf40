package steps

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"keyrollout/fido"
	"keyrollout/graph"
)

var (
	fido2Title = T("Passkey (FIDO2) policy")
	passTitle  = T("Temporary Access Pass")
)

func (t *tenantStep) changes(wish Wish) []Change {
	c := fido2Changes(t.fido2, t.wantFIDO2, wish)
	if wish.Road == RoadPass {
		c = append(c, passChanges(t.pass, t.wantPass, wish)...)
	}
	return c
}

// fido2Changes lists the fields in which two policies differ, in words.
func fido2Changes(from, to graph.FIDO2Policy, wish Wish) []Change {
	var c []Change
	add := func(field, a, b Text) { c = append(c, Change{fido2Title, field, a, b}) }
	if from.Enabled != to.Enabled {
		add(T("method"), onOff(from.Enabled), onOff(to.Enabled))
	}
	if !from.Enabled || !sameTargets(from.Include, to.Include) {
		add(T("who"), reach(from.Enabled, from.Include), who(to.Include, wish))
	}
	if from.SelfService != to.SelfService {
		add(T("set up by themselves"), yesNo(from.SelfService), yesNo(to.SelfService))
	}
	fr, fa := rulesOf(from)
	tr, ta := rulesOf(to)
	if fa != ta {
		add(T("attestation enforced"), yesNo(fa), yesNo(ta))
	}
	if !sameRules(fr, tr) {
		add(T("accepted keys"), rulesText(fr), rulesText(tr))
	}
	return c
}

func passChanges(from, to graph.PassPolicy, wish Wish) []Change {
	var c []Change
	if from.Enabled != to.Enabled {
		c = append(c, Change{passTitle, T("method"), onOff(from.Enabled), onOff(to.Enabled)})
	}
	if !from.Enabled || !sameTargets(from.Include, to.Include) { // turned on, it reaches people who are on its list already
		a := T("nobody")
		if from.Enabled {
			a = who(from.Include, wish)
		}
		c = append(c, Change{passTitle, T("who"), a, who(to.Include, wish)})
	}
	return c
}

// rulesOf gives the key restrictions and the attestation that decide: the default profile's in a migrated tenant.
func rulesOf(p graph.FIDO2Policy) (graph.KeyRestrictions, bool) {
	for _, pr := range p.Profiles {
		if pr.ID == p.DefaultProfile {
			return pr.Restrictions, pr.Attestation
		}
	}
	return p.Restrictions, p.Attestation
}

// sameRules compares what restrictions do: a list that is not enforced does nothing.
func sameRules(a, b graph.KeyRestrictions) bool {
	if !a.Enforced || !b.Enforced {
		return a.Enforced == b.Enforced
	}
	return a.Allow == b.Allow && sameSet(a.AAGUIDs, b.AAGUIDs)
}

func sameSet[E comparable](a, b []E) bool {
	in := func(x []E) func(E) bool { return func(e E) bool { return slices.Contains(x, e) } }
	return !slices.ContainsFunc(a, func(e E) bool { return !in(b)(e) }) && !slices.ContainsFunc(b, func(e E) bool { return !in(a)(e) })
}

func sameTargets(a, b []graph.Target) bool {
	ids := func(ts []graph.Target) (s []string) {
		for _, t := range ts {
			s = append(s, t.ID)
		}
		return s
	}
	return sameSet(ids(a), ids(b))
}

func who(ts []graph.Target, wish Wish) Text {
	switch {
	case len(ts) == 0:
		return T("nobody")
	case targets(ts, graph.AllUsers):
		return T("everyone")
	case len(ts) == 1 && ts[0].ID == wish.Who:
		return T("group \"%s\"", wish.WhoName)
	case targets(ts, wish.Who):
		return T("%d groups, \"%s\" among them", len(ts), wish.WhoName)
	case len(ts) == 1:
		return T("one group")
	}
	return T("%d groups", len(ts))
}

func rulesText(r graph.KeyRestrictions) Text {
	switch {
	case !r.Enforced:
		return T("any")
	case r.Allow:
		return modelNames(r.AAGUIDs)
	}
	return T("all but %s", modelNames(r.AAGUIDs))
}

func yesNo(b bool) Text {
	if b {
		return T("yes")
	}
	return T("no")
}

// people says what the plan does to people.
func (t *tenantStep) people(ctx context.Context, w *World, wish Wish) ([]Text, error) {
	passes := wish.Road == RoadPass && len(passChanges(t.pass, t.wantPass, wish)) > 0
	var out []Text
	if wish.Who == graph.AllUsers {
		out = append(out, T("Everyone can register a key."))
		if passes {
			out = append(out, T("Everyone can be given a pass."))
		}
	} else {
		g, err := w.Tenant.Group(ctx, wish.Who)
		if err != nil {
			return nil, err
		}
		if g.Members >= 0 {
			out = append(out, T("%s can register a key.", People(g.Members)))
			if passes {
				out = append(out, T("%s can be given a pass.", People(g.Members)))
			}
		}
	}
	if !t.fido2.Enabled {
		out = append(out, T("Nobody's sign-in changes: a key comes beside what people have."))
	}
	switch {
	case len(wish.Models) > 0 && !t.fido2.Enabled:
		out = append(out, T("No key signs in today. From then on one of another model is refused, at registration and at every sign-in."))
	case len(wish.Models) > 0:
		out = append(out, T("A key of another model is refused, at registration and at every sign-in."))
	}
	if wish.Road == RoadPass {
		blocks, err := w.bootstrapBlocks(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, blocks...)
	}
	if wish.Attestation {
		out = append(out, T("The software key of the practice is refused: it cannot prove to be hardware."))
	}
	return out, nil
}

func onOff(on bool) Text {
	if on {
		return T("on")
	}
	return T("off")
}

// modelNames says a list of models in words.
func modelNames(ids []uuid.UUID) Text {
	if len(ids) == 0 {
		return T("any")
	}
	var s string
	for i, id := range ids {
		name := id.String()
		if m, ok := fido.ModelOf(id); ok {
			name = m.Name
		}
		switch {
		case i == 3:
			return T("%s and %d more", s, len(ids)-3)
		case i > 0:
			s += ", "
		}
		s += name
	}
	return Text{"%s", []any{fmt.Sprint(s)}}
}
