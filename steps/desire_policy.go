package steps

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// What a resolved desire makes of the policies. Both functions leave alone what the desire does not name, and what
// already does what it says: made again of its own result, a desire changes nothing.

// on is the policy as wanted. Names in d are ids.
func (d *PasskeyDesire) on(p graph.FIDO2Policy) graph.FIDO2Policy {
	if d == nil {
		return p
	}
	set(&p.Enabled, d.Enabled)
	set(&p.SelfService, d.SelfService)
	if p.Migrated() {
		p.Profiles = d.profilesOn(p)
	} else {
		set(&p.Attestation, d.Attestation)
		p.Restrictions = d.Models.on(p.Restrictions)
	}
	if d.Who != nil {
		p.Include = d.Who.included(p.Include, p.DefaultProfile, p.Migrated())
		p.Exclude = d.Who.excluded(p.Exclude)
	}
	return p
}

func set[V any](to *V, wish *V) {
	if wish != nil {
		*to = *wish
	}
}

func (d *PasskeyDesire) profilesOn(p graph.FIDO2Policy) []graph.PasskeyProfile {
	list := slices.Clone(p.Profiles)
	for i := range list {
		if list[i].ID == p.DefaultProfile {
			set(&list[i].Attestation, d.Attestation)
			list[i].Restrictions = d.Models.on(list[i].Restrictions)
		}
	}
	for _, w := range d.Profiles {
		id, _ := uuid.Parse(w.ID) // checked when it was resolved
		i := slices.IndexFunc(list, func(pr graph.PasskeyProfile) bool { return pr.ID == id })
		if w.Remove != nil && *w.Remove {
			if i >= 0 {
				list = slices.Delete(list, i, i+1)
			}
			continue
		}
		if i < 0 {
			list = append(list, graph.PasskeyProfile{ID: id, DeviceBound: true, Restrictions: graph.KeyRestrictions{Allow: true}})
			i = len(list) - 1
		}
		pr := &list[i]
		if w.Name.Text != "" {
			pr.Name = w.Name.Text
		}
		set(&pr.DeviceBound, w.DeviceBound)
		set(&pr.Synced, w.Synced)
		set(&pr.Attestation, w.Attestation)
		pr.Restrictions = w.Models.on(pr.Restrictions)
	}
	return list
}

// on is the key restrictions as wanted. A list that is not in force stays: somebody may have written it for later.
func (m *ModelsDesire) on(now graph.KeyRestrictions) graph.KeyRestrictions {
	if m == nil {
		return now
	}
	want := graph.KeyRestrictions{Enforced: !m.Any, Allow: m.Allow != nil}
	for _, r := range slices.Concat(m.Allow, m.Block) {
		if id, err := uuid.Parse(r.Text); err == nil && !slices.Contains(want.AAGUIDs, id) {
			want.AAGUIDs = append(want.AAGUIDs, id)
		}
	}
	if sameRules(now, want) {
		return now
	}
	return keepList(now, want)
}

// included keeps the targets that stay as they are and in their order, and adds the new ones behind.
func (w *WhoDesire) included(now []graph.Target, def uuid.UUID, migrated bool) []graph.Target {
	if w.Include == nil {
		return now
	}
	var list []graph.Target
	for _, t := range now {
		if i := w.find(w.Include, t.ID); i >= 0 {
			if ids := profileIDs(w.Include[i].Profiles); len(ids) > 0 && !sameSet(ids, t.Profiles) {
				t.Profiles = ids
			}
			list = append(list, t)
		}
	}
	for _, x := range w.Include {
		if hasTarget(list, x.Group.Text) {
			continue
		}
		t := graph.Target{ID: x.Group.Text, Profiles: profileIDs(x.Profiles)}
		if migrated && len(t.Profiles) == 0 && def != uuid.Nil { // without one graph refuses
			t.Profiles = []uuid.UUID{def}
		}
		list = append(list, t)
	}
	return list
}

func (w *WhoDesire) excluded(now []graph.Target) []graph.Target {
	if w.Exclude == nil {
		return now
	}
	var list []graph.Target
	for _, t := range now {
		if w.find(w.Exclude, t.ID) >= 0 {
			list = append(list, t)
		}
	}
	for _, x := range w.Exclude {
		if !hasTarget(list, x.Group.Text) {
			list = append(list, graph.Target{ID: x.Group.Text})
		}
	}
	return list
}

func (w *WhoDesire) find(in []TargetDesire, id string) int {
	return slices.IndexFunc(in, func(x TargetDesire) bool { return strings.EqualFold(x.Group.Text, id) })
}

// hasTarget compares ids as Entra does: without regard to case.
func hasTarget(list []graph.Target, id string) bool {
	return slices.ContainsFunc(list, func(t graph.Target) bool { return strings.EqualFold(t.ID, id) })
}

func profileIDs(refs []Ref) (ids []uuid.UUID) {
	for _, r := range refs {
		if id, err := uuid.Parse(r.Text); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// on is the Temporary Access Pass policy as wanted.
func (d *PassDesire) on(p graph.PassPolicy) graph.PassPolicy {
	if d == nil {
		return p
	}
	set(&p.Enabled, d.Enabled)
	set(&p.Minimum, (*time.Duration)(d.Minimum))
	set(&p.Max, (*time.Duration)(d.Maximum))
	set(&p.Default, (*time.Duration)(d.Default))
	set(&p.Length, d.Length)
	set(&p.Once, d.Once)
	if d.Who != nil {
		p.Include = d.Who.included(p.Include, uuid.Nil, false)
		p.Exclude = d.Who.excluded(p.Exclude)
	}
	return p
}
