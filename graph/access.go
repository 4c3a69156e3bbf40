package graph

import (
	"context"
	"slices"
	"strings"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/identity"
)

type accessWire struct {
	ID         string `json:"id"`
	Name       string `json:"displayName"`
	State      string `json:"state"`
	Conditions struct {
		Users struct {
			IncludeUsers  []string `json:"includeUsers"`
			ExcludeUsers  []string `json:"excludeUsers"`
			IncludeGroups []string `json:"includeGroups"`
			ExcludeGroups []string `json:"excludeGroups"`
			IncludeRoles  []string `json:"includeRoles"`
			ExcludeRoles  []string `json:"excludeRoles"`
		} `json:"users"`
		Apps struct {
			Include []string `json:"includeApplications"`
			Actions []string `json:"includeUserActions"`
		} `json:"applications"`
		Flows struct {
			Methods string `json:"transferMethods"`
		} `json:"authenticationFlows"`
	} `json:"conditions"`
	Grant struct {
		Operator string        `json:"operator"`
		Controls []string      `json:"builtInControls"`
		Strength *strengthWire `json:"authenticationStrength"`
	} `json:"grantControls"`
}

func (c *client) AccessRules(ctx context.Context) ([]AccessRule, error) {
	wires, err := collect(rows[accessWire](ctx, c, c.v1, "read the Conditional Access policies", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return identity.NewConditionalAccessPoliciesRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, nil)
	}), 0)
	var list []AccessRule
	for _, w := range wires {
		u := w.Conditions.Users
		r := AccessRule{ID: w.ID, Name: w.Name, State: w.State,
			IncludeUsers: u.IncludeUsers, ExcludeUsers: u.ExcludeUsers, IncludeGroups: u.IncludeGroups, ExcludeGroups: u.ExcludeGroups,
			IncludeRoles: u.IncludeRoles, ExcludeRoles: u.ExcludeRoles,
			Apps: w.Conditions.Apps.Include, Actions: w.Conditions.Apps.Actions, Flows: flags(w.Conditions.Flows.Methods),
			Operator: w.Grant.Operator, Grants: w.Grant.Controls}
		if w.Grant.Strength != nil {
			r.Strength = ptr(w.Grant.Strength.strength())
		}
		list = append(list, r)
	}
	return list, err
}

// StopsBootstrap reports whether the rule, once enforced, keeps a person without a strong method from registering a
// first key with a Temporary Access Pass: it covers the registration of security info (or every app), and asks for a
// strength that no pass satisfies, or blocks.
func (r AccessRule) StopsBootstrap() bool {
	if r.State == "disabled" || !slices.Contains(r.Actions, RegisterSecurityInfo) && !slices.Contains(r.Apps, "All") {
		return false
	}
	if len(r.Flows) > 0 {
		return false // meant for another way of signing in
	}
	if slices.Contains(r.Grants, "block") {
		return slices.Contains(r.Actions, RegisterSecurityInfo)
	}
	if r.Strength == nil || r.Operator == "OR" && len(r.Grants) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.Strength.Combinations, func(c string) bool {
		return strings.HasPrefix(c, "temporaryAccessPass")
	})
}

// BlocksDeviceCode reports whether the rule, once enforced, blocks signing in with a device code.
func (r AccessRule) BlocksDeviceCode() bool {
	return r.State != "disabled" && slices.Contains(r.Flows, "deviceCodeFlow") && slices.Contains(r.Grants, "block")
}
