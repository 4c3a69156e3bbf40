package steps

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"keyrollout/fido"
	"keyrollout/graph"
)

// policies are the two policies a rollout rests on.
type policies struct {
	fido2 graph.FIDO2Policy
	pass  graph.PassPolicy
}

// naming says what a group is called.
type naming func(id string) string

// changesBetween lists the fields in which two states of a tenant differ, in words. Nothing is listed when, and only
// when, the two do the same.
func changesBetween(a, b policies, name naming) []Change {
	return append(fido2Differences(a.fido2, b.fido2, name), passDifferences(a.pass, b.pass, name)...)
}

func fido2Differences(a, b graph.FIDO2Policy, name naming) []Change {
	var c []Change
	add := func(field, from, to Text) { c = append(c, Change{fido2Title, field, from, to}) }
	if a.Enabled != b.Enabled {
		add(T("method"), onOff(a.Enabled), onOff(b.Enabled))
	}
	if from, to := targetText(a.Include, a.Profiles, name), targetText(b.Include, b.Profiles, name); a.Enabled != b.Enabled {
		add(T("who"), unlessOff(a.Enabled, from), unlessOff(b.Enabled, to))
	} else if !sameWho(a.Include, b.Include) {
		add(T("who"), from, to)
	}
	if !sameWho(a.Exclude, b.Exclude) {
		add(T("except"), targetText(a.Exclude, nil, name), targetText(b.Exclude, nil, name))
	}
	if a.SelfService != b.SelfService {
		add(T("set up by themselves"), yesNo(a.SelfService), yesNo(b.SelfService))
	}
	if !b.Migrated() || !a.Migrated() {
		if a.Attestation != b.Attestation {
			add(T("attestation enforced"), yesNo(a.Attestation), yesNo(b.Attestation))
		}
		if !sameRules(a.Restrictions, b.Restrictions) {
			add(T("accepted keys"), acceptedText(a.Restrictions), acceptedText(b.Restrictions))
		}
	}
	return append(c, profileDifferences(a, b)...)
}

// unlessOff: a policy that is off reaches nobody, whatever its targets say.
func unlessOff(on bool, t Text) Text {
	if on {
		return t
	}
	return T("nobody")
}

// profileDifferences speaks of each passkey profile by name; one that is new differs from nothing.
func profileDifferences(a, b graph.FIDO2Policy) []Change {
	var c []Change
	for _, to := range b.Profiles {
		i := slices.IndexFunc(a.Profiles, func(p graph.PasskeyProfile) bool { return p.ID == to.ID })
		from := graph.PasskeyProfile{}
		if i >= 0 {
			from = a.Profiles[i]
		}
		add := func(field, x, y Text) {
			if i < 0 {
				x = T("(new)")
			}
			c = append(c, Change{T("Passkey profile \"%s\"", to.Name), field, x, y})
		}
		if i >= 0 && from.Name != to.Name {
			add(T("name"), plainText(from.Name), plainText(to.Name))
		}
		if i < 0 || from.DeviceBound != to.DeviceBound || from.Synced != to.Synced {
			add(T("kinds of passkeys"), kindsText(from), kindsText(to))
		}
		if i < 0 || from.Attestation != to.Attestation {
			add(T("attestation enforced"), yesNo(from.Attestation), yesNo(to.Attestation))
		}
		if i < 0 || !sameRules(from.Restrictions, to.Restrictions) {
			add(T("accepted keys"), acceptedText(from.Restrictions), acceptedText(to.Restrictions))
		}
	}
	for _, p := range a.Profiles {
		if !slices.ContainsFunc(b.Profiles, func(q graph.PasskeyProfile) bool { return q.ID == p.ID }) {
			c = append(c, Change{T("Passkey profile \"%s\"", p.Name), T("profile"), T("there"), T("removed")})
		}
	}
	return c
}

func plainText(s string) Text { return Text{"%s", []any{s}} }

func kindsText(p graph.PasskeyProfile) Text {
	switch {
	case p.DeviceBound && p.Synced:
		return T("keys and synced passkeys")
	case p.Synced:
		return T("synced passkeys only")
	case p.DeviceBound:
		return T("keys only")
	}
	return T("none")
}

// acceptedText says which models are accepted, all of them by name: a plan is read before it is applied.
func acceptedText(r graph.KeyRestrictions) Text {
	switch {
	case !r.Enforced || !r.Allow && len(r.AAGUIDs) == 0:
		return T("any")
	case len(r.AAGUIDs) == 0:
		return T("none at all")
	}
	var list []string
	for _, id := range r.AAGUIDs {
		s := modelText(id)
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	if r.Allow {
		return plainText(strings.Join(list, ", "))
	}
	return T("all but %s", plainText(strings.Join(list, ", ")))
}

// modelText tells models of the same name apart.
func modelText(id uuid.UUID) string {
	m, ok := fido.ModelOf(id)
	if !ok {
		return id.String()
	}
	if n := len(fido.ModelsNamed(m.Name)); n > 1 {
		return fmt.Sprintf("%s (%s…)", m.Name, id.String()[:8])
	}
	return m.Name
}

func passDifferences(a, b graph.PassPolicy, name naming) []Change {
	var c []Change
	add := func(field, from, to Text) { c = append(c, Change{passTitle, field, from, to}) }
	if a.Enabled != b.Enabled {
		add(T("method"), onOff(a.Enabled), onOff(b.Enabled))
	}
	if from, to := targetText(a.Include, nil, name), targetText(b.Include, nil, name); a.Enabled != b.Enabled {
		add(T("who"), unlessOff(a.Enabled, from), unlessOff(b.Enabled, to))
	} else if !sameWho(a.Include, b.Include) {
		add(T("who"), from, to)
	}
	if !sameWho(a.Exclude, b.Exclude) {
		add(T("except"), targetText(a.Exclude, nil, name), targetText(b.Exclude, nil, name))
	}
	minutes := func(d time.Duration) Text { return plainText(Lifetime(d).String()) }
	if a.Minimum != b.Minimum {
		add(T("shortest pass"), minutes(a.Minimum), minutes(b.Minimum))
	}
	if a.Default != b.Default {
		add(T("usual pass"), minutes(a.Default), minutes(b.Default))
	}
	if a.Max != b.Max {
		add(T("longest pass"), minutes(a.Max), minutes(b.Max))
	}
	if a.Length != b.Length {
		add(T("characters"), T("%d", a.Length), T("%d", b.Length))
	}
	if a.Once != b.Once {
		add(T("for one sign-in only"), yesNo(a.Once), yesNo(b.Once))
	}
	return c
}

// sameWho compares lists of targets by what they do; their order does nothing.
func sameWho(a, b []graph.Target) bool {
	holds := func(list []graph.Target, t graph.Target) bool {
		return slices.ContainsFunc(list, func(o graph.Target) bool {
			return strings.EqualFold(o.ID, t.ID) && o.RegistrationRequired == t.RegistrationRequired && sameSet(o.Profiles, t.Profiles)
		})
	}
	return !slices.ContainsFunc(a, func(t graph.Target) bool { return !holds(b, t) }) &&
		!slices.ContainsFunc(b, func(t graph.Target) bool { return !holds(a, t) })
}

// targetText says a list of targets; the profiles of a group are told where there is more than one to choose from.
func targetText(ts []graph.Target, profiles []graph.PasskeyProfile, name naming) Text {
	switch {
	case len(ts) == 0:
		return T("nobody")
	case len(ts) == 1 && ts[0].ID == graph.AllUsers && len(profiles) < 2:
		return T("everyone")
	}
	var list []string
	for _, t := range ts {
		s := name(t.ID)
		if len(profiles) > 1 {
			var in []string
			for _, p := range profiles {
				if slices.Contains(t.Profiles, p.ID) {
					in = append(in, p.Name)
				}
			}
			s += " [" + strings.Join(in, ", ") + "]"
		}
		if t.RegistrationRequired {
			s += " *"
		}
		list = append(list, s)
	}
	return plainText(strings.Join(list, "; "))
}
