package practice

import "maps"

// Migrate does to the tenant what Microsoft did to real ones in spring 2026 (message center post MC1221452): the flat
// passkey policy becomes the default passkey profile, which accepts synced passkeys unless attestation was enforced,
// and every target keeps the rules it had. It reports false where the tenant has profiles already. There is no way back.
func (t *Tenant) Migrate() (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	flat := t.st.Methods["fido2"]
	p := readFIDO2(flat)
	if p.migrated() {
		return false, nil
	}
	types, attestation := "deviceBound,synced", "disabled"
	if p.Attestation {
		types, attestation = "deviceBound", "registrationOnly"
	}
	next := maps.Clone(flat)
	next["defaultPasskeyProfile"] = defaultProfileID
	next["passkeyProfiles"] = []any{object{"id": defaultProfileID, "name": "Default passkey profile", "passkeyTypes": types,
		"attestationEnforcement": attestation, "keyRestrictions": flat["keyRestrictions"]}}
	targets := []any{}
	items, _ := flat["includeTargets"].([]any)
	for _, item := range items {
		if o, isObject := item.(object); isObject {
			o = maps.Clone(o)
			o["allowedPasskeyProfiles"] = []any{defaultProfileID}
			targets = append(targets, o)
		}
	}
	next["includeTargets"] = targets
	t.st.Methods["fido2"] = next
	if err := t.save(); err != nil {
		t.rollback()
		return false, err
	}
	return true, nil
}
