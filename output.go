package main

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/tui"
)

// output is the standard output, which remembers that a write failed: an answer that is cut off must not end as done.
type output struct {
	*os.File
	failed error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.File.Write(b)
	return n, o.remember(err)
}

func (o *output) remember(err error) error {
	if o.failed == nil {
		o.failed = err
	}
	return err
}

// WriteString is in place of the file's own, which io.WriteString would take.
func (o *output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

// folded writes words: at a terminal, lines break between them.
func (o *output) folded() io.Writer { return foldedOutput{o} }

type foldedOutput struct{ *output }

func (f foldedOutput) Write(b []byte) (int, error) {
	n, err := tui.Folded(f.File).Write(b)
	return n, f.remember(err)
}

// fact writes a name in a column of col cells and what it stands for.
func (o *output) fact(col int, name, value string) {
	_, _ = o.WriteString(tui.Fact(o.File, col, name, value))
}

func (o *output) problem() *steps.Problem {
	return &steps.Problem{Code: "output", What: steps.T("The answer could not be written whole: %s.", reason(o.failed)), Err: o.failed,
		State: steps.T("What the command did stays done; only its answer is cut off."),
		Next:  []steps.Choice{{ID: "retry", Text: steps.T("make room where the output goes, then ask again")}}}
}

// traceProblem is the problem of a trace that is not whole; nil where there is none, or nothing was lost.
func (a *app) traceProblem() *steps.Problem {
	if a.trace == nil || a.trace.failed == nil {
		return nil
	}
	return &steps.Problem{Code: "trace", What: steps.T("The trace in %s is not whole: %s.", a.trace.Name(), reason(a.trace.failed)), Err: a.trace.failed,
		State: steps.T("What the command did stays done; the trace lacks what came after."),
		Next:  []steps.Choice{{ID: "retry", Text: steps.T("make room on that disk, or name a file elsewhere, before the next try")}}}
}

// writeFile writes a file that was named on the command line.
func writeFile(path string, b []byte) error {
	err := state.WriteFile(path, b)
	if err == nil {
		return nil
	}
	return &steps.Problem{Code: "file-unwritable", What: steps.T("The file %s cannot be written: %s.", path, reason(err)), State: steps.T("Nothing was changed in the tenant."), Err: err,
		Next: []steps.Choice{{ID: "retry", Text: steps.T("make room on that disk, or name a place that you may write to")}}}
}

// reason is what the system says, without the name of the file it says it of: that may be a temporary one.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
