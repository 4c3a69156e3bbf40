package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"keyrollout/steps"
	"keyrollout/tui"
)

func (a *app) passCommand() *cobra.Command {
	var rehearse, once, asJSON bool
	var minutes int
	cmd := &cobra.Command{Use: "pass", Short: "Temporary Access Passes of one person", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.PersistentFlags().BoolVar(&rehearse, "practice", false, "in the practice tenant")
	issue := &cobra.Command{Use: "issue USER", Short: "Issue a pass and show it once", Args: words(1),
		Long: `Issue a Temporary Access Pass and show it once: it is kept nowhere. Whether the person can use it at all (policy, scope,
Conditional Access) is looked at first. A pass that is there already is replaced only after a yes.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !tui.CanShow(a.aside()) { // before anything is issued: its value could never be read again
				return &steps.Problem{Code: "pass-unseen", What: steps.T("A pass is shown on a terminal only, and there is none."), State: steps.T("Nothing was sent."),
					Next: []steps.Choice{{ID: "retry", Text: steps.T("start it in a terminal; without one, sealed in a file:  keyrollout pass issue-many")}}}
			}
			return a.inTenant(cmd.Context(), rehearse, func(ctx context.Context, w *steps.World) error {
				return steps.IssuePass(ctx, w, args[0], time.Duration(minutes)*time.Minute, once)
			})
		}}
	issue.Flags().IntVar(&minutes, "minutes", 0, "how many `MINUTES` it is good for; 0 = what the policy says")
	issue.Flags().BoolVar(&once, "once", false, "for one sign-in; the registration has to follow within ten minutes")
	list := &cobra.Command{Use: "list USER", Short: "The person's passes, without their values", Args: words(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.listPasses(cmd.Context(), rehearse, args[0], asJSON)
		}}
	list.Flags().BoolVar(&asJSON, "json", false, "for a program")
	revoke := &cobra.Command{Use: "revoke USER", Short: "Take the person's passes away", Args: words(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inTenant(cmd.Context(), rehearse, func(ctx context.Context, w *steps.World) error { return steps.RevokePasses(ctx, w, args[0]) })
		}}
	cmd.AddCommand(issue, list, revoke)
	return cmd
}

// inTenant does one thing in the practice tenant, or in one that is signed in to first.
func (a *app) inTenant(ctx context.Context, rehearse bool, f func(context.Context, *steps.World) error) error {
	if rehearse {
		if err := a.login.rehearsing(); err != nil {
			return err
		}
	}
	err := a.driveOne(ctx, func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		w := &steps.World{Asker: ask, Tell: tell, Clock: wallClock{}, Journal: steps.MemoryJournal(time.Now)}
		if rehearse {
			dir, err := a.stateDir()
			if err != nil {
				return err
			}
			p, err := openPractice(ctx, practiceOptions{Dir: filepath.Join(dir, "practice"), Ask: ask, Tell: tell})
			if err != nil {
				return err
			}
			defer p.Close()
			w.Tenant, w.Clock, ctx = p.world.Tenant, p.clock, p.ctx
		} else {
			t, err := a.signIn(ctx, ask, tell)
			if err != nil {
				return err
			}
			w.Tenant = t
		}
		if err := w.Identify(ctx); err != nil {
			return problemOr(err)
		}
		return problemOr(f(ctx, w))
	})
	if errors.Is(err, steps.ErrDeclined) {
		fmt.Fprintln(a.err, a.say(steps.T("Nothing was changed in the tenant.")))
	}
	return err
}

func (a *app) listPasses(ctx context.Context, rehearse bool, user string, asJSON bool) error {
	type row struct {
		ID      string    `json:"id"`
		Created time.Time `json:"created"`
		Until   time.Time `json:"until"`
		Once    bool      `json:"once"`
		Usable  bool      `json:"usable"`
		Reason  string    `json:"reason"`
	}
	rows := []row{}
	err := a.inTenant(ctx, rehearse, func(ctx context.Context, w *steps.World) error {
		u, list, err := steps.PassesOf(ctx, w, user)
		if err == nil {
			w.Tell(steps.Event{Name: steps.EventNote, Text: steps.T("Passes of %s (%s):", u.Name, u.UPN)}) // who was found by a part of a name
		}
		for _, p := range list {
			rows = append(rows, row{p.ID, p.Created, p.Start.Add(p.Lifetime), p.Once, p.Usable, p.Reason})
		}
		return err
	})
	if err != nil || asJSON {
		if err == nil {
			err = writeJSON(a.out, rows)
		}
		return err
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.out, a.say(steps.T("No pass.")))
	}
	for _, r := range rows {
		fmt.Fprintln(a.out, a.say(steps.T("issued %s, good until %s, %s", r.Created.Local().Format("2006-01-02 15:04"), r.Until.Local().Format("15:04"), a.say(usability(r.Reason)))))
	}
	return nil
}

// usability says a pass's methodUsabilityReason in words.
func usability(reason string) steps.Text {
	switch reason {
	case "EnabledByPolicy":
		return steps.T("works")
	case "DisabledByPolicy":
		return steps.T("turned off by the policy")
	case "Expired":
		return steps.T("has ended")
	case "NotYetValid":
		return steps.T("not valid yet")
	case "OneTimeUsed":
		return steps.T("was used")
	}
	return steps.T("%s", reason)
}
