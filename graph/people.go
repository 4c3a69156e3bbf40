package graph

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// me is the SDK's stand-in for the signed-in user; its middleware turns it into /me.
const me = "me-token-to-replace"

const found = 10 // rows of a search

var (
	fullUser  = []string{"id", "displayName", "userPrincipalName", "userType", "accountEnabled"}
	basicUser = fullUser[:3] // what User.ReadBasic.All may read
)

func (c *client) user(id string) *users.UserItemRequestBuilder {
	return users.NewUsersRequestBuilderInternal(nil, c.v1).ByUserId(id)
}

// Organization needs User.Read (delegated) or Organization.Read.All (application).
func (c *client) Organization(ctx context.Context) (Organization, error) {
	return do(ctx, c, "read the tenant's name", looks, func(ctx context.Context) (Organization, error) {
		r, err := got(organization.NewOrganizationRequestBuilderInternal(nil, c.v1).Get(ctx,
			&organization.OrganizationRequestBuilderGetRequestConfiguration{
				QueryParameters: &organization.OrganizationRequestBuilderGetQueryParameters{
					Select: []string{"id", "displayName", "verifiedDomains"}}}))
		if err != nil {
			return Organization{}, err
		}
		for _, o := range r.GetValue() {
			if o == nil {
				continue
			}
			org := Organization{ID: deref(o.GetId()), Name: deref(o.GetDisplayName()), Practice: c.practice}
			for _, d := range o.GetVerifiedDomains() {
				if d != nil && (deref(d.GetIsDefault()) || org.Domain == "") {
					org.Domain = deref(d.GetName())
				}
			}
			return org, nil
		}
		return Organization{}, errEmpty
	})
}

// Me needs User.Read. An application has no /me: it is then known by its token alone.
func (c *client) Me(ctx context.Context) (User, error) {
	u, err := c.readUser(ctx, "read who is signed in", me)
	if e := refusal(err); e != nil && (e.Status == http.StatusBadRequest || e.Status == http.StatusForbidden) {
		if app, ok := c.application(ctx); ok {
			return app, nil
		}
	}
	return u, err
}

// User needs User.ReadBasic.All, and User.Read.All to tell guests and disabled accounts for certain.
func (c *client) User(ctx context.Context, idOrUPN string) (User, error) {
	const op = "find a user"
	if err := named(op, strings.TrimSpace(idOrUPN)); err != nil {
		return User{}, err
	}
	return c.readUser(ctx, op, idOrUPN)
}

func (c *client) readUser(ctx context.Context, op, id string) (User, error) {
	return c.withBasic(func(fields []string) (User, error) {
		return do(ctx, c, op, looks, func(ctx context.Context) (User, error) {
			u, err := got(c.user(id).Get(ctx, &users.UserItemRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.UserItemRequestBuilderGetQueryParameters{Select: fields}}))
			if err != nil {
				return User{}, err
			}
			if deref(u.GetId()) == "" {
				return User{}, errEmpty
			}
			return userOf(u), nil
		})
	})
}

// withBasic asks for all fields of a user, and for the basic ones where the right to the others is missing.
func (c *client) withBasic(read func(fields []string) (User, error)) (User, error) {
	u, err := read(fullUser)
	if e := refusal(err); e != nil && e.Status == http.StatusForbidden {
		if basic, err := read(basicUser); err == nil {
			return basic, nil
		}
	}
	return u, err
}

// FindUsers needs User.ReadBasic.All.
func (c *client) FindUsers(ctx context.Context, query string) ([]User, error) {
	const op = "search users"
	q := searchTerm(query)
	if q == "" {
		return nil, badInput(op, "nothing to search for")
	}
	search := `"displayName:` + q + `" OR "userPrincipalName:` + q + `"`
	find := func(fields []string) ([]User, error) {
		return do(ctx, c, op, looks, func(ctx context.Context) ([]User, error) {
			r, err := got(users.NewUsersRequestBuilderInternal(nil, c.v1).Get(ctx,
				&users.UsersRequestBuilderGetRequestConfiguration{
					Headers: eventual(),
					QueryParameters: &users.UsersRequestBuilderGetQueryParameters{
						Search: &search, Select: fields, Top: ptr[int32](found), Count: ptr(true)}}))
			if err != nil {
				return nil, err
			}
			list := []User{}
			rows, err := listed(r.GetValue())
			if err != nil {
				return nil, err
			}
			for _, u := range rows {
				if u != nil && len(list) < found {
					list = append(list, userOf(u))
				}
			}
			return list, nil
		})
	}
	list, err := find(fullUser)
	if e := refusal(err); e != nil && e.Status == http.StatusForbidden {
		return find(basicUser)
	}
	return list, err
}

func userOf(u models.Userable) User {
	upn, kind := deref(u.GetUserPrincipalName()), deref(u.GetUserType())
	return User{
		ID: deref(u.GetId()), UPN: upn, Name: deref(u.GetDisplayName()),
		Guest:    isGuest(kind, upn),
		Disabled: u.GetAccountEnabled() != nil && !*u.GetAccountEnabled(),
	}
}

// isGuest goes by the name of the account where the kind may not be read: guests' names carry a mark.
func isGuest(kind, upn string) bool {
	return strings.EqualFold(kind, "Guest") || kind == "" && strings.Contains(strings.ToUpper(upn), "#EXT#")
}

// FindGroups needs Group.ReadBasic.All. Members are not counted.
func (c *client) FindGroups(ctx context.Context, query string) ([]Group, error) {
	const op = "search groups"
	q := searchTerm(query)
	if q == "" {
		return nil, badInput(op, "nothing to search for")
	}
	return do(ctx, c, op, looks, func(ctx context.Context) ([]Group, error) {
		r, err := got(groups.NewGroupsRequestBuilderInternal(nil, c.v1).Get(ctx,
			&groups.GroupsRequestBuilderGetRequestConfiguration{
				Headers: eventual(),
				QueryParameters: &groups.GroupsRequestBuilderGetQueryParameters{
					Search: ptr(`"displayName:` + q + `"`), Filter: ptr("securityEnabled eq true"),
					Select: groupFields, Top: ptr[int32](found), Count: ptr(true)}}))
		if err != nil {
			return nil, err
		}
		list := []Group{}
		rows, err := listed(r.GetValue())
		if err != nil {
			return nil, err
		}
		for _, g := range rows {
			if g != nil && len(list) < found {
				list = append(list, groupOf(g))
			}
		}
		return list, nil
	})
}

var groupFields = []string{"id", "displayName", "securityEnabled", "mailEnabled", "groupTypes"}

// Group needs Group.ReadBasic.All, and GroupMember.ReadBasic.All to count: without it Members is -1.
func (c *client) Group(ctx context.Context, id string) (Group, error) {
	const op = "find a group"
	if uuid.Validate(id) != nil {
		return Group{}, badInput(op, "a group is named by its object id")
	}
	b := groups.NewGroupsRequestBuilderInternal(nil, c.v1).ByGroupId(id)
	g, err := do(ctx, c, op, looks, func(ctx context.Context) (Group, error) {
		g, err := got(b.Get(ctx, &groups.GroupItemRequestBuilderGetRequestConfiguration{
			QueryParameters: &groups.GroupItemRequestBuilderGetQueryParameters{Select: groupFields}}))
		if err != nil {
			return Group{}, err
		}
		if deref(g.GetId()) == "" {
			return Group{}, errEmpty
		}
		return groupOf(g), nil
	})
	if err != nil {
		return Group{}, err
	}
	n, err := do(ctx, c, "count a group", looks, func(ctx context.Context) (int64, error) {
		people := b.TransitiveMembers().GraphUser()
		people.UrlTemplate = documented(people.UrlTemplate)
		r, err := got(people.Get(ctx,
			&groups.ItemTransitiveMembersGraphUserRequestBuilderGetRequestConfiguration{
				Headers: eventual(),
				QueryParameters: &groups.ItemTransitiveMembersGraphUserRequestBuilderGetQueryParameters{
					Select: []string{"id"}, Top: ptr[int32](1), Count: ptr(true)}}))
		if err != nil {
			return -1, err
		}
		if r.GetOdataCount() == nil {
			return -1, nil
		}
		return *r.GetOdataCount(), nil
	})
	if err == nil {
		g.Members = int(n)
	}
	return g, ctx.Err()
}

func groupOf(g models.Groupable) Group {
	kinds := g.GetGroupTypes()
	return Group{
		ID: deref(g.GetId()), Name: deref(g.GetDisplayName()), Security: deref(g.GetSecurityEnabled()),
		MailEnabled: deref(g.GetMailEnabled()), Dynamic: slices.Contains(kinds, "DynamicMembership"), Members: -1,
	}
}

// MemberOf needs GroupMember.Read.All and User.ReadBasic.All. AllUsers, where asked for, is always among the answers.
func (c *client) MemberOf(ctx context.Context, userID string, groupIDs []string) ([]string, error) {
	const op = "look up group membership"
	const most = 20 // of one request
	var in, ask []string
	for _, id := range groupIDs {
		switch {
		case id == AllUsers:
			in = append(in, id)
		case !slices.Contains(ask, id):
			ask = append(ask, id)
		}
	}
	if len(ask) > most {
		return nil, badInput(op, "more than 20 groups")
	}
	if len(ask) == 0 {
		return in, nil
	}
	if err := named(op, userID); err != nil {
		return nil, err
	}
	member, err := do(ctx, c, op, looks, func(ctx context.Context) ([]string, error) {
		body := users.NewItemCheckMemberGroupsPostRequestBody()
		body.SetGroupIds(ask)
		r, err := got(c.user(userID).CheckMemberGroups().PostAsCheckMemberGroupsPostResponse(ctx, body, nil))
		if err != nil {
			return nil, err
		}
		return listed(r.GetValue())
	})
	return append(in, member...), err
}

// documented replaces the SDK's alias of a type by the name that the reference gives.
func documented(urlTemplate string) string {
	return strings.Replace(urlTemplate, "/graph.user", "/microsoft.graph.user", 1)
}

// searchTerm makes typed words safe inside the quotes of $search.
func searchTerm(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}
