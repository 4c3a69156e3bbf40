package practice

import (
	"slices"
	"strings"
	"time"
)

// Directory roles by their display names in Entra ID ("Microsoft Entra built-in roles").
const (
	RoleGlobalAdministrator                   = "Global Administrator"
	RoleGlobalReader                          = "Global Reader"
	RoleAuthenticationPolicyAdministrator     = "Authentication Policy Administrator"
	RoleAuthenticationAdministrator           = "Authentication Administrator"
	RolePrivilegedAuthenticationAdministrator = "Privileged Authentication Administrator"
	RoleConditionalAccessAdministrator        = "Conditional Access Administrator"
	RoleReportsReader                         = "Reports Reader"
	RoleSecurityReader                        = "Security Reader"
	RoleSecurityOperator                      = "Security Operator"
	RoleSecurityAdministrator                 = "Security Administrator"
)

var allRoles = []string{RoleGlobalAdministrator, RoleGlobalReader, RoleAuthenticationPolicyAdministrator, RoleAuthenticationAdministrator,
	RolePrivilegedAuthenticationAdministrator, RoleConditionalAccessAdministrator, RoleReportsReader, RoleSecurityReader, RoleSecurityOperator,
	RoleSecurityAdministrator}

// Who may do what, from the roles' pages and each call's page in the API reference.
var (
	readsPolicy = []string{RoleGlobalReader, RoleAuthenticationPolicyAdministrator, RoleGlobalAdministrator, RoleSecurityReader, RoleSecurityAdministrator}
	setsPolicy  = []string{RoleAuthenticationPolicyAdministrator, RoleGlobalAdministrator}
	readsLogs   = []string{RoleReportsReader, RoleSecurityReader, RoleSecurityOperator, RoleSecurityAdministrator, RoleGlobalReader, RoleGlobalAdministrator}
	readsAccess = []string{RoleConditionalAccessAdministrator, RoleSecurityReader, RoleSecurityAdministrator, RoleGlobalReader, RoleGlobalAdministrator, RoleAuthenticationPolicyAdministrator}

	readsMethods      = []string{RoleGlobalReader, RoleAuthenticationAdministrator, RolePrivilegedAuthenticationAdministrator, RoleGlobalAdministrator}
	setsMethods       = []string{RoleAuthenticationAdministrator, RolePrivilegedAuthenticationAdministrator, RoleGlobalAdministrator}
	setsAdminsMethods = []string{RolePrivilegedAuthenticationAdministrator, RoleGlobalAdministrator}
)

// caller is who sent the request: a signed-in person, or an application without one.
type caller struct {
	user   *user // nil = an application
	app    string
	scopes []string // nil = all
	mfa    time.Time
}

func (w *caller) name() string {
	if w.user != nil {
		return w.user.UPN
	}
	return "the application " + w.app
}

// may reports whether the token carries one of the rights; no right needed is every right.
func (w *caller) may(anyOf ...string) bool {
	if w.scopes == nil || len(anyOf) == 0 {
		return true
	}
	for _, s := range w.scopes {
		if slices.ContainsFunc(anyOf, func(a string) bool { return strings.EqualFold(a, s) }) {
			return true
		}
	}
	return false
}

// holds reports whether the caller has one of the roles. An application needs none: its rights suffice.
func (w *caller) holds(anyOf ...string) bool {
	if w.user == nil {
		return true
	}
	return slices.ContainsFunc(w.user.Roles, func(r string) bool { return slices.Contains(anyOf, r) })
}

// role refuses a caller without one of the roles.
func (c *call) role(anyOf []string) error {
	if !c.who.holds(anyOf...) {
		return errAccess.because("%s has none of the roles %s", c.who.name(), strings.Join(anyOf, ", "))
	}
	return nil
}

// overMethods refuses a caller who may not look at (or change) the target's sign-in methods. Administrators of methods
// may do neither for themselves: they have the Security info page for that.
func (c *call) overMethods(target *user, change bool) error {
	if c.who.user == nil {
		return nil
	}
	if target == c.who.user {
		return errAccess.because("%s is the caller's own account; use the Security info page or /me", target.UPN)
	}
	need := readsMethods
	if change {
		need = setsMethods
		if len(target.Roles) > 0 {
			need = setsAdminsMethods
		}
	}
	return c.role(need)
}
