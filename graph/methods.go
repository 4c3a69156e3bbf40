package graph

import (
	"context"
	"slices"
	"strings"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"
)

type methodsWire struct {
	Migration    string `json:"policyMigrationState"`
	Registration struct {
		Campaign struct {
			State   string `json:"state"`
			Snooze  int    `json:"snoozeDurationInDays"`
			Targets []struct {
				ID     string `json:"id"`
				Method string `json:"targetedAuthenticationMethod"`
			} `json:"includeTargets"`
		} `json:"authenticationMethodsRegistrationCampaign"`
	} `json:"registrationEnforcement"`
	Configurations []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"authenticationMethodConfigurations"`
}

func (c *client) Methods(ctx context.Context) (Methods, error) {
	w, err := one[methodsWire](ctx, c, "read the authentication methods", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return policies.NewAuthenticationMethodsPolicyRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, nil)
	})
	if err != nil {
		return Methods{}, err
	}
	campaign := w.Registration.Campaign
	m := Methods{Migration: w.Migration, Campaign: Campaign{State: campaign.State, Snooze: campaign.Snooze}, Enabled: map[string]bool{}}
	for _, t := range campaign.Targets {
		m.Campaign.Method = t.Method
		m.Campaign.Groups = append(m.Campaign.Groups, Target{ID: t.ID})
	}
	for _, x := range w.Configurations {
		m.Enabled[x.ID] = x.State == enabled
	}
	return m, nil
}

func (c *client) SecurityDefaults(ctx context.Context) (bool, error) {
	w, err := one[struct {
		Enabled *bool `json:"isEnabled"`
	}](ctx, c, "read the security defaults", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return policies.NewIdentitySecurityDefaultsEnforcementPolicyRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, nil)
	})
	if err == nil && w.Enabled == nil {
		return false, &Error{Op: "read the security defaults", Code: CodeGarbled, Message: "the answer does not say whether they are on"}
	}
	return deref(w.Enabled), err
}

type strengthWire struct {
	ID           string   `json:"id"`
	Name         string   `json:"displayName"`
	Type         string   `json:"policyType"`
	Combinations []string `json:"allowedCombinations"`
}

func (w strengthWire) strength() Strength {
	s := Strength{ID: w.ID, Name: w.Name, BuiltIn: w.Type == "builtIn"}
	for _, c := range w.Combinations {
		s.Combinations = append(s.Combinations, strings.Join(flags(c), ","))
	}
	return s
}

func (c *client) Strengths(ctx context.Context) ([]Strength, error) {
	wires, err := collect(rows[strengthWire](ctx, c, c.v1, "read the authentication strengths", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return policies.NewAuthenticationStrengthPoliciesRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, nil)
	}), 0)
	var list []Strength
	for _, w := range wires {
		list = append(list, w.strength())
	}
	return list, err
}

func (c *client) Licences(ctx context.Context) ([]Licence, error) {
	type sku struct {
		Name  string `json:"skuPartNumber"`
		State string `json:"capabilityStatus"`
		Used  int    `json:"consumedUnits"`
		Units struct {
			Enabled int `json:"enabled"`
		} `json:"prepaidUnits"`
		Plans []struct {
			Name  string `json:"servicePlanName"`
			State string `json:"provisioningStatus"`
		} `json:"servicePlans"`
	}
	wires, err := collect(rows[sku](ctx, c, c.v1, "read the licences", get("/subscribedSkus", nil)), 0)
	var list []Licence
	for _, w := range wires {
		l := Licence{Name: w.Name, Enabled: w.State == "Enabled" || w.State == "Warning", Seats: w.Units.Enabled, Used: w.Used}
		for _, p := range w.Plans {
			if p.State == "Success" {
				l.Services = append(l.Services, p.Name)
			}
		}
		list = append(list, l)
	}
	return list, err
}

// Premium reports whether the licences hold Entra ID P1 and P2; P2 includes P1. Reports, sign-in logs and Conditional
// Access need P1.
func Premium(list []Licence) (p1, p2 bool) {
	for _, l := range list {
		p2 = p2 || l.Enabled && slices.Contains(l.Services, "AAD_PREMIUM_P2")
		p1 = p1 || l.Enabled && slices.Contains(l.Services, "AAD_PREMIUM")
	}
	return p1 || p2, p2
}

func (c *client) Domains(ctx context.Context) ([]EntraDomain, error) {
	type domain struct {
		ID       string `json:"id"`
		Kind     string `json:"authenticationType"`
		Default  bool   `json:"isDefault"`
		Verified bool   `json:"isVerified"`
	}
	wires, err := collect(rows[domain](ctx, c, c.v1, "read the domains", get("/domains", nil)), 0)
	var list []EntraDomain
	for _, w := range wires {
		list = append(list, EntraDomain{w.ID, w.Default, w.Verified, w.Kind == "Federated"})
	}
	return list, err
}
