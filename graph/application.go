package graph

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// application reads from the token who is signed in when it is an application, which Graph does not tell. Tokens are
// documented as opaque, so nothing but this name depends on it.
func (c *client) application(ctx context.Context) (User, bool) {
	t, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: c.scopes})
	if err != nil {
		return User{}, false
	}
	parts := strings.Split(t.Token, ".")
	if len(parts) != 3 {
		return User{}, false
	}
	var claims struct {
		Kind string `json:"idtyp"`
		ID   string `json:"oid"`
		Name string `json:"app_displayname"`
		App  string `json:"appid"`
		User string `json:"upn"`
		For  string `json:"scp"` // rights on behalf of a person
	}
	if json.Unmarshal(decodeBytes(parts[1]), &claims) != nil {
		return User{}, false
	}
	if claims.Kind != "app" && (claims.User != "" || claims.For != "") {
		return User{}, false
	}
	u := User{ID: claims.ID, Name: claims.Name}
	if u.Name == "" {
		u.Name = claims.App
	}
	return u, u.ID != ""
}
