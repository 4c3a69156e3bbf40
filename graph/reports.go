package graph

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/reports"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// bigPage is the largest page Graph gives of the members of a group, and of the users.
const bigPage = 999

func (c *client) GroupMembers(ctx context.Context, groupID string) iter.Seq2[User, error] {
	const op = "list the members of a group"
	if uuid.Validate(groupID) != nil {
		return func(yield func(User, error) bool) {
			yield(User{}, badInput(op, "a group is named by its object id"))
		}
	}
	type member struct {
		ID      string `json:"id"`
		UPN     string `json:"userPrincipalName"`
		Name    string `json:"displayName"`
		Kind    string `json:"userType"`
		Enabled *bool  `json:"accountEnabled"`
	}
	list := rows[member](ctx, c, c.v1, op, func(ctx context.Context) (*kiota.RequestInformation, error) {
		people := groups.NewGroupsRequestBuilderInternal(nil, c.v1).ByGroupId(groupID).TransitiveMembers().GraphUser()
		people.UrlTemplate = documented(people.UrlTemplate)
		return people.ToGetRequestInformation(ctx, &groups.ItemTransitiveMembersGraphUserRequestBuilderGetRequestConfiguration{
			Headers: eventual(),
			QueryParameters: &groups.ItemTransitiveMembersGraphUserRequestBuilderGetQueryParameters{
				Select: fullUser, Top: ptr[int32](bigPage), Count: ptr(true)}})
	})
	return mapped(list, func(m member) User {
		return User{ID: m.ID, UPN: m.UPN, Name: m.Name, Guest: isGuest(m.Kind, m.UPN), Disabled: m.Enabled != nil && !*m.Enabled}
	})
}

func (c *client) Everybody(ctx context.Context) iter.Seq2[User, error] {
	type account struct {
		ID   string `json:"id"`
		UPN  string `json:"userPrincipalName"`
		Name string `json:"displayName"`
	}
	list := rows[account](ctx, c, c.v1, "list the users", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, &users.UsersRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Select: basicUser, Top: ptr[int32](bigPage)}})
	})
	return mapped(list, func(u account) User { return User{ID: u.ID, UPN: u.UPN, Name: u.Name} })
}

func (c *client) Registered(ctx context.Context) iter.Seq2[Registered, error] {
	type details struct {
		ID           string    `json:"id"`
		UPN          string    `json:"userPrincipalName"`
		Name         string    `json:"userDisplayName"`
		Kind         string    `json:"userType"`
		Admin        bool      `json:"isAdmin"`
		MFA          bool      `json:"isMfaRegistered"`
		Passwordless bool      `json:"isPasswordlessCapable"`
		Methods      []string  `json:"methodsRegistered"`
		Updated      time.Time `json:"lastUpdatedDateTime"`
	}
	list := rows[details](ctx, c, c.v1, "read who has registered what", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return reports.NewAuthenticationMethodsUserRegistrationDetailsRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx, nil)
	})
	return mapped(list, func(d details) Registered {
		return Registered{User: User{ID: d.ID, UPN: d.UPN, Name: d.Name, Guest: isGuest(d.Kind, d.UPN)},
			Admin: d.Admin, MFA: d.MFA, Passwordless: d.Passwordless, Methods: d.Methods, Updated: d.Updated}
	})
}

func (c *client) Audits(ctx context.Context, since time.Time) iter.Seq2[Audit, error] {
	type audit struct {
		ID       string    `json:"id"`
		Time     time.Time `json:"activityDateTime"`
		Activity string    `json:"activityDisplayName"`
		Category string    `json:"category"`
		Result   string    `json:"result"`
		Reason   string    `json:"resultReason"`
		By       struct {
			User *struct {
				UPN string `json:"userPrincipalName"`
			} `json:"user"`
			App *struct {
				Name string `json:"displayName"`
			} `json:"app"`
		} `json:"initiatedBy"`
		Targets []struct {
			ID  string `json:"id"`
			UPN string `json:"userPrincipalName"`
		} `json:"targetResources"`
		Details []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		} `json:"additionalDetails"`
	}
	filter := "loggedByService eq 'Authentication Methods' and activityDateTime ge " + since.UTC().Format(time.RFC3339)
	list := rows[audit](ctx, c, c.v1, "read the audit log", func(ctx context.Context) (*kiota.RequestInformation, error) {
		return auditlogs.NewDirectoryAuditsRequestBuilderInternal(nil, c.v1).ToGetRequestInformation(ctx,
			&auditlogs.DirectoryAuditsRequestBuilderGetRequestConfiguration{
				QueryParameters: &auditlogs.DirectoryAuditsRequestBuilderGetQueryParameters{Filter: &filter}})
	})
	return mapped(list, func(w audit) Audit {
		a := Audit{ID: w.ID, Time: w.Time, Activity: w.Activity, Category: w.Category, Success: w.Result == "success", Reason: w.Reason,
			Details: map[string]string{}}
		switch {
		case w.By.User != nil && w.By.User.UPN != "":
			a.By = w.By.User.UPN
		case w.By.App != nil:
			a.By = w.By.App.Name
		}
		if len(w.Targets) > 0 {
			a.TargetID, a.TargetUPN = w.Targets[0].ID, w.Targets[0].UPN
		}
		for _, d := range w.Details {
			a.Details[d.Key] = d.Value
		}
		return a
	})
}

func mapped[A, B any](list iter.Seq2[A, error], f func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for a, err := range list {
			var b B
			if err == nil {
				b = f(a)
			}
			if !yield(b, err) {
				return
			}
		}
	}
}
