package practice

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The passkey (FIDO2) policy, in its two shapes: flat, as it was until spring 2026, and with passkey profiles. A tenant
// that has profiles is judged by them; its flat values only repeat the default profile.

// defaultProfileID is the profile that every migrated tenant has and that cannot be deleted.
const defaultProfileID = "00000000-0000-0000-0000-000000000001"

// restrictions limit which models register and sign in.
type restrictions struct {
	Enforced bool     `json:"isEnforced"`
	Type     string   `json:"enforcementType"` // allow or block
	AAGUIDs  []string `json:"aaGuids"`
}

// profile is one set of rules; a user under several needs to satisfy one.
type profile struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Types        string       `json:"passkeyTypes"` // deviceBound, synced, or both in one string
	Attestation  string       `json:"attestationEnforcement"`
	Restrictions restrictions `json:"keyRestrictions"`
}

// fido2Policy is the typed view of the configuration.
type fido2Policy struct {
	State        string       `json:"state"`
	SelfService  bool         `json:"isSelfServiceRegistrationAllowed"`
	Attestation  bool         `json:"isAttestationEnforced"`
	Restrictions restrictions `json:"keyRestrictions"`
	Include      []target     `json:"includeTargets"`
	Exclude      []target     `json:"excludeTargets"`
	Profiles     []profile    `json:"passkeyProfiles"`
}

func readFIDO2(o object) fido2Policy {
	var p fido2Policy
	remarshal(o, &p) // what was checked when it was written cannot fail to be read
	return p
}

func (p fido2Policy) migrated() bool { return len(p.Profiles) > 0 }

// defaultFIDO2 is the passkey policy of a tenant that has set nothing: off, and once switched on as Microsoft proposes
// (self-service allowed, attestation and key restrictions not enforced).
func defaultFIDO2(profiles bool) object {
	o := object{
		"isSelfServiceRegistrationAllowed": true, "isAttestationEnforced": false,
		"keyRestrictions":       object{"isEnforced": false, "enforcementType": "block", "aaGuids": []any{}},
		"defaultPasskeyProfile": nil, "passkeyProfiles": []any{},
	}
	if profiles {
		o["defaultPasskeyProfile"] = defaultProfileID
		o["passkeyProfiles"] = []any{object{"id": defaultProfileID, "name": "Default passkey profile", "passkeyTypes": "deviceBound,synced",
			"attestationEnforcement": "disabled", "keyRestrictions": object{"isEnforced": false, "enforcementType": "block", "aaGuids": []any{}}}}
		o["includeTargets"] = []any{object{"targetType": "group", "id": allUsers, "isRegistrationRequired": false,
			"allowedPasskeyProfiles": []any{defaultProfileID}}}
	}
	return o
}

// checkFIDO2 holds the rules of a change: sent is what the body says, next what would stand.
func (c *call) checkFIDO2(sent, next object) error {
	const kind = "microsoft.graph.fido2AuthenticationMethodConfiguration"
	known := []string{"state", "includeTargets", "excludeTargets", "isSelfServiceRegistrationAllowed", "isAttestationEnforced",
		"keyRestrictions", "defaultPasskeyProfile", "passkeyProfiles"}
	for k, v := range sent {
		if !slices.Contains(known, k) {
			return unknownProperty(k, kind)
		}
		if strings.HasPrefix(k, "is") {
			if _, isBool := v.(bool); !isBool {
				return bad("BadRequest", "Cannot convert the value of '%s' to Edm.Boolean.", k)
			}
		}
	}
	if v, given := sent["defaultPasskeyProfile"]; given && v != nil {
		if s, _ := v.(string); uuid.Validate(s) != nil {
			return bad("BadRequest", "Cannot convert the value '%v' of 'defaultPasskeyProfile' to Edm.Guid.", v)
		}
	}
	was := readFIDO2(c.st.Methods["fido2"])
	if err := c.checkTargets(sent, next, "isRegistrationRequired", "allowedPasskeyProfiles"); err != nil {
		return err
	}
	if v, given := sent["keyRestrictions"]; given {
		if err := checkRestrictions(v); err != nil {
			return err
		}
		next["keyRestrictions"] = mergeRestrictions(c.st.Methods["fido2"]["keyRestrictions"], v)
	}
	if v, given := sent["passkeyProfiles"]; given {
		if err := c.checkProfiles(was, v); err != nil {
			return err
		}
	}
	p := readFIDO2(next)
	if !p.migrated() {
		return nil
	}
	keepTogether(sent, next, was)
	return checkAssignments(readFIDO2(next))
}

// checkRestrictions looks at key restrictions as they were sent.
func checkRestrictions(v any) error {
	o, isObject := v.(object)
	if !isObject {
		return bad("badRequest", "Invalid value for keyRestrictions.")
	}
	for k := range o {
		if k != "isEnforced" && k != "enforcementType" && k != "aaGuids" && !strings.HasPrefix(k, "@odata.") {
			return unknownProperty(k, "microsoft.graph.fido2KeyRestrictions")
		}
	}
	var r restrictions
	if err := remarshal(o, &r); err != nil {
		return bad("badRequest", "Invalid value for keyRestrictions.").because("%v", err)
	}
	if r.Type != "" && r.Type != "allow" && r.Type != "block" {
		return bad("badRequest", "Invalid value for enforcementType: 'allow' and 'block' are allowed.")
	}
	for _, id := range r.AAGUIDs {
		if _, err := uuid.Parse(id); err != nil {
			return bad("badRequest", "Invalid AAGUID: '%s'.", id)
		}
	}
	return nil
}

// mergeRestrictions keeps what a partial complex value leaves out.
func mergeRestrictions(was, sent any) object {
	out := object{}
	if o, isObject := was.(object); isObject {
		maps.Copy(out, o)
	}
	for k, v := range sent.(object) {
		if !strings.HasPrefix(k, "@odata.") {
			out[k] = v
		}
	}
	return out
}

// checkProfiles looks at passkey profiles as they were sent: the array goes whole, the default profile stays.
func (c *call) checkProfiles(was fido2Policy, v any) error {
	items, isList := v.([]any)
	if !isList {
		return bad("badRequest", "Invalid value for passkeyProfiles: an array is expected.")
	}
	if len(items) == 0 {
		if was.migrated() {
			return bad("badRequest", "The default passkey profile cannot be deleted.").because("an empty array would undo the opt-in to passkey profiles, which cannot be undone")
		}
		return nil
	}
	hasDefault, seen := false, map[string]bool{}
	for _, item := range items {
		o, isObject := item.(object)
		if !isObject {
			return bad("badRequest", "Invalid value for passkeyProfiles.")
		}
		for k := range o {
			if !slices.Contains([]string{"id", "name", "passkeyTypes", "attestationEnforcement", "keyRestrictions"}, k) && !strings.HasPrefix(k, "@odata.") {
				return unknownProperty(k, "microsoft.graph.passkeyProfile")
			}
		}
		if r, given := o["keyRestrictions"]; given && r != nil {
			if err := checkRestrictions(r); err != nil {
				return err
			}
		}
		var p profile
		if err := remarshal(o, &p); err != nil {
			return bad("badRequest", "Invalid value for passkeyProfiles.").because("%v", err)
		}
		if _, err := uuid.Parse(p.ID); err != nil || seen[strings.ToLower(p.ID)] {
			return bad("badRequest", "Invalid passkey profile id: '%s'.", p.ID)
		}
		seen[strings.ToLower(p.ID)] = true
		hasDefault = hasDefault || strings.EqualFold(p.ID, defaultProfileID)
		if p.Name == "" || p.Attestation != "disabled" && p.Attestation != "registrationOnly" || !validTypes(p.Types) {
			return bad("badRequest", "Invalid passkey profile '%s': name, passkeyTypes (deviceBound, synced) and attestationEnforcement (disabled, registrationOnly) are required.", p.ID)
		}
	}
	if !hasDefault {
		return bad("badRequest", "The default passkey profile cannot be deleted.")
	}
	return nil
}

func validTypes(s string) bool {
	if s == "" {
		return false
	}
	for t := range strings.SplitSeq(s, ",") {
		if t = strings.TrimSpace(t); t != "deviceBound" && t != "synced" {
			return false
		}
	}
	return true
}

// keepTogether keeps the two shapes together in a tenant with profiles. A target that is written without its profiles loses
// them: that is the classic damage that tools of the flat age do. Flat values written alone go to the default profile,
// whose echo they are.
func keepTogether(sent, next object, was fido2Policy) {
	next["defaultPasskeyProfile"] = defaultProfileID
	profiles, _ := next["passkeyProfiles"].([]any)
	for i, item := range profiles {
		o, _ := item.(object)
		if o == nil {
			continue
		}
		o = maps.Clone(o)
		if o["keyRestrictions"] == nil {
			o["keyRestrictions"] = object{"isEnforced": false, "enforcementType": "allow", "aaGuids": []any{}}
		}
		profiles[i] = o
	}
	if targets, isList := next["includeTargets"].([]any); isList {
		for _, item := range targets {
			o, isObject := item.(object)
			if !isObject || o["allowedPasskeyProfiles"] != nil {
				continue
			}
			o["allowedPasskeyProfiles"] = []any{}
			if !was.migrated() { // opting in: everyone keeps the rules they had, which are now the default profile's
				o["allowedPasskeyProfiles"] = []any{defaultProfileID}
			}
		}
	}
	for _, item := range profiles {
		o, _ := item.(object)
		if id, _ := o["id"].(string); !strings.EqualFold(id, defaultProfileID) {
			continue
		}
		if _, both := sent["passkeyProfiles"]; !both {
			if v, given := sent["isAttestationEnforced"].(bool); given {
				o["attestationEnforcement"] = map[bool]string{true: "registrationOnly", false: "disabled"}[v]
			}
			if _, given := sent["keyRestrictions"]; given {
				o["keyRestrictions"] = next["keyRestrictions"]
			}
		}
		next["isAttestationEnforced"] = o["attestationEnforcement"] == "registrationOnly"
		next["keyRestrictions"] = o["keyRestrictions"]
	}
}

// checkAssignments refuses targets that point at profiles which do not exist: a profile must be unassigned first.
func checkAssignments(p fido2Policy) error {
	for _, t := range p.Include {
		for _, id := range t.Profiles {
			if !slices.ContainsFunc(p.Profiles, func(pr profile) bool { return strings.EqualFold(pr.ID, id) }) {
				return bad("badRequest", "The passkey profile '%s' is assigned to a target and does not exist.", id)
			}
		}
	}
	return nil
}
