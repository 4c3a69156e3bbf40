package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/doctor"
	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/tui"
)

func (a *app) softkeyCommand() *cobra.Command {
	var o softkeyOptions
	cmd := &cobra.Command{
		Use:   "softkey",
		Short: "Serve the software key at a device path, for any program that uses libfido2",
		Long: `Serve a software security key at a device path until stopped (Linux). Any program that uses libfido2 can be given
the path:  fido2-token -I PATH.  Fingers and touches are asked for here; --auto touches by itself, for tests.
With --uhid the kernel shows it as a USB key (/dev/hidraw), for browsers as well; that needs write access to /dev/uhid.

The software key is for practice and tests. It is not hardware, says so by its AAGUID, and protects nothing better than
this user's files do.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serveKey(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.auto, "auto", false, "touch with the right finger whenever the key asks")
	cmd.Flags().BoolVar(&o.fresh, "fresh", false, "a key as from the factory: forget PIN, fingers and sign-ins")
	cmd.Flags().BoolVar(&o.uhid, "uhid", false, "as a USB key of the kernel's, through /dev/uhid (Linux)")
	cmd.Flags().StringVar(&o.profile, "profile", softkey.ProfileNames()[0], "behave as this `MODEL`: "+strings.Join(softkey.ProfileNames(), ", "))
	return cmd
}

// softkeyOptions say which key is served, and how.
type softkeyOptions struct {
	auto, fresh, uhid bool
	profile           string
}

func (a *app) serveKey(ctx context.Context, o softkeyOptions) error {
	profile, ok := softkey.ProfileNamed(o.profile)
	if !ok {
		return usageError{fmt.Errorf("no profile %q: there are %s", o.profile, strings.Join(softkey.ProfileNames(), ", "))}
	}
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, "softkey")
	if err := state.Ensure(dir); err != nil {
		return err
	}
	if o.fresh {
		if err := forget(dir); err != nil {
			return err
		}
	}
	unlock, err := state.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	serve := func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		return a.serveKeyAt(ctx, dir, profile, o.uhid, ask, tell)
	}
	if o.auto || !a.isTerminal() {
		return serve(ctx, autoTouch{}, tui.PlainTell(a.out, a.say))
	}
	return tui.Plain(ctx, a.screen(nil), serve)
}

func (a *app) serveKeyAt(ctx context.Context, dir string, profile softkey.Profile, uhid bool, ask steps.Asker, tell func(steps.Event)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h := &hand{ask: ask, leave: cancel, path: handPath(dir)}
	if err := h.load(); err != nil {
		return err
	}
	store, err := keyStore(dir, "softkey")
	if err != nil {
		return err
	}
	key, err := softkey.Open(softkey.Options{Profile: profile, Store: store, Toucher: h, Clock: time.Now,
		Light: func(l softkey.Light) { tell(steps.LightEvent(l.Colour, l.Blink)) },
		Log: func(act softkey.Activity) {
			tell(steps.Event{Name: steps.EventNote, Text: activity(act)})
		}})
	if err != nil {
		return err
	}
	defer key.Close()
	h.key = key
	wait, where, err := expose(ctx, key, uhid)
	if err != nil {
		return err
	}
	tell(steps.Event{Name: steps.EventNote, Text: where})
	if err := wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// expose shows the key to other programs, and says where.
func expose(ctx context.Context, key *softkey.Key, uhid bool) (wait func() error, where steps.Text, err error) {
	if uhid {
		wait, err = key.ServeUHID(ctx)
		return wait, steps.T("The software key is a USB key of this computer until you stop this with Ctrl+C; fido2-token -L lists it."), err
	}
	path, wait, err := key.Serve(ctx)
	return wait, steps.T("The software key is at %s until you stop this with Ctrl+C.", path), err
}

// activity says in words what a program asked the key for, and how that ended.
func activity(act softkey.Activity) steps.Text {
	what := steps.T("%s", act.Command)
	if act.RPID != "" {
		what = steps.T("%s for %s", act.Command, act.RPID)
	}
	switch {
	case !act.Done:
		return steps.T("Asked: %s.", what)
	case act.Status == 0:
		return steps.T("Done: %s.", what)
	}
	return steps.T("Refused: %s: %s.", what, fido.Code(act.Status).String())
}

// autoTouch touches with the right finger whenever the key asks.
type autoTouch struct{}

func (autoTouch) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	return steps.Answer{ID: "good"}, ctx.Err()
}

func (a *app) doctor(ctx context.Context, asJSON bool) error {
	p := doctor.Host()
	p.Version, p.Env = version, a.env
	p.LibFIDO2 = fido.Library
	p.StateDir = func() (string, error) { return state.Dir(a.env, runtime.GOOS) }
	if v, err := exec.CommandContext(ctx, "pkg-config", "--modversion", "libfido2").Output(); err == nil && fido.Library != "" {
		p.LibFIDO2 = strings.TrimSpace(string(v))
	}
	all := doctor.Examine(ctx, p)
	if asJSON {
		return doctor.WriteJSON(a.out, all)
	}
	if err := doctor.Write(a.out, all); err != nil {
		return err
	}
	if n := doctor.Faults(all); n > 0 {
		return fmt.Errorf("%d thing(s) keep something from working; see above", n)
	}
	return nil
}
