package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrollout/graph"
)

var tenantUnchanged = T("Nothing was changed in the tenant.")

func problemOfTenant(err error) *Problem {
	var g *graph.Error
	if !errors.As(err, &g) || errors.Is(err, ErrQuit) { // who was asked to sign in for a permission more may leave
		return nil
	}
	p := &Problem{Code: fmt.Sprintf("tenant-%d", g.Status), State: tenantUnchanged,
		Next: []Choice{Retry, Leave}, RequestID: g.RequestID, Err: err}
	if g.Unknown {
		p.State = T("The change was sent and its answer lost. Trying again first reads what is true.")
	}
	if q, ok := passProblems[g.Code]; ok {
		p.Code, p.What = q.Code, q.What
		if !q.State.Empty() {
			p.State = q.State
		}
		return p
	}
	op := told(g.Op)
	switch {
	case g.Code == graph.CodeLogInConsent:
		p.Code, p.What = g.Code, T("The permission for it was not granted (%s).", op)
		if r, ok := g.Needs(); ok {
			p.What = T("The permission %s was not granted (%s). Consent to it takes an administrator; using it takes the role %s.", strings.Join(r.Scopes, ", "), op, Text{Format: r.Role})
		}
		p.Next = []Choice{{ID: "retry", Text: T("ask for it again; how an administrator grants it beforehand:  keyrollout tenant app")}, Leave}
	case slices.Contains(signInCodes, g.Code):
		p.Code, p.What = g.Code, T("Signing in for it failed (%s): %s.", op, cause(g))
		p.Next = []Choice{{ID: "retry", Text: T("sign in again")}, Leave}
	case g.Code == graph.CodePracticeDisk:
		p.Code, p.What = g.Code, T("This computer cannot keep what happens in the practice tenant: %s.", cause(g))
		p.Next = []Choice{{ID: "retry", Text: T("make room on the disk, or end the other program, then try again")}, Leave}
	case g.Code == graph.CodeShape:
		p.Code, p.What = "policy-unknown", T("The policy holds something this version does not know; writing it back could lose it: %s", cause(g))
		p.Next = []Choice{Leave}
	case g.Code == graph.CodeMigrated, g.Code == graph.CodeMoved:
		p.Code, p.What = "tenant-moved", T("Somebody else, or Microsoft, changed the policy since it was read: %s.", cause(g))
		p.Next = []Choice{{ID: "retry", Text: T("look again and plan anew")}, Leave}
	case g.Code == graph.CodeNoAnswer, g.Code == graph.CodeCutOff:
		p.Code, p.What = "tenant-silent", T("The tenant does not answer: %s.", cause(g))
	case g.Code == graph.CodeGarbled:
		p.Code, p.What = "tenant-garbled", T("The tenant's answer cannot be read (%s): %s.", op, cause(g))
	case g.Status == 0 && g.Code != "":
		p.Code, p.What = g.Code, T("That did not work (%s): %s.", op, cause(g))
	case g.Status == 0:
		p.Code, p.What = "tenant-silent", T("The tenant does not answer: %s.", cause(g))
	case g.Status == 401:
		p.Code, p.What = "tenant-sign-in", T("The sign-in is not accepted any more. Sign in again.")
	case g.Status == 403:
		p.Code, p.What = "tenant-forbidden", T("This account may not do that (%s).", op)
		p.Next = []Choice{{ID: "retry", Text: T("have the role for it activated, then try again")}, Leave}
		if r, ok := g.Needs(); ok {
			p.What = T("This account may not do that (%s). It takes the role %s and the permission %s.", op, Text{Format: r.Role}, strings.Join(r.Scopes, ", "))
		}
	case g.Status == 404:
		p.Code, p.What = "tenant-not-found", T("The tenant does not know that, or this account may not see it (%s).", op)
	case g.Status == 429:
		p.Code, p.What = "tenant-throttled", T("The tenant asks for patience: too many requests.")
		if g.RetryIn > 0 {
			p.What = T("The tenant asks for patience: too many requests. It says to wait %s.", g.RetryIn.Round(time.Second))
		}
	case g.Status >= 500:
		p.Code, p.What = "tenant-down", T("Microsoft's side has a fault at the moment (HTTP %d).", g.Status)
	case g.Status == 400:
		p.Code, p.What = "tenant-refused", T("The tenant refused (%s): %s", op, told(g.Message))
	default:
		p.Code, p.What = "tenant-garbled", T("The tenant's answer cannot be read (%s): %s.", op, cause(g))
	}
	return p
}

// signInCodes are what can go wrong when a call needs the person to sign in once more.
var signInCodes = []string{graph.CodeLogInBlocked, graph.CodeLogInExpired, graph.CodeLogInDeclined, graph.CodeLogInOther, graph.CodeLogInPort}

func cause(g *graph.Error) Text {
	for _, s := range []string{g.Message, errText(g.Err)} {
		if s = strings.TrimRight(strings.TrimSpace(s), "."); s != "" {
			return told(s)
		}
	}
	return told("no reason was given")
}

// told is what package graph says, which does not speak this package's Texts: its own words have a translation, those
// of the tenant stay as they are.
func told(s string) Text { return Text{Format: s} }

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// passProblems are the refusals of the page that takes a pass, by code. 130502 is Microsoft's own.
var passProblems = map[string]Problem{
	"130502":             {Code: "pass-scope", What: T("A pass is not accepted from this person: they are outside the Temporary Access Pass policy (130502).")},
	"pass-disabled":      {Code: "pass-off", What: T("Passes are turned off in this tenant.")},
	"pass-invalid":       {Code: "pass-wrong", What: T("That is not the pass of this person.")},
	"pass-expired":       {Code: "pass-expired", What: T("The pass has expired.")},
	"pass-used":          {Code: "pass-used", What: T("The pass was good for one sign-in and has been used.")},
	"pass-not-yet-valid": {Code: "pass-early", What: T("The pass is not valid yet.")},
	"user-unknown":       {Code: "user-unknown", What: T("The sign-in page does not know this person.")},
	"user-disabled":      {Code: "user-disabled", What: T("The account of this person is disabled.")},
}
