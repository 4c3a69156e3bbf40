package practice

import (
	"strconv"
	"time"
)

// The sign-in log. Its rows appear late, and reading it needs Entra ID P1.

// signIn is one row, as far as rows differ here.
type signIn struct {
	ID        string
	UserID    string
	Time      time.Time
	App       string
	Method    string // authenticationDetails: "Passkey (device-bound)", "Temporary Access Pass"
	Detail    string
	Result    string
	Code      int // status.errorCode; 0 = success
	Succeeded bool
}

// codeOf is the number the log gives a refusal. 50057, 50126 and 130502 stand in Microsoft's list of AADSTS codes; the
// log's numbers for passkeys are not public, so these are of the practice tenant's own choosing within its range.
func codeOf(r *refusal) int {
	if n, err := strconv.Atoi(r.code); err == nil {
		return n
	}
	switch r.code {
	case "user-disabled":
		return 50057
	case "pass-invalid":
		return 50126
	case "pass-disabled", "pass-expired", "pass-used", "pass-not-yet-valid":
		return 130503
	case "sign-in-blocked":
		return 130500
	}
	return 130004
}

// logSignIn adds a row; it stays even though the sign-in is refused.
func (c *call) logSignIn(row signIn) error {
	id, err := c.t.newID()
	if err != nil {
		return err
	}
	row.ID, row.Time = id, c.now
	c.st.SignIns = append(c.st.SignIns, row)
	c.changed, c.keep = true, true
	return nil
}

func (c *call) signInObject(r signIn) object {
	u := c.t.dir.user(r.UserID)
	if u == nil {
		u = &user{id: r.UserID}
	}
	status := object{"errorCode": r.Code, "failureReason": nil, "additionalDetails": nil}
	if r.Code != 0 {
		status["failureReason"] = r.Result
	}
	row := object{
		"id": r.ID, "createdDateTime": stamp(r.Time), "userDisplayName": u.Name, "userPrincipalName": u.UPN, "userId": u.id,
		"appId": "19db86c3-b2b9-44cc-b339-36da233a3be2", "appDisplayName": r.App, "ipAddress": "192.0.2.10", "clientAppUsed": "Browser",
		"correlationId": r.ID, "conditionalAccessStatus": "notApplied", "isInteractive": true, "riskDetail": "none",
		"riskLevelAggregated": "none", "riskLevelDuringSignIn": "none", "riskState": "none", "riskEventTypes_v2": []string{},
		"resourceDisplayName": "Microsoft Graph", "resourceId": "00000003-0000-0000-c000-000000000000", "status": status,
		"deviceDetail":                     object{"deviceId": "", "displayName": "", "operatingSystem": "", "browser": "", "isCompliant": false, "isManaged": false, "trustType": ""},
		"location":                         object{"city": "", "state": "", "countryOrRegion": "", "geoCoordinates": nil},
		"appliedConditionalAccessPolicies": []any{},
	}
	if c.beta { // v1.0 has none of these
		row["authenticationRequirement"] = "multiFactorAuthentication"
		row["authenticationMethodsUsed"] = []string{} // often empty in real tenants: nobody should rely on it
		row["signInEventTypes"] = []string{"interactiveUser"}
		row["userType"] = map[bool]string{true: "guest", false: "member"}[u.Guest]
		row["authenticationDetails"] = []any{object{
			"authenticationStepDateTime": stamp(r.Time), "authenticationMethod": r.Method, "authenticationMethodDetail": orNull(r.Detail),
			"succeeded": r.Succeeded, "authenticationStepResultDetail": r.Result, "authenticationStepRequirement": "Primary authentication",
		}}
	}
	return row
}

// visible are the rows that have arrived, newest first.
func (c *call) visible() []signIn {
	var rows []signIn
	for i := len(c.st.SignIns) - 1; i >= 0; i-- {
		if r := c.st.SignIns[i]; !c.now.Before(r.Time.Add(c.t.seed.SignInDelay)) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (c *call) readsLogs() error {
	if err := c.role(readsLogs); err != nil {
		return err
	}
	if c.t.seed.Free {
		return errPremium
	}
	return nil
}

func (c *call) listSignIns() (*reply, error) {
	if err := c.readsLogs(); err != nil {
		return nil, err
	}
	if !c.beta && containsFold(c.query.Get("$filter"), "signInEventTypes") {
		return nil, bad("BadRequest", "Invalid filter clause: Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'.")
	}
	var rows []func() object
	for _, r := range c.visible() {
		rows = append(rows, func() object { return c.signInObject(r) })
	}
	return c.list(collection{path: "auditLogs/signIns", kind: "signIn", lazy: rows, page: 1000, most: 1000})
}

func (c *call) getSignIn() (*reply, error) {
	if err := c.readsLogs(); err != nil {
		return nil, err
	}
	for _, r := range c.visible() {
		if r.ID == c.vars["id"] {
			return c.one("auditLogs/signIns/$entity", "signIn", c.signInObject(r), nil)
		}
	}
	return nil, notFound("sign-in", c.vars["id"])
}
