// Command keyrollout takes an organisation from passwords to FIDO2 security keys in Microsoft Entra ID, in the four
// documented steps: tenant, key, registration, sign-in check. README.md says how it is used; this package holds the
// commands and the wiring, and nothing that is worth a room of its own.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"keyrollout/steps"
	"keyrollout/tui"
	"keyrollout/walkthrough"
)

// version is stamped by make.
var version = "unversioned"

// Exit codes, as `keyrollout help exit-codes` tells them.
const (
	exitDone        = 0
	exitFailed      = 1   // something went wrong; what, and in what state things are, was said
	exitUsage       = 2   // the command line makes no sense
	exitStopped     = 3   // the person left before the end; start again to go on
	exitUnmet       = 4   // a script's expectation was not met
	exitInterrupted = 130 // Ctrl+C, hang-up
)

// endWithin is how long a run may take to end in order after a signal: longer than the screen waits for it.
var endWithin = 15 * time.Second

func main() {
	// Bubble Tea writes every key it reads, PINs too, to the file this names.
	os.Unsetenv("TEA_TRACE")
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// terminating are the signals that end a run in order: the key's operation is cancelled and the journal is whole. Windows
// knows two of them: Ctrl+C, and the end of the console or of the session (SIGTERM, which gives a process five seconds).
var terminating = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// run is main with everything it touches handed in.
func run(ctx context.Context, args, environ []string, in, out, errOut *os.File) int {
	ctx, stop := signal.NotifyContext(ctx, terminating...)
	defer stop()
	// A terminal that nobody reads any more must not keep a program that was told to end. All state is on disk by then.
	over := make(chan struct{})
	defer close(over)
	context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(endWithin):
			os.Exit(exitInterrupted)
		}
	})
	a := &app{environ: environ, in: in, out: &output{File: out}, err: errOut}
	a.say = a.rehearsed(tui.Cleaned(walkthrough.Speak(a.language())))
	root := a.command()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(errOut)
	a.adopt(root)
	err := root.ExecuteContext(ctx)
	code := a.exit(ctx, err)
	if a.trace != nil {
		_ = a.trace.Close() // what was lost of it was said
	}
	return code
}

// exit says what is left to say of an error, and turns it into an exit code.
func (a *app) exit(ctx context.Context, err error) int {
	var (
		unmet *walkthrough.Error
		usage usageError
		p     *steps.Problem
	)
	if err != nil && ended(ctx) {
		fmt.Fprintln(a.err, a.say(steps.T("Interrupted. What was done stays done; start keyrollout again to go on.")))
		return exitInterrupted
	}
	if a.out.failed != nil && (err == nil || errors.Is(err, a.out.failed)) {
		err = a.out.problem()
	}
	if lost := a.traceProblem(); lost != nil {
		if err == nil {
			err = lost
		} else {
			defer a.problem(lost) // after what went wrong first
		}
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, steps.ErrQuit):
		return exitStopped
	case errors.As(err, &unmet):
		fmt.Fprintf(a.err, "keyrollout: %v\n", unmet)
		return exitUnmet
	case errors.As(err, &p):
		a.problem(p)
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(tui.Folded(a.err), "keyrollout: %s\n%s\n", a.say(usage.Text), a.say(steps.T("hint: keyrollout help")))
		return exitUsage
	case errors.Is(err, steps.ErrNoAnswer):
		fmt.Fprintf(a.err, "keyrollout: %s\n%s\n%s\n", a.say(steps.T("no answer")),
			a.say(steps.T("state: %s", steps.T("Nothing was taken for a yes; what was done before stays done."))),
			a.say(steps.T("next: %s", steps.T("start it in a terminal, or play a script:  keyrollout replay"))))
		return exitFailed
	}
	fmt.Fprintf(a.err, "keyrollout: %s\n", a.say(steps.T("%s", inWords(err))))
	return exitFailed
}

// ended reports whether a signal ended the run. The screen and this program hear the same signal, in either order.
func ended(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(50 * time.Millisecond):
		return false
	}
}

// problem prints a problem in its three parts.
func (a *app) problem(p *steps.Problem) {
	w := tui.Folded(a.err)
	fmt.Fprintf(w, "keyrollout: %s\n", a.say(p.What))
	if !p.State.Empty() {
		fmt.Fprintln(w, a.say(steps.T("state: %s", p.State)))
	}
	for _, l := range p.Do {
		fmt.Fprintln(w, a.say(l))
	}
	for _, n := range p.Next {
		if n.ID != steps.Leave.ID {
			fmt.Fprintln(w, a.say(steps.T("next: %s", n.Text)))
		}
	}
	fmt.Fprintln(w, a.say(steps.T("code: %s", p.Code)))
}

// app is what every command needs of the process around it.
type app struct {
	environ []string
	in, err *os.File
	out     *output
	trace   *output // --trace
	say     steps.Speaker

	plain    bool
	still    bool
	record   string
	evidence string
	login    signInOptions

	practising atomic.Bool // the run is in the practice: --practice, or chosen in the wizard
}

// env is a variable of the environment.
func (a *app) env(name string) string { return variable(a.environ, name, runtime.GOOS) }

// language is the one that the environment names, else the system's.
func (a *app) language() language.Tag {
	return walkthrough.Language(func(name string) string {
		if name == "LANG" {
			return cmp.Or(a.env(name), systemLanguage())
		}
		return a.env(name)
	})
}

// variable is the last of its name; Windows, which calls LocalAppData LOCALAPPDATA, takes names as they come.
func variable(environ []string, name, goos string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		n, v, ok := strings.Cut(environ[i], "=")
		if ok && (n == name || goos == "windows" && strings.EqualFold(n, name)) {
			return v
		}
	}
	return ""
}

// usageError is a command line that makes no sense.
type usageError struct{ steps.Text }

func (e usageError) Error() string { return e.String() }

// wordsError is any other error that this program has words of its own for.
type wordsError struct{ steps.Text }

func (e wordsError) Error() string { return e.String() }

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "keyrollout",
		Short: "From passwords to FIDO2 security keys in Microsoft Entra ID",
		Long: `keyrollout takes an organisation from passwords to FIDO2 security keys in Microsoft Entra ID:

  1  tenant          the passkey and Temporary Access Pass policies, and a pass for one person
  2  key             PIN and fingerprint
  3  registration    the key becomes a sign-in method
  4  sign-in check   proof that it signs in

Each step looks first, says what it would change, changes it when told to, and reads it back.
Without a command it starts the wizard, which asks where to begin. Nothing changes before you say so.`,
		Example: `  keyrollout practice          rehearse all of it: a made-up company, a software key
  keyrollout                   the wizard
  keyrollout key list          the keys in this computer
  keyrollout doctor            what this machine can and cannot do`,
		Args:              noArgs,
		PersistentPreRunE: a.before,
		Version:           version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.drive(cmd.Context(), a.screen(steps.Rollout()), a.begin)
		},
	}
	root.SetFlagErrorFunc(meant)
	f := root.PersistentFlags()
	f.BoolVar(&a.plain, "plain", false, "the plain line dialogue: for screen readers, logs and simple terminals")
	f.BoolVar(&a.still, "still", false, "nothing on the screen moves by itself")
	f.StringVar(&a.record, "record", "", "write the script that would replay this run to `FILE`")
	f.StringVar(&a.evidence, "evidence", "", "write the evidence of this run to `FILE` (default: the state directory)")
	a.signInFlags(root.Flags())
	rehearsal := a.practiceCommand()
	rehearsal.AddCommand(a.practiceServeCommand())
	tenant, passes := a.tenantCommand(), a.passCommand()
	tenant.AddCommand(a.tenantAppCommand())
	passes.AddCommand(a.passManyCommand())
	root.AddCommand(rehearsal, a.replayCommand(), a.reaches(tenant), a.reaches(passes), a.keyCommand(), a.softkeyCommand(), a.doctorCommand(),
		a.fingerprintCommand(), a.loginCommand(), a.versionCommand(), exitCodes())
	a.setHelp(root)
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return usageError{steps.T("%s takes nothing but flags behind it, not \"%s\"", cmd.CommandPath(), args[0])}
	}
	return unknownCommand(cmd, args[0])
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "The version of this program", Args: noArgs,
		Run: func(*cobra.Command, []string) { fmt.Fprintf(a.out, "keyrollout %s\n", version) }}
}

func exitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: `Exit codes:

    0   done
    1   something went wrong; what, in what state things are, and what to do next was said
    2   the command line makes no sense
    3   stopped before the end; start again to go on
    4   a script's expectation was not met
  130   interrupted (ctrl+c, hang-up)`}
}

// drive shows a run on the screen that fits: the wizard, or the plain dialogue.
func (a *app) drive(ctx context.Context, o tui.Options, r tui.Run) error {
	if plain, _ := tui.WantsPlain(o, a.plain); plain {
		return tui.Plain(ctx, o, a.recording(r))
	}
	return tui.Wizard(ctx, o, a.recording(r))
}

// screen is a screen for some steps; none for what is not a rollout.
func (a *app) screen(rollout []steps.Step) tui.Options {
	o := tui.Options{In: a.in, Out: a.out.File, Err: a.err, Env: a.environ, Say: a.say, Explain: walkthrough.Explain, About: walkthrough.About, Version: version, Still: a.still, Blocks: a.blocks()}
	for _, s := range rollout {
		o.Steps = append(o.Steps, tui.Label{ID: s.ID, Name: s.Name})
	}
	return o
}

// aside is a screen for a command whose answer is what goes to the standard output: the dialogue stays beside it.
func (a *app) aside() tui.Options {
	o := a.screen(nil)
	o.Out = a.err
	return o
}
