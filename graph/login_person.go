package graph

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

// person signs a person in by device code or browser. It stands on the library under azidentity, because azidentity
// tells neither when a code expires nor which page to open.
type person struct {
	o      LogInOptions
	client public.Client

	mu      sync.Mutex // one question to the person at a time
	account public.Account
	in      bool // signed in by this process
}

func newPerson(o LogInOptions) (*person, error) {
	tenant := o.TenantID
	if tenant == "" {
		tenant = "organizations"
	}
	opts := []public.Option{
		public.WithAuthority(strings.TrimRight(o.Cloud.Login, "/") + "/" + tenant),
		public.WithClientCapabilities([]string{"CP1"}), // continuous access evaluation: long tokens that can be revoked
	}
	if o.Transport != nil {
		opts = append(opts, public.WithHTTPClient(&http.Client{Transport: o.Transport}))
	}
	if o.Keep != nil {
		opts = append(opts, public.WithCache(tokenCache{o.Keep}))
	}
	c, err := public.New(o.ClientID, opts...)
	if err != nil {
		return nil, err
	}
	return &person{o: o, client: c}, nil
}

func (p *person) GetToken(ctx context.Context, t policy.TokenRequestOptions) (azcore.AccessToken, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.token(ctx, t)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	if was := p.account; p.in && was.HomeAccountID != r.Account.HomeAccountID {
		return azcore.AccessToken{}, &Error{Op: logInOp, Code: CodeLogInOther,
			Message: fmt.Sprintf("%s is signed in here, and %s signed in now", was.PreferredUsername, r.Account.PreferredUsername)}
	}
	p.account, p.in = r.Account, true
	return azcore.AccessToken{Token: r.AccessToken, ExpiresOn: r.ExpiresOn.UTC(), RefreshOn: r.Metadata.RefreshOn.UTC()}, nil
}

func (p *person) token(ctx context.Context, t policy.TokenRequestOptions) (public.AuthResult, error) {
	if p.account.IsZero() && p.o.Keep != nil {
		p.account = p.known(ctx)
	}
	if !p.account.IsZero() {
		r, err := p.client.AcquireTokenSilent(ctx, t.Scopes, public.WithSilentAccount(p.account), public.WithClaims(t.Claims))
		if err == nil || ctx.Err() != nil {
			return r, err
		}
	}
	if p.o.Road == ByBrowser {
		hint := cmp.Or(p.account.PreferredUsername, p.o.Hint)
		opts := []public.AcquireInteractiveOption{public.WithClaims(t.Claims), public.WithLoginHint(hint)}
		if p.o.Port != 0 {
			opts = append(opts, public.WithRedirectURI(fmt.Sprintf("http://localhost:%d", p.o.Port)))
		}
		if p.o.ShowPage == nil {
			return public.AuthResult{}, badInput(logInOp, "nobody is there to open the page")
		}
		return p.client.AcquireTokenInteractive(ctx, t.Scopes, append(opts, public.WithOpenURL(p.o.ShowPage))...)
	}
	if p.o.ShowCode == nil {
		return public.AuthResult{}, badInput(logInOp, "nobody is there to read the code")
	}
	dc, err := p.client.AcquireTokenByDeviceCode(ctx, t.Scopes, public.WithClaims(t.Claims))
	if err != nil {
		return public.AuthResult{}, err
	}
	err = p.o.ShowCode(DeviceCode{Code: dc.Result.UserCode, URL: dc.Result.VerificationURL, Message: dc.Result.Message, Expires: dc.Result.ExpiresOn})
	if err != nil {
		return public.AuthResult{}, err
	}
	return dc.AuthenticationResult(ctx)
}

// known is who signed in on this machine before: the one hinted at, or the only one.
func (p *person) known(ctx context.Context) public.Account {
	list, err := p.client.Accounts(ctx)
	if err != nil {
		return public.Account{} // then they sign in again
	}
	for _, a := range list {
		if strings.EqualFold(a.PreferredUsername, p.o.Hint) || p.o.Hint == "" && len(list) == 1 {
			return a
		}
	}
	return public.Account{}
}
