package main

import (
	"regexp"

	"github.com/spf13/cobra"

	"keyrollout/steps"
)

// inTenantWords are the commands that work in a tenant, as a sentence names them.
var inTenantWords = regexp.MustCompile(`keyrollout (?:tenant (?:check|plan|apply|undo)|pass (?:issue-many|issue|list|revoke))\b`)

// rehearsed has every command that a sentence names stay in the practice tenant that the run is in: pasted without the
// flag, it would go to a real one.
func (a *app) rehearsed(say steps.Speaker) steps.Speaker {
	return func(t steps.Text) string {
		s := say(t)
		switch {
		case a.practising.Load():
			return inTenantWords.ReplaceAllString(s, "$0 --practice")
		case a.login.practice != "":
			return inTenantWords.ReplaceAllStringFunc(s, func(c string) string { return c + " --practice-at " + a.login.practice })
		}
		return s
	}
}

// rehearses notes a command that was given --practice.
func (a *app) rehearses(cmd *cobra.Command) {
	if on, err := cmd.Flags().GetBool("practice"); err == nil && on {
		a.practising.Store(true)
	}
}
