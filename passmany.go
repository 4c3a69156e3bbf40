package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"keyrollout/graph"
	"keyrollout/internal/secret"
	"keyrollout/internal/state"
	"keyrollout/steps"
)

type manyOptions struct {
	file, recipient, out string
	minutes              int
	once, replace, yes   bool
	asJSON               bool
}

func (a *app) passManyCommand() *cobra.Command {
	var o manyOptions
	cmd := &cobra.Command{Use: "issue-many FILE --recipient age1... --out DIR", Short: "Passes for many people, each sealed in a file of its own", Args: words(1),
		Long: `Issue a Temporary Access Pass to everybody named in FILE, one user principal name a line (# begins a remark), and seal each
in a file of its own in DIR, encrypted to the recipient (https://age-encryption.org). The passes are never shown and never
written in the clear. Open one with:  age --decrypt -i KEYFILE DIR/NAME.age

It may be interrupted and run again with the same DIR: who has a hand-over is passed over, nobody gets two passes, and a pass
that was issued and never sealed is revoked first.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			rehearse, err := cmd.Flags().GetBool("practice")
			if err != nil {
				return err
			}
			return a.issueMany(cmd.Context(), rehearse, o)
		}}
	f := cmd.Flags()
	f.StringVar(&o.recipient, "recipient", "", "the age `RECIPIENT` who opens the hand-overs, as age-keygen prints it (age1...)")
	f.StringVar(&o.out, "out", "", "`DIR` for the hand-overs, of the operator alone")
	f.IntVar(&o.minutes, "minutes", 0, "how many `MINUTES` a pass is good for; 0 = what the policy says")
	f.BoolVar(&o.once, "once", false, "for one sign-in")
	f.BoolVar(&o.replace, "replace", false, "take away passes that people have already")
	f.BoolVar(&o.yes, "yes", false, "do not ask before the first pass")
	f.BoolVar(&o.asJSON, "json", false, "the summary for a program")
	return cmd
}

func (a *app) issueMany(ctx context.Context, rehearse bool, o manyOptions) error {
	to, err := age.ParseX25519Recipient(o.recipient)
	if err != nil {
		// Without age's words: they repeat what was given, which may be the secret half.
		return usageError{steps.T("--recipient is what age-keygen prints as the public key (age1...)")}
	}
	if o.out == "" {
		return usageError{steps.T("--out says where the hand-overs go")}
	}
	users, err := readUsers(o.file)
	if err != nil {
		return fileProblem("users", err)
	}
	if err := state.Ensure(o.out); err != nil {
		return fileProblem("out", err)
	}
	unlock, err := state.Lock(filepath.Join(o.out, ".lock"))
	if err != nil {
		return fileProblem("out", err)
	}
	defer unlock()
	box := sealed{o.out, to}
	var got []steps.Handover
	err = a.inTenant(ctx, rehearse, func(ctx context.Context, w *steps.World) error {
		if !o.yes {
			ok, err := w.Ask(ctx, steps.Question{Name: "handover.issue", Kind: steps.Confirm, Default: "no",
				Text: steps.Counted(len(users), steps.T("Issue a pass to 1 person in %s?", w.Org.Name),
					steps.T("Issue a pass to each of %d people in %s?", len(users), w.Org.Name))})
			if err != nil {
				return err
			}
			if ok.ID != "yes" {
				return steps.ErrQuit
			}
		}
		j, err := steps.OpenJournal(filepath.Join(o.out, "journal.jsonl"), w.Clock.Now)
		if err != nil {
			return fileProblem("out", err)
		}
		defer j.Close()
		w.Journal = j
		got, err = steps.HandOver(ctx, w, steps.HandoverWish{Users: users, Lifetime: time.Duration(o.minutes) * time.Minute, Once: o.once, Replace: o.replace}, box)
		return err
	})
	if serr := a.writeHandovers(got, o.asJSON); err == nil {
		err = serr
	}
	refused := slices.ContainsFunc(got, func(h steps.Handover) bool { return h.State == steps.HandoverRefused })
	if err == nil && refused {
		err = &steps.Problem{Code: "handover-refused", What: steps.T("Some people got no pass; why stands beside their names."),
			State: steps.T("Everybody else has a sealed hand-over in %s.", o.out),
			Next:  []steps.Choice{{ID: "again", Text: steps.T("when that is settled, run the same command again: it passes over who has one")}}}
	}
	return err
}

// writeHandovers tells what became of everybody.
func (a *app) writeHandovers(got []steps.Handover, asJSON bool) error {
	type row struct {
		User    string              `json:"user"`
		State   steps.HandoverState `json:"state"`
		Reason  string              `json:"reason,omitempty"`
		Code    string              `json:"code,omitempty"`
		Expires *time.Time          `json:"expires,omitempty"`
	}
	rows := []row{}
	for _, h := range got {
		r := row{User: h.User, State: h.State, Reason: a.say(h.Reason), Code: h.Code}
		if h.State == steps.HandoverIssued {
			r.Expires = &h.Expires
		}
		rows = append(rows, r)
	}
	if asJSON {
		return writeJSON(a.out, rows)
	}
	for _, r := range rows {
		switch r.State {
		case steps.HandoverIssued:
			fmt.Fprintln(a.out, a.say(steps.T("issued   %s, good until %s", r.User, r.Expires.Local().Format("2006-01-02 15:04"))))
		case steps.HandoverThere:
			fmt.Fprintln(a.out, a.say(steps.T("skipped  %s: %s", r.User, r.Reason)))
		case steps.HandoverRefused:
			fmt.Fprintln(a.out, a.say(steps.T("refused  %s: %s", r.User, r.Reason)))
		}
	}
	return nil
}

// readUsers reads who is meant, a name a line.
func readUsers(file string) (users []string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(strings.TrimPrefix(string(b), "\ufeff")) { // Windows editors begin with a mark
		if i := strings.Index(line, " #"); i >= 0 { // not every #: names of guests hold #EXT#
			line = line[:i]
		}
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			users = append(users, line)
		}
	}
	if len(users) == 0 {
		return nil, wordsError{steps.T("%s names nobody", file)}
	}
	return users, nil
}

// sealed keeps hand-overs as files that only the recipient can open.
type sealed struct {
	dir string
	to  age.Recipient
}

// path names a hand-over after the person; the id makes it one for each, whatever the file system does with names.
func (s sealed) path(u graph.User) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.@", r) {
			return r
		}
		return '_'
	}, strings.ToLower(u.UPN))
	return filepath.Join(s.dir, name+"_"+u.ID+".age")
}

func (s sealed) Has(u graph.User) bool {
	_, err := os.Stat(s.path(u))
	return err == nil
}

func (s sealed) Put(u graph.User, text secret.Secret) error {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, s.to)
	if err != nil {
		return err
	}
	text.Use(func(b []byte) { _, err = w.Write(b) })
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	return state.WriteFile(s.path(u), out.Bytes())
}
