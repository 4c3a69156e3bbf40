package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyrollout/fido"
	"keyrollout/steps"
	"keyrollout/tui"
)

// care is one thing done to a key by a person who holds it.
type care func(context.Context, *steps.World) error

// careFor runs it on the key that is meant, on whatever screen there is.
func (a *app) careFor(ctx context.Context, device string, f care) error {
	err := a.driveOne(ctx, func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		w := &steps.World{Asker: ask, Tell: tell, Keys: a.keysHere(device), Clock: wallClock{}, Journal: steps.MemoryJournal(time.Now)}
		defer w.Close()
		return steps.Visit(ctx, w, f)
	})
	if errors.Is(err, steps.ErrBack) { // there is nothing behind a command
		return steps.ErrQuit
	}
	return err
}

// driveOne drives one thing that is no rollout, and leaves in the terminal what its screen took away.
func (a *app) driveOne(ctx context.Context, r tui.Run) error {
	o := a.aside()
	var was remains
	err := a.drive(ctx, o, func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		err := r(ctx, ask, was.watch(tell))
		if err == nil {
			was.settled()
		}
		return err
	})
	if plain, _ := tui.WantsPlain(o, a.plain); !plain { // there every line stays by itself
		was.print(a)
	}
	return err
}

// remains is what has to stay in the terminal of a command after its screen: what was done, and what it was left at.
type remains struct {
	mu   sync.Mutex
	done []steps.Text
	open *steps.Problem
}

func (r *remains) watch(tell func(steps.Event)) func(steps.Event) {
	return func(e steps.Event) {
		r.mu.Lock()
		switch p, ok := e.Data.(*steps.Problem); {
		case ok:
			r.open = p
		case e.Name == steps.EventDone, e.Name == steps.EventVerified:
			r.done, r.open = append(r.done, e.Text), nil
		case e.Name == steps.EventKey:
			if r.open = nil; len(r.done) > 0 { // how it stands afterwards
				r.done = append(r.done, e.Text)
			}
		}
		r.mu.Unlock()
		tell(e)
	}
}

// settled: it went well in the end, so that no problem on the way is left.
func (r *remains) settled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = nil
}

func (r *remains) print(a *app) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.done {
		fmt.Fprintln(a.err, a.say(t))
	}
	if r.open != nil {
		a.problem(r.open)
	}
}

// addDevice adds --device.
func addDevice(f *pflag.FlagSet, path *string) {
	f.Var((*devicePath)(path), "device", "the `PATH` of the key")
}

// devicePath is a path that was given. An empty one, as of a variable that is not set, must not mean another key.
type devicePath string

func (d *devicePath) String() string { return string(*d) }
func (d *devicePath) Type() string   { return "string" }

func (d *devicePath) Set(s string) error {
	if s == "" {
		return usageError{steps.T("the path is empty; without --device it is the key that is plugged in")}
	}
	*d = devicePath(s)
	return nil
}

// keysHere are keysAt, and without a path the software keys that this user serves as well, as  key list  tells them.
func (a *app) keysHere(device string) fido.Keys {
	keys := a.keysAt(device)
	if device == "" {
		for _, k := range a.servedKeys() {
			keys = fido.Join(keys, fido.AtNamed(k.Path, k.Model))
		}
	}
	return keys
}

// keysAt are the keys of this computer, one that is shared with it among them, or the one at a device path.
func (a *app) keysAt(device string) fido.Keys {
	if device != "" {
		return fido.At(device)
	}
	if shared, ok := a.sharedKeys(); ok {
		return fido.Join(fido.Attached(), shared)
	}
	return fido.Attached()
}

// keyCare are the commands that change a key, and those that need its PIN to look.
func (a *app) keyCare() []*cobra.Command {
	var device string
	var asJSON bool
	flags := func(c *cobra.Command) *cobra.Command {
		addDevice(c.Flags(), &device)
		return c
	}
	// one command that takes n words
	leaf := func(use, short string, n int, f func(ctx context.Context, w *steps.World, args []string) error) *cobra.Command {
		return flags(&cobra.Command{Use: use, Short: short, Args: words(n),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.careFor(cmd.Context(), device, func(ctx context.Context, w *steps.World) error { return f(ctx, w, args) })
			}})
	}
	// a command that looks: what it found is printed when the screen is the shell's again
	looking := func(use, short string, look func(ctx context.Context, w *steps.World) (found any, lines []steps.Text, err error)) *cobra.Command {
		c := flags(&cobra.Command{Use: use, Short: short, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				var found any
				var lines []steps.Text
				err := a.careFor(cmd.Context(), device, func(ctx context.Context, w *steps.World) (err error) {
					found, lines, err = look(ctx, w)
					return err
				})
				if err != nil {
					return err
				}
				return a.printList(found, lines, asJSON)
			}})
		c.Flags().BoolVar(&asJSON, "json", false, "for a program")
		return c
	}
	list := func(short string, look func(ctx context.Context, w *steps.World) (any, []steps.Text, error)) *cobra.Command {
		return looking("list", short, look)
	}
	group := func(use, short string, sub ...*cobra.Command) *cobra.Command {
		c := &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
		c.AddCommand(sub...)
		return c
	}
	return []*cobra.Command{
		leaf("pin", "Set the key's PIN, or change it; a wrong try is counted and told", 0,
			func(ctx context.Context, w *steps.World, _ []string) error { return steps.SetPIN(ctx, w) }),
		group("fingerprint", "The fingers on a key",
			list("The fingers that are enrolled", listFingers),
			leaf("add", "Enrol a finger", 0, func(ctx context.Context, w *steps.World, _ []string) error { return steps.AddFinger(ctx, w) }),
			leaf("rename NAME NEW", "Give a finger another name; an id serves as NAME", 2, func(ctx context.Context, w *steps.World, args []string) error {
				return steps.RenameFinger(ctx, w, args[0], args[1])
			}),
			leaf("remove NAME", "Remove a finger, by its name or id", 1, func(ctx context.Context, w *steps.World, args []string) error {
				return steps.RemoveFinger(ctx, w, args[0])
			})),
		group("credentials", "The sign-ins a key holds",
			list("The sign-ins on the key, of every site", listResidents),
			leaf("delete ID", "Delete one sign-in from the key", 1, func(ctx context.Context, w *steps.World, args []string) error {
				id, err := credentialID(args[0])
				if err != nil {
					return err
				}
				return steps.DeleteResident(ctx, w, id)
			}),
			leaf("rename ID NAME", "Change the user name that a sign-in shows", 2, renameResident),
			looking("room", "How many sign-ins the key holds, and how many more fit", showRoom)),
		group("config", "The settings of a key",
			looking("show", "How the settings stand", showSettings),
			leaf("min-pin N", "Raise the shortest PIN to N characters; only a reset lowers it", 1, setMinPIN),
			leaf("force-pin-change", "Demand a new PIN before anything else: for handing over a key", 0,
				func(ctx context.Context, w *steps.World, _ []string) error { return steps.ForcePINChange(ctx, w) }),
			leaf("always-uv on|off", "Ask for the PIN or a finger at every use, or leave that to the sites", 1, setAlwaysUV)),
		leaf("reset", "Wipe the key: sign-ins, fingers, PIN; only after its words were typed", 0,
			func(ctx context.Context, w *steps.World, _ []string) error { return steps.ResetKey(ctx, w) }),
	}
}

// words is the check that a command gets n words, two at most.
func words(n int) cobra.PositionalArgs {
	if n == 0 {
		return noArgs
	}
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{steps.T("%s takes %s behind it: %s", cmd.CommandPath(), steps.Counted(n, steps.T("one word"), steps.T("two words")), strings.TrimSuffix(cmd.UseLine(), " [flags]"))}
		}
		return nil
	}
}

func (a *app) printList(found any, lines []steps.Text, asJSON bool) error {
	if asJSON {
		return writeJSON(a.out, found)
	}
	for _, l := range lines {
		fmt.Fprintln(a.out, a.say(l))
	}
	return nil
}

// listedFinger is one finger as  key fingerprint list  tells it; its id is what rename and remove take.
type listedFinger struct{ ID, Name string }

func listFingers(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	list := []listedFinger{} // a program reads [], not null
	found, err := steps.Fingers(ctx, w)
	lines := []steps.Text{}
	for _, f := range found {
		id := hex.EncodeToString(f.ID)
		name := steps.Printed(f.Name)
		if name == "" {
			name = "-"
		}
		list = append(list, listedFinger{id, f.Name})
		lines = append(lines, steps.T("%s  (id %s)", name, id))
	}
	if err == nil {
		lines = append(lines, steps.FingersText(w, len(found)))
	}
	return list, lines, err
}

// listedResident is one sign-in as  key credentials list  tells it; its id is what rename and delete take.
type listedResident struct {
	ID, RPID, UserName, DisplayName, UserID string
	CredProtect                             int // 1 to 3, see CTAP 2.1 section 12.1; 0 = not told
}

func listResidents(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	list := []listedResident{}
	found, err := steps.Residents(ctx, w)
	lines := []steps.Text{}
	for _, r := range found {
		id := base64.RawURLEncoding.EncodeToString(r.ID)
		list = append(list, listedResident{id, r.RPID, r.UserName, r.DisplayName, base64.RawURLEncoding.EncodeToString(r.UserID), r.CredProtect})
		lines = append(lines, steps.T("%s  %s  (id %s)", steps.Printed(r.RPID), steps.Printed(r.UserName), id))
	}
	if len(lines) == 0 {
		lines = append(lines, steps.T("The key holds no sign-ins."))
	}
	return list, lines, err
}
