package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// secret reads without echo from the terminal itself, never from a pipe.
func (d *dialogue) secret(ctx context.Context, q steps.Question) (steps.Answer, error) {
	tty, err := d.tty(ttyPath)
	if err != nil {
		d.printf("%s\n%s\n", d.say(q.Text), d.say(steps.T("This is read from a terminal only, and there is none. A script can give it: see keyrollout replay.")))
		return steps.Answer{}, steps.ErrNoAnswer
	}
	defer tty.Close()
	defer quiet(int(tty.Fd()))() // before the prompt: who types at once is not seen either
	d.ask(d.out, q)
	b, err := readSecret(ctx, tty)
	d.printf("\n")
	switch {
	case errors.Is(err, io.EOF):
		return steps.Answer{}, steps.ErrNoAnswer
	case err != nil:
		return steps.Answer{}, err
	case len(b) == 0:
		return steps.Answer{}, again{steps.T("Nothing was typed.")}
	case string(b) == backSign && q.Back:
		return steps.Answer{}, steps.ErrBack
	case string(b) == explainSign:
		return steps.Answer{}, errExplain
	}
	return steps.Answer{Secret: secret.New(b)}, nil
}

// readSecret reads a line with the echo off; the terminal is put right when ctx ends first.
func readSecret(ctx context.Context, tty *os.File) ([]byte, error) {
	fd := int(tty.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	type line struct {
		b   []byte
		err error
	}
	got := make(chan line, 1)
	go func() {
		b, err := term.ReadPassword(fd)
		got <- line{b, err}
	}()
	select {
	case l := <-got:
		return l.b, l.err
	case <-ctx.Done():
		_ = term.Restore(fd, state)
		return nil, ended(ctx)
	}
}

// CanShow reports whether the dialogue has a terminal to show a secret on, which goes into no file and no pipe.
func CanShow(o Options) bool {
	if o = o.filled(); term.IsTerminal(int(o.Out.Fd())) {
		return true
	}
	tty, err := os.OpenFile(ttyShown, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return tty.Close() == nil
}

// show prints a value where a person sees it and no file does: on the terminal.
func (d *dialogue) show(ctx context.Context, q steps.Question) (steps.Answer, error) {
	w := d.out
	if !term.IsTerminal(int(d.opt.Out.Fd())) {
		tty, err := d.tty(ttyShown)
		if err != nil {
			d.printf("%s\n%s\n", d.say(q.Text), d.say(steps.T("This is shown on a terminal only, and there is none.")))
			return steps.Answer{}, steps.ErrNoAnswer
		}
		defer tty.Close()
		w = folded{tty}
	}
	d.mu.Lock()
	for _, t := range append([]steps.Text{q.Text}, q.Detail...) {
		fmt.Fprintln(w, d.say(t))
	}
	q.Value.Use(func(v []byte) { fmt.Fprintf(w, "%s\n", clean(string(v))) })
	fmt.Fprint(w, d.say(steps.T("Press enter when you have it: ")))
	d.mu.Unlock()
	if _, err := d.lines.read(ctx); err != nil {
		return steps.Answer{}, err
	}
	return steps.Answer{ID: "done"}, nil
}
