package main

import (
	"errors"
	"strings"

	"keyrollout/graph"
	"keyrollout/steps"
)

var notSignedIn = steps.T("Nobody is signed in, and nothing was changed.")

// signInProblem tells why a sign-in failed. It is nil for what is no refusal: the person left, or the input ended.
func signInProblem(err error) *steps.Problem {
	var p *steps.Problem
	if errors.As(err, &p) {
		return p
	}
	var g *graph.Error
	if !errors.As(err, &g) {
		return nil
	}
	p = &steps.Problem{Code: g.Code, State: notSignedIn, RequestID: g.RequestID, Err: err, What: steps.T("Signing in failed: %s.", g.Message)}
	next := func(id string, t steps.Text) { p.Next = append(p.Next, steps.Choice{ID: id, Text: t}) }
	switch g.Code {
	case graph.CodeLogInBlocked:
		p.What = steps.T("A Conditional Access policy of this organisation does not let a sign-in with a code through (%s).", number(g.Message))
		next("browser", steps.T("--login browser: on this computer, or over SSH with  ssh -L %d:localhost:%d", browserPort, browserPort))
		next("azure-cli", steps.T("--login azure-cli: as  az login  is signed in"))
		next("certificate", steps.T("--login certificate: as an application"))
	case graph.CodeLogInConsent:
		p.What = steps.T("The permissions were not granted: %s.", g.Message)
		next("app", steps.T("keyrollout tenant app  says which permissions, and how an administrator grants them"))
	case graph.CodeLogInPort:
		p.What = steps.T("Port %d of this computer, where the browser comes back to, is taken by another program.", browserPort)
		next("device-code", steps.T("end that program, or sign in with a code:  --login device-code"))
	case graph.CodeLogInNotPublic:
		next("app", steps.T("keyrollout tenant app  says how the app has to be registered"))
	case graph.CodeLogInExpired:
		p.What = steps.T("Nobody used the code in time.")
	case graph.CodeLogInDeclined:
		p.What = steps.T("The sign-in was declined.")
	case graph.CodeLogInCert:
		// Microsoft's library for Go reads PKCS #12 with 3DES and RC2, and no encrypted PEM.
		next("convert", steps.T("a PKCS #12 file of today (AES) has to be made PEM first, kept where only you can read it:  openssl pkcs12 -in app.pfx -noenc -out app.pem"))
	case graph.CodeLogInCLI:
		next("az", steps.T("az login --tenant DOMAIN --scope https://graph.microsoft.com/.default"))
	case graph.CodeNoAnswer:
		p.What = steps.T("Microsoft's sign-in cannot be reached: %s.", g.Message)
		next("doctor", steps.T("look at the network:  keyrollout doctor;  a proxy is taken from HTTPS_PROXY, its certificate from --ca FILE"))
	}
	next(steps.Retry.ID, steps.Retry.Text)
	return p
}

// number is Entra's own number of a refusal, which graph puts at the end of its message in brackets.
func number(message string) string {
	return strings.Trim(message[strings.LastIndexByte(message, '(')+1:], ").")
}

// cloudProblem says what a cloud lacks before anything is tried there. Nil where a rollout is possible.
func cloudProblem(c graph.Cloud) error {
	if c.Policies {
		return nil
	}
	return &steps.Problem{Code: "cloud-lacks", What: steps.T("%s: %s", c.Name, steps.Text{Format: c.Note}), State: notSignedIn,
		Next: []steps.Choice{{ID: "key", Text: steps.T("set keys up without the tenant:  keyrollout key")}}}
}
