package steps

import (
	"slices"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// want works out the policies as they should be, leaving alone what the wish does not speak of.
func (t *tenantStep) want(wish Wish) {
	t.wantFIDO2 = wantedFIDO2(t.fido2, wish)
	t.wantPass = t.pass
	if wish.Road == RoadPass {
		t.wantPass = wantedPass(t.pass, wish)
	}
}

// wantedFIDO2 adds the wish to a policy: nobody who is in now is put out.
func wantedFIDO2(p graph.FIDO2Policy, wish Wish) graph.FIDO2Policy {
	wasOn := p.Enabled
	p.Enabled, p.SelfService = true, true
	p.Include = slices.Clone(p.Include)
	if !wasOn {
		// A policy that was off reached nobody: its targets are a default, not a decision.
		p.Include = nil
	}
	if !targets(p.Include, wish.Who) && !targets(p.Include, graph.AllUsers) {
		tgt := graph.Target{ID: wish.Who}
		if p.Migrated() {
			tgt.Profiles = []uuid.UUID{p.DefaultProfile}
		}
		p.Include = append(p.Include, tgt)
	}
	if wish.KeepRules {
		return p
	}
	rules := graph.KeyRestrictions{Enforced: len(wish.Models) > 0, Allow: true, AAGUIDs: wish.Models}
	if !p.Migrated() {
		p.Attestation = wish.Attestation
		p.Restrictions = keepList(p.Restrictions, rules)
		return p
	}
	p.Profiles = slices.Clone(p.Profiles)
	for i := range p.Profiles {
		if pr := &p.Profiles[i]; pr.ID == p.DefaultProfile {
			pr.DeviceBound, pr.Attestation = true, wish.Attestation
			pr.Restrictions = keepList(pr.Restrictions, rules)
		}
	}
	return p
}

// keepList leaves the list of models alone where restrictions are not wanted: it is not in force then, and somebody
// may have written it for later.
func keepList(now, want graph.KeyRestrictions) graph.KeyRestrictions {
	if !want.Enforced {
		now.Enforced = false
		return now
	}
	return want
}

func wantedPass(p graph.PassPolicy, wish Wish) graph.PassPolicy {
	wasOn := p.Enabled
	p.Enabled = true
	p.Include = slices.Clone(p.Include)
	if !wasOn {
		p.Include = nil
	}
	if !targets(p.Include, wish.Who) && !targets(p.Include, graph.AllUsers) {
		p.Include = append(p.Include, graph.Target{ID: wish.Who})
	}
	return p
}

func targets(ts []graph.Target, id string) bool {
	return slices.ContainsFunc(ts, func(t graph.Target) bool { return t.ID == id })
}
