package graph

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyrollout/internal/secret"
)

// Road is a way to sign in to a tenant.
type Road string

const (
	ByDeviceCode  Road = "device-code" // a code, typed on any device: for SSH. Often blocked
	ByBrowser     Road = "browser"     // a page, on this machine or through a forwarded port
	ByAzureCLI    Road = "azure-cli"   // who is signed in with "az login"
	ByCertificate Road = "certificate" // an application
	BySecret      Road = "secret"      // an application; a certificate is better
	ByWorkload    Road = "workload"    // an application in a cluster or pipeline, by federation
	ByManaged     Road = "managed"     // an application on an Azure machine
	ByEnvironment Road = "environment" // an application, as AZURE_TENANT_ID, AZURE_CLIENT_ID and so on say
)

// CommandLineApp is Microsoft Graph Command Line Tools, the client id where an organisation has no app of its own:
// what is consented to it, everybody's command line can use.
const CommandLineApp = "14d82eec-204b-4c2f-b7e8-296a70dab67e"

// LogInOptions say who signs in, where and how.
type LogInOptions struct {
	Road     Road
	Cloud    Cloud  // zero = global
	TenantID string // id or a domain; empty = the person's own ("organizations"), not for applications
	ClientID string // empty = CommandLineApp, not for applications
	Scopes   []string

	ShowCode func(DeviceCode) error // ByDeviceCode: shows the code; must not block
	ShowPage func(url string) error // ByBrowser: shows or opens the page; must not block. The URL is good once
	Port     int                    // ByBrowser: where the browser comes back, on localhost; 0 = any free port
	Hint     string                 // ByBrowser: user principal name to begin with

	Certificate []byte        // ByCertificate: PEM or PKCS #12 with the private key
	Password    secret.Secret // of the certificate
	Secret      secret.Secret // BySecret

	Keep TokenStore // ByDeviceCode, ByBrowser: where the sign-in is kept for the next run; nil = nowhere

	Transport http.RoundTripper // nil = net/http's
}

// DeviceCode is what a person types at URL on any device until Expires. Message is Microsoft's own sentence.
type DeviceCode struct {
	Code, URL, Message string
	Expires            time.Time
}

// LogIn signs in now and returns a credential for Options.Credential. Tokens stay in memory unless Keep says otherwise,
// and are renewed without asking as long as Microsoft allows.
//
// Errors are *Error unless the context ended; Code is one of the CodeLogIn constants or Entra's own ("AADSTS…").
func LogIn(ctx context.Context, o LogInOptions) (azcore.TokenCredential, error) {
	if o.Cloud.Login == "" {
		o.Cloud = Clouds[0]
	}
	if o.ClientID == "" {
		o.ClientID = CommandLineApp
	}
	if len(o.Scopes) == 0 {
		o.Scopes = ScopesFor(o.Cloud, "tenant-read")
	}
	cred, err := o.credential()
	if err != nil {
		return nil, o.explain(err)
	}
	if o.Road != ByDeviceCode && o.Road != ByBrowser {
		// Applications, and Azure CLI, have all rights they were given at once; no others can be asked for.
		o.Scopes = []string{o.Cloud.resource() + ".default"}
	}
	if _, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: o.Scopes, EnableCAE: true}); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, o.explain(err)
	}
	return explained{cred, o}, nil
}

func (o LogInOptions) credential() (azcore.TokenCredential, error) {
	client := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: o.Cloud.Login}}
	if o.Transport != nil {
		client.Transport = &http.Client{Transport: o.Transport}
	}
	if o.Road != ByManaged { // whose endpoint may be slow to come up, and which knows how to wait for it
		client.Retry = policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Second} // who cannot get through hears it soon
	}
	switch o.Road {
	case ByDeviceCode, ByBrowser:
		return newPerson(o)
	case ByAzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: o.TenantID})
	case ByCertificate:
		return o.certificate(client)
	case BySecret:
		var value string
		o.Secret.Use(func(b []byte) { value = string(b) }) // the library takes a string
		return azidentity.NewClientSecretCredential(o.TenantID, o.ClientID, value, &azidentity.ClientSecretCredentialOptions{ClientOptions: client})
	case ByWorkload:
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: client, TenantID: o.TenantID, ClientID: own(o.ClientID)})
	case ByManaged:
		m := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: client}
		if id := own(o.ClientID); id != "" {
			m.ID = azidentity.ClientID(id)
		}
		return azidentity.NewManagedIdentityCredential(m)
	case ByEnvironment:
		return azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{ClientOptions: client})
	}
	return nil, badInput(logInOp, "there is no way to sign in called "+string(o.Road))
}

func (o LogInOptions) certificate(client azcore.ClientOptions) (azcore.TokenCredential, error) {
	var password []byte
	o.Password.Use(func(b []byte) { password = append([]byte(nil), b...) })
	defer clear(password)
	certs, key, err := azidentity.ParseCertificates(o.Certificate, password)
	if err != nil {
		return nil, &Error{Op: logInOp, Code: CodeLogInCert, Message: "the certificate file cannot be read: it needs the certificate and its private key, PEM or PKCS #12, and the right password"}
	}
	return azidentity.NewClientCertificateCredential(o.TenantID, o.ClientID, certs, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: client, SendCertificateChain: true})
}

// own is a client id that somebody chose, not the stand-in.
func own(id string) string {
	if id == CommandLineApp {
		return ""
	}
	return id
}

// explained is a credential whose errors are told like those of LogIn.
type explained struct {
	azcore.TokenCredential
	o LogInOptions
}

func (e explained) GetToken(ctx context.Context, t policy.TokenRequestOptions) (azcore.AccessToken, error) {
	a, err := e.TokenCredential.GetToken(ctx, t)
	if err != nil && ctx.Err() == nil {
		err = e.o.explain(err)
	}
	return a, err
}
