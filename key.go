package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/steps"
)

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "The security keys in this computer", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var asJSON bool
	var path string
	list := &cobra.Command{Use: "list", Short: "The keys that are plugged in", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.keyList(cmd.Context(), asJSON) }}
	list.Flags().BoolVar(&asJSON, "json", false, "for a program")
	info := &cobra.Command{Use: "info", Short: "What a key says of itself, in words", Args: noArgs,
		Long: `What a key says of itself, in words. Nothing is changed, no PIN is asked for and no try is spent.
With several keys plugged in, --device names the one that is meant; it also takes the path that  keyrollout softkey  prints.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.keyInfo(cmd.Context(), path, asJSON) }}
	info.Flags().BoolVar(&asJSON, "json", false, "for a program")
	info.Flags().StringVar(&path, "device", "", "the `PATH` of the key")
	cmd.AddCommand(list, info)
	cmd.AddCommand(a.keyCare()...)
	return cmd
}

func (a *app) keyList(ctx context.Context, asJSON bool) error {
	devices, err := fido.Attached().List(ctx)
	if err != nil {
		return problemOr(err)
	}
	if asJSON {
		return writeJSON(a.out, devices)
	}
	if len(devices) == 0 {
		fmt.Fprintln(a.out, a.say(steps.T("No security key is plugged into this computer.")))
		if a.env("SSH_CONNECTION") != "" {
			fmt.Fprintln(a.out, a.say(steps.T("This is an SSH session: the key has to be in this computer, not in the one you sit at.")))
		}
		fmt.Fprintln(a.out, a.say(steps.T("Without a key:  keyrollout practice  or  keyrollout softkey.  If one is plugged in:  keyrollout doctor")))
		return nil
	}
	for _, d := range devices {
		fmt.Fprintf(a.out, "%s  %s  %s (%04x:%04x)\n", d.Path, clean(d.Manufacturer), clean(d.Product), d.VendorID, d.ProductID)
	}
	return nil
}

// clean keeps what a device calls itself from steering the terminal.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s))
}

func (a *app) keyInfo(ctx context.Context, path string, asJSON bool) error {
	s, err := openOne(ctx, path)
	if err != nil {
		return problemOr(err)
	}
	defer s.Close()
	info, err := s.Info(ctx)
	if err != nil {
		return problemOr(err)
	}
	if asJSON {
		return writeJSON(a.out, info)
	}
	var tries *fido.Retries
	if _, can := info.Option("clientPin"); can {
		r, err := s.Retries(ctx)
		if err != nil {
			return problemOr(err)
		}
		tries = &r
	}
	for _, l := range describe(s.Device(), info, tries) {
		fmt.Fprintf(a.out, "%-14s %s\n", a.say(l[0]), a.say(l[1]))
	}
	return nil
}

// openOne opens the key at a path, or the only one that is plugged in.
func openOne(ctx context.Context, path string) (fido.Session, error) {
	if path != "" {
		return fido.OpenPath(ctx, path)
	}
	keys := fido.Attached()
	devices, err := keys.List(ctx)
	if err != nil {
		return nil, err
	}
	switch len(devices) {
	case 0:
		return nil, &steps.Problem{Code: "key-none", What: steps.T("No security key is plugged into this computer."), State: steps.T("Nothing was changed."),
			Next: []steps.Choice{{ID: "retry", Text: steps.T("plug it in, or give a path with --device; if it is in:  keyrollout doctor")}}}
	case 1:
		return keys.Open(ctx, devices[0])
	}
	var paths []string
	for _, d := range devices {
		paths = append(paths, d.Path+" ("+clean(d.Product)+")")
	}
	return nil, &steps.Problem{Code: "key-several", What: steps.T("Several keys are plugged in: %s.", strings.Join(paths, ", ")), State: steps.T("Nothing was changed."),
		Next: []steps.Choice{{ID: "retry", Text: steps.T("name one with --device PATH")}}}
}

// describe says in words what a key can do, is set up for, and lacks for Entra and Windows.
func describe(d fido.Device, i fido.Info, tries *fido.Retries) [][2]steps.Text {
	var out [][2]steps.Text
	add := func(name, value steps.Text) { out = append(out, [2]steps.Text{name, value}) }
	plain := func(s string) steps.Text { return steps.Text{Format: "%s", Args: []any{s}} }

	model := plain(clean(d.Product))
	entra := steps.T("not on Microsoft's list: refused where attestation is enforced")
	if m, ok := fido.ModelOf(i.AAGUID); ok {
		model = plain(m.Name)
		if m.Entra {
			entra = steps.T("on Microsoft's list: accepted where attestation is enforced")
		}
	}
	add(steps.T("model"), model)
	add(steps.T("AAGUID"), plain(fido.FormatAAGUID(i.AAGUID)))
	add(steps.T("versions"), plain(strings.Join(i.Versions, " ")))
	if i.Firmware > 0 {
		add(steps.T("firmware"), steps.T("%d", i.Firmware))
	}
	add(steps.T("PIN"), pinWords(i, tries))
	add(steps.T("fingers"), fingerWords(i, tries))
	if i.Residents >= 0 {
		add(steps.T("room"), steps.T("for %d more sign-ins", i.Residents))
	}
	add(steps.T("extensions"), plain(strings.Join(i.Extensions, " ")))
	add(steps.T("options"), plain(optionWords(i)))
	add(steps.T("Entra"), entra)
	add(steps.T("lacks"), lacks(i))
	return out
}

func pinWords(i fido.Info, tries *fido.Retries) steps.Text {
	set, can := i.Option("clientPin")
	switch {
	case !can:
		return steps.T("this key has none")
	case !set:
		return steps.T("not set; at least %d characters", i.MinPIN)
	case tries == nil:
		return steps.T("set")
	case tries.PIN == 0:
		return steps.T("locked: only a reset helps")
	}
	return steps.T("set; %d tries left; at least %d characters", tries.PIN, i.MinPIN)
}

func fingerWords(i fido.Info, tries *fido.Retries) steps.Text {
	_, builtIn := i.Option("uv")
	switch {
	case !i.CanEnrol() && !builtIn:
		return steps.T("this key has no sensor")
	case !i.HasFinger() && !i.Options["uv"]:
		return steps.T("none enrolled")
	case tries != nil && tries.UV == 0:
		return steps.T("enrolled, locked after too many misses: the PIN unlocks them")
	case tries != nil && tries.UV > 0:
		return steps.T("enrolled; %d tries left", tries.UV)
	}
	return steps.T("enrolled")
}

func optionWords(i fido.Info) string {
	var s []string
	for _, name := range slices.Sorted(maps.Keys(i.Options)) {
		sign := "-"
		if i.Options[name] {
			sign = "+"
		}
		s = append(s, sign+name)
	}
	return strings.Join(s, " ")
}

// lacks names what Entra and Windows demand and this key has not: a resident key, hmac-secret, ES256, a PIN or finger.
func lacks(i fido.Info) steps.Text {
	var s []string
	if !i.Options["rk"] {
		s = append(s, "rk")
	}
	if !slices.Contains(i.Extensions, "hmac-secret") {
		s = append(s, "hmac-secret")
	}
	if len(i.Algorithms) > 0 && !slices.Contains(i.Algorithms, -7) {
		s = append(s, "ES256")
	}
	if !i.HasPIN() && !i.Options["uv"] {
		s = append(s, "PIN")
	}
	if len(s) == 0 {
		return steps.T("nothing that Entra or Windows asks for")
	}
	return steps.T("for Entra and Windows: %s", strings.Join(s, ", "))
}

// problemOr turns an error of a key or a tenant into one that is told in three parts.
func problemOr(err error) error {
	if p := steps.ProblemOf(err); p != nil {
		return p
	}
	return err
}

func writeJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
