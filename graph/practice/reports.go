package practice

import (
	"slices"
	"strings"
	"time"
)

// Reports on who has which methods. They need Entra ID P1, and run behind by up to 36 hours.

// registered are the user's methods as the report knew them, by the report's names.
func (c *call) registered(u *user) []string {
	list := []string{}
	for _, k := range c.keysOf(u) {
		name := "passKeyDeviceBound"
		if k.Synced {
			name = "passKeySynced"
		}
		if !k.Created.After(c.now.Add(-c.t.seed.ReportDelay)) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// reported are the people the report shows: disabled ones are missing.
func (c *call) reported() []*user {
	c.indexKeys()
	var list []*user
	for _, u := range c.t.dir.users {
		if !u.Disabled && !u.Hidden {
			list = append(list, u)
		}
	}
	return list
}

func (c *call) detailsObject(u *user) object {
	methods := c.registered(u)
	kind := "member"
	if u.Guest {
		kind = "guest"
	}
	has := len(methods) > 0
	return object{"id": u.id, "userPrincipalName": u.UPN, "userDisplayName": u.Name, "userType": kind, "isAdmin": len(u.Roles) > 0,
		"isMfaRegistered": has, "isMfaCapable": has, "isPasswordlessCapable": has, "isSsprCapable": false, "isSsprEnabled": false, "isSsprRegistered": false,
		"isSystemPreferredAuthenticationMethodEnabled": false, "systemPreferredAuthenticationMethods": []string{},
		"userPreferredMethodForSecondaryAuthentication": "none", "methodsRegistered": methods,
		"lastUpdatedDateTime": stamp(c.now.Add(-c.t.seed.ReportDelay).Truncate(time.Hour))}
}

func (c *call) listDetails() (*reply, error) {
	if err := c.readsLogs(); err != nil {
		return nil, err
	}
	var rows []func() object
	for _, u := range c.reported() {
		rows = append(rows, func() object { return c.detailsObject(u) })
	}
	return c.list(collection{path: "reports/authenticationMethods/userRegistrationDetails", kind: "userRegistrationDetails", lazy: rows, page: 1000, most: 1000})
}

func (c *call) getDetails() (*reply, error) {
	if err := c.readsLogs(); err != nil {
		return nil, err
	}
	u := c.t.dir.byID[strings.ToLower(c.vars["id"])]
	if u == nil || u.Disabled || u.Hidden {
		return nil, notFound("user in the report", c.vars["id"])
	}
	return c.one("reports/authenticationMethods/userRegistrationDetails/$entity", "userRegistrationDetails", c.detailsObject(u), nil)
}

// byMethod counts the people for each method; like the real call it wants a signed-in person.
func (c *call) byMethod() (*reply, error) {
	if err := c.delegatedReport(); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	people := c.reported()
	for _, u := range people {
		for _, m := range c.registered(u) {
			counts[m]++
		}
	}
	rows := []any{}
	for _, m := range []string{"passKeyDeviceBound", "passKeySynced"} {
		rows = append(rows, object{"authenticationMethod": m, "userCount": counts[m]})
	}
	return ok(c.entity("microsoft.graph.userRegistrationMethodSummary", object{"totalUserCount": len(people), "userTypes": "all", "userRoles": "all", "userRegistrationMethodCounts": rows}))
}

func (c *call) byFeature() (*reply, error) {
	if err := c.delegatedReport(); err != nil {
		return nil, err
	}
	able := 0
	people := c.reported()
	for _, u := range people {
		if len(c.registered(u)) > 0 {
			able++
		}
	}
	rows := []any{}
	for _, f := range []string{"ssprRegistered", "ssprEnabled", "ssprCapable", "passwordlessCapable", "mfaCapable"} {
		n := 0
		if !strings.HasPrefix(f, "sspr") {
			n = able
		}
		rows = append(rows, object{"feature": f, "userCount": n})
	}
	return ok(c.entity("microsoft.graph.userRegistrationFeatureSummary", object{"totalUserCount": len(people), "userTypes": "all", "userRoles": "all", "userRegistrationFeatureCounts": rows}))
}

func (c *call) delegatedReport() error {
	if c.who.user == nil {
		return errDenied.because("this report is for signed-in people only, not for applications")
	}
	return c.readsLogs()
}

// signInSummary counts successful sign-ins by method over 1, 7 or 30 days.
func (c *call) signInSummary() (*reply, error) {
	if err := c.readsLogs(); err != nil {
		return nil, err
	}
	days := map[string]int{"period='d1'": 1, "period='d7'": 7, "period='d30'": 30}[c.vars["arguments"]]
	if days == 0 {
		return nil, bad("BadRequest", "Invalid period: d1, d7 and d30 are supported.")
	}
	counts := map[string]int{}
	for _, r := range c.visible() {
		if r.Succeeded && c.now.Sub(r.Time) <= time.Duration(days)*24*time.Hour {
			counts[r.Method]++
		}
	}
	rows := []any{}
	for _, m := range [][2]string{{"Passkey (device-bound)", "passKeyDeviceBound"}, {"Passkey (synced)", "passKeySynced"}, {"Temporary Access Pass", "temporaryAccessPass"}} {
		if n := counts[m[0]]; n > 0 {
			rows = append(rows, object{"authenticationMethod": m[1], "successActivityCount": n})
		}
	}
	return ok(object{"@odata.context": c.context("Collection(microsoft.graph.userSignInsByAuthMethodSummary)"), "value": rows})
}
