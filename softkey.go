package main

import (
	"context"
	"errors"
	"io"
	"os/exec"
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
the path:  fido2-token -I PATH.  What a program asks for, and for which site, is shown here; Enter touches, and the list
has other touches and fingers. --auto touches by itself, --touch in an order, for tests.
With --uhid the kernel shows it as a USB key (/dev/hidraw), for browsers as well; that needs write access to /dev/uhid.

` + sealingHelp + `

The software key is for practice and tests. It is not hardware and says so by its AAGUID: whoever can read this program's
memory, or its file and what opens it, has the key.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serveKey(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.auto, "auto", false, "touch with the right finger whenever the key asks")
	cmd.Flags().StringSliceVar(&o.touches, "touch", nil, "touch in this `ORDER` and then as --auto, for tests: "+strings.Join(touchIDs(), ", "))
	cmd.Flags().BoolVar(&o.fresh, "fresh", false, "a key as from the factory: forget PIN, fingers and sign-ins")
	cmd.Flags().BoolVar(&o.uhid, "uhid", false, "as a USB key of the kernel's, through /dev/uhid (Linux)")
	o.add(cmd.Flags())
	cmd.AddCommand(a.sealCommand())
	cmd.Flags().StringVar(&o.profile, "profile", "", "begin a new key as this `MODEL`: "+strings.Join(softkey.ProfileNames(), ", ")+"; a key that is kept stays what it is")
	return cmd
}

// softkeyOptions say which key is served, and how.
type softkeyOptions struct {
	sealing
	auto, fresh, uhid bool
	profile           string
	touches           []string
}

func (a *app) sealCommand() *cobra.Command {
	var now, then sealing
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Seal the software key's file anew: in the system's key store, or with another passphrase",
		Long: `Seal the software key's file anew, with a key in the system's key store or, where there is none or with --passphrase,
with a new passphrase. What opened the file before opens it no more. When it is cut off, the file opens with the old or
with the new one, never with neither.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.reseal(cmd.Context(), now, then) },
	}
	f := cmd.Flags()
	f.StringVar(&now.file, "passphrase-file", "", "the present passphrase is the first line of `FILE`")
	f.BoolVar(&then.phrase, "passphrase", false, "with a passphrase, although this system has a key store")
	f.StringVar(&then.file, "new-passphrase-file", "", "with the passphrase in the first line of `FILE`")
	return cmd
}

func (a *app) serveKey(ctx context.Context, o softkeyOptions) error {
	profile, ok := softkey.ProfileNamed(o.profile)
	if !ok && o.profile != "" {
		return usageError{steps.T("no profile %q: there are %s", o.profile, strings.Join(softkey.ProfileNames(), ", "))}
	}
	var order *script
	if o.auto || len(o.touches) > 0 || !a.isTerminal() {
		var err error
		if order, err = touchScript(o.touches); err != nil { // before --fresh forgets a key
			return err
		}
	}
	dir := ""
	if !o.memory {
		place, unlock, err := a.ownPlace("softkey", "lock")
		if err != nil {
			return storeProblem(err)
		}
		defer unlock()
		dir = place
	}
	plain, _ := tui.WantsPlain(a.screen(nil), a.plain)
	var unwritten *steps.Problem
	unwritable := func(p *steps.Problem) {
		if plain {
			a.problem(p)
		} else if unwritten == nil { // the screen is in the way until it ends
			unwritten = p
		}
	}
	defer func() {
		if unwritten != nil {
			a.problem(unwritten)
		}
	}()
	return a.onFace(ctx, func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (err error) {
		defer func() { err = storeProblem(err) }()
		open := o.ownStore
		if o.fresh && !o.memory {
			open = o.freshStore
		}
		store, err := open(ctx, dir, ask, tell)
		if err != nil {
			return err
		}
		if order != nil {
			ask = order
		}
		return a.serveKeyAt(ctx, dir, profile, store, o.uhid, ask, tell, unwritable)
	})
}

// onFace runs f where a served key shows itself: on the whole screen, or in lines where that cannot be.
func (a *app) onFace(ctx context.Context, f tui.Run) error {
	if plain, _ := tui.WantsPlain(a.screen(nil), a.plain); plain {
		return a.onLines(ctx, f)
	}
	return tui.Wizard(ctx, a.screen(nil), f)
}

// onLines runs f in the line dialogue; without a terminal there is nobody to ask.
func (a *app) onLines(ctx context.Context, f tui.Run) error {
	if !a.isTerminal() {
		return f(ctx, nobody{}, tui.PlainTell(a.out, a.say))
	}
	return tui.Plain(ctx, a.screen(nil), f)
}

// nobody answers nothing, and touches nothing.
type nobody struct{}

func (nobody) Ask(_ context.Context, q steps.Question) (steps.Answer, error) {
	if q.Kind == steps.Touch {
		return steps.Answer{ID: "nobody"}, nil
	}
	return steps.Answer{}, steps.ErrNoAnswer
}

func (a *app) serveKeyAt(ctx context.Context, dir string, profile softkey.Profile, store softkey.Store, uhid bool, ask steps.Asker, tell func(steps.Event), unwritable func(*steps.Problem)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	plain, _ := tui.WantsPlain(a.screen(nil), a.plain)
	f := newServedFace(ctx, ask, tell, !plain)
	h := &hand{ask: f, leave: cancel, path: handPath(dir), served: f}
	f.hand = h
	f.failed = unwritable
	h.auto, _ = ask.(*script)
	key, err := openKey(dir, store, softkey.Options{Profile: profile, Light: f.light, Log: f.log}, h)
	if err != nil {
		return err
	}
	defer key.Close()
	wait, where, err := a.expose(ctx, key, uhid)
	if err != nil {
		return err
	}
	f.said(where)
	if !plain {
		go func() { cancel(f.idle(ctx, key)) }()
	}
	if err := wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// openKey opens the software key that lives in a store, in a hand. The store is the key's, or closed.
func openKey(dir string, store softkey.Store, o softkey.Options, h *hand) (*softkey.Key, error) {
	err := h.load()
	light := o.Light
	o.Store, o.Toucher, o.Clock, o.Light = store, h, time.Now, func(l softkey.Light) { h.seen(l); light(l) }
	var key *softkey.Key
	if err == nil {
		key, err = softkey.Open(o)
	}
	if err != nil {
		return nil, errors.Join(err, closeStore(store))
	}
	h.key = key
	return key, nil
}

func closeStore(s softkey.Store) error {
	if c, ok := s.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// expose shows the key to other programs, and says where. A device path is told to  keyrollout key list  as well: the
// kernel lists no pseudo-terminals.
func (a *app) expose(ctx context.Context, key *softkey.Key, uhid bool) (wait func() error, where steps.Text, err error) {
	if uhid {
		wait, err = key.ServeUHID(ctx)
		return wait, steps.T("The software key is a USB key of this computer until you stop this with ctrl+c; fido2-token -L lists it."), err
	}
	path, served, err := key.Serve(ctx)
	if err != nil {
		return nil, where, err
	}
	withdraw, err := a.announceKey(path, key.Device())
	wait = func() error {
		err := served()
		withdraw()
		return err
	}
	return wait, steps.T("The software key is at %s until you stop this with ctrl+c.", path), err
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
	if err := doctor.Write(a.out, all, func(l doctor.Line) string { return a.say(asText(l)) }); err != nil {
		return err
	}
	if n := doctor.Faults(all); n > 0 {
		return errors.New(a.say(steps.Counted(n, steps.T("1 thing keeps something from working; see above"),
			steps.T("%d things keep something from working; see above", n))))
	}
	return nil
}

// asText is a line of the doctor's, who knows no other room, as a Text.
func asText(l doctor.Line) steps.Text {
	t := steps.Text{Format: l.Format}
	for _, a := range l.Args {
		if inner, ok := a.(doctor.Line); ok {
			a = asText(inner)
		}
		t.Args = append(t.Args, a)
	}
	return t
}
