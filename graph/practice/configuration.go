package practice

import (
	"encoding/json"
	"strings"
)

// Changing the configuration of one method, and going back to its default.

// setMethod is PATCH of a configuration: what is left out stays, an array that is sent replaces the whole array.
func (c *call) setMethod() (*reply, error) {
	id, err := c.methodNamed()
	if err != nil {
		return nil, err
	}
	if err := c.role(setsPolicy); err != nil {
		return nil, err
	}
	var in object
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	kind, _ := in["@odata.type"].(string)
	if kind == "" {
		return nil, bad("badRequest", "The property '@odata.type' is required in the body of the request.")
	}
	if !strings.EqualFold(strings.TrimPrefix(kind, "#"), strings.TrimPrefix(typeOf(id), "#")) {
		return nil, bad("badRequest", "The type '%s' does not match the authentication method configuration '%s'.", kind, methodKinds[id].id)
	}
	// A copy all the way down: a change that is refused half-way must leave what stands alone.
	var next object
	if err := remarshal(c.st.Methods[id], &next); err != nil {
		return nil, err
	}
	sent := object{}
	for k, v := range in {
		if strings.Contains(k, "@odata.") || k == "id" {
			continue // annotations of a GET that is sent back whole
		}
		sent[k], next[k] = v, v
	}
	switch id {
	case "fido2":
		err = c.checkFIDO2(sent, next)
	case "temporaryaccesspass":
		err = c.checkPassPolicy(sent, next)
	default:
		err = c.checkMethod(methodKinds[id].kind+"AuthenticationMethodConfiguration", sent, next)
	}
	if err != nil {
		return nil, err
	}
	if err := c.fits(id, next); err != nil {
		return nil, err
	}
	c.setConfiguration(id, next)
	return noContent()
}

// checkMethod holds the form of a method that the practice tenant does not play: its properties and their kinds.
func (c *call) checkMethod(kind string, sent, next object) error {
	for k, v := range sent {
		if !c.has(kind, k) {
			return unknownProperty(k, "microsoft.graph."+kind)
		}
		if _, isBool := v.(bool); strings.HasPrefix(k, "is") && !isBool {
			return bad("BadRequest", "Cannot convert the value of '%s' to Edm.Boolean.", k)
		}
	}
	return c.checkTargets(sent, next, "isRegistrationRequired", "authenticationMode", "isUsableForSignIn")
}

// resetMethod is DELETE: the configuration goes back to its default. Having opted in to profiles cannot be undone.
func (c *call) resetMethod() (*reply, error) {
	id, err := c.methodNamed()
	if err != nil {
		return nil, err
	}
	if err := c.role(setsPolicy); err != nil {
		return nil, err
	}
	migrated := false
	if id == "fido2" {
		migrated = readFIDO2(c.st.Methods[id]).migrated()
	}
	c.setConfiguration(id, defaultMethod(id, migrated))
	return noContent()
}

func (c *call) setConfiguration(id string, next object) {
	c.auditPolicy("Authentication Methods Policy Update", c.st.Methods[id], next)
	c.st.Methods[id], c.changed = next, true
	c.st.Policy["lastModifiedDateTime"] = stamp(c.now)
}

// fits holds the limit on the size of the policy as a whole.
func (c *call) fits(id string, next object) error {
	all := object{"policy": c.st.Policy}
	for k, m := range c.st.Methods {
		all[k] = m
	}
	all[id] = next
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if len(b) > policyLimit {
		return bad("badRequest", "The policy exceeds the maximum allowed size of 20 KB.").because("the policy would be %d bytes, the limit is %d", len(b), policyLimit)
	}
	return nil
}
