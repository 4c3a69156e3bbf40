package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/internal/state"
	"keyrollout/steps"
)

func (a *app) tenantPlanCommand() *cobra.Command {
	var rehearse, asJSON bool
	var out, write string
	cmd := &cobra.Command{
		Use:   "plan [WISH.yaml]",
		Short: "What it takes to bring the tenant to a desired state, and what that does to people",
		Long: `Work out what it takes to bring the tenant's sign-in policies to the desired state in a small YAML file: field by field,
and what it does to people. Nothing is changed. What the file does not name stays as it is:

  passkeys:
    enabled: true
    who:
      include: [Pilot]               # security groups, or  everyone
      exclude: [No passkeys yet]
    selfService: true
    attestation: true
    models:                          # or  models: any;  or  block:
      allow: [ATKey.Pro CTAP2.1, ba76a271-6eb6-4171-874d-b6428dbe3437]
    profiles:                        # if there are any;  remove: true  ends one
      - name: Default passkey profile
        synced: false
  temporaryAccessPass:
    enabled: true
    who: everyone
    minimum: 60m
    default: 60m
    maximum: 8h
    length: 8
    once: true

Exit code 0: the plan was made, whether or not it changes anything; 1: it could not be; 2: the command line makes no sense.`,
		Example: `  keyrollout tenant plan --write now.yaml       today's state as such a file
  keyrollout tenant plan wish.yaml -o plan.json
  keyrollout tenant apply plan.json`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && write == "" {
				return usageError{steps.T("a file with the desired state is needed, or --write FILE for today's")}
			}
			if len(args) == 0 && (out != "" || asJSON) {
				return usageError{steps.T("a plan needs a file with the desired state")}
			}
			return a.planTenant(cmd.Context(), rehearse, args, out, write, asJSON)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&rehearse, "practice", false, "for the practice tenant")
	f.StringVarP(&out, "out", "o", "", "write the plan to `FILE`, for  keyrollout tenant apply")
	f.StringVar(&write, "write", "", "write today's state as a desired state to `FILE`")
	f.BoolVar(&asJSON, "json", false, "the plan for a program, as in its file")
	return cmd
}

func (a *app) planTenant(ctx context.Context, rehearse bool, args []string, out, write string, asJSON bool) error {
	var wish steps.Desire
	if len(args) > 0 {
		b, err := readFile(args[0])
		if err != nil {
			return err
		}
		if wish, err = steps.ParseDesire(b); err != nil {
			return err
		}
	}
	var plan steps.TenantPlan
	err := a.inTenant(ctx, rehearse, func(ctx context.Context, w *steps.World) (err error) {
		if write != "" {
			if _, err := os.Lstat(write); err == nil { // perhaps the desired state that somebody wrote by hand
				return &steps.Problem{Code: "file-there", What: steps.T("There is a file %s already; it was left as it is.", write), State: steps.T("Nothing was changed in the tenant."),
					Next: []steps.Choice{{ID: "retry", Text: steps.T("name a file that is not there yet")}}}
			}
			b, err := steps.WriteDesire(ctx, w)
			if err == nil {
				err = writeFile(write, b)
			}
			if err != nil {
				return err
			}
		}
		if len(args) > 0 {
			if err := a.settled(ctx, w, rehearse); err != nil {
				return err
			}
			if j, err := a.knownJournal(w, rehearse); err == nil && j != nil { // a damaged one stops what changes something
				w.Journal = j
			}
			plan, err = steps.PlanTenant(ctx, w, wish)
		}
		return err
	})
	if err == nil && write != "" {
		fmt.Fprintln(a.err, a.say(steps.T("Today's state was written to %s.", write)))
	}
	if err != nil || len(args) == 0 {
		return err
	}
	b, err := plan.Encode()
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeFile(out, b); err != nil {
			return err
		}
	}
	if asJSON {
		_, err = a.out.Write(b)
		return err
	}
	a.printPlan(plan, out)
	return nil
}

// printPlan prints a plan as lines: fields from and to, people, needs, dangers, and the next command.
func (a *app) printPlan(p steps.TenantPlan, out string) {
	if len(p.Shown.Changes) == 0 {
		fmt.Fprintln(a.out.folded(), a.say(steps.T("The tenant stands as wanted: nothing to change.")))
		return
	}
	for _, c := range p.Shown.Changes {
		fmt.Fprintln(a.out.folded(), a.say(steps.T("%s, %s: %s -> %s", c.Group, c.Field, c.From, c.To)))
	}
	for _, t := range slices.Concat(p.Shown.People, p.Shown.Needs, p.Warnings) {
		fmt.Fprintln(a.out.folded(), a.say(t))
	}
	if out != "" {
		fmt.Fprintln(a.out, a.say(steps.T("next:  keyrollout tenant apply %s", out)))
	}
}

func (a *app) tenantApplyCommand() *cobra.Command {
	var rehearse bool
	var accepted []string
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Carry a plan out: exactly that, or nothing where the tenant has moved",
		Long: `Carry out a plan that  keyrollout tenant plan -o  wrote: exactly that, or nothing where the tenant has moved since
or the file was edited. The plan was the question, and this is the yes: nothing more is asked, except that a danger of
the plan is confirmed by typing its words, or by its name with --accept-risk. What is written is read back. Cut off at
any moment and run again, it finds what was done, does the rest and says so.

` + riskNames + changeExits,
		Args: words(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownRisks(accepted); err != nil {
				return err
			}
			b, err := readFile(args[0])
			if err != nil {
				return err
			}
			plan, err := steps.ParsePlan(b)
			if err != nil {
				return err
			}
			return a.changeTenant(cmd.Context(), rehearse, "", func(ctx context.Context, w *steps.World) error {
				return steps.ApplyPlan(ctx, w, plan, accepted)
			})
		},
	}
	cmd.Flags().BoolVar(&rehearse, "practice", false, "in the practice tenant")
	cmd.Flags().StringArrayVar(&accepted, "accept-risk", nil, "accept the danger of this `NAME`: lock-out-keys, open-to-synced, weaken-attestation")
	return cmd
}

func (a *app) tenantUndoCommand() *cobra.Command {
	var rehearse, yes bool
	var journal string
	var accepted []string
	cmd := &cobra.Command{
		Use:   "undo [PLAN]",
		Short: "Put back what stood before the latest change",
		Long: `Put back the policies as they stood before the latest change that the journal knows: of  keyrollout tenant apply,  or of
the wizard. What that changes is shown first, and asked. Run again, it takes back the change before that. With a PLAN it
takes back that one, or nothing where another change came after it.

` + riskNames + changeExits,
		Example: `  keyrollout tenant undo                         the latest change
  keyrollout tenant undo plan.json               only if that plan was the latest change
  keyrollout tenant undo --journal copy.jsonl    by a copy of the journal, on another computer`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownRisks(accepted); err != nil {
				return err
			}
			undo := func(ctx context.Context, w *steps.World) error { return steps.Undo(ctx, w, yes, accepted) }
			if len(args) > 0 {
				plan, err := planToUndo(args[0])
				if err != nil {
					return err
				}
				undo = func(ctx context.Context, w *steps.World) error { return steps.UndoPlan(ctx, w, plan, yes, accepted) }
			}
			if journal != "" { // to begin a new one would only say that there is nothing to take back
				if _, err := readFile(journal); err != nil {
					return err
				}
			}
			return a.changeTenant(cmd.Context(), rehearse, journal, undo)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&rehearse, "practice", false, "in the practice tenant")
	f.BoolVar(&yes, "yes", false, "go back without asking; dangers are asked for all the same")
	f.StringVar(&journal, "journal", "", "take what stood before from this journal `FILE` (default: the tenant's own)")
	f.StringArrayVar(&accepted, "accept-risk", nil, "accept the danger of this `NAME`: lock-out-keys, open-to-synced, weaken-attestation")
	return cmd
}

// riskNames explains the dangers that --accept-risk takes.
const riskNames = `Dangers that --accept-risk takes by name:

  lock-out-keys         keys that sign in today stop, or nobody can know which do
  open-to-synced        passkeys that are copied between a person's devices are accepted
  weaken-attestation    keys no longer have to prove what they are

`

// changeExits are the exit codes of what changes a tenant.
const changeExits = `Exit codes: 0 it stands as wanted, whether or not anything had to be sent; 1 refused, or it went wrong: what, in what state the
tenant is, and what to do next was said; 2 the command line makes no sense; 3 you said no, or left; 130 interrupted.`

// planToUndo reads a plan that is to be taken back, and says what was meant where it is another file.
func planToUndo(path string) (steps.TenantPlan, error) {
	b, err := readFile(path)
	if err != nil {
		return steps.TenantPlan{}, err
	}
	plan, err := steps.ParsePlan(b)
	var p *steps.Problem
	if !errors.As(err, &p) || p.Code != "plan-file" {
		return plan, err
	}
	p.Next = []steps.Choice{{ID: "retry", Text: steps.T("undo takes the plan that was applied, or no file for the latest change:  keyrollout tenant undo")}}
	if j, err := steps.ReadJournal(path); err == nil && !j.Empty() {
		p.What = steps.T("That is a journal, not a plan.")
		p.Next = []steps.Choice{{ID: "retry", Text: steps.T("keyrollout tenant undo --journal %s", path)}}
	}
	return plan, p
}

// atMostOne is for a command that may be given a file.
func atMostOne(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{steps.T("one file at most, not %d", len(args))}
	}
	return nil
}

// changeTenant is inTenant with the journal that outlives the run, and the tenant's lock: one change at a time.
func (a *app) changeTenant(ctx context.Context, rehearse bool, journal string, f func(context.Context, *steps.World) error) error {
	return a.inTenant(ctx, rehearse, func(ctx context.Context, w *steps.World) error { return a.journaled(ctx, w, rehearse, journal, f) })
}

// journaled is f with the journal and the lock of the tenant that is signed in to.
func (a *app) journaled(ctx context.Context, w *steps.World, rehearse bool, journal string, f func(context.Context, *steps.World) error) error {
	dir, err := a.tenantDir(w, rehearse)
	if err != nil {
		return err
	}
	if !rehearse { // inTenant holds the lock of the practice
		if err := state.Ensure(dir); err != nil {
			return err
		}
		unlock, err := state.Lock(filepath.Join(dir, "lock"))
		if err != nil {
			return inUse(err)
		}
		defer unlock()
	}
	if journal == "" {
		journal = filepath.Join(dir, "journal.jsonl")
	}
	was := w.Journal
	if w.Journal, err = steps.OpenJournal(journal, w.Clock.Now); err != nil {
		return err
	}
	defer func() {
		w.Journal.Close() // every entry was synced as it was written
		w.Journal = was
	}()
	return f(ctx, w)
}

// tenantDir is where a tenant's journal is kept.
func (a *app) tenantDir(w *steps.World, rehearse bool) (string, error) {
	dir, err := a.stateDir()
	if err != nil || rehearse {
		return filepath.Join(dir, "practice"), err
	}
	return filepath.Join(dir, "tenants", w.Org.ID), nil
}

// settled waits for a change that was cut off, if the tenant's journal knows of one: what is read before would be a
// plan's ground.
func (a *app) settled(ctx context.Context, w *steps.World, rehearse bool) error {
	in, err := a.inDoubt(w, rehearse)
	if err != nil || !in {
		return err
	}
	return a.journaled(ctx, w, rehearse, "", steps.Settle)
}

// inDoubt looks whether the tenant's journal knows of a change that was cut off.
func (a *app) inDoubt(w *steps.World, rehearse bool) (bool, error) {
	j, err := a.knownJournal(w, rehearse)
	return j != nil && j.InDoubt(), err
}

// knownJournal is the tenant's journal, read and not touched; nil where there is none yet.
func (a *app) knownJournal(w *steps.World, rehearse bool) (*steps.Journal, error) {
	dir, err := a.tenantDir(w, rehearse)
	if err != nil {
		return nil, err
	}
	j, err := steps.ReadJournal(filepath.Join(dir, "journal.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return j, err
}

// inUse is a lock that another process holds.
func inUse(err error) error {
	if !errors.Is(err, state.ErrInUse) {
		return err
	}
	return &steps.Problem{Code: "in-use", What: steps.T("This tenant is being worked in: %s.", err), State: steps.T("Nothing was changed in the tenant."), Err: err,
		Next: []steps.Choice{{ID: "retry", Text: steps.T("one change at a time: when the other one has ended, try again")}}}
}

// readFile reads a file that was named on the command line.
func readFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &steps.Problem{Code: "file-unreadable", What: steps.T("The file cannot be read: %s.", err), State: steps.T("Nothing was changed in the tenant."), Err: err,
			Next: []steps.Choice{{ID: "retry", Text: steps.T("name a file that is there and may be read")}}}
	}
	return b, nil
}

// knownRisks refuses a danger that does not exist: whoever mistyped one accepted another than they thought.
func knownRisks(accepted []string) error {
	known := []string{steps.RiskLockOut, steps.RiskSynced, steps.RiskAttestation}
	for _, r := range accepted {
		if !slices.Contains(known, r) {
			return usageError{steps.T("there is no danger %q; there are %s", r, strings.Join(known, ", "))}
		}
	}
	return nil
}
