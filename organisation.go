package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"keyrollout/fido"
	"keyrollout/graph"
	"keyrollout/internal/state"
	"keyrollout/steps"
)

// organisation is a rollout in a real tenant: sign in, then the four steps, taken up where they stand.
func (a *app) organisation(ctx context.Context, ask steps.Asker, tell func(steps.Event), dir string) error {
	t, err := a.signIn(ctx, ask, tell)
	if err != nil {
		return err
	}
	w := &steps.World{Asker: ask, Tell: tell, Tenant: t, Keys: fido.Attached(), Clock: wallClock{}}
	if err := w.Identify(ctx); err != nil {
		return problemOr(err)
	}
	dir = filepath.Join(dir, "tenants", w.Org.ID)
	if err := state.Ensure(dir); err != nil {
		return err
	}
	unlock, err := state.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if w.Journal, err = steps.OpenJournal(filepath.Join(dir, "journal.jsonl"), time.Now); err != nil {
		return err
	}
	defer w.Journal.Close()
	defer w.Close()
	return a.rollout(ctx, w, steps.Rollout())
}

// signIn asks how to sign in until it worked or the person leaves.
func (a *app) signIn(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (graph.Tenant, error) {
	where, err := ask.Ask(ctx, steps.Question{Name: "login.tenant", Kind: steps.Line, Default: "organizations",
		Text: steps.T("Domain or id of your organisation"),
		Detail: []steps.Text{
			steps.T("For example contoso.com. \"organizations\" stands for the one your account belongs to."),
		}})
	if err != nil {
		return nil, err
	}
	for {
		t, err := a.logIn(ctx, ask, tell, strings.TrimSpace(where.ID))
		if err == nil {
			return t, nil
		}
		p := steps.ProblemOf(err)
		if p == nil || ctx.Err() != nil {
			return nil, err
		}
		tell(steps.Event{Name: steps.EventProblem, Text: p.What, Data: p})
		way, err := ask.Ask(ctx, steps.Question{Name: "problem." + p.Code, Kind: steps.Choose, Text: steps.T("What now?"),
			Choices: []steps.Choice{{ID: "retry", Text: steps.T("sign in in another way, or try again")}, steps.Leave}})
		if err != nil {
			return nil, err
		}
		if way.ID == steps.Leave.ID {
			return nil, steps.ErrQuit
		}
	}
}

// allScopes are the permissions of the whole rollout, so that the person signs in once.
func allScopes() []string {
	return graph.ScopesFor(graph.Clouds[0], "tenant-read", "tenant-write", "pass", "registration", "sign-in")
}

func (a *app) logIn(ctx context.Context, ask steps.Asker, tell func(steps.Event), tenant string) (graph.Tenant, error) {
	def := string(graph.ByBrowser)
	if a.env("SSH_CONNECTION") != "" {
		def = string(graph.ByDeviceCode)
	}
	road, err := ask.Ask(ctx, steps.Question{Name: "login.road", Kind: steps.Choose, Default: def, Text: steps.T("How do you sign in?"),
		Choices: []steps.Choice{
			{ID: string(graph.ByDeviceCode), Text: steps.T("with a code, on any device"), Detail: steps.T("good over SSH; some organisations block it")},
			{ID: string(graph.ByBrowser), Text: steps.T("in a browser"), Detail: steps.T("on this computer; over SSH with  ssh -L 8400:localhost:8400")},
			{ID: string(graph.ByAzureCLI), Text: steps.T("as the Azure CLI is signed in"), Detail: steps.T("after  az login")},
		}})
	if err != nil {
		return nil, err
	}
	// The person may leave while the page or the code waits for them.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	asked := make(chan struct{})
	close(asked)
	show := func(q steps.Question) error {
		asked = make(chan struct{})
		go func(done chan struct{}) {
			defer close(done)
			if _, err := ask.Ask(ctx, q); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}(asked)
		return nil
	}
	cred, err := graph.LogIn(ctx, graph.LogInOptions{Road: graph.Road(road.ID), TenantID: tenant, Scopes: allScopes(), Port: browserPort,
		ShowCode: func(c graph.DeviceCode) error { return show(codeQuestion(c)) },
		ShowPage: func(url string) error { return show(pageQuestion(url)) }})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	cancel(nil)
	<-asked // the question is off the screen before the next one comes
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Options{Credential: cred, Scopes: allScopes(), UserAgent: "keyrollout/" + version,
		Waiting: func(op string, d time.Duration) {
			tell(steps.Event{Name: steps.EventWait, Text: steps.T("Waiting %s before asking again (%s).", d.Round(time.Second), op),
				Data: steps.Wait{For: steps.T("the tenant"), Left: int(d.Seconds())}})
		}})
}

// browserPort is where the browser comes back to; fixed, so that it can be forwarded over SSH.
const browserPort = 8400

func codeQuestion(c graph.DeviceCode) steps.Question {
	return steps.Question{Name: "login.code", Kind: steps.Act, Text: steps.T("Enter the code  %s", c.Code),
		Detail: []steps.Text{
			steps.T("On any device, open  %s  and sign in as an administrator.", c.URL),
			steps.T("The code is good until %s.", c.Expires.Local().Format("15:04")),
			steps.T("This screen goes on by itself."),
		}}
}

func pageQuestion(url string) steps.Question {
	return steps.Question{Name: "login.page", Kind: steps.Act, Text: steps.T("Open this page in a browser and sign in as an administrator."),
		Detail: []steps.Text{
			{Format: "%s", Args: []any{url}},
			steps.T("The browser comes back to port %d of this computer; over SSH forward it:  ssh -L %d:localhost:%d", browserPort, browserPort, browserPort),
			steps.T("This screen goes on by itself."),
		}}
}
