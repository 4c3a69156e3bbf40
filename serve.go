package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/graph/practice"
	"keyrollout/internal/state"
	"keyrollout/steps"
)

// openPracticeRisk is the name under which a person accepts that others on the network reach the practice tenant.
const openPracticeRisk = "open-practice"

type serveOptions struct {
	listen, seed, accept string
	https, forget        bool
}

func (a *app) practiceServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a practice tenant to other programs and browsers, until ctrl+c",
		Long: `Serve a practice tenant over HTTP: its Graph, its sign-in, and the pages of a person's browser. Any Graph client can be
pointed at it, and steps 3 and 4 can be walked in a real browser. It asks nobody for a password, so it listens on this
computer only, unless the risk is accepted by name:  --accept ` + openPracticeRisk + `

What happens in it is kept for the next time, for each seed file apart; with --forget it begins anew and is gone at the end.`,
		Example: `  keyrollout practice serve --listen 127.0.0.1:8400
  keyrollout --practice-at http://127.0.0.1:8400    the wizard, in another terminal: a real sign-in, a software key`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8480", "`ADDRESS` and port; port 0 = any that is free")
	f.StringVar(&o.seed, "seed", "", "`FILE` with the people, groups and nature of the tenant (JSON)")
	f.BoolVar(&o.https, "https", false, "over https, for clients that send tokens nowhere else; prints where the certificate is")
	f.BoolVar(&o.forget, "forget", false, "keep nothing")
	f.StringVar(&o.accept, "accept", "", "accept a `RISK` by name")
	return cmd
}

// serve serves a practice tenant until the context ends, which is how it is meant to end.
func (a *app) serve(ctx context.Context, o serveOptions) error {
	if o.accept != "" && o.accept != openPracticeRisk {
		return usageError{steps.T("there is no risk %q here; there is %s", o.accept, openPracticeRisk)}
	}
	if o.https && o.accept != "" {
		return usageError{steps.T("--https is for this computer only: its certificate names no other")}
	}
	to := practice.Options{State: practice.Memory()}
	var text []byte
	if o.seed != "" { // read once: it may be a pipe
		var err error
		if text, err = os.ReadFile(o.seed); err != nil {
			return seedProblem(err)
		}
		if to.Seed, err = practice.ReadSeed(bytes.NewReader(text)); err != nil {
			return seedProblem(err)
		}
	}
	dir, close, err := a.serveDir(o, text)
	if err != nil {
		return err
	}
	defer close()
	if !o.forget {
		to.State = practice.File(filepath.Join(dir, "tenant.json"))
	}
	t, err := practice.New(to)
	if errors.Is(err, practice.ErrDamaged) {
		return &steps.Problem{Code: "served-damaged", What: steps.T("What is kept of this practice tenant is damaged: %s.", err.Error()), State: steps.T("Nothing is served."), Err: err,
			Next: []steps.Choice{{ID: "remove", Text: steps.T("begin anew without  %s;  or look in with --forget, which keeps nothing", filepath.Join(dir, "tenant.json"))}}}
	}
	if err != nil && o.seed != "" {
		return seedProblem(err)
	}
	if err != nil {
		return servingFailed(err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var url, ca string
	switch {
	case o.https:
		var cert []byte
		if url, cert, err = t.ListenTLS(ctx, o.listen); err == nil {
			ca = filepath.Join(dir, "certificate.pem")
			err = state.WriteFile(ca, cert)
		}
	case o.accept != "":
		url, err = t.ListenAnywhere(ctx, o.listen)
	default:
		url, err = t.Listen(ctx, o.listen)
	}
	if err != nil {
		return servingFailed(err)
	}
	a.printServed(t, to.Seed, url, ca, o)
	if a.out.failed != nil { // nobody knows where it is
		return a.out.problem()
	}
	<-ctx.Done()
	fmt.Fprintln(a.err, a.say(steps.T("The practice tenant is no longer served.")))
	return nil
}

// serveDir is where one served tenant is kept: a seed describes a company, so every seed has a place of its own. With
// --forget it is a temporary one, for the certificate.
func (a *app) serveDir(o serveOptions, seed []byte) (dir string, close func(), err error) {
	if o.forget {
		if dir, err = os.MkdirTemp("", "keyrollout-served-"); err != nil {
			return "", nil, err
		}
		return dir, func() { os.RemoveAll(dir) }, nil // made above, by this process
	}
	if dir, err = a.stateDir(); err != nil {
		return "", nil, err
	}
	name := "contoso"
	if o.seed != "" {
		sum := sha256.Sum256(seed)
		name = hex.EncodeToString(sum[:6])
	}
	dir = filepath.Join(dir, "served", name)
	if err := state.Ensure(dir); err != nil {
		return "", nil, err
	}
	unlock, err := state.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", nil, servingFailed(err)
	}
	return dir, func() { _ = unlock() }, nil // the process ends next, and the lock with it
}

func seedProblem(err error) error {
	return &steps.Problem{Code: "seed", What: steps.T("The seed file cannot be used: %s.", strings.TrimPrefix(err.Error(), "practice tenant: ")), State: steps.T("Nothing is served."), Err: err,
		Next: []steps.Choice{{ID: "retry", Text: steps.T("correct the file, then serve again; without --seed it is Contoso")}}}
}

func servingFailed(err error) error {
	return &steps.Problem{Code: "serve", What: steps.T("The practice tenant cannot be served: %s.", err.Error()), State: steps.T("Nothing is served."), Err: err,
		Next: []steps.Choice{{ID: "retry", Text: steps.T("choose another address with --listen; to let others on the network in:  --accept %s", openPracticeRisk)}}}
}

// adminOf is who can do most in a seed's company, so that the token opens something: nobody where nobody has a role.
func adminOf(s *practice.Seed) string {
	any := ""
	for _, p := range s.People {
		if slices.Contains(p.Roles, "Global Administrator") {
			return p.UPN
		}
		if any == "" && len(p.Roles) > 0 {
			any = p.UPN
		}
	}
	return any
}

// printServed says where the tenant is and how clients are pointed at it. The token opens a made-up company only.
func (a *app) printServed(t *practice.Tenant, seed *practice.Seed, url, ca string, o serveOptions) {
	domain, admin := practice.Domain, practice.AdminUPN
	if seed != nil {
		domain, admin = cmp.Or(seed.Domain, domain), adminOf(seed)
	}
	line := func(label steps.Text, value string) { a.out.fact(15, a.say(label), value) }
	if admin != "" && !strings.Contains(admin, "@") {
		admin += "@" + domain
	}
	line(steps.T("Graph:"), url+"/v1.0")
	line(steps.T("Browser:"), url+"/practice")
	line(steps.T("Tenant:"), domain)
	if admin != "" {
		line(steps.T("Signed in as:"), admin)
		line(steps.T("Token:"), t.Token(admin))
	}
	if ca != "" {
		line(steps.T("Certificate:"), ca)
	}
	fmt.Fprintln(a.out)
	trust := ""
	if ca != "" {
		trust = " --ca " + ca
		fmt.Fprintln(a.out.folded(), a.say(steps.T("Node:  NODE_EXTRA_CA_CERTS=%s  and  Client.init({ baseUrl: \"%s\", customHosts: new Set([\"localhost\"]), ... })", ca, url)))
	}
	fmt.Fprintln(a.out.folded(), a.say(steps.T("This program:  keyrollout --practice-at %s%s  is the wizard; tenant and pass take the flag too.", url, trust)))
	fmt.Fprintln(a.out.folded(), a.say(steps.T("Any other:  send  Authorization: Bearer TOKEN  to the address of Graph above.")))
	if o.accept != "" {
		fmt.Fprintln(a.out.folded(), a.say(steps.T("Everybody who reaches this address is let in without a password.")))
	}
	fmt.Fprintln(a.out, a.say(steps.T("ctrl+c ends it.")))
}
