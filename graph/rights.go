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

// Needs tells which right and role a refusal with 403 was about. False for other errors: then no right would help. That
// the person has no power over this user (an administrator, oneself, another unit) is a 403 as well.
func (e *Error) Needs() (Right, bool) {
	part := partOf[e.Op]
	i := slices.IndexFunc(Rights, func(r Right) bool { return r.For == part })
	if e.Status != http.StatusForbidden || i < 0 || e.Code == CodeNotPremium {
		return Right{}, false
	}
	return Rights[i], true
}

// CodeNotPremium is Graph's code where the tenant lacks Entra ID P1: for the sign-in log and reports.
const CodeNotPremium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"

// partOf is the part of a rollout to which an operation belongs, by Error.Op.
var partOf = map[string]string{
	"read the tenant's name": "tenant-read", "read who is signed in": "tenant-read",
	"find a user": "tenant-read", "search users": "tenant-read", "find a group": "tenant-read", "search groups": "tenant-read",
	"count a group": "tenant-read", "look up group membership": "tenant-read", "list the members of a group": "tenant-read",
	"read the passkey policy": "tenant-read", "read the Temporary Access Pass policy": "tenant-read",
	"read the authentication methods": "tenant-read", "read the authentication strengths": "tenant-read",
	"read the security defaults": "tenant-check", "read the Conditional Access policies": "tenant-check", "read the licences": "tenant-check",
	"change the passkey policy": "tenant-write", "change the Temporary Access Pass policy": "tenant-write",
	"issue a pass": "pass", "revoke a pass": "pass", "list the passes of a user": "pass",
	"begin a registration": "registration", "register the passkey": "registration", "delete a passkey": "registration",
	"list the passkeys of a user": "registration", "list the passkeys of many users": "registration",
	"read the sign-in log": "sign-in", "read the audit log": "sign-in", "read who has registered what": "sign-in",
}
