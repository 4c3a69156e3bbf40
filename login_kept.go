package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/graph"
	"keyrollout/steps"
)

// keptFile is where --keep-login keeps the sign-in, sealed.
const keptFile = "sign-in.sealed"

func (a *app) loginCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "login", Short: "The sign-in that --keep-login keeps: show it, or forget it", Args: noArgs,
		Long: `Show whose sign-in is kept on this computer. Without --keep-login none is: tokens stay in memory.

A kept sign-in lies in the state directory, encrypted with a key that lies in the system's key store.`,
		RunE: func(*cobra.Command, []string) error { return a.showKept(asJSON) }}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for a program")
	cmd.AddCommand(&cobra.Command{Use: "forget", Short: "Sign out: remove the kept sign-in and its key from this computer", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.forgetKept() }})
	return cmd
}

// kept opens the store if a sign-in is kept in it; nil = none is.
func (a *app) kept() (file string, store graph.TokenStore, err error) {
	dir, err := a.stateDir()
	if err != nil {
		return "", nil, err
	}
	file = filepath.Join(dir, keptFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return file, nil, nil // to open the store would make a key
	}
	store, err = graph.SystemStore(file)
	if err != nil {
		err = &steps.Problem{Code: graph.CodeNoKeyStore, What: steps.T("A sign-in is kept in %s, but the system's key store, where its key lies, cannot be reached.", file), State: steps.T("Nothing was changed."), Err: err,
			Next: []steps.Choice{{ID: "forget", Text: steps.T("unlock the key store, or remove the sign-in:  keyrollout login forget")}}}
	}
	return file, store, err
}

func (a *app) showKept(asJSON bool) error {
	_, store, err := a.kept()
	if err != nil {
		return err
	}
	list := []graph.KeptLogin{}
	if store != nil {
		found, err := graph.Kept(store)
		if err != nil {
			return problemOr(err)
		}
		list = append(list, found...)
	}
	if asJSON {
		type row struct {
			UPN      string   `json:"userPrincipalName"`
			TenantID string   `json:"tenantId"`
			Login    string   `json:"login"`
			Apps     []string `json:"clientIds"`
		}
		rows := []row{}
		for _, k := range list {
			rows = append(rows, row{k.UPN, k.TenantID, k.Login, append([]string{}, k.ClientIDs...)})
		}
		return writeJSON(a.out, rows)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, a.say(steps.T("No sign-in is kept.")))
		return nil
	}
	for _, k := range list {
		fmt.Fprintln(a.out, a.say(steps.T("%s, tenant %s at %s, app %s", k.UPN, k.TenantID, k.Login, cmp.Or(strings.Join(k.ClientIDs, ", "), "-"))))
	}
	fmt.Fprintln(a.out, a.say(steps.T("next: %s", steps.T("keyrollout login forget  removes it"))))
	return nil
}

// forgetKept removes the sign-in whether or not it can be opened.
func (a *app) forgetKept() error {
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, keptFile)
	_, err = os.Stat(file)
	was := err == nil
	err = graph.ForgetKept(file)
	var g *graph.Error
	switch {
	case errors.As(err, &g) && g.Code == graph.CodeNoKeyStore:
		if was {
			fmt.Fprintln(a.out, a.say(steps.T("The kept sign-in is gone. The key store cannot be reached: the key that is left in it opens nothing.")))
			return nil
		}
	case err != nil:
		return err
	case was:
		fmt.Fprintln(a.out, a.say(steps.T("The kept sign-in and its key are gone from this computer.")))
		fmt.Fprintln(a.out, a.say(steps.T("Copies that somebody took before would still open:  Entra ID > Users > the person > Revoke sessions  ends those.")))
		return nil
	}
	fmt.Fprintln(a.out, a.say(steps.T("No sign-in is kept.")))
	return nil
}
