package graph

import (
	"net/http"
	"slices"
)

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
	{For: "methods-read", Role: "Global Reader", // who has which keys and passes
		Scopes: []string{"UserAuthMethod-TAP.Read.All", "UserAuthMethod-Passkey.Read.All"}, Instead: []string{"UserAuthenticationMethod.Read.All"}},
	{For: "tenant-write", Role: "Authentication Policy Administrator",
		Scopes: []string{"Policy.ReadWrite.AuthenticationMethod"}},
	{For: "pass", Role: "Authentication Administrator", // Privileged Authentication Administrator for administrators
		Scopes: []string{"UserAuthMethod-TAP.ReadWrite.All"}, Instead: []string{"UserAuthenticationMethod.ReadWrite.All"}},
	{For: "registration", Role: "Authentication Administrator",
		Scopes: []string{"UserAuthMethod-Passkey.ReadWrite.All"}, Instead: []string{"UserAuthenticationMethod.ReadWrite.All"}},
	{For: "sign-in", Role: "Reports Reader",
		Scopes: []string{"AuditLog.Read.All"}},
}

// ScopesFor are the permissions of some parts of a rollout as a cloud's Graph names them, ready for a credential. Whether
// other clouds than the global one know the newer permissions for single methods is not confirmed: they are asked for
// the older ones.
func ScopesFor(c Cloud, parts ...string) []string {
	var list []string
	for _, r := range Rights {
		if !slices.Contains(parts, r.For) {
			continue
		}
		scopes := r.Scopes
		if c.ID != Clouds[0].ID && r.Instead != nil {
			scopes = r.Instead
		}
		for _, s := range scopes {
			if s = c.resource() + s; !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// Needs tells the least permission and role that a refusal was about: a 403, or a permission that was not granted. False for other
// errors: then no right would help. That the person has no power over this user (an administrator, oneself, another
// unit) is a 403 as well.
func (e *Error) Needs() (Right, bool) {
	n := needs[e.Op]
	i := slices.IndexFunc(Rights, func(r Right) bool { return r.For == n.part })
	if e.Status != http.StatusForbidden || i < 0 || e.Code == CodeNotPremium {
		return Right{}, false
	}
	r := Rights[i]
	r.Scopes = []string{n.scope}
	return r, true
}

// CodeNotPremium is Graph's code where the tenant lacks Entra ID P1: for the sign-in log and reports.
const CodeNotPremium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"

// need is the part of a rollout to which an operation belongs, and the least permission it takes by itself.
type need struct{ part, scope string }

// needs, by Error.Op.
var needs = map[string]need{
	"read the tenant's name": {"tenant-read", "User.Read"}, "read who is signed in": {"tenant-read", "User.Read"},
	"find a user": {"tenant-read", "User.ReadBasic.All"}, "search users": {"tenant-read", "User.ReadBasic.All"},
	"list the users": {"tenant-read", "User.ReadBasic.All"},
	"find a group":   {"tenant-read", "Group.ReadBasic.All"}, "search groups": {"tenant-read", "Group.ReadBasic.All"},
	"count a group": {"tenant-read", "GroupMember.Read.All"}, "look up group membership": {"tenant-read", "GroupMember.Read.All"},
	"list the members of a group":             {"tenant-read", "GroupMember.Read.All"},
	"read the passkey policy":                 {"tenant-read", "Policy.Read.AuthenticationMethod"},
	"read the Temporary Access Pass policy":   {"tenant-read", "Policy.Read.AuthenticationMethod"},
	"read the authentication methods":         {"tenant-read", "Policy.Read.AuthenticationMethod"},
	"read the authentication strengths":       {"tenant-read", "Policy.Read.AuthenticationMethod"},
	"read the security defaults":              {"tenant-check", "Policy.Read.All"},
	"read the Conditional Access policies":    {"tenant-check", "Policy.Read.All"},
	"read the licences":                       {"tenant-check", "LicenseAssignment.Read.All"},
	"list the passes of a user":               {"methods-read", "UserAuthMethod-TAP.Read.All"},
	"list the passkeys of a user":             {"methods-read", "UserAuthMethod-Passkey.Read.All"},
	"list the passkeys of many users":         {"methods-read", "UserAuthMethod-Passkey.Read.All"},
	"change the passkey policy":               {"tenant-write", "Policy.ReadWrite.AuthenticationMethod"},
	"change the Temporary Access Pass policy": {"tenant-write", "Policy.ReadWrite.AuthenticationMethod"},
	"issue a pass":                            {"pass", "UserAuthMethod-TAP.ReadWrite.All"},
	"revoke a pass":                           {"pass", "UserAuthMethod-TAP.ReadWrite.All"},
	"begin a registration":                    {"registration", "UserAuthMethod-Passkey.ReadWrite.All"},
	"register the passkey":                    {"registration", "UserAuthMethod-Passkey.ReadWrite.All"},
	"delete a passkey":                        {"registration", "UserAuthMethod-Passkey.ReadWrite.All"},
	"read the sign-in log":                    {"sign-in", "AuditLog.Read.All"}, "read the audit log": {"sign-in", "AuditLog.Read.All"},
	"read who has registered what": {"sign-in", "AuditLog.Read.All"},
}
