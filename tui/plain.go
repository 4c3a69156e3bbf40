package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"keyrollout/steps"
)

// Plain is the line dialogue: one line per fact, no redraw, no colour, no borders; for screen readers, pipes and
// terminals that cannot draw. It returns the error of run.
func Plain(ctx context.Context, o Options, run Run) error {
	os.Unsetenv("TEA_TRACE")
	o = o.filled()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	d := newDialogue(o)
	stop := onHangup(func(why steps.Text) { d.why.Store(&why); cancel(steps.ErrQuit) })
	defer stop()
	if len(o.Steps) > 0 {
		d.announce()
	}
	waits := d.watch()
	err := run(ctx, d, d.tell)
	waits()
	d.farewell(err).print(d.out)
	return err
}

// dialogue is the plain dialogue: a steps.Asker on lines.
type dialogue struct {
	opt   Options
	say   steps.Speaker
	lines *lineReader
	tty   func(path string) (*os.File, error) // of ttyPath and ttyShown
	why   atomic.Pointer[steps.Text]          // why it was stopped from outside

	mu        sync.Mutex // the output and all below
	out       io.Writer
	print     func(steps.Event)
	summary   *steps.Summary
	step      string
	idle      time.Time // since when nothing was printed and nothing is asked; zero while a person is asked
	waits     steps.Text
	told      bool // that something is waited for
	announced bool
	full      string // the question that was last read out in full
}

func newDialogue(o Options) *dialogue {
	d := &dialogue{
		opt: o, say: Cleaned(o.Say), lines: newLineReader(o.In), out: folded{o.Out},
		tty:  func(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR, 0) },
		idle: time.Now(),
	}
	d.print = PlainTell(d.out, o.Say)
	return d
}

func (d *dialogue) line(t steps.Text) { fmt.Fprintln(d.out, d.say(t)) }

// announce says, once, that this is the plain dialogue and how to get along with it: a command that asks nothing needs
// no such words.
func (d *dialogue) announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.announced {
		return
	}
	d.announced = true
	d.line(steps.T("keyrollout, plain dialogue."))
	d.line(answering)
}

// answering is how one gets along with the plain dialogue.
var answering = steps.T("Answer a numbered question with the number or the name. b goes back (< where text is typed), q leaves, ? explains.")

// errExplain: the person asked for explanations. The question is put again after them, in full.
var errExplain = errors.New("explain")

// explainSign asks for explanations everywhere: no name, PIN or pass is that.
const explainSign = "?"

// explain reads out what the question means where it has words of its own and they were not read out just before, else
// what the step is. It reports which.
func (d *dialogue) explain(q steps.Question, again bool) (about bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = ""
	if texts := d.opt.about(q); len(texts) > 0 && !again {
		for _, t := range texts {
			if !t.Empty() {
				d.line(t)
			}
		}
		d.line(steps.T("? once more says more."))
		return true
	}
	for _, t := range d.opt.explain(d.step) {
		if !t.Empty() {
			d.line(t)
		}
	}
	d.line(answering)
	d.line(steps.T("ctrl+c leaves at any time. What was done stays done."))
	return false
}

// tell prints an event.
func (d *dialogue) tell(e steps.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch data := e.Data.(type) {
	case steps.Summary:
		d.summary = &data // printed at the very end
		return
	case steps.StepState:
		if data.State == steps.Active {
			d.step = data.ID
		}
	case steps.Wait:
		d.waits = data.For
	case steps.LED, steps.Picture:
	default:
		d.waits = steps.Text{}
	}
	d.print(e)
	d.active()
}

// active: something was printed, so waiting begins anew.
func (d *dialogue) active() { d.idle, d.told = time.Now(), false }

func (d *dialogue) farewell(err error) farewell {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := farewell{say: d.say, summary: d.summary, err: err, plain: true, rollout: len(d.opt.Steps) > 0}
	if why := d.why.Load(); why != nil {
		f.why = *why
	}
	for _, l := range d.opt.Steps {
		if l.ID == d.step {
			f.step = l.Name
		}
	}
	return f
}

// Ask implements steps.Asker.
func (d *dialogue) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	d.announce()
	d.mu.Lock()
	d.idle = time.Time{}
	if q.Kind != steps.Touch { // touches come one after the other and need no new list
		d.full = ""
	}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.active()
		d.mu.Unlock()
	}()
	check, about := checker{q: q}, false
	defer check.wipe()
	for {
		a, err := d.once(ctx, q)
		var retry again
		switch {
		case errors.Is(err, errExplain):
			about = d.explain(q, about)
			if !check.first.Empty() {
				d.printf("%s\n", d.say(steps.T("The same once more, to be sure.")))
			}
			continue
		case errors.As(err, &retry):
			d.printf("%s\n", d.say(retry.why))
			continue
		case err != nil:
			return steps.Answer{}, err
		}
		more, problem := check.look(a)
		switch {
		case problem != nil:
			d.printf("%s\n", plainProblem(d.say, problem, nextOf(problem)...))
		case more:
			d.printf("%s\n", d.say(steps.T("The same once more, to be sure.")))
		default:
			return a, nil
		}
	}
}

// again is an answer that was none: the question is put once more.
type again struct{ why steps.Text }

func (again) Error() string { return "again" }

// once puts the question one time.
func (d *dialogue) once(ctx context.Context, q steps.Question) (steps.Answer, error) {
	d.mu.Lock()
	out := d.out
	d.mu.Unlock()
	switch {
	case q.Kind == steps.Secret:
		return d.secret(ctx, q)
	case q.Kind == steps.Show:
		return d.show(ctx, q)
	case q.Kind == steps.Touch && len(q.Choices) == 0: // what to do with the key was said by its light
		d.mu.Lock()
		d.waits = q.Text
		d.active()
		d.mu.Unlock()
		<-ctx.Done() // the key ends this, not the person
		return steps.Answer{}, ended(ctx)
	}
	d.ask(out, q)
	line, err := d.lines.read(ctx)
	if err != nil {
		d.printf("\n")
		return steps.Answer{}, err
	}
	if !d.lines.echoed {
		d.printf("%s\n", clean(line)) // a pipe leaves no trace of the answer by itself
	}
	return understood(d.say, q, line)
}

func (d *dialogue) ask(w io.Writer, q steps.Question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case q.Name == "" || d.full != q.Name:
	case q.Kind == steps.Touch: // one after the other
		PlainPrompt(w, d.say, q)
		return
	default: // what there is to know was read out, the answers are said again
		plainAnswers(w, d.say, q)
		return
	}
	d.full = q.Name
	PlainQuestion(w, d.opt.Say, q)
}

func (d *dialogue) printf(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format, args...)
}
