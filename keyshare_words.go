package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"keyrollout/tui"
)

// sshWords is what ssh says at the desk, and the other machine through it. There the person reads what touching the key
// would allow, so none of it may look like a line of ours, move them about, or push them off the screen.
type sshWords struct {
	out *os.File

	mu   sync.Mutex
	part []byte // of a line; nil = none
	room int    // rows that may come before we say something again
	more bool   // there was no room for some
}

const (
	sshMark   = "ssh: "
	sshAtHome = 60                     // rows before the key is shared, and after: nothing is asked then
	sshAside  = 3                      // rows behind each line of ours while it is
	sshLine   = 1 << 10                // bytes of a line
	sshLast   = 200 * time.Millisecond // for what is still on its way; another ssh, kept for later, may hold the line open
)

// give makes room for so many rows more.
func (w *sshWords) give(rows int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room, w.more = rows, false
}

func (w *sshWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, next, whole := bytes.Cut(rest, []byte("\n"))
		w.part = append(w.part, line[:min(len(line), sshLine-len(w.part))]...)
		if rest = next; whole {
			w.line()
		}
	}
	return len(b), nil
}

func (w *sshWords) line() {
	line := string(bytes.TrimRight(w.part, "\r"))
	w.part = w.part[:0]
	for _, row := range tui.Foreign(w.out, sshMark, line) {
		switch {
		case w.room > 0:
			w.room--
		case w.more:
			return
		default:
			row, w.more = sshMark+"...", true
		}
		fmt.Fprintln(w.out, row)
	}
}

// from prints what comes from r; end waits until that is all, but not for long.
func (w *sshWords) from(r io.Reader) (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(w, r)
	}()
	return func() {
		select {
		case <-done:
		case <-time.After(sshLast):
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.part) > 0 {
			w.line()
		}
		w.room, w.more = 0, true // nothing behind our last word
	}
}
