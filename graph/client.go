package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	azureauth "github.com/microsoft/kiota-authentication-azure-go"
	khttp "github.com/microsoft/kiota-http-go"
	kjson "github.com/microsoft/kiota-serialization-json-go"
	ktext "github.com/microsoft/kiota-serialization-text-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"

	"keyrollout/internal/secret"
)

// GlobalBaseURL is Microsoft Graph v1.0 in the global cloud. Clouds lists the others.
const GlobalBaseURL = "https://graph.microsoft.com/v1.0"

// Options say which tenant New talks to, and how.
type Options struct {
	// BaseURL ends in /v1.0; the beta address is derived from it. Empty means GlobalBaseURL. Plain http is allowed to
	// localhost only.
	BaseURL string

	// Credential signs in, see SignIn. Bearer is a ready token instead, for the practice tenant.
	Credential azcore.TokenCredential
	Bearer     secret.Secret
	// Scopes are asked of the credential. Empty means all that was consented: BaseURL's host + "/.default".
	Scopes []string
	// StepByStep asks for more than Scopes when the first call comes that needs more: for a person, who consents to it
	// then. An application has what it was given.
	StepByStep bool

	// Transport carries the requests, below the SDK. Nil means net/http's, which honours HTTPS_PROXY.
	Transport http.RoundTripper
	// Clock and Sleep are the time; nil means the real one. Sleep returns the context's error when it ends first.
	Clock func() time.Time
	Sleep func(context.Context, time.Duration) error
	// Waiting, when set, is told before each pause, so that a screen can say why nothing moves.
	Waiting func(op string, d time.Duration)
	// UserAgent is a name and a version, "keyrollout/1.0".
	UserAgent string
	// Practice marks the made-up company: Organization passes it on.
	Practice bool
}

// client is the Tenant behind New.
type client struct {
	v1, beta   kiota.RequestAdapter
	credential azcore.TokenCredential
	scopes     []string
	clock      func() time.Time
	sleep      func(context.Context, time.Duration) error
	waiting    func(string, time.Duration)
	practice   bool
	skew       atomic.Pointer[time.Duration] // how far the tenant's clock is ahead, by the last answer
}

// New makes a Tenant that speaks Microsoft Graph through Microsoft's SDK. It sends nothing yet; an error means that
// the options make no sense.
func New(o Options) (Tenant, error) {
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func newClient(o Options) (*client, error) {
	registerJSON()
	if o.BaseURL == "" {
		o.BaseURL = GlobalBaseURL
	}
	base := strings.TrimRight(o.BaseURL, "/")
	root, isV1 := strings.CutSuffix(base, "/v1.0")
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, fmt.Errorf("graph: address of the tenant: %w", err)
	case u.Host == "" || !isV1:
		return nil, fmt.Errorf("graph: address of the tenant: %q is not of the form https://host/v1.0", base)
	case o.Credential != nil && !o.Bearer.Empty():
		return nil, errors.New("graph: a credential and a token are given: one is enough")
	case o.Credential == nil && o.Bearer.Empty():
		return nil, errors.New("graph: neither a credential nor a token is given")
	}
	if o.Credential == nil {
		o.Credential = staticToken{o.Bearer}
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{u.Scheme + "://" + u.Host + "/.default"}
	}
	if o.StepByStep {
		o.Credential = &stepwise{TokenCredential: o.Credential, cloud: cloudOf(base), have: o.Scopes, refused: map[string]error{}}
	}
	auth, err := azureauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(o.Credential, o.Scopes, []string{u.Hostname()})
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Waiting == nil {
		o.Waiting = func(string, time.Duration) {}
	}
	hc := httpClient(o)
	c := &client{credential: o.Credential, scopes: o.Scopes, clock: o.Clock, sleep: o.Sleep, waiting: o.Waiting, practice: o.Practice}
	for _, a := range []struct {
		adapter *kiota.RequestAdapter
		url     string
	}{{&c.v1, base}, {&c.beta, root + "/beta"}} {
		// One adapter per version: an adapter overwrites the address in every request with its own.
		adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, core.GraphClientOptions{}, nil, nil, hc)
		if err != nil {
			return nil, fmt.Errorf("graph: %w", err)
		}
		adapter.SetBaseUrl(a.url)
		*a.adapter = adapter
	}
	return c, nil
}

// httpClient is the SDK's pipeline in a fixed order (its default order changes from run to run) without its retries,
// which repeat POSTs: see retry.go.
func httpClient(o Options) *http.Client {
	product, version, _ := strings.Cut(o.UserAgent, "/")
	agent := &khttp.UserAgentHandlerOptions{Enabled: product != "", ProductName: product, ProductVersion: version}
	middlewares := []khttp.Middleware{
		core.NewGraphTelemetryHandler(&core.GraphClientOptions{}), // sets client-request-id
		khttp.NewUrlReplaceHandler(true, core.ReplacementPairs),   // makes /me of the SDK's stand-in for it
		newLimiter(o),
		khttp.NewRedirectHandler(),
		khttp.NewUserAgentHandlerWithOptions(agent),
		khttp.NewCompressionHandler(),
		khttp.NewParametersNameDecodingHandler(),
	}
	next := o.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return &http.Client{
		// No Timeout here: the SDK would apply it to signing in, too, and a person takes longer. See wire.
		Transport:     khttp.NewCustomTransportWithParentTransport(wire{next}, middlewares...),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// registerJSON does what the SDK's root client would do: without it every call ends in "no factory registered".
var registerJSON = sync.OnceFunc(func() {
	kiota.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return kjson.NewJsonSerializationWriterFactory()
	})
	kiota.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return kjson.NewJsonParseNodeFactory() })
	kiota.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return ktext.NewTextParseNodeFactory() })
})

// staticToken is a token that somebody else obtained.
type staticToken struct{ s secret.Secret }

func (t staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	var a azcore.AccessToken
	t.s.Use(func(b []byte) { a.Token = string(b) }) // a header is a string
	if a.Token == "" {
		return a, errors.New("the token has been wiped")
	}
	return a, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
