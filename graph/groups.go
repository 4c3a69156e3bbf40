package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

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
		rows, err := listed(r.GetValue())
		if err != nil {
			return nil, err
		}
		list := []Group{}
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
