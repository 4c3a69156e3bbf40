package practice

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// target is one entry of a policy's include or exclude list.
type target struct {
	ID       string   `json:"id"`
	Type     string   `json:"targetType"`
	Profiles []string `json:"allowedPasskeyProfiles"`
}

// covers reports whether the target means the user, through nested groups too.
func (d *directory) covers(t target, u *user) bool {
	if strings.EqualFold(t.ID, allUsers) {
		return true
	}
	g := d.group(t.ID)
	return g != nil && u.groupsOf()[g]
}

// including are the targets that bring the user in; none if a target excludes him, for exclusion always wins.
func (d *directory) including(u *user, include, exclude []target) []target {
	for _, t := range exclude {
		if d.covers(t, u) {
			return nil
		}
	}
	var in []target
	for _, t := range include {
		if d.covers(t, u) {
			in = append(in, t)
		}
	}
	return in
}

// checkTargets holds the rules of a configuration's lists: security groups that exist, no properties that a target does
// not have. Only what was sent is looked at.
func (c *call) checkTargets(sent, next object, properties ...string) error {
	if v, given := sent["state"]; given && v != "enabled" && v != "disabled" {
		return bad("badRequest", "Invalid value for state: 'enabled' and 'disabled' are allowed.")
	}
	for _, list := range []string{"includeTargets", "excludeTargets"} {
		v, given := sent[list]
		if !given {
			continue
		}
		items, isList := v.([]any)
		if !isList {
			return bad("badRequest", "Invalid value for %s: an array is expected.", list)
		}
		seen := map[string]bool{}
		clean := make([]any, 0, len(items))
		for _, item := range items {
			o, isObject := item.(object)
			if !isObject {
				return bad("badRequest", "Invalid value for %s.", list)
			}
			one := object{}
			for k, v := range o {
				if strings.HasPrefix(k, "@odata.") {
					continue
				}
				if k != "id" && k != "targetType" && !(list == "includeTargets" && slices.Contains(properties, k)) {
					return unknownProperty(k, "microsoft.graph.authenticationMethodTarget")
				}
				if err := checkTargetValue(k, v); err != nil {
					return err
				}
				one[k] = v
			}
			id, _ := one["id"].(string)
			if kind, _ := one["targetType"].(string); kind == "" {
				one["targetType"] = "group"
			} else if kind != "group" {
				return bad("badRequest", "Invalid target: the targetType '%s' is not supported.", kind)
			}
			if seen[strings.ToLower(id)] {
				return bad("badRequest", "Invalid target: '%s' is named twice.", id)
			}
			seen[strings.ToLower(id)] = true
			if err := c.checkTarget(id); err != nil {
				return err
			}
			if list == "includeTargets" && one["isRegistrationRequired"] == nil {
				one["isRegistrationRequired"] = false
			}
			clean = append(clean, one)
		}
		next[list] = clean
	}
	return nil
}

// checkTargetValue holds the kind of one value of a target.
func checkTargetValue(name string, v any) error {
	switch name {
	case "isRegistrationRequired", "isUsableForSignIn":
		if _, isBool := v.(bool); !isBool {
			return bad("BadRequest", "Cannot convert the value of '%s' to Edm.Boolean.", name)
		}
	case "allowedPasskeyProfiles":
		list, isList := v.([]any)
		if !isList && v != nil {
			return bad("BadRequest", "Invalid value for allowedPasskeyProfiles: an array is expected.")
		}
		for _, id := range list {
			if s, isText := id.(string); !isText || uuid.Validate(s) != nil {
				return bad("BadRequest", "Cannot convert the value '%v' of 'allowedPasskeyProfiles' to Edm.Guid.", id)
			}
		}
	case "id", "targetType", "authenticationMode":
		if _, isText := v.(string); !isText {
			return bad("BadRequest", "Cannot convert the value of '%s' to Edm.String.", name)
		}
	}
	return nil
}

func (c *call) checkTarget(id string) error {
	if strings.EqualFold(id, allUsers) {
		return nil
	}
	g := c.t.dir.group(id)
	if g == nil {
		return bad("badRequest", "Invalid target: '%s' was not found.", id)
	}
	if !g.target() {
		return bad("badRequest", "Invalid target: '%s' is not a security group.", id).because("the group %q is of kind %s; only security groups can be targets", g.Name, g.Kind)
	}
	return nil
}
