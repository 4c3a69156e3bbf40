package practice

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Authentication strengths: which methods a Conditional Access policy accepts.

// Built-in strengths by their ids, which are the same in every tenant.
const (
	strengthMFA          = "00000000-0000-0000-0000-000000000002"
	strengthPasswordless = "00000000-0000-0000-0000-000000000003"
	strengthResistant    = "00000000-0000-0000-0000-000000000004" // phishing-resistant MFA: no Temporary Access Pass
)

var (
	resistantModes    = []string{"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"}
	passwordlessModes = append([]string{"deviceBasedPush"}, resistantModes...)
	mfaModes          = append([]string{"temporaryAccessPassOneTime", "temporaryAccessPassMultiUse", "password,microsoftAuthenticatorPush",
		"password,softwareOath", "password,hardwareOath", "password,sms", "password,voice", "federatedMultiFactor"}, passwordlessModes...)
)

func builtIn(id, name, description string, modes []string) object {
	return object{"id": id, "displayName": name, "description": description, "policyType": "builtIn", "requirementsSatisfied": "mfa",
		"allowedCombinations": modes, "createdDateTime": "2021-12-01T00:00:00Z", "modifiedDateTime": "2021-12-01T00:00:00Z", "combinationConfigurations": []any{}}
}

// strengths are the built-in ones, then the tenant's own.
func (c *call) strengths() []object {
	list := []object{
		builtIn(strengthMFA, "Multifactor authentication", "Combinations of methods that satisfy strong authentication, such as a password + SMS", mfaModes),
		builtIn(strengthPasswordless, "Passwordless MFA", "Passwordless methods that satisfy strong authentication, such as Passwordless sign-in with the Microsoft Authenticator", passwordlessModes),
		builtIn(strengthResistant, "Phishing-resistant MFA", "Phishing-resistant, Passwordless methods for the strongest authentication, such as a FIDO2 security key", resistantModes),
	}
	return append(list, c.st.Strengths...)
}

func (c *call) listStrengths() (*reply, error) {
	if err := c.role(readsAccess); err != nil {
		return nil, err
	}
	return c.list(collection{path: "policies/authenticationStrengthPolicies", kind: "authenticationStrengthPolicy", rows: c.strengths()})
}

func (c *call) strength() (object, error) {
	for _, s := range c.strengths() {
		if s["id"] == strings.ToLower(c.vars["id"]) {
			return s, nil
		}
	}
	return nil, notFound("authentication strength", c.vars["id"])
}

func (c *call) getStrength() (*reply, error) {
	if err := c.role(readsAccess); err != nil {
		return nil, err
	}
	s, err := c.strength()
	if err != nil {
		return nil, err
	}
	return c.one("policies/authenticationStrengthPolicies/$entity", "authenticationStrengthPolicy", maps.Clone(s), nil)
}

// setsStrengths are the roles that write strengths.
var setsStrengths = []string{RoleConditionalAccessAdministrator, RoleSecurityAdministrator, RoleAuthenticationPolicyAdministrator, RoleGlobalAdministrator}

type strengthBody struct {
	Name         string   `json:"displayName"`
	Description  string   `json:"description"`
	Combinations []string `json:"allowedCombinations"`
}

func (c *call) addStrength() (*reply, error) {
	if err := c.role(setsStrengths); err != nil {
		return nil, err
	}
	var in strengthBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Name == "" || len(in.Name) > 30 || len(in.Combinations) == 0 {
		return nil, bad("BadRequest", "An authentication strength needs a displayName of 1 to 30 characters and allowedCombinations.")
	}
	if err := checkModes(in.Combinations); err != nil {
		return nil, err
	}
	id, err := c.t.newID()
	if err != nil {
		return nil, err
	}
	s := object{"id": id, "displayName": in.Name, "description": in.Description, "policyType": "custom", "requirementsSatisfied": "mfa",
		"allowedCombinations": in.Combinations, "createdDateTime": stamp(c.now), "modifiedDateTime": stamp(c.now), "combinationConfigurations": []any{}}
	c.st.Strengths, c.changed = append(c.st.Strengths, s), true
	return created(c.entity("policies/authenticationStrengthPolicies/$entity", maps.Clone(s)))
}

func checkModes(modes []string) error {
	for _, m := range modes {
		if !slices.Contains(mfaModes, strings.ReplaceAll(m, ", ", ",")) {
			return bad("BadRequest", "Invalid value for allowedCombinations: '%s'.", m)
		}
	}
	return nil
}

// custom finds one of the tenant's own strengths, which alone can be changed.
func (c *call) custom() (object, error) {
	if err := c.role(setsStrengths); err != nil {
		return nil, err
	}
	s, err := c.strength()
	if err == nil && s["policyType"] != "custom" {
		err = bad("BadRequest", "Built-in authentication strengths cannot be changed.")
	}
	return s, err
}

func (c *call) setStrength() (*reply, error) {
	s, err := c.custom()
	if err != nil {
		return nil, err
	}
	var in strengthBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Combinations) > 0 {
		return nil, bad("BadRequest", "allowedCombinations is changed with updateAllowedCombinations.")
	}
	if in.Name != "" {
		s["displayName"] = in.Name
	}
	if in.Description != "" {
		s["description"] = in.Description
	}
	s["modifiedDateTime"], c.changed = stamp(c.now), true
	return noContent()
}

func (c *call) deleteStrength() (*reply, error) {
	s, err := c.custom()
	if err != nil {
		return nil, err
	}
	for _, a := range c.t.seed.Access {
		if strings.EqualFold(a.Strength, s["id"].(string)) {
			return nil, bad("BadRequest", "The authentication strength is used by the Conditional Access policy '%s'.", a.Name)
		}
	}
	c.st.Strengths = slices.DeleteFunc(c.st.Strengths, func(o object) bool { return o["id"] == s["id"] })
	c.changed = true
	return noContent()
}

func (c *call) listCombinations() (*reply, error) {
	if err := c.role(readsAccess); err != nil {
		return nil, err
	}
	s, err := c.strength()
	if err != nil {
		return nil, err
	}
	var rows []object
	list, _ := s["combinationConfigurations"].([]any)
	for _, o := range list {
		rows = append(rows, o.(object))
	}
	return c.list(collection{path: "policies/authenticationStrengthPolicies('" + s["id"].(string) + "')/combinationConfigurations", rows: rows})
}

// addCombination limits a method of a custom strength: fido2 to certain models.
func (c *call) addCombination() (*reply, error) {
	s, err := c.custom()
	if err != nil {
		return nil, err
	}
	var in struct {
		Type    string   `json:"@odata.type"`
		Applies []string `json:"appliesToCombinations"`
		AAGUIDs []string `json:"allowedAAGUIDs"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(in.Type, "microsoft.graph.fido2CombinationConfiguration") || !slices.Equal(in.Applies, []string{"fido2"}) || len(in.AAGUIDs) == 0 {
		return nil, bad("BadRequest", "Only #microsoft.graph.fido2CombinationConfiguration for the combination fido2, with allowedAAGUIDs, is supported.")
	}
	for _, a := range in.AAGUIDs {
		if _, err := uuid.Parse(a); err != nil {
			return nil, bad("BadRequest", "Invalid AAGUID: '%s'.", a)
		}
	}
	id, err := c.t.newID()
	if err != nil {
		return nil, err
	}
	o := object{"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": id, "appliesToCombinations": in.Applies, "allowedAAGUIDs": in.AAGUIDs}
	list, _ := s["combinationConfigurations"].([]any)
	s["combinationConfigurations"], c.changed = append(list, o), true
	return created(c.entity("policies/authenticationStrengthPolicies('"+s["id"].(string)+"')/combinationConfigurations/$entity", maps.Clone(o)))
}
