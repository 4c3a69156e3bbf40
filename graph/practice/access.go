package practice

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Conditional Access, as far as it stands in the way of a first passkey: a policy that asks for a strength which the
// user cannot show before having a key, the Temporary Access Pass included.

// AccessPolicy is one Conditional Access policy of the seed.
type AccessPolicy struct {
	Name       string   `json:"name"`
	State      string   `json:"state"`      // enabled (""), disabled, or enabledForReportingButNotEnforced
	Groups     []string `json:"groups"`     // names of groups; none = all users
	Except     []string `json:"except"`     // names of groups
	Register   bool     `json:"register"`   // covers "register security information" instead of all resources
	Strength   string   `json:"strength"`   // id of an authentication strength; "" = only MFA
	Block      bool     `json:"block"`      // blocks instead of asking
	DeviceCode bool     `json:"deviceCode"` // acts on device code sign-in only, which it blocks
}

const registerAction = "urn:user:registersecurityinfo"

func (c *call) listAccess() (*reply, error) {
	if err := c.role(readsAccess); err != nil {
		return nil, err
	}
	var rows []object
	for _, a := range c.t.seed.Access {
		rows = append(rows, c.accessObject(a))
	}
	return c.list(collection{path: "identity/conditionalAccess/policies", kind: "conditionalAccessPolicy", rows: rows})
}

func (c *call) accessObject(a AccessPolicy) object {
	ids := func(names []string) []string {
		out := []string{}
		for _, n := range names {
			out = append(out, c.t.seed.idOf("group", n))
		}
		return out
	}
	users := object{"includeUsers": []string{}, "excludeUsers": []string{}, "includeGroups": ids(a.Groups), "excludeGroups": ids(a.Except), "includeRoles": []string{}, "excludeRoles": []string{}}
	if len(a.Groups) == 0 {
		users["includeUsers"] = []string{"All"}
	}
	apps := object{"includeApplications": []string{"All"}, "excludeApplications": []string{}, "includeUserActions": []string{}, "includeAuthenticationContextClassReferences": []string{}}
	if a.Register {
		apps["includeApplications"], apps["includeUserActions"] = []string{}, []string{registerAction}
	}
	grant := object{"operator": "OR", "builtInControls": []string{"mfa"}, "customAuthenticationFactors": []string{}, "termsOfUse": []string{}, "authenticationStrength": nil}
	if a.Block {
		grant["builtInControls"] = []string{"block"}
	} else if s := c.strengthByID(a.Strength); s != nil {
		grant["builtInControls"], grant["authenticationStrength"] = []string{}, s
	}
	conditions := object{"users": users, "applications": apps, "clientAppTypes": []string{"all"}, "signInRiskLevels": []string{}, "userRiskLevels": []string{}, "servicePrincipalRiskLevels": []string{}}
	if a.DeviceCode {
		conditions["authenticationFlows"] = object{"transferMethods": "deviceCodeFlow"}
	}
	return object{"id": c.t.seed.idOf("access", a.Name), "displayName": a.Name, "state": a.state(), "createdDateTime": stamp(founded),
		"modifiedDateTime": nil, "templateId": nil, "conditions": conditions, "grantControls": grant, "sessionControls": nil}
}

func (a AccessPolicy) state() string {
	if a.State == "" {
		return "enabled"
	}
	return a.State
}

func (c *call) strengthByID(id string) object {
	for _, s := range c.strengths() {
		if id != "" && s["id"] == strings.ToLower(id) {
			return s
		}
	}
	return nil
}

// means reports whether the policy acts on the user.
func (c *call) means(a AccessPolicy, u *user) bool {
	of := u.groupsOf()
	in := func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return of[c.t.dir.group(c.t.seed.idOf("group", n))] })
	}
	return a.state() == "enabled" && (len(a.Groups) == 0 || in(a.Groups)) && !in(a.Except)
}

// errAccessPolicy is AADSTS53003, which names no policy to the person either.
var errAccessPolicy = page(http.StatusForbidden, "53003", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")

// admit asks the Conditional Access policies about a sign-in: with one method (as strengths call it), from a model of
// key, to Security info or to another resource.
func (c *call) admit(u *user, mode, aaguid string, toRegister, deviceCode bool) *refusal {
	for _, a := range c.t.seed.Access {
		if !c.means(a, u) || a.Register && !toRegister || a.DeviceCode != deviceCode && a.DeviceCode {
			continue
		}
		if a.Block {
			return errAccessPolicy.because("the Conditional Access policy %q blocks %s", a.Name, u.UPN)
		}
		if a.Strength == "" {
			continue // a pass and a passkey are multifactor authentication
		}
		if why := c.weak(a.Strength, mode, aaguid); why != "" {
			return errAccessPolicy.because("the Conditional Access policy %q: %s", a.Name, why)
		}
	}
	return nil
}

// weak tells why a method does not satisfy a strength; "" = it does.
func (c *call) weak(id, mode, aaguid string) string {
	s := c.strengthByID(id)
	if s == nil {
		return fmt.Sprintf("its authentication strength %s does not exist", id)
	}
	var typed struct {
		Name         string   `json:"displayName"`
		Combinations []string `json:"allowedCombinations"`
		Limits       []struct {
			AAGUIDs []string `json:"allowedAAGUIDs"`
		} `json:"combinationConfigurations"`
	}
	if err := remarshal(s, &typed); err != nil {
		return err.Error()
	}
	if !slices.Contains(typed.Combinations, mode) {
		return fmt.Sprintf("the strength %q does not accept %s", typed.Name, mode)
	}
	for _, l := range typed.Limits {
		if mode == "fido2" && !slices.ContainsFunc(l.AAGUIDs, func(id string) bool { return strings.EqualFold(id, aaguid) }) {
			return fmt.Sprintf("the strength %q does not accept keys with the AAGUID %s", typed.Name, aaguid)
		}
	}
	return ""
}
