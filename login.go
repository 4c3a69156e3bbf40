package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// Variables that hold what must not stand on a command line, where every process of the machine can read it.
const (
	secretVariable      = "KEYROLLOUT_CLIENT_SECRET"
	certificateVariable = "KEYROLLOUT_CERTIFICATE_PASSWORD"
)

// signInOptions are the flags of every command that reaches a tenant.
type signInOptions struct {
	road, tenant, clientID, cloud    string
	certificate, ca, trace, practice string
	keep                             bool

	parts []string // of a rollout, by graph.Rights: what permissions are asked for at once; nil = what reading takes
}

// roads in the order they are told.
var roads = []graph.Road{graph.ByDeviceCode, graph.ByBrowser, graph.ByAzureCLI, graph.ByCertificate, graph.BySecret, graph.ByWorkload, graph.ByManaged, graph.ByEnvironment}

// signInFlags are added to a command that reaches a tenant.
func (a *app) signInFlags(f *pflag.FlagSet) {
	o := &a.login
	f.StringVar(&o.road, "login", "", "`WAY` to sign in: device-code, browser, azure-cli; as an application: certificate, secret ("+secretVariable+"), workload, managed, environment")
	f.StringVar(&o.tenant, "tenant", "", "`DOMAIN` or id of the organisation")
	f.StringVar(&o.clientID, "client-id", "", "`ID` of the organisation's own app registration (keyrollout tenant app); else Microsoft's command-line app")
	f.StringVar(&o.cloud, "cloud", "", "`NAME` of the cloud: global, gcc-high, dod or china")
	f.StringVar(&o.certificate, "certificate", "", "`FILE` with the application's certificate and key, PEM or PKCS #12; its password is asked for, or in "+certificateVariable)
	f.StringVar(&o.ca, "ca", "", "`FILE` with more certificate authorities to trust (PEM), where the network looks into TLS")
	f.StringVar(&o.trace, "trace", "", "write the HTTP to `FILE` for a support case, without people and secrets")
	f.BoolVar(&o.keep, "keep-login", false, "keep the sign-in for the next time, in the system's key store")
	f.StringVar(&o.practice, "practice-at", "", "the practice tenant that  keyrollout practice serve  serves at `URL`")
}

// reading is what every look at a tenant takes. A person consents to more when a step needs more.
var reading = []string{"tenant-read", "tenant-check", "methods-read"}

// partsOf is what the commands certainly need of a tenant, so that nobody is asked for more than the command does, nor
// twice; other commands begin by reading.
var partsOf = map[string][]string{
	"check":      {"tenant-read", "tenant-check", "sign-in"},
	"plan":       {"tenant-read", "tenant-check", "methods-read", "sign-in"},
	"apply":      {"tenant-read", "tenant-check", "methods-read", "sign-in", "tenant-write"},
	"undo":       {"tenant-read", "tenant-check", "methods-read", "sign-in", "tenant-write"},
	"app":        {"tenant-read"},
	"issue":      {"tenant-read", "tenant-check", "pass"},
	"issue-many": {"tenant-read", "tenant-check", "pass"},
	"list":       {"tenant-read", "methods-read"},
	"revoke":     {"tenant-read", "pass"},
}

// reaches adds the flags for signing in to a command and those below it, and has only their permissions asked for.
func (a *app) reaches(cmd *cobra.Command) *cobra.Command {
	a.signInFlags(cmd.PersistentFlags())
	cmd.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		a.login.parts = partsOf[cmd.Name()]
		return a.before(cmd, args) // cobra runs the nearest one only
	}
	return cmd
}

// check finds flags that make no sense together. It returns the cloud and the way to sign in; an empty way is asked
// for.
func (o *signInOptions) check() (cloud graph.Cloud, road graph.Road, err error) {
	cloud, ok := graph.CloudByID(o.cloud)
	if !ok {
		return cloud, "", usageError{steps.T("--cloud is global, gcc-high, dod or china, not %q", o.cloud)}
	}
	road = graph.Road(o.road)
	if road == "" && o.certificate != "" {
		road = graph.ByCertificate
	}
	switch {
	case road != "" && !slices.Contains(roads, road):
		err = usageError{steps.T("--login is device-code, browser, azure-cli, certificate, secret, workload, managed or environment, not %q", o.road)}
	case o.tenant != "" && !tenantName.MatchString(o.tenant):
		err = usageError{steps.T("--tenant is a domain such as contoso.com, or the organisation's id, not %q", o.tenant)}
	case (road == graph.ByCertificate) != (o.certificate != ""):
		err = usageError{steps.T("--login certificate and --certificate FILE go together")}
	case (road == graph.ByCertificate || road == graph.BySecret) && (o.tenant == "" || o.clientID == ""):
		err = usageError{steps.T("--login %s needs --tenant and --client-id", road)}
	case o.practice != "":
		err = o.checkPractice(cloud, road)
	}
	return cloud, road, err
}

// tenantName is a domain, an id, or one of the names that Entra gives to several: part of an address, so nothing else
// may stand in it.
var tenantName = regexp.MustCompile(`^[\pL\pN][\pL\pN.-]*$`)

// rehearsing finds flags of a sign-in beside --practice, where nobody signs in: what they ask for would not happen.
func (o *signInOptions) rehearsing() error {
	for _, f := range []struct {
		name string
		set  bool
	}{{"login", o.road != ""}, {"tenant", o.tenant != ""}, {"client-id", o.clientID != ""}, {"cloud", o.cloud != ""}, {"certificate", o.certificate != ""},
		{"ca", o.ca != ""}, {"trace", o.trace != ""}, {"keep-login", o.keep}, {"practice-at", o.practice != ""}} {
		if f.set {
			return usageError{steps.T("--%s has no meaning with --practice, where nobody signs in and nothing is sent; a practice tenant to sign in to:  keyrollout practice serve", f.name)}
		}
	}
	return nil
}

// checkPractice keeps what is real from a practice tenant: tokens of Azure CLI, of this machine or kept by an earlier
// sign-in would be sent there.
func (o *signInOptions) checkPractice(cloud graph.Cloud, road graph.Road) error {
	u, err := url.Parse(o.practice)
	if err != nil || u.Host == "" {
		return usageError{steps.T("--practice-at %q: not the address that  keyrollout practice serve  printed", o.practice)}
	}
	switch {
	case !isLoopback(u.Hostname()):
		return usageError{steps.T("--practice-at %s: a practice tenant on this computer is meant", o.practice)}
	case o.keep:
		return usageError{steps.T("--keep-login and --practice-at: nothing is kept of a practice tenant")}
	case cloud.ID != graph.Clouds[0].ID:
		return usageError{steps.T("--cloud and --practice-at: the practice tenant plays the global cloud")}
	case road != "" && !slices.Contains(practiceRoads, road):
		return usageError{steps.T("--login %s and --practice-at: a real token would go to the practice tenant; sign in there with device-code, browser, certificate or secret", road)}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var practiceRoads = []graph.Road{graph.ByDeviceCode, graph.ByBrowser, graph.ByCertificate, graph.BySecret}

// scopes are the permissions to ask for at once, as a cloud names them.
func (o *signInOptions) scopes(cloud graph.Cloud) []string {
	parts := o.parts
	if parts == nil {
		parts = reading
	}
	return graph.ScopesFor(cloud, parts...)
}

// transport carries what is sent, to the sign-in and to Graph alike.
func (a *app) transport() (http.RoundTripper, error) {
	var ca []byte
	if a.login.ca != "" {
		var err error
		if ca, err = os.ReadFile(a.login.ca); err != nil {
			return nil, fileProblem("ca", err)
		}
	}
	direct, err := graph.NewTransport(ca)
	if err != nil {
		return nil, fileProblem("ca", fmt.Errorf("%s: %w", a.login.ca, err))
	}
	var rt http.RoundTripper = direct
	if a.login.practice != "" {
		if rt, err = practice.Dial(a.login.practice, rt); err != nil {
			return nil, err
		}
	}
	if a.login.trace == "" {
		return rt, nil
	}
	f, err := os.OpenFile(a.login.trace, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fileProblem("trace", err)
	}
	a.trace = &output{File: f}
	return graph.Trace(rt, a.trace), nil // open as long as the process: every exchange is written as it ends
}

// fileProblem is a file named on the command line that cannot be used.
func fileProblem(code string, err error) *steps.Problem {
	return &steps.Problem{Code: code, What: steps.T("A file that was named cannot be used: %s.", inWords(err)), State: steps.T("Nothing was sent."), Err: err,
		Next: []steps.Choice{{ID: "retry", Text: steps.T("name a file that is there and may be read, or a place that may be written to")}}}
}

// store is where a sign-in is kept, nowhere unless that was asked for. A system without a key store keeps it in memory.
func (a *app) store(tell func(steps.Event)) (graph.TokenStore, error) {
	if !a.login.keep {
		return nil, nil
	}
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	s, err := graph.SystemStore(filepath.Join(dir, keptFile))
	if err != nil {
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("This system offers no key store at the moment: the sign-in is kept in memory only.")})
		return nil, nil
	}
	return s, nil
}

// application fills in what an application signs in with.
func (a *app) application(ctx context.Context, ask steps.Asker, o *graph.LogInOptions) (err error) {
	switch o.Road {
	case graph.BySecret:
		if a.env(secretVariable) == "" {
			return usageError{steps.T("--login secret: the secret is expected in the variable %s", secretVariable)}
		}
		o.Secret = secret.New([]byte(a.env(secretVariable)))
	case graph.ByCertificate:
		if o.Certificate, err = os.ReadFile(a.login.certificate); err != nil {
			return fileProblem("certificate", err)
		}
		o.Password, err = a.certificatePassword(ctx, ask, o.Certificate)
	}
	return err
}

// client makes a tenant of a credential.
func (a *app) client(cred azcore.TokenCredential, o graph.LogInOptions, tell func(steps.Event)) (graph.Tenant, error) {
	scopes := o.Scopes
	if !isPerson(o.Road) {
		scopes = nil // they have all that they were given; nothing else can be asked for
	}
	return graph.New(graph.Options{BaseURL: o.Cloud.Graph, Credential: cred, Scopes: scopes, StepByStep: scopes != nil, Transport: o.Transport, UserAgent: "keyrollout/" + version, Practice: a.login.practice != "",
		Waiting: func(op string, d time.Duration) {
			tell(steps.Event{Name: steps.EventWait, Text: steps.T("Waiting %s before asking again (%s).", d.Round(time.Second), op),
				Data: steps.Wait{For: steps.T("the tenant"), Left: int(d.Seconds())}})
		}})
}

// isPerson tells the ways in which a person signs in here and now.
func isPerson(r graph.Road) bool { return r == graph.ByDeviceCode || r == graph.ByBrowser }

// where is the organisation to sign in to: as the flag says, else as the person says.
func (a *app) where(ctx context.Context, ask steps.Asker, road graph.Road) (string, error) {
	if a.login.tenant != "" || slices.Contains([]graph.Road{graph.ByWorkload, graph.ByManaged, graph.ByEnvironment}, road) {
		return a.login.tenant, nil
	}
	w, err := ask.Ask(ctx, steps.Question{Name: "login.tenant", Kind: steps.Line, Default: "organizations",
		Text: steps.T("Domain or id of your organisation"),
		Detail: []steps.Text{
			steps.T("For example contoso.com. \"organizations\" stands for the one your account belongs to."),
		},
		Check: func(s string) *steps.Problem {
			if s = strings.TrimSpace(s); s == "" || tenantName.MatchString(s) {
				return nil
			}
			return &steps.Problem{Code: "tenant-name", What: steps.T("\"%s\" is no domain and no id of an organisation.", s), State: notSignedIn}
		}})
	return cmp.Or(strings.TrimSpace(w.ID), "organizations"), err
}
