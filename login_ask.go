package main

import (
	"bytes"
	"context"
	"errors"
	"runtime"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyrollout/graph"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// signIn signs in as the flags say, and asks for what they leave open until it worked or the person leaves.
func (a *app) signIn(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (graph.Tenant, error) {
	cred, o, err := a.signInCredential(ctx, ask, tell)
	if err != nil {
		return nil, err
	}
	return a.client(cred, o, tell)
}

// signInCredential is signIn up to the credential, and what it was made with.
func (a *app) signInCredential(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (azcore.TokenCredential, graph.LogInOptions, error) {
	var o graph.LogInOptions
	cloud, road, err := a.login.check()
	if err == nil {
		err = cloudProblem(cloud)
	}
	if err != nil {
		return nil, o, err
	}
	if cloud.Note != "" {
		tell(steps.Event{Name: steps.EventNote, Text: steps.T("%s: %s", cloud.Name, steps.Text{Format: cloud.Note})})
	}
	o = graph.LogInOptions{Road: road, Cloud: cloud, ClientID: a.login.clientID, Scopes: a.login.scopes(cloud), Port: browserPort}
	if o.Transport, err = a.transport(); err != nil {
		return nil, o, err
	}
	if o.Keep, err = a.store(tell); err != nil {
		return nil, o, err
	}
	if o.TenantID, err = a.where(ctx, ask, road); err != nil {
		return nil, o, err
	}
	blocked := false
	for {
		cred, err := a.try(ctx, ask, tell, &o)
		if err == nil {
			if blocked {
				a.tellWhoBlocks(ctx, cred, o, tell)
			}
			return cred, o, nil
		}
		p := signInProblem(err)
		if p == nil || ctx.Err() != nil || road != "" && !isPerson(road) {
			return nil, o, cmpError(p, err)
		}
		blocked = blocked || p.Code == graph.CodeLogInBlocked
		if err := another(ctx, ask, tell, p); err != nil {
			return nil, o, err
		}
		o.Road = ""
	}
}

// cmpError is the problem where there is one, else the error as it is: a nil *Problem is no nil error.
func cmpError(p *steps.Problem, err error) error {
	if p != nil {
		return p
	}
	return err
}

// another tells why signing in failed, and asks whether to try another way. Where nobody answers, the problem is it.
func another(ctx context.Context, ask steps.Asker, tell func(steps.Event), p *steps.Problem) error {
	tell(steps.Event{Name: steps.EventProblem, Text: p.What, Data: p})
	var hints []steps.Text
	for _, n := range p.Next {
		if n.ID != steps.Retry.ID {
			hints = append(hints, n.Text)
		}
	}
	way, err := ask.Ask(ctx, steps.Question{Name: "problem." + p.Code, Kind: steps.Choose, Text: steps.T("What now?"), Detail: hints,
		Choices: []steps.Choice{{ID: "retry", Text: steps.T("sign in in another way, or try again")}, steps.Leave}})
	switch {
	case errors.Is(err, steps.ErrNoAnswer):
		return p
	case err != nil:
		return err
	case way.ID == steps.Leave.ID:
		return steps.ErrQuit
	}
	return nil
}

// try signs in once.
func (a *app) try(ctx context.Context, ask steps.Asker, tell func(steps.Event), o *graph.LogInOptions) (azcore.TokenCredential, error) {
	if o.Road == "" {
		var err error
		if o.Road, err = a.askRoad(ctx, ask); err != nil {
			return nil, err
		}
	}
	if err := a.application(ctx, ask, o); err != nil {
		return nil, err
	}
	defer o.Password.Wipe()
	once := *o
	if o.Road == graph.ByAzureCLI && once.TenantID == "organizations" {
		once.TenantID = "" // Azure CLI's own
	}
	if !isPerson(o.Road) {
		return graph.LogIn(ctx, once)
	}
	p := &atBrowser{a: a, ask: ask, tell: tell, had: once.Scopes}
	once.ShowCode, once.ShowPage = p.showCode, p.showPage
	err := p.during(ctx, nil, func(ctx context.Context) (err error) {
		p.TokenCredential, err = graph.LogIn(ctx, once)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (a *app) askRoad(ctx context.Context, ask steps.Asker) (graph.Road, error) {
	def := string(graph.ByBrowser)
	if !a.hasBrowser() {
		def = string(graph.ByDeviceCode)
	}
	choices := []steps.Choice{
		{ID: string(graph.ByDeviceCode), Text: steps.T("with a code, on any device"), Detail: steps.T("good over SSH; some organisations block it")},
		{ID: string(graph.ByBrowser), Text: steps.T("in a browser"), Detail: steps.T("on this computer; over SSH with  ssh -L 8400:localhost:8400")},
	}
	if a.login.practice == "" {
		choices = append(choices, steps.Choice{ID: string(graph.ByAzureCLI), Text: steps.T("as the Azure CLI is signed in"), Detail: steps.T("after  az login")})
	}
	r, err := ask.Ask(ctx, steps.Question{Name: "login.road", Kind: steps.Choose, Default: def, Text: steps.T("How do you sign in?"), Choices: choices})
	return graph.Road(r.ID), err
}

// hasBrowser reports whether a browser can be on the screen that is in front of the person. sudo drops what SSH sets, so
// on systems whose windows need a display its absence says the same.
func (a *app) hasBrowser() bool {
	switch {
	case a.env("SSH_CONNECTION") != "" || a.env("SSH_TTY") != "":
		return false
	case runtime.GOOS == "windows" || runtime.GOOS == "darwin":
		return true
	}
	return a.env("DISPLAY") != "" || a.env("WAYLAND_DISPLAY") != ""
}

// certificatePassword is the password of a certificate file: none where it opens without, else the variable's, else the
// person's.
func (a *app) certificatePassword(ctx context.Context, ask steps.Asker, file []byte) (secret.Secret, error) {
	if p := a.env(certificateVariable); p != "" {
		return secret.New([]byte(p)), nil
	}
	if _, _, err := azidentity.ParseCertificates(file, nil); err == nil || bytes.Contains(file, []byte("-----BEGIN")) {
		return secret.Secret{}, nil // of PEM, only what is not encrypted can be read
	}
	answer, err := ask.Ask(ctx, steps.Question{Name: "login.certificate", Kind: steps.Secret, Text: steps.T("The password of the certificate file %s", a.login.certificate)})
	if errors.Is(err, steps.ErrNoAnswer) {
		return secret.Secret{}, &steps.Problem{Code: "certificate", What: steps.T("The certificate file cannot be opened without a password, and nobody is there to type it."), State: notSignedIn, Err: err,
			Next: []steps.Choice{{ID: "password", Text: steps.T("give the password in the variable %s", certificateVariable)}}}
	}
	return answer.Secret, err
}

// tellWhoBlocks names the policies that block device codes, now that somebody is signed in who may see them.
func (a *app) tellWhoBlocks(ctx context.Context, cred azcore.TokenCredential, o graph.LogInOptions, tell func(steps.Event)) {
	t, err := a.client(cred, o, tell)
	if err != nil {
		return
	}
	in, ok := t.(graph.Inspector)
	if !ok {
		return
	}
	rules, err := in.AccessRules(ctx)
	if err != nil {
		return // who may not see it is signed in all the same
	}
	for _, r := range rules {
		if r.BlocksDeviceCode() {
			tell(steps.Event{Name: steps.EventNote, Text: steps.T("Codes are blocked in this organisation by the Conditional Access policy \"%s\".", r.Name)})
		}
	}
}
