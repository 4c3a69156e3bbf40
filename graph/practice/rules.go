package practice

import (
	"fmt"
	"slices"
	"strings"
)

// rule is what a passkey of one user has to satisfy: one profile, or the flat values.
type rule struct {
	name                string
	deviceBound, synced bool
	attestation         bool
	restrictions        restrictions
}

// rulesFor are the rules that apply to the user: none when the policy is off or does not mean him, with the reason.
func (d *directory) rulesFor(p fido2Policy, u *user) ([]rule, string) {
	if p.State != "enabled" {
		return nil, "the passkey (FIDO2) policy is disabled"
	}
	in := d.including(u, p.Include, p.Exclude)
	if len(in) == 0 {
		return nil, u.UPN + " is outside the scope of the passkey (FIDO2) policy"
	}
	if !p.migrated() {
		// Attestation enforced means device-bound only: synced passkeys have none.
		return []rule{{name: "the policy", deviceBound: true, synced: !p.Attestation, attestation: p.Attestation, restrictions: p.Restrictions}}, ""
	}
	var rules []rule
	for _, pr := range p.Profiles {
		assigned := slices.ContainsFunc(in, func(t target) bool {
			return slices.ContainsFunc(t.Profiles, func(id string) bool { return strings.EqualFold(id, pr.ID) })
		})
		if assigned {
			rules = append(rules, rule{name: "the profile " + pr.Name, deviceBound: strings.Contains(pr.Types, "deviceBound"),
				synced: strings.Contains(pr.Types, "synced"), attestation: pr.Attestation == "registrationOnly", restrictions: pr.Restrictions})
		}
	}
	if len(rules) == 0 {
		return nil, u.UPN + " is in scope of the passkey (FIDO2) policy, but no passkey profile is allowed for its targets"
	}
	return rules, ""
}

// permits reports whether the model may be used; restrictions act at registration and at every sign-in.
func (r restrictions) permits(aaguid string) bool {
	if !r.Enforced {
		return true
	}
	listed := slices.ContainsFunc(r.AAGUIDs, func(id string) bool { return strings.EqualFold(id, aaguid) })
	return listed == (r.Type != "block")
}

// refuses tells why the passkey does not satisfy the rule; "" = it does. Attestation is judged at registration only.
func (r rule) refuses(k *passkey, registering bool, untrusted string) string {
	switch {
	case k.Synced && !r.synced:
		return fmt.Sprintf("%s accepts no synced passkeys", r.name)
	case !k.Synced && !r.deviceBound:
		return fmt.Sprintf("%s accepts no device-bound passkeys", r.name)
	case !r.restrictions.permits(k.AAGUID):
		return fmt.Sprintf("%s does not permit the AAGUID %s", r.name, k.AAGUID)
	case registering && r.attestation && untrusted != "":
		return fmt.Sprintf("%s enforces attestation: %s", r.name, untrusted)
	}
	return ""
}

// satisfies finds a rule that the passkey satisfies; else it tells why each refuses.
func satisfies(rules []rule, k *passkey, registering bool, untrusted string) string {
	var why []string
	for _, r := range rules {
		reason := r.refuses(k, registering, untrusted)
		if reason == "" {
			return ""
		}
		why = append(why, reason)
	}
	return strings.Join(why, "; ")
}
