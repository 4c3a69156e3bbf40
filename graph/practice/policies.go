package practice

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The authentication methods policy: one object for the tenant, and one configuration for each method.

// methodKinds are the configurations by lower-case id: the id as bodies write it, and the type.
var methodKinds = map[string]struct{ id, kind string }{
	"fido2":                  {"Fido2", "fido2"},
	"microsoftauthenticator": {"MicrosoftAuthenticator", "microsoftAuthenticator"},
	"sms":                    {"Sms", "sms"},
	"temporaryaccesspass":    {"TemporaryAccessPass", "temporaryAccessPass"},
	"softwareoath":           {"SoftwareOath", "softwareOath"},
	"voice":                  {"Voice", "voice"},
	"email":                  {"Email", "email"},
	"x509certificate":        {"X509Certificate", "x509Certificate"},
	"qrcodepin":              {"QRCodePin", "qrCodePin"},
}

func typeOf(id string) string {
	return "#microsoft.graph." + methodKinds[id].kind + "AuthenticationMethodConfiguration"
}

// policyLimit is the size of the whole policy, 20 KB ("Authentication methods policy" limits in the Entra pages).
const policyLimit = 20 << 10

// defaultPolicy is the policy object of a tenant that has set nothing.
func defaultPolicy() object {
	return object{
		"id": "authenticationMethodsPolicy", "displayName": "Authentication Methods Policy",
		"description":          "The tenant-wide policy that controls which authentication methods are allowed in the tenant, authentication method registration requirements, and self-service password reset settings",
		"lastModifiedDateTime": stamp(founded), "policyVersion": "1.5", "policyMigrationState": "migrationComplete", "reconfirmationInDays": nil,
		"registrationEnforcement": object{"authenticationMethodsRegistrationCampaign": object{
			"snoozeDurationInDays": 1, "state": "default", "excludeTargets": []any{},
			"includeTargets": []any{object{"id": allUsers, "targetType": "group", "targetedAuthenticationMethod": "microsoftAuthenticator"}},
		}},
	}
}

// allUsers is the target that stands for everyone.
const allUsers = "all_users"

func everyoneTarget() []any {
	return []any{object{"targetType": "group", "id": allUsers, "isRegistrationRequired": false}}
}

// defaultMethod is the configuration of a tenant that has set nothing, and what DELETE goes back to.
func defaultMethod(id string, profiles bool) object {
	o := object{"@odata.type": typeOf(id), "id": methodKinds[id].id, "state": "disabled", "excludeTargets": []any{}, "includeTargets": everyoneTarget()}
	extra := object{}
	switch id {
	case "fido2":
		extra = defaultFIDO2(profiles)
	case "temporaryaccesspass":
		extra = defaultPass()
	case "microsoftauthenticator":
		extra = object{"state": "enabled", "isSoftwareOathEnabled": false,
			"includeTargets": []any{object{"targetType": "group", "id": allUsers, "isRegistrationRequired": false, "authenticationMode": "any"}}}
	case "sms":
		extra = object{"includeTargets": []any{object{"targetType": "group", "id": allUsers, "isRegistrationRequired": false, "isUsableForSignIn": true}}}
	case "voice":
		extra = object{"isOfficePhoneAllowed": false}
	case "email":
		extra = object{"allowExternalIdToUseEmailOtp": "default"}
	case "qrcodepin":
		extra = object{"pinLength": 8, "standardQRCodeLifetimeInDays": 365}
	}
	maps.Copy(o, extra)
	return o
}

func (c *call) methodNamed() (string, error) {
	id := strings.ToLower(c.vars["method"])
	if _, known := methodKinds[id]; !known {
		return "", &refusal{status: 404, code: "resourceNotFound", message: fmt.Sprintf("The authentication method configuration '%s' was not found.", c.vars["method"])}
	}
	return id, nil
}

func (c *call) methods() []object {
	var list []object
	for _, id := range slices.Sorted(maps.Keys(c.st.Methods)) {
		list = append(list, c.showMethod(id))
	}
	return list
}

// showMethod is a configuration as Graph shows it: with the annotation its include targets always carry.
func (c *call) showMethod(id string) object {
	o := maps.Clone(c.st.Methods[id])
	o["includeTargets@odata.context"] = c.context(fmt.Sprintf("policies/authenticationMethodsPolicy/authenticationMethodConfigurations('%s')/%s/includeTargets",
		methodKinds[id].id, strings.TrimPrefix(typeOf(id), "#")))
	return o
}

func (c *call) getPolicy() (*reply, error) {
	if err := c.role(readsPolicy); err != nil {
		return nil, err
	}
	o := maps.Clone(c.st.Policy)
	o["authenticationMethodConfigurations"] = c.methods()
	o["authenticationMethodConfigurations@odata.context"] = c.context("policies/authenticationMethodsPolicy/authenticationMethodConfigurations")
	return c.one("policies/authenticationMethodsPolicy/$entity", "authenticationMethodsPolicy", o, nil)
}

func (c *call) listMethods() (*reply, error) {
	if err := c.role(readsPolicy); err != nil {
		return nil, err
	}
	return ok(object{"@odata.context": c.context("policies/authenticationMethodsPolicy/authenticationMethodConfigurations"), "value": c.methods()})
}

func (c *call) getMethod() (*reply, error) {
	id, err := c.methodNamed()
	if err != nil {
		return nil, err
	}
	if err := c.role(readsPolicy); err != nil {
		return nil, err
	}
	return c.one("policies/authenticationMethodsPolicy/authenticationMethodConfigurations/$entity", methodKinds[id].kind+"AuthenticationMethodConfiguration", c.showMethod(id), nil)
}

// setPolicy changes the policy object itself: the registration campaign, mostly.
func (c *call) setPolicy() (*reply, error) {
	if err := c.role(setsPolicy); err != nil {
		return nil, err
	}
	var in object
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	next := maps.Clone(c.st.Policy)
	for k, v := range in {
		switch k {
		case "registrationEnforcement":
			merged, err := campaign(next[k], v)
			if err != nil {
				return nil, err
			}
			next[k] = merged
		case "policyMigrationState":
			s, _ := v.(string)
			if !slices.Contains([]string{"preMigration", "migrationInProgress", "migrationComplete"}, s) {
				return nil, bad("badRequest", "Invalid value for policyMigrationState.")
			}
			next[k] = v
		case "reconfirmationInDays":
			if v != nil && !between(v, 0, 1<<31-1) {
				return nil, bad("BadRequest", "Cannot convert the value of '%s' to Edm.Int32.", k)
			}
			next[k] = v
		case "description", "displayName":
			if _, isText := v.(string); !isText && v != nil {
				return nil, bad("BadRequest", "Cannot convert the value of '%s' to Edm.String.", k)
			}
			next[k] = v
		case "id", "lastModifiedDateTime", "policyVersion":
			// read-only: accepted and ignored, as the whole body of a GET may be sent back
		default:
			if !strings.Contains(k, "@odata.") {
				return nil, unknownProperty(k, "microsoft.graph.authenticationMethodsPolicy")
			}
		}
	}
	next["lastModifiedDateTime"] = stamp(c.now)
	c.auditPolicy("Authentication Methods Policy Update", c.st.Policy, next)
	c.st.Policy, c.changed = next, true
	return noContent()
}

// campaign merges a change to the registration campaign into what stands.
func campaign(old, change any) (any, error) {
	was, _ := old.(object)
	in, isObject := change.(object)
	if !isObject {
		return nil, bad("badRequest", "Invalid value for registrationEnforcement.")
	}
	const name = "authenticationMethodsRegistrationCampaign"
	merged := object{}
	if m, isObject := was[name].(object); isObject {
		maps.Copy(merged, m)
	}
	if m, isObject := in[name].(object); isObject {
		maps.Copy(merged, m)
	}
	var typed struct {
		Snooze int    `json:"snoozeDurationInDays"`
		State  string `json:"state"`
	}
	if err := remarshal(merged, &typed); err != nil || typed.Snooze < 0 || typed.Snooze > 14 ||
		!slices.Contains([]string{"default", "enabled", "disabled"}, typed.State) {
		return nil, bad("badRequest", "Invalid registration campaign: state is default, enabled or disabled, snoozeDurationInDays 0 to 14.")
	}
	return object{name: merged}, nil
}

func unknownProperty(name, kind string) *refusal {
	return bad("BadRequest", "The property '%s' does not exist on type '%s'. Make sure to only use property names that are defined by the type.", name, kind)
}

// remarshal reads an object into a typed value.
func remarshal(from, into any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
