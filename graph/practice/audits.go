package practice

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The directory audit log: who changed what. Its rows prove a registration's AAGUID, which the sign-in log does not.

// audit is one row, as far as rows differ here.
type audit struct {
	ID       string
	Time     time.Time
	Activity string
	Reason   string
	ByID     string // who did it: a user's id, or empty for an application
	ByApp    string
	TargetID string // a user's id, or empty for a policy
	AAGUID   string
	Changes  []change
}

// change is one property before and after, both as JSON.
type change struct{ Name, Old, New string }

func (c *call) logAudit(a audit) {
	id, err := c.t.newID()
	if err != nil {
		return // without randomness there is no row; the change itself has already drawn what it needed
	}
	a.ID, a.Time = id, c.now
	if c.who != nil {
		a.ByApp = c.who.app
		if c.who.user != nil {
			a.ByID = c.who.user.id
		}
	}
	c.st.Audits = append(c.st.Audits, a)
}

// auditPolicy records the properties that differ, old and new, as Entra does since April 2026.
func (c *call) auditPolicy(activity string, old, next object) {
	a := audit{Activity: activity}
	names := map[string]bool{}
	for k := range old {
		names[k] = true
	}
	for k := range next {
		names[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(names)) {
		before, _ := json.Marshal(old[k])
		after, _ := json.Marshal(next[k])
		if !reflect.DeepEqual(before, after) {
			a.Changes = append(a.Changes, change{k, string(before), string(after)})
		}
	}
	c.logAudit(a)
}

// auditMethod records a change to a user's sign-in methods.
func (c *call) auditMethod(activity, reason string, u *user, k *passkey) {
	a := audit{Activity: activity, Reason: reason, TargetID: u.id}
	if k != nil {
		a.AAGUID = k.AAGUID
	}
	c.logAudit(a)
}

func (c *call) auditObject(a audit) object {
	by := object{"user": nil, "app": nil}
	if u := c.t.dir.user(a.ByID); u != nil {
		by["user"] = object{"id": u.id, "displayName": u.Name, "userPrincipalName": u.UPN, "ipAddress": "192.0.2.10"}
	} else {
		by["app"] = object{"appId": orNull(a.ByApp), "displayName": orNull(a.ByApp), "servicePrincipalId": nil, "servicePrincipalName": nil}
	}
	changes := []any{}
	for _, ch := range a.Changes {
		changes = append(changes, object{"displayName": ch.Name, "oldValue": ch.Old, "newValue": ch.New})
	}
	// The target's id is null while its name is set: so do real rows of this service.
	target := object{"id": nil, "displayName": nil, "type": "User", "userPrincipalName": nil, "groupType": nil, "modifiedProperties": changes}
	category, operation := "UserManagement", "Update"
	if u := c.t.dir.user(a.TargetID); u != nil {
		target["displayName"], target["userPrincipalName"] = u.Name, u.UPN
	} else {
		target["type"], target["displayName"] = "Policy", "Authentication Methods Policy"
		category = "ApplicationManagement"
	}
	if strings.HasPrefix(a.Activity, "Add") || strings.Contains(a.Activity, "registered") {
		operation = "Add"
	}
	details := []any{}
	if a.AAGUID != "" {
		details = append(details, object{"key": "AAGuid", "value": a.AAGUID})
	}
	return object{
		"id": "Authentication Methods_" + a.ID, "category": category, "correlationId": a.ID, "result": "success", "resultReason": a.Reason,
		"activityDisplayName": a.Activity, "activityDateTime": stamp(a.Time), "loggedByService": "Authentication Methods",
		"operationType": operation, "initiatedBy": by, "targetResources": []any{target}, "additionalDetails": details,
	}
}

func (c *call) listAudits() (*reply, error) {
	if err := c.role(readsLogs); err != nil {
		return nil, err
	}
	var rows []func() object
	for i := len(c.st.Audits) - 1; i >= 0; i-- {
		rows = append(rows, func() object { return c.auditObject(c.st.Audits[i]) })
	}
	return c.list(collection{path: "auditLogs/directoryAudits", kind: "directoryAudit", lazy: rows, page: 1000, most: 1000})
}

func (c *call) getAudit() (*reply, error) {
	if err := c.role(readsLogs); err != nil {
		return nil, err
	}
	for _, a := range c.st.Audits {
		if "Authentication Methods_"+a.ID == c.vars["id"] {
			return c.one("auditLogs/directoryAudits/$entity", "directoryAudit", c.auditObject(a), nil)
		}
	}
	return nil, notFound("audit row", c.vars["id"])
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
