package graph

import (
	"context"
	"net/http"
	"strings"

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
	return orBasic(func(fields []string) (User, error) {
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

// orBasic asks for all fields of users, and for the basic ones where the right to the others is missing.
func orBasic[T any](read func(fields []string) (T, error)) (T, error) {
	v, err := read(fullUser)
	if e := refusal(err); e != nil && e.Status == http.StatusForbidden {
		if basic, err := read(basicUser); err == nil {
			return basic, nil
		}
	}
	return v, err
}

// FindUsers needs User.ReadBasic.All.
func (c *client) FindUsers(ctx context.Context, query string) ([]User, error) {
	const op = "search users"
	q := searchTerm(query)
	if q == "" {
		return nil, badInput(op, "nothing to search for")
	}
	search := `"displayName:` + q + `" OR "userPrincipalName:` + q + `"`
	return orBasic(func(fields []string) ([]User, error) {
		return do(ctx, c, op, looks, func(ctx context.Context) ([]User, error) {
			r, err := got(users.NewUsersRequestBuilderInternal(nil, c.v1).Get(ctx,
				&users.UsersRequestBuilderGetRequestConfiguration{
					Headers: eventual(),
					QueryParameters: &users.UsersRequestBuilderGetQueryParameters{
						Search: &search, Select: fields, Top: ptr[int32](found), Count: ptr(true)}}))
			if err != nil {
				return nil, err
			}
			rows, err := listed(r.GetValue())
			if err != nil {
				return nil, err
			}
			list := []User{}
			for _, u := range rows {
				if u != nil && len(list) < found {
					list = append(list, userOf(u))
				}
			}
			return list, nil
		})
	})
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

// searchTerm makes typed words safe inside the quotes of $search.
func searchTerm(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}
