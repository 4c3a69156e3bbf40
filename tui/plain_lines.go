package tui

import (
	"bufio"
	"context"
	"os"
	"strings"

	"golang.org/x/term"

	"keyrollout/steps"
)

// lineReader reads a line only when one is asked for, so that nothing is taken from the terminal that a secret or
// another program needs, and can be left when a context ends.
type lineReader struct {
	r      *bufio.Reader
	echoed bool // the terminal shows what is typed
	busy   chan readLine
}

type readLine struct {
	text string
	err  error
}

func newLineReader(f *os.File) *lineReader {
	return &lineReader{r: bufio.NewReader(f), echoed: term.IsTerminal(int(f.Fd()))}
}

func (l *lineReader) read(ctx context.Context) (string, error) {
	if l.busy == nil {
		c := make(chan readLine, 1)
		l.busy = c
		go func() {
			s, err := l.r.ReadString('\n')
			c <- readLine{s, err}
		}()
	}
	select {
	case <-ctx.Done():
		return "", ended(ctx)
	case got := <-l.busy:
		l.busy = nil
		if got.err != nil && got.text == "" {
			return "", steps.ErrNoAnswer
		}
		return strings.TrimSpace(strings.ToValidUTF8(got.text, "")), nil
	}
}
