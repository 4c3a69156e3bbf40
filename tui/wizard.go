package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"keyrollout/steps"
)

// Wizard shows run on the whole screen until it ends, prints what has to stay in the terminal (what was done, what was
// not, the evidence, how to go on) and returns the error of run, which is for the caller to tell.
//
// Three things run beside each other: the program (the only one that reads and writes the terminal), the engine, and
// the pump between them.
func Wizard(ctx context.Context, o Options, run Run) error {
	os.Unsetenv("TEA_TRACE") // it would write every key to a file, PINs too
	o = o.filled()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	q := newQueue()
	m := newModel(o, func() { cancel(steps.ErrQuit) })
	// From outside a run is ended here, at once: the screen may be stalled, and a key operation must not wait for it.
	end := func(why steps.Text) {
		q.put(stopMsg{why})
		cancel(steps.ErrQuit)
	}
	gone := func() { end(steps.T("The terminal went away.")) }
	p := tea.NewProgram(m, programOptions(o, &input{o.In, gone})...)

	pumped := make(chan struct{})
	go q.pump(p.Send, pumped)
	stop := onHangup(end)
	over := context.AfterFunc(ctx, func() { q.put(stopMsg{stopped}) })
	result := make(chan error, 1)
	go engine(ctx, run, q, result)

	_, err := p.Run()
	over()
	close(pumped)
	if !m.ended && !m.left { // the terminal went away: the run has to end before anything else
		if m.stopping.Empty() {
			m.stopping = steps.T("The terminal went away.")
			if err != nil {
				m.stopping = steps.T("The terminal went away: %s", err.Error())
			}
		}
		cancel(steps.ErrQuit)
		m.runErr = <-result
		for _, msg := range q.take() {
			m.take(msg)
		}
	}
	stop()
	m.farewell().print(o.Out)
	if c := (*crash)(nil); errors.As(m.runErr, &c) {
		fmt.Fprintf(o.Err, "\n%s", c.stack)
	}
	return m.verdict(err)
}

// stopped is why a run ends when nothing better is known.
var stopped = steps.T("Stopped.")

// engine runs the run, and brings a panic to the screen's side so that the terminal is put right first.
func engine(ctx context.Context, run Run, q *queue, result chan<- error) {
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = &crash{r, debug.Stack()}
		}
		result <- err
		q.put(endedMsg{err})
	}()
	err = run(ctx, &asker{q}, func(e steps.Event) { q.put(e) })
}

// crash is a panic of the run.
type crash struct {
	value any
	stack []byte
}

func (c *crash) Error() string { return fmt.Sprintf("internal error: %v", c.value) }

// errLeft: the person left before the run had ended.
var errLeft = errors.New("left without waiting for the end")

// verdict is what Wizard returns: the run's error, or why there is none to be had.
func (m *model) verdict(screen error) error {
	switch {
	case m.left:
		return errLeft
	case errors.Is(screen, tea.ErrProgramPanic):
		return screen
	case m.runErr == nil && screen != nil && m.summary == nil && !errors.Is(screen, tea.ErrProgramKilled):
		return screen
	}
	return m.runErr
}

func (m *model) farewell() farewell {
	f := farewell{say: m.say, summary: m.summary, why: m.stopping, err: m.runErr, left: m.left, width: m.w, rollout: len(m.opt.Steps) > 0}
	if m.step != "" {
		f.step = m.stepName(m.step)
	}
	return f
}

// input tells when the terminal has gone away: the library takes the end of its input for nothing to read.
type input struct {
	*os.File
	gone func()
}

func (i *input) Read(b []byte) (int, error) {
	n, err := i.File.Read(b)
	if err != nil {
		i.gone()
	}
	return n, err
}

func programOptions(o Options, in *input) []tea.ProgramOption {
	opts := []tea.ProgramOption{
		tea.WithInput(in),
		tea.WithOutput(o.Out),
		tea.WithEnvironment(o.Env),
		tea.WithoutSignalHandler(),
		tea.WithFPS(20),
		tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg { return sized(o, msg) }),
	}
	if o.env("NO_COLOR") != "" {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	return opts
}

// sized gives a terminal that does not know its size (0 x 0, as under expect, in containers, on serial lines) the one
// in COLUMNS and LINES, or 80 x 24.
func sized(o Options, msg tea.Msg) tea.Msg {
	size, ok := msg.(tea.WindowSizeMsg)
	if !ok {
		return msg
	}
	if size.Width <= 0 {
		size.Width = number(o.env("COLUMNS"), 80)
	}
	if size.Height <= 0 {
		size.Height = number(o.env("LINES"), 24)
	}
	// No screen is that large: a terminal that says so would only cost memory.
	size.Width, size.Height = min(size.Width, 500), min(size.Height, 300)
	return size
}

func number(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return otherwise
}
