package graph

import (
	"context"
	"maps"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"
)

// Policies are read and written as JSON, not as the SDK's types, because these lose values they do not know and Graph
// replaces arrays whole: what is not sent back is gone.

// readPolicy gives one configuration of the authentication methods policy as it came.
func (c *client) readPolicy(ctx context.Context, id string) ([]byte, error) {
	ri, err := c.policy(id).ToGetRequestInformation(ctx, nil)
	if err != nil {
		return nil, err
	}
	return raw(ctx, c.v1, ri)
}

// writePolicy sends a PATCH: what is left out stays, an array that is sent replaces the whole array.
func (c *client) writePolicy(ctx context.Context, op, id, odataType string, b body) error {
	b = maps.Clone(b)
	b["@odata.type"] = odataType // Graph refuses the body without it
	_, err := do(ctx, c, op, settles, func(ctx context.Context) (struct{}, error) {
		ri, err := c.policy(id).ToGetRequestInformation(ctx, nil)
		if err == nil {
			ri, err = sending(ri, kiota.PATCH, b)
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, c.v1.SendNoContent(ctx, ri, onError)
	})
	return err
}

func (c *client) policy(id string) *policies.AuthenticationMethodsPolicyAuthenticationMethodConfigurationsAuthenticationMethodConfigurationItemRequestBuilder {
	return policies.NewAuthenticationMethodsPolicyAuthenticationMethodConfigurationsRequestBuilderInternal(nil, c.v1).
		ByAuthenticationMethodConfigurationId(id)
}
