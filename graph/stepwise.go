package graph

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// stepwise asks for a permission when the first call comes that needs it ("incremental and dynamic consent", Microsoft
// identity platform). What was consented to before is had without asking anybody; else the person signs in once more.
type stepwise struct {
	azcore.TokenCredential
	cloud Cloud

	mu      sync.Mutex
	have    []string         // asked for so far
	refused map[string]error // by part: what is only good to know nobody is asked for twice
}

// GetToken gives a token for what was asked so far and for the call that ctx belongs to.
func (s *stepwise) GetToken(ctx context.Context, t policy.TokenRequestOptions) (azcore.AccessToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	part := partUnderWay(ctx)
	if err := s.refused[part]; err != nil {
		return azcore.AccessToken{}, err
	}
	want := slices.Clone(s.have)
	for _, scope := range ScopesFor(s.cloud, part) {
		if !Holds(want, scope) {
			want = append(want, scope)
		}
	}
	t.Scopes = want
	token, err := s.TokenCredential.GetToken(ctx, t)
	switch e := refusal(err); {
	case err == nil:
		s.have = want
	case e != nil && len(want) > len(s.have) && (e.Code == CodeLogInConsent || e.Code == CodeLogInDeclined):
		named := *e
		named.Status, named.Code, named.Message = http.StatusForbidden, CodeLogInConsent, "the permission for it was not granted"
		err = &named
		if part == "tenant-check" || part == "sign-in" { // many calls, and a rollout does without
			s.refused[part] = err
		}
	}
	return token, err
}

// partUnderWay is the part of a rollout to which the call belongs that needs the token.
func partUnderWay(ctx context.Context) string {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		return ""
	}
	return needs[x.op].part
}

// broader are permissions that are more than others: who has one needs none of what it covers.
var broader = map[string][]string{
	"User.Read.All":                          {"User.ReadBasic.All"},
	"Group.Read.All":                         {"Group.ReadBasic.All", "GroupMember.Read.All"},
	"Organization.Read.All":                  {"User.Read"}, // an application reads the organisation where a person reads themselves
	"Directory.Read.All":                     {"User.Read", "User.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "Organization.Read.All", "LicenseAssignment.Read.All"},
	"UserAuthenticationMethod.Read.All":      {"UserAuthMethod-TAP.Read.All", "UserAuthMethod-Passkey.Read.All"},
	"UserAuthenticationMethod.ReadWrite.All": {"UserAuthMethod-TAP.Read.All", "UserAuthMethod-Passkey.Read.All", "UserAuthMethod-TAP.ReadWrite.All", "UserAuthMethod-Passkey.ReadWrite.All"},
}

// Holds reports whether a permission is among those, or one that is more: writing is reading too.
func Holds(have []string, scope string) bool {
	name := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] } // without the address of a cloud's Graph
	scope = name(scope)
	return slices.ContainsFunc(have, func(h string) bool {
		h = name(h)
		return strings.EqualFold(h, scope) || strings.EqualFold(strings.Replace(h, ".ReadWrite.", ".Read.", 1), scope) || slices.Contains(broader[h], scope)
	})
}

// cloudOf is the cloud whose Graph has this address; the global one for an address of no cloud.
func cloudOf(base string) Cloud {
	for _, c := range Clouds {
		if c.Graph == base {
			return c
		}
	}
	return Clouds[0]
}
