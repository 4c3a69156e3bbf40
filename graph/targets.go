package graph

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

type targetWire struct {
	ID           string   `json:"id"`
	Registration bool     `json:"isRegistrationRequired"`
	Profiles     []string `json:"allowedPasskeyProfiles"`
}

func parseTarget(b json.RawMessage) (Target, error) {
	var w targetWire
	if err := unmarshal(b, &w); err != nil {
		return Target{}, err
	}
	return Target{ID: w.ID, RegistrationRequired: w.Registration, Profiles: parseIDs(w.Profiles)}, nil
}

func (t Target) fields() fields {
	f := fields{"id": t.ID, "isRegistrationRequired": t.RegistrationRequired}
	if len(t.Profiles) > 0 {
		f["allowedPasskeyProfiles"] = t.Profiles
	}
	return f
}

func sameTarget(a, b Target) bool {
	return a.ID == b.ID && a.RegistrationRequired == b.RegistrationRequired && slices.Equal(a.Profiles, b.Profiles)
}

// exclusion is a target of an exclude list, which has an id and nothing else.
type exclusion Target

func (e exclusion) fields() fields { return fields{"id": e.ID} }

// setExclusions puts excludeTargets into the body when they changed.
func (b body) setExclusions(raws []json.RawMessage, base, want []Target) error {
	plain := func(list []Target) (out []exclusion) {
		for _, t := range list {
			out = append(out, exclusion{ID: t.ID})
		}
		return out
	}
	is := func(a, b exclusion) bool { return a.ID == b.ID }
	was, now := plain(base), plain(want)
	if slices.EqualFunc(was, now, is) {
		return nil
	}
	list, err := rewritten(raws, was, now, is, is)
	if err == nil {
		b["excludeTargets"] = list
	}
	return err
}

// setTargets puts includeTargets into the body when they changed. p has profiles where targets carry them.
func (b body) setTargets(raws []json.RawMessage, base, want []Target, p FIDO2Policy) error {
	want = slices.Clone(want)
	for i, t := range want {
		if p.Migrated() && len(t.Profiles) > 0 {
			continue
		}
		switch j := slices.IndexFunc(base, func(b Target) bool { return b.ID == t.ID }); {
		case j >= 0:
			want[i].Profiles = base[j].Profiles // never dropped
		case !p.Migrated():
			want[i].Profiles = nil
		case p.DefaultProfile != uuid.Nil:
			want[i].Profiles = []uuid.UUID{p.DefaultProfile}
		default:
			return &Error{Code: CodeBadInput, Message: "a new target names no passkey profile, and the tenant has no default one"}
		}
	}
	if slices.EqualFunc(base, want, sameTarget) {
		return nil
	}
	list, err := rewritten(raws, base, want, func(a, b Target) bool { return a.ID == b.ID }, sameTarget)
	if err != nil {
		return err
	}
	b["includeTargets"] = list
	return nil
}
