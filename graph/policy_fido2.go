package graph

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
)

const (
	fido2Config = "fido2"
	fido2Type   = "#microsoft.graph.fido2AuthenticationMethodConfiguration"
)

// FIDO2Policy needs Policy.Read.AuthenticationMethod.
func (c *client) FIDO2Policy(ctx context.Context) (FIDO2Policy, error) {
	return do(ctx, c, "read the passkey policy", looks, func(ctx context.Context) (FIDO2Policy, error) {
		b, err := c.readPolicy(ctx, fido2Config)
		if err != nil {
			return FIDO2Policy{}, err
		}
		return ParseFIDO2Policy(b)
	})
}

// fido2Wire is the configuration as Graph writes it.
type fido2Wire struct {
	ID             string            `json:"id"`
	State          string            `json:"state"`
	SelfService    bool              `json:"isSelfServiceRegistrationAllowed"`
	Include        []json.RawMessage `json:"includeTargets"`
	Exclude        []json.RawMessage `json:"excludeTargets"`
	Attestation    bool              `json:"isAttestationEnforced"`
	Restrictions   json.RawMessage   `json:"keyRestrictions"`
	Profiles       []json.RawMessage `json:"passkeyProfiles"`
	DefaultProfile string            `json:"defaultPasskeyProfile"`
}

type profileWire struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Types        string          `json:"passkeyTypes"`
	Attestation  string          `json:"attestationEnforcement"`
	Restrictions json.RawMessage `json:"keyRestrictions"`
}

type restrictionsWire struct {
	Enforced bool     `json:"isEnforced"`
	Type     string   `json:"enforcementType"`
	AAGUIDs  []string `json:"aaGuids"`
}

// ParseFIDO2Policy reads the configuration as Graph gave it, both shapes. Values that FIDO2Policy cannot express are
// left out of it; they stay in Raw.
func ParseFIDO2Policy(b []byte) (FIDO2Policy, error) {
	var w fido2Wire
	if err := unmarshal(b, &w); err != nil {
		return FIDO2Policy{}, err
	}
	if w.ID == "" && w.State == "" {
		return FIDO2Policy{}, errEmpty
	}
	p := FIDO2Policy{
		Enabled: w.State == enabled, SelfService: w.SelfService, Attestation: w.Attestation,
		Raw: slices.Clone(json.RawMessage(b)),
	}
	var err error
	if p.Include, err = each(w.Include, parseTarget); err != nil {
		return FIDO2Policy{}, err
	}
	if p.Exclude, err = each(w.Exclude, parseTarget); err != nil {
		return FIDO2Policy{}, err
	}
	if p.Restrictions, err = parseRestrictions(w.Restrictions); err != nil {
		return FIDO2Policy{}, err
	}
	if p.Profiles, err = each(w.Profiles, parseProfile); err != nil {
		return FIDO2Policy{}, err
	}
	p.DefaultProfile, _ = uuid.Parse(w.DefaultProfile)
	return p, nil
}

func parseProfile(b json.RawMessage) (PasskeyProfile, error) {
	var w profileWire
	if err := unmarshal(b, &w); err != nil {
		return PasskeyProfile{}, err
	}
	kinds := flags(w.Types)
	p := PasskeyProfile{
		Name: w.Name, DeviceBound: slices.Contains(kinds, "deviceBound"), Synced: slices.Contains(kinds, "synced"),
		Attestation: w.Attestation == "registrationOnly",
	}
	p.ID, _ = uuid.Parse(w.ID)
	var err error
	p.Restrictions, err = parseRestrictions(w.Restrictions)
	return p, err
}

func parseRestrictions(b json.RawMessage) (KeyRestrictions, error) {
	var w restrictionsWire
	if len(b) == 0 {
		return KeyRestrictions{}, nil
	}
	if err := unmarshal(b, &w); err != nil {
		return KeyRestrictions{}, err
	}
	return KeyRestrictions{Enforced: w.Enforced, Allow: w.Type == "allow", AAGUIDs: parseIDs(w.AAGUIDs)}, nil
}

func (p PasskeyProfile) fields() fields {
	var kinds []string
	if p.DeviceBound {
		kinds = append(kinds, "deviceBound")
	}
	if p.Synced {
		kinds = append(kinds, "synced")
	}
	f := fields{"id": p.ID, "name": p.Name, "passkeyTypes": strings.Join(kinds, ","),
		"attestationEnforcement": "disabled", "keyRestrictions": p.Restrictions.fields()}
	if p.Attestation {
		f["attestationEnforcement"] = "registrationOnly"
	}
	return f
}

func (r KeyRestrictions) fields() fields {
	f := fields{"isEnforced": r.Enforced, "enforcementType": "block", "aaGuids": append([]uuid.UUID{}, r.AAGUIDs...)}
	if r.Allow {
		f["enforcementType"] = "allow"
	}
	return f
}

// SetFIDO2Policy needs Policy.ReadWrite.AuthenticationMethod. It sends what differs from p.Raw, and everything as Raw
// has it when nothing differs: so a policy kept from earlier is put back. In a tenant with passkey profiles the flat
// values are never written, and a new target without profiles gets the default one.
//
// Codes: CodeMigrated, CodeMoved, CodeShape; nothing is written then.
func (c *client) SetFIDO2Policy(ctx context.Context, p FIDO2Policy) error {
	const op = "change the passkey policy"
	now, err := c.FIDO2Policy(ctx)
	if err != nil {
		return under(op, err)
	}
	base := now
	if len(p.Raw) > 0 {
		if base, err = ParseFIDO2Policy(p.Raw); err != nil {
			return &Error{Op: op, Code: CodeShape, Message: "the policy to start from cannot be read", Err: err}
		}
	}
	if p.Migrated() != now.Migrated() || base.Migrated() != now.Migrated() {
		return &Error{Op: op, Code: CodeMigrated, Message: "the tenant changed between a flat policy and passkey profiles since the policy was read"}
	}
	body, err := fido2Changes(base, p)
	if err == nil && len(body) > 0 {
		err = unmoved(body, base.Raw, now.Raw)
	} else if err == nil {
		body, err = kept(base.Raw, fido2Keys(p))
	}
	if err != nil {
		return under(op, err)
	}
	return c.writePolicy(ctx, op, fido2Config, fido2Type, body)
}

// fido2Keys are the properties that may be written in the shape of p.
func fido2Keys(p FIDO2Policy) []string {
	keys := []string{"state", "isSelfServiceRegistrationAllowed", "includeTargets", "excludeTargets"}
	if p.Migrated() {
		return append(keys, "passkeyProfiles")
	}
	return append(keys, "isAttestationEnforced", "keyRestrictions")
}

// fido2Changes is the body that makes base what want says.
func fido2Changes(base, want FIDO2Policy) (body, error) {
	var w fido2Wire
	if err := unmarshal(base.Raw, &w); err != nil {
		return nil, err
	}
	b := body{}
	if want.Enabled != base.Enabled {
		b["state"] = stateOf(want.Enabled)
	}
	if want.SelfService != base.SelfService {
		b["isSelfServiceRegistrationAllowed"] = want.SelfService
	}
	var err error
	if err = b.setTargets(w.Include, base.Include, want.Include, want); err != nil {
		return nil, err
	}
	if err = b.setExclusions(w.Exclude, base.Exclude, want.Exclude); err != nil {
		return nil, err
	}
	if want.Migrated() {
		if want.DefaultProfile != base.DefaultProfile && want.DefaultProfile != uuid.Nil {
			b["defaultPasskeyProfile"] = want.DefaultProfile
		}
		if !slices.EqualFunc(base.Profiles, want.Profiles, sameProfile) {
			b["passkeyProfiles"], err = rewritten(w.Profiles, base.Profiles, want.Profiles,
				func(a, b PasskeyProfile) bool { return a.ID == b.ID }, sameProfile)
		}
		return b, err
	}
	if want.Attestation != base.Attestation {
		b["isAttestationEnforced"] = want.Attestation
	}
	if !sameRestrictions(base.Restrictions, want.Restrictions) {
		b["keyRestrictions"], err = overlay(w.Restrictions, base.Restrictions.fields(), want.Restrictions.fields())
	}
	return b, err
}

func sameProfile(a, b PasskeyProfile) bool {
	return a.ID == b.ID && a.Name == b.Name && a.DeviceBound == b.DeviceBound && a.Synced == b.Synced &&
		a.Attestation == b.Attestation && sameRestrictions(a.Restrictions, b.Restrictions)
}

func sameRestrictions(a, b KeyRestrictions) bool {
	return a.Enforced == b.Enforced && a.Allow == b.Allow && slices.Equal(a.AAGUIDs, b.AAGUIDs)
}

// PolicyLimit is how large the authentication methods policy may be, in bytes; Graph refuses more.
const PolicyLimit = 20 << 10

// Size is about how much of PolicyLimit the policy takes, the part of the other methods included, by the figures of
// Microsoft's documentation (the upper ones where it gives a range).
func (p FIDO2Policy) Size() int {
	const base, target, profile, model = 1440, 400, 400, 30
	n := base + target*(len(p.Include)+len(p.Exclude)) + profile*len(p.Profiles)
	for _, r := range p.Profiles {
		n += model * len(r.Restrictions.AAGUIDs)
	}
	if !p.Migrated() {
		n += model * len(p.Restrictions.AAGUIDs)
	}
	return n
}
