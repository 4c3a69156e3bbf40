package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrollout/steps"
)

func (a *app) tenantCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tenant", Short: "Look at a tenant, and change its sign-in policies", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.tenantCheckCommand(), a.tenantPlanCommand(), a.tenantApplyCommand(), a.tenantUndoCommand())
	return cmd
}

func (a *app) tenantCheckCommand() *cobra.Command {
	var rehearse bool
	var format string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look at everything a rollout depends on, against public baselines; nothing is changed",
		Long: `Look at everything a rollout of security keys depends on: the passkey and Temporary Access Pass policies, Conditional
Access that would keep people from registering, licences, who is left with a phone number when Microsoft's SMS and voice
sign-in ends on 1 February 2027. Each finding names its rule in EIDSCA, CISA SCuBA, CIS or Microsoft's Zero Trust
Assessment where there is one. What cannot be seen is said as such. Nothing is changed.

Exit code 0: the tenant was looked at, whatever was found; 1: it could not be; 2: the command line makes no sense.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json", "junit", "sarif"}, format) {
				return usageError{steps.T("--format is text, json, junit or sarif, not %q", format)}
			}
			return a.checkTenant(cmd.Context(), rehearse, format)
		},
	}
	cmd.Flags().BoolVar(&rehearse, "practice", false, "the practice tenant, as it stands")
	cmd.Flags().StringVar(&format, "format", "text", "`FORMAT` of the answer: text, json; for a pipeline junit or sarif")
	return cmd
}

func (a *app) checkTenant(ctx context.Context, rehearse bool, format string) error {
	var found []steps.Posture
	err := a.inTenant(ctx, rehearse, func(ctx context.Context, w *steps.World) (err error) {
		// A look waits for nothing, and a journal that cannot be read is no reason not to look.
		if in, err := a.inDoubt(w, rehearse); err == nil && in {
			w.Tell(steps.Event{Name: steps.EventNote, Text: steps.T("A change of this tenant was cut off and may be on its way still: what is told of the policies may be from before it.")})
		}
		found, err = steps.Examine(ctx, w)
		return err
	})
	if err != nil {
		return err
	}
	return a.writePosture(found, format)
}

// finding is a Posture as a program reads it.
type finding struct {
	ID    string      `json:"id"`
	Level steps.Level `json:"level"`
	Rules []string    `json:"rules"`
	Text  string      `json:"text"`
	Next  string      `json:"next,omitempty"`
}

func (a *app) writePosture(found []steps.Posture, format string) error {
	out := []finding{}
	for _, p := range found {
		f := finding{p.ID, p.Level, append([]string{}, p.Rules...), a.say(p.Text), a.say(p.Next)}
		if p.Level == steps.LevelOK {
			f.Next = ""
		}
		out = append(out, f)
	}
	switch format {
	case "json":
		return writeJSON(a.out, out)
	case "junit":
		return a.writeJUnit(out)
	case "sarif":
		return a.writeSARIF(out)
	}
	for _, f := range out {
		rules := ""
		for _, r := range f.Rules {
			rules += "  " + r
		}
		a.out.fact(8, a.say(steps.Text{Format: string(f.Level)}), f.Text+rules)
		if f.Next != "" {
			a.out.fact(8, "", a.say(steps.T("next: %s", f.Next)))
		}
	}
	return nil
}

// writeJUnit writes JUnit's XML, which every pipeline reads: a fault is a failure, what cannot be seen is skipped.
func (a *app) writeJUnit(found []finding) error {
	type message struct {
		Message string `xml:"message,attr"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Failure *message `xml:"failure,omitempty"`
		Skipped *message `xml:"skipped,omitempty"`
	}
	suite := struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testcase `xml:"testcase"`
	}{Name: "keyrollout tenant check", Tests: len(found)}
	for _, f := range found {
		c := testcase{Name: f.ID, Class: "tenant"}
		switch f.Level {
		case steps.LevelFault:
			c.Failure = &message{f.Text}
			suite.Failures++
		case steps.LevelUnknown:
			c.Skipped = &message{f.Text}
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	e := xml.NewEncoder(a.out)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	return nil
}
