package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/internal/foreign"
	"keyrollout/steps"
)

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "The security keys in this computer", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var asJSON bool
	var path, mds string
	looking := func(c *cobra.Command, f func(context.Context) error) *cobra.Command {
		c.Args = noArgs
		c.RunE = func(cmd *cobra.Command, _ []string) error {
			if err := a.useMetadata(mds); err != nil {
				return err
			}
			return f(cmd.Context())
		}
		c.Flags().BoolVar(&asJSON, "json", false, "for a program")
		c.Flags().StringVar(&mds, "mds", "", "a BLOB `FILE` of the FIDO Metadata Service: newer models and their status")
		return c
	}
	list := looking(&cobra.Command{Use: "list", Short: "The keys that are plugged in",
		Long: `The keys that are plugged in: device path, model, serial number where the key tells one, and what Microsoft Entra says
to the model. A key that cannot be opened says why, with the udev rule that is missing.`},
		func(ctx context.Context) error { return a.keyList(ctx, a.keysAt(""), asJSON) })
	info := looking(&cobra.Command{Use: "info", Short: "What a key says of itself, in words",
		Long: `What a key says of itself, in words. Nothing is changed, no PIN is asked for and no try is spent.
With several keys plugged in, touch the one that is meant, or name it with --device, which also takes the path that
keyrollout softkey  and  keyrollout key share  print.`},
		func(ctx context.Context) error { return a.keyInfo(ctx, path, asJSON) })
	addDevice(info.Flags(), &path)
	cmd.AddCommand(list, info, a.keyShareCommand())
	cmd.AddCommand(a.keyCare()...)
	return cmd
}

// openOne opens the key at a path, or the one that is plugged in. Of several the person touches the one that is meant.
func (a *app) openOne(ctx context.Context, path string) (fido.Session, error) {
	keys := a.keysHere(path)
	devices, err := keys.List(ctx)
	if err != nil {
		return nil, err
	}
	switch len(devices) {
	case 0:
		return nil, &steps.Problem{Code: "key-none", What: steps.T("No security key is plugged into this computer."), State: steps.T("Nothing was changed."),
			Next: []steps.Choice{{ID: "retry", Text: steps.T("plug it in, or give a path with --device; if it is in:  keyrollout doctor")}}}
	case 1:
		s, err := keys.Open(ctx, devices[0])
		if err != nil {
			return nil, steps.WithRule(devices[0].Path, err)
		}
		return s, nil
	}
	for _, t := range steps.OutOfReach(devices) {
		fmt.Fprintln(a.err, a.say(t))
	}
	if a.isTerminal() {
		fmt.Fprintln(a.err, a.say(steps.T("Several keys are plugged in: touch the one you mean.")))
		return fido.Choose(ctx, keys, devices)
	}
	var paths []string
	for _, d := range devices {
		paths = append(paths, d.Path+" ("+steps.Printed(d.Product)+")")
	}
	return nil, &steps.Problem{Code: "key-several", What: steps.T("Several keys are plugged in: %s.", strings.Join(paths, ", ")), State: steps.T("Nothing was changed."),
		Next: []steps.Choice{{ID: "retry", Text: steps.T("name one with --device PATH")}}}
}

// problemOr turns an error of a key or a tenant into one that is told in three parts.
func problemOr(err error) error {
	if p := steps.ProblemOf(err); p != nil {
		return p
	}
	return err
}

func writeJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(foreign.JSON(b.Bytes()))
	return err
}
