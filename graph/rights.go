package graph

import "slices"

// Right is what one part of a rollout needs: the least delegated permissions, and the least role of the person.
// Source: the permissions table of each call in the Graph reference, August 2026.
type Right struct {
	For     string   // id of the part
	Scopes  []string // least permissions
	Instead []string // an older, broader permission that does as well; nil = none
	Role    string   // least Entra role
}

// Rights, in the order of a rollout.
var Rights = []Right{
	{For: "tenant-read", Role: "Global Reader",
		Scopes: []string{"Policy.Read.AuthenticationMethod", "User.Read", "User.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All"}},
	{For: "tenant-check", Role: "Global Reader", // licences, Conditional Access, security defaults
		Scopes: []string{"Organization.Read.All", "LicenseAssignment.Read.All", "Policy.Read.All"}},
	{For: "tenant-write", Role: "Authentication Policy Administrator",
		Scopes: []string{"Policy.ReadWrite.AuthenticationMethod"}},
	{For: "pass", Role: "Authentication Administrator", // Privileged Authentication Administrator for administrators
		Scopes: []string{"UserAuthMethod-TAP.ReadWrite.All"}, Instead: []string{"UserAuthenticationMethod.ReadWrite.All"}},
	{For: "registration", Role: "Authentication Administrator",
		Scopes: []string{"UserAuthMethod-Passkey.ReadWrite.All"}, Instead: []string{"UserAuthenticationMethod.ReadWrite.All"}},
	{For: "sign-in", Role: "Reports Reader",
		Scopes: []string{"AuditLog.Read.All"}},
}

// ScopesFor are the permissions of some parts of a rollout as a cloud's Graph names them, ready for a credential.
func ScopesFor(c Cloud, parts ...string) []string {
	var list []string
	for _, r := range Rights {
		if !slices.Contains(parts, r.For) {
			continue
		}
		for _, s := range r.Scopes {
			if s = c.resource() + s; !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}
