package practice

import (
	"strings"
)

// What stands around the policies and decides whether a rollout can work: domains, licences, security defaults.

func (c *call) listDomains() (*reply, error) {
	return c.list(collection{path: "domains", kind: "domain", rows: c.domains()})
}

func (c *call) domains() []object {
	one := func(name string, isDefault bool) object {
		kind := "Managed"
		if isDefault && c.t.seed.Federated {
			kind = "Federated"
		}
		return object{"id": name, "authenticationType": kind, "availabilityStatus": nil, "isAdminManaged": true, "isDefault": isDefault,
			"isInitial": !isDefault, "isRoot": true, "isVerified": true, "supportedServices": []string{"Email", "OfficeCommunicationsOnline"},
			"passwordValidityPeriodInDays": 2147483647, "passwordNotificationWindowInDays": 14, "state": nil, "manufacturer": nil, "model": nil}
	}
	return []object{one(c.t.seed.Domain, true), one(initialDomain(c.t.seed.Domain), false)}
}

func (c *call) getDomain() (*reply, error) {
	for _, d := range c.domains() {
		if strings.EqualFold(d["id"].(string), c.vars["id"]) {
			return c.one("domains/$entity", "domain", d, nil)
		}
	}
	return nil, notFound("domain", c.vars["id"])
}

// listSKUs tells the licences: Entra ID P1 inside Microsoft 365 E3's stand-in, or a free tenant's.
func (c *call) listSKUs() (*reply, error) {
	sku, id, plans := "AAD_PREMIUM", "078d2b04-f1bd-4111-bbd4-b4b1b354cef4", []any{
		object{"servicePlanId": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "servicePlanName": "AAD_PREMIUM", "provisioningStatus": "Success", "appliesTo": "User"},
		object{"servicePlanId": "8a256a2b-b617-496d-b51b-e76466e88db0", "servicePlanName": "MFA_PREMIUM", "provisioningStatus": "Success", "appliesTo": "User"},
	}
	if c.t.seed.Free {
		sku, id, plans = "FLOW_FREE", "f30db892-07e9-47e9-837c-80727f46fd3d", []any{
			object{"servicePlanId": "50e68c76-46c6-4674-81f9-75456511b170", "servicePlanName": "FLOW_P2_VIRAL", "provisioningStatus": "Success", "appliesTo": "User"}}
	}
	tenant := c.t.seed.tenantID().String()
	row := object{"id": tenant + "_" + id, "accountId": tenant, "accountName": c.t.seed.Name, "appliesTo": "User", "capabilityStatus": "Enabled",
		"consumedUnits": len(c.t.dir.users), "skuId": id, "skuPartNumber": sku, "servicePlans": plans, "subscriptionIds": []string{},
		"prepaidUnits": object{"enabled": max(25, len(c.t.dir.users)), "suspended": 0, "warning": 0, "lockedOut": 0}}
	return c.list(collection{path: "subscribedSkus", kind: "subscribedSku", rows: []object{row}})
}

// securityDefaults are on where the seed says so; Conditional Access policies cannot be enabled beside them.
func (c *call) securityDefaults() (*reply, error) {
	if err := c.role(readsPolicy); err != nil {
		return nil, err
	}
	return c.one("policies/identitySecurityDefaultsEnforcementPolicy/$entity", "identitySecurityDefaultsEnforcementPolicy", object{
		"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "isEnabled": c.t.seed.SecurityDefaults,
		"description": "Security defaults is a set of basic identity security mechanisms recommended by Microsoft. When enabled, these recommendations will be automatically enforced in your organization. Administrators and users will be better protected from common identity related attacks.",
	}, nil)
}

// listMethodsOf tells all sign-in methods of a user, of whatever kind.
func (c *call) listMethodsOf() (*reply, error) {
	u, err := c.methodsOf(false)
	if err != nil {
		return nil, err
	}
	rows := []object{{"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": "28c10230-6103-485e-b985-444c60001490",
		"password": nil, "createdDateTime": stamp(founded)}}
	if p := c.st.Passes[u.id]; p != nil {
		o := c.passObject(p, u, nil)
		o["@odata.type"] = "#microsoft.graph.temporaryAccessPassAuthenticationMethod"
		rows = append(rows, o)
	}
	for _, k := range c.keysOf(u) {
		o := c.keyObject(k)
		delete(o, "publicKeyCredential")
		o["@odata.type"] = "#microsoft.graph.fido2AuthenticationMethod"
		rows = append(rows, o)
	}
	return c.list(collection{path: "users('" + u.id + "')/authentication/methods", rows: rows})
}
