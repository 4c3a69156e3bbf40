package tui

import (
	"context"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"keyrollout/steps"
)

// Options is what a screen has to know of the world around it.
type Options struct {
	In      *os.File
	Out     *os.File
	Err     io.Writer
	Env     []string                       // NO_COLOR, TERM, SSH_CONNECTION, COLUMNS, LINES, NO_MOTION, ACCESSIBLE; nil = the process's own
	Say     steps.Speaker                  // the reader's language; nil = English
	Steps   []Label                        // the steps, in order; what comes before the last four has no number
	Explain func(step string) []steps.Text // what a step is, where it is in the portal, why; nil = nothing to explain
	// About is what a question means, what each of its answers does, and how that is undone; nil, or nothing, where the
	// words of the step say it all.
	About   func(steps.Question) []steps.Text
	Blocks  bool // half blocks are one cell wide here: there may be large letters
	Still   bool // no motion: no running clock either
	Version string
}

// Label names a step on the line of steps.
type Label struct {
	ID   string
	Name steps.Text
}

// Run is what a screen drives, in a goroutine of its own: the engine. ctx ends when the person leaves or hangs up;
// Run then ends its key operation, flushes its journal and returns.
type Run func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error

// numbered is how many labels at the end of Options.Steps carry a number.
const numbered = 4

func (o Options) filled() Options {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Err == nil {
		o.Err = os.Stderr
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Say == nil {
		o.Say = steps.English
	}
	if o.env("NO_MOTION") != "" {
		o.Still = true
	}
	return o
}

// explain gives the words of a step; before the first one those of a rollout, where there is one.
func (o Options) explain(step string) []steps.Text {
	if o.Explain == nil || step == "" && len(o.Steps) == 0 {
		return nil
	}
	return o.Explain(step)
}

// about gives the words of a question, where it has words of its own.
func (o Options) about(q steps.Question) []steps.Text {
	if o.About == nil {
		return nil
	}
	return o.About(q)
}

// env is a variable of the environment; the last one wins, as in a shell.
func (o Options) env(name string) string {
	for i := len(o.Env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(o.Env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// WantsPlain reports whether the plain dialogue is the right screen here, and why.
func WantsPlain(o Options, flag bool) (bool, string) {
	o = o.filled()
	switch {
	case flag:
		return true, o.Say(steps.T("asked for with --plain"))
	case o.env("ACCESSIBLE") != "":
		return true, o.Say(steps.T("ACCESSIBLE is set"))
	case !term.IsTerminal(int(o.In.Fd())):
		return true, o.Say(steps.T("the input is not a terminal"))
	case !term.IsTerminal(int(o.Out.Fd())):
		return true, o.Say(steps.T("the output is not a terminal"))
	case dumb(o.env("TERM")):
		return true, o.Say(steps.T("this terminal cannot move its cursor (TERM is %q)", o.env("TERM")))
	}
	return false, ""
}
