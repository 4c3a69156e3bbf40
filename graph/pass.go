package graph

import (
	"context"
	"net/http"
	"time"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"keyrollout/internal/secret"
)

func (c *client) passes(userID string) *users.ItemAuthenticationTemporaryAccessPassMethodsRequestBuilder {
	return c.user(userID).Authentication().TemporaryAccessPassMethods()
}

// Passes needs UserAuthMethod-TAP.Read.All. A user has at most one; its value is not told again.
func (c *client) Passes(ctx context.Context, userID string) ([]Pass, error) {
	const op = "list the passes of a user"
	if err := named(op, userID); err != nil {
		return nil, err
	}
	return do(ctx, c, op, looks, func(ctx context.Context) ([]Pass, error) {
		r, err := got(c.passes(userID).Get(ctx, nil))
		if err != nil {
			return nil, err
		}
		list := []Pass{}
		rows, err := listed(r.GetValue())
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			if m != nil {
				list = append(list, passOf(m))
			}
		}
		return list, nil
	})
}

func passOf(m models.TemporaryAccessPassAuthenticationMethodable) Pass {
	return Pass{
		ID: deref(m.GetId()), Created: deref(m.GetCreatedDateTime()), Start: deref(m.GetStartDateTime()),
		Lifetime: time.Duration(deref(m.GetLifetimeInMinutes())) * time.Minute, Once: deref(m.GetIsUsableOnce()),
		Usable: deref(m.GetIsUsable()), Reason: deref(m.GetMethodUsabilityReason()),
	}
}

// passRequest is what is asked for; what is left out is the policy's default.
type passRequest struct {
	Start    *time.Time `json:"startDateTime,omitempty"`
	Lifetime int        `json:"lifetimeInMinutes,omitempty"`
	Once     bool       `json:"isUsableOnce,omitempty"`
}

// passAnswer is the only answer that holds a pass. It is not read with the SDK's type, which keeps it in a string.
type passAnswer struct {
	ID       string     `json:"id"`
	Value    secretText `json:"temporaryAccessPass"`
	Created  time.Time  `json:"createdDateTime"`
	Start    time.Time  `json:"startDateTime"`
	Lifetime int        `json:"lifetimeInMinutes"`
	Once     bool       `json:"isUsableOnce"`
	Usable   bool       `json:"isUsable"`
	Reason   string     `json:"methodUsabilityReason"`
}

// IssuePass needs UserAuthMethod-TAP.ReadWrite.All and a role over the user.
func (c *client) IssuePass(ctx context.Context, userID string, r PassRequest) (Pass, error) {
	const op = "issue a pass"
	if r.Lifetime%time.Minute != 0 || r.Lifetime < 0 {
		return Pass{}, badInput(op, "the lifetime of a pass is whole minutes")
	}
	if err := named(op, userID); err != nil {
		return Pass{}, err
	}
	ask := passRequest{Lifetime: int(r.Lifetime / time.Minute), Once: r.Once}
	if !r.Start.IsZero() {
		ask.Start = ptr(r.Start.UTC().Truncate(time.Second)) // Graph takes UTC only
	}
	return do(ctx, c, op, happensOnce, func(ctx context.Context) (Pass, error) {
		ri, err := c.passes(userID).ToGetRequestInformation(ctx, nil)
		if err == nil {
			ri, err = sending(ri, kiota.POST, ask)
		}
		if err != nil {
			return Pass{}, err
		}
		b, err := raw(ctx, c.v1, ri)
		if err != nil {
			return Pass{}, err
		}
		defer clear(b)
		var a passAnswer
		if err := unmarshal(b, &a); err != nil {
			secret.Secret(a.Value).Wipe()
			return Pass{}, errHidden // the decoder's own words may quote the answer
		}
		if secret.Secret(a.Value).Empty() || a.ID == "" {
			return Pass{}, errEmpty
		}
		return Pass{ID: a.ID, Value: secret.Secret(a.Value), Created: a.Created, Start: a.Start,
			Lifetime: time.Duration(a.Lifetime) * time.Minute, Once: a.Once, Usable: a.Usable, Reason: a.Reason}, nil
	})
}

// RevokePass needs UserAuthMethod-TAP.ReadWrite.All.
func (c *client) RevokePass(ctx context.Context, userID, passID string) error {
	const op = "revoke a pass"
	if err := named(op, userID, passID); err != nil {
		return err
	}
	_, err := do(ctx, c, op, removes, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.passes(userID).ByTemporaryAccessPassAuthenticationMethodId(passID).Delete(ctx, nil)
	})
	return err
}

// NotFound reports whether err says that the thing or the person does not exist, or may not be seen.
func NotFound(err error) bool {
	e := refusal(err)
	return e != nil && e.Status == http.StatusNotFound
}
