package practice

import (
	"encoding/json"
	"slices"
	"strings"
)

// The directory's calls: the organisation, users, groups, and who is in which.

// basicUser is what User.ReadBasic.All shows; more needs User.Read.All. Other properties come back null.
var basicUser = []string{"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}

// userDefault is what a user looks like without $select.
var userDefault = append([]string{"businessPhones", "jobTitle", "mobilePhone", "officeLocation", "preferredLanguage"}, basicUser...)

func (c *call) organization() (*reply, error) {
	s := &c.t.seed
	o := object{
		"id": s.tenantID().String(), "displayName": s.Name, "tenantType": "AAD", "createdDateTime": stamp(founded),
		"verifiedDomains": []any{
			object{"name": s.Domain, "isDefault": true, "isInitial": false, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"},
			object{"name": initialDomain(s.Domain), "isDefault": false, "isInitial": true, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"},
		},
	}
	return c.list(collection{path: "organization", kind: "organization", rows: []object{o}})
}

// initialDomain is the domain every tenant is born with.
func initialDomain(domain string) string {
	name, _, _ := strings.Cut(domain, ".")
	return name + ".onmicrosoft.com"
}

func (c *call) me() (*reply, error) {
	if c.who.user == nil {
		return nil, bad("BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	return c.oneUser(c.who.user, "users/$entity", true)
}

func (c *call) getUser() (*reply, error) {
	u, err := c.user(c.vars["user"])
	if err != nil {
		return nil, err
	}
	if u != c.who.user && !c.who.may(mayReadUsers...) {
		return nil, errDenied.because("the token of %s has none of the rights %s: User.Read is for oneself", c.who.name(), strings.Join(mayReadUsers, ", "))
	}
	return c.oneUser(u, "users/$entity", u == c.who.user)
}

func (c *call) oneUser(u *user, context string, self bool) (*reply, error) {
	return c.one(context, "user", c.showUser(u, self), userDefault)
}

// showUser blanks what the caller may not read.
func (c *call) showUser(u *user, self bool) object {
	o := u.object(&c.t.seed)
	if self || c.who.may("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All") {
		return o
	}
	for k, v := range o {
		if !slices.Contains(basicUser, k) {
			switch v.(type) {
			case []string, []any: // a list cannot be null
			default:
				o[k] = nil
			}
		}
	}
	return o
}

// user finds a user, or says 404. An account in an administrative unit outside the caller's reach is not found either.
func (c *call) user(id string) (*user, error) {
	if id == "me-token-to-replace" { // the SDK's placeholder for /me, where its middleware was left out
		if c.who.user != nil {
			return c.who.user, nil
		}
	}
	u := c.t.dir.user(id)
	if u == nil {
		return nil, notFound("user", id)
	}
	if u.Hidden && u != c.who.user {
		return nil, notFound("user", id).because("%s is in an administrative unit that %s does not administer", u.UPN, c.who.name())
	}
	return u, nil
}

func (c *call) listUsers() (*reply, error) {
	rows := make([]func() object, 0, len(c.t.dir.users))
	for _, u := range c.t.dir.users {
		if !u.Hidden || u == c.who.user {
			rows = append(rows, func() object { return c.showUser(u, u == c.who.user) })
		}
	}
	return c.list(collection{path: "users", kind: "user", lazy: rows, fields: userDefault, page: 100, most: 999, directory: true})
}

func (c *call) listGroups() (*reply, error) {
	rows := make([]func() object, len(c.t.dir.groups))
	for i, g := range c.t.dir.groups {
		rows[i] = func() object { return g.object(&c.t.seed) }
	}
	return c.list(collection{path: "groups", kind: "group", lazy: rows, page: 100, most: 999, directory: true})
}

func (c *call) group() (*group, error) {
	g := c.t.dir.group(c.vars["group"])
	if g == nil {
		return nil, notFound("group", c.vars["group"])
	}
	return g, nil
}

func (c *call) getGroup() (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	return c.one("groups/$entity", "group", g.object(&c.t.seed), nil)
}

// members answers both forms: everyone inside (transitive) or on the surface (direct), all kinds or cast to users.
func members(transitive bool) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		g, err := c.group()
		if err != nil {
			return nil, err
		}
		users, groups := g.users, g.inner
		if transitive {
			users, groups = g.everyone()
		}
		cast := c.vars["cast"]
		if cast != "" && !(c.eventual() && c.query.Get("$count") == "true") { // a cast is an advanced query
			return nil, bad("Request_UnsupportedQuery", "The OData cast segment is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
		}
		kind := strings.TrimPrefix(strings.ToLower(cast), "microsoft.graph.")
		var rows []func() object
		typed := func(kind string, o object) object {
			if cast == "" {
				o["@odata.type"] = "#microsoft.graph." + kind
			}
			return o
		}
		if cast == "" || strings.EqualFold(cast, "microsoft.graph.user") {
			for _, u := range users {
				rows = append(rows, func() object { return typed("user", c.showUser(u, false)) })
			}
		}
		if cast == "" || strings.EqualFold(cast, "microsoft.graph.group") {
			for _, g := range groups {
				rows = append(rows, func() object { return typed("group", g.object(&c.t.seed)) })
			}
		}
		fields := userDefault
		if cast == "" || strings.EqualFold(cast, "microsoft.graph.group") {
			fields = nil
		}
		return c.list(collection{path: "directoryObjects", kind: kind, lazy: rows, fields: fields, page: 100, most: 999, directory: true})
	}
}

// checkMemberGroups tells which of at most 20 groups the user is in, directly or not.
func (c *call) checkMemberGroups() (*reply, error) {
	u, err := c.user(c.vars["user"])
	if err != nil {
		return nil, err
	}
	var in map[string]json.RawMessage
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for k := range in {
		if k != "groupIds" && !strings.HasPrefix(k, "@") {
			return nil, bad("BadRequest", "The parameter '%s' in the request payload is not a valid parameter for the operation 'checkMemberGroups'.", k)
		}
	}
	var ids []string
	if list, given := in["groupIds"]; given {
		if err := json.Unmarshal(list, &ids); err != nil {
			return nil, errPayload.because("groupIds is not a list of text: %v", err)
		}
	}
	if len(ids) == 0 || len(ids) > 20 {
		return nil, bad("Request_BadRequest", "Invalid number of group ids: between 1 and 20 are allowed.")
	}
	of := u.groupsOf()
	found := []string{}
	for _, id := range ids {
		if g := c.t.dir.group(id); g != nil && of[g] && !slices.Contains(found, g.id) {
			found = append(found, g.id)
		}
	}
	return ok(object{"@odata.context": c.context("Collection(Edm.String)"), "value": found})
}

// memberCount answers …/$count, which is text.
func memberCount(transitive bool) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		g, err := c.group()
		if err != nil {
			return nil, err
		}
		users, groups := g.users, g.inner
		if transitive {
			users, groups = g.everyone()
		}
		switch cast := c.vars["cast"]; {
		case strings.EqualFold(cast, "microsoft.graph.user"):
			groups = nil
		case strings.EqualFold(cast, "microsoft.graph.group"):
			users = nil
		}
		return c.count(len(users) + len(groups))
	}
}
