package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/spf13/cobra"

	"keyrollout/graph"
	"keyrollout/steps"
)

func (a *app) tenantAppCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{Use: "app", Short: "How to register an app of your own with the least permissions; --check looks at the one you sign in with", Args: noArgs,
		Long: `Print how to register an app of the organisation's own for keyrollout: in the portal, with Azure CLI, and through Graph, with
the least permissions. An own app is better than Microsoft's command-line app: what is consented to that one, everybody's
command line can use.

With --check: sign in with the app, and say which of the permissions the sign-in has. Nothing is changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if check {
				return a.checkApp(cmd.Context())
			}
			a.printApp()
			return nil
		}}
	cmd.Flags().BoolVar(&check, "check", false, "sign in, and say what the app has and lacks")
	return cmd
}

// graphAppID is Microsoft Graph itself, in every tenant.
const graphAppID = "00000003-0000-0000-c000-000000000000"

// printApp prints the ways to register an app. The consent is given by names of permissions (oauth2PermissionGrant,
// "scope"), so that no ids have to be copied. Sources: Graph reference, "Create application" and "Create
// oAuth2PermissionGrant"; Azure CLI reference, az ad app.
func (a *app) printApp() {
	p := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
	say := func(t steps.Text) { p("%s", a.say(t)) }
	var scopes []string
	say(steps.T("Permissions of Microsoft Graph, delegated, and the least role of the person who signs in:"))
	for _, r := range graph.Rights {
		p("  %-13s %-38s %s", r.For, a.say(steps.Text{Format: r.Role}), strings.Join(r.Scopes, " "))
		scopes = append(scopes, r.Scopes...)
	}
	all := strings.Join(scopes, " ")
	p("")
	say(steps.T("In the portal (entra.microsoft.com):"))
	say(steps.T("  1. Entra ID > App registrations > New registration: name keyrollout, this organisation only."))
	say(steps.T("  2. Authentication > Add a platform > Mobile and desktop applications > redirect URI  http://localhost"))
	say(steps.T("  3. Authentication > Allow public client flows: yes. This is for codes; leave it off to sign in by browser only."))
	say(steps.T("  4. API permissions > Microsoft Graph > Delegated permissions: those above. Then: Grant admin consent."))
	say(steps.T("  5. Enterprise applications > keyrollout > Properties > Assignment required: yes, and assign the operators."))
	p("")
	say(steps.T("With Azure CLI:"))
	p("  APP=$(az ad app create --display-name keyrollout --sign-in-audience AzureADMyOrg \\")
	p("    --is-fallback-public-client true --public-client-redirect-uris http://localhost --query appId -o tsv)")
	p("  az ad sp create --id $APP")
	p("  az ad app permission grant --id $APP --api %s --scope \"%s\"", graphAppID, all)
	p("")
	say(steps.T("Through Graph; each answer's id goes into the next request:"))
	p("  POST /applications")
	p("    %s", compact(map[string]any{"displayName": "keyrollout", "signInAudience": "AzureADMyOrg", "isFallbackPublicClient": true, "publicClient": map[string]any{"redirectUris": []string{"http://localhost"}}}))
	p("  POST /servicePrincipals")
	p("    %s", compact(map[string]any{"appId": "<appId>", "appRoleAssignmentRequired": true}))
	p("  GET /servicePrincipals(appId='%s')?$select=id", graphAppID)
	p("  POST /oauth2PermissionGrants")
	p("    %s", compact(map[string]any{"clientId": "<id of the service principal>", "consentType": "AllPrincipals", "resourceId": "<id of Microsoft Graph>", "scope": all}))
	p("")
	say(steps.T("Without a person (--login certificate): the same names as application permissions, with Organization.Read.All instead of User.Read; upload the certificate under Certificates & secrets."))
	say(steps.T("Then:  keyrollout tenant app --check --tenant DOMAIN --client-id APP"))
}

func compact(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // maps of texts always encode
	return strings.TrimSpace(b.String())
}

// checkApp signs in and tells which permissions the sign-in has.
func (a *app) checkApp(ctx context.Context) error {
	var has []string
	var known bool
	err := a.drive(ctx, a.aside(), func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		cred, o, err := a.signInCredential(ctx, ask, tell)
		if err != nil {
			return err
		}
		t, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{strings.TrimSuffix(o.Cloud.Graph, "v1.0") + ".default"}, EnableCAE: true})
		if err != nil {
			return cmpError(signInProblem(err), err)
		}
		if has, known = rightsIn(t.Token); known {
			return nil
		}
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("What this app may do cannot be read from its sign-in; what can be tried without changing anything is tried.")})
		client, err := a.client(cred, o, tell)
		if err != nil {
			return err
		}
		w := &steps.World{Asker: ask, Tell: tell, Clock: wallClock{}, Journal: steps.MemoryJournal(time.Now), Tenant: client}
		if err := w.Identify(ctx); err != nil {
			return problemOr(err)
		}
		return a.probe(ctx, w)
	})
	if err != nil || !known {
		return err
	}
	lacking := 0
	for _, r := range graph.Rights {
		for _, s := range r.Scopes {
			if graph.Holds(has, s) || len(r.Instead) > 0 && graph.Holds(has, r.Instead[0]) {
				fmt.Fprintln(a.out, a.say(steps.T("has    %s (%s)", s, r.For)))
				continue
			}
			lacking++
			fmt.Fprintln(a.out, a.say(steps.T("lacks  %s (%s)", s, r.For)))
		}
	}
	if lacking > 0 {
		return &steps.Problem{Code: "app-lacks", What: steps.Counted(lacking, steps.T("The app lacks 1 permission."), steps.T("The app lacks %d permissions.", lacking)), State: steps.T("Nothing was changed."),
			Next: []steps.Choice{{ID: "app", Text: steps.T("keyrollout tenant app  says how an administrator grants them")}}}
	}
	return nil
}

// rightsIn reads the permissions out of a token, for a look only: Microsoft documents tokens as opaque, so false is an
// ordinary answer. Source: access token claims reference, "scp" and "roles".
func rightsIn(token string) ([]string, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	var claims struct {
		Scopes string   `json:"scp"`
		Roles  []string `json:"roles"`
	}
	if json.Unmarshal(b, &claims) != nil {
		return nil, false
	}
	has := append(strings.Fields(claims.Scopes), claims.Roles...)
	return has, len(has) > 0
}

// probe makes one harmless call for each part that has one, and tells how it went.
func (a *app) probe(ctx context.Context, w *steps.World) error {
	in, ok := w.Tenant.(graph.Inspector)
	if !ok {
		return nil
	}
	for _, p := range []struct {
		part string
		call func() error
	}{
		{"tenant-read", func() error { _, err := w.Tenant.PassPolicy(ctx); return err }},
		{"tenant-check", func() error { _, err := in.SecurityDefaults(ctx); return err }},
		{"methods-read", func() error {
			if _, err := w.Tenant.Passes(ctx, w.Admin.ID); err != nil {
				return err
			}
			_, err := w.Tenant.Passkeys(ctx, w.Admin.ID)
			return err
		}},
		{"sign-in", func() error { _, err := w.Tenant.SignIns(ctx, w.Admin.ID, time.Now().Add(-time.Hour)); return err }},
	} {
		err := p.call()
		var g *graph.Error
		switch {
		case err == nil:
			fmt.Fprintln(a.out, a.say(steps.T("works  %s: reading; whether it may write is seen when it does", p.part)))
		case errors.As(err, &g) && g.Status == 403:
			fmt.Fprintln(a.out, a.say(steps.T("fails  %s: %s", p.part, steps.ProblemOf(err).What)))
		default:
			return problemOr(err)
		}
	}
	return nil
}
