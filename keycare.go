package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/steps"
)

// care is one thing done to a key by a person who holds it.
type care func(context.Context, *steps.World) error

// careFor runs it on the key that is meant, on whatever screen there is.
func (a *app) careFor(ctx context.Context, device string, f care) error {
	return a.drive(ctx, a.aside(), func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		w := &steps.World{Asker: ask, Tell: tell, Keys: a.keysAt(device), Clock: wallClock{}, Journal: steps.MemoryJournal(time.Now)}
		defer w.Close()
		return steps.Visit(ctx, w, f)
	})
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
		c.Flags().StringVar(&device, "device", "", "the `PATH` of the key")
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
			leaf("rename NAME NEW", "Give a finger another name", 2, func(ctx context.Context, w *steps.World, args []string) error {
				return steps.RenameFinger(ctx, w, args[0], args[1])
			}),
			leaf("remove NAME", "Remove a finger", 1, func(ctx context.Context, w *steps.World, args []string) error {
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

// words is the check that a command gets n words.
func words(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s takes %d word(s) behind it: %s", cmd.CommandPath(), n, cmd.UseLine())}
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

func listFingers(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	none := []fido.Fingerprint{} // a program reads [], not null
	found, err := steps.Fingers(ctx, w)
	lines := []steps.Text{}
	for _, f := range found {
		lines = append(lines, steps.T("%s  (id %s)", steps.Printed(f.Name), hex.EncodeToString(f.ID)))
	}
	if len(lines) == 0 {
		lines = append(lines, steps.T("No finger is enrolled on this key."))
	}
	return append(none, found...), lines, err
}

func listResidents(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	none := []fido.Resident{}
	found, err := steps.Residents(ctx, w)
	lines := []steps.Text{}
	for _, r := range found {
		lines = append(lines, steps.T("%s  %s  (id %s)", steps.Printed(r.RPID), steps.Printed(r.UserName), base64.RawURLEncoding.EncodeToString(r.ID)))
	}
	if len(lines) == 0 {
		lines = append(lines, steps.T("The key holds no sign-ins."))
	}
	return append(none, found...), lines, err
}
