// Package doctor looks at what this machine can do for keyrollout, and says what to do where it cannot: libfido2, the
// permissions on a key's device file, the terminal, SSH, the network, the clock, the place for state.
//
// Start at Examine. It reaches the machine through a Probe only; Host is the Probe of the machine it runs on, and a
// test's Probe is a machine on which one thing is wrong.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Level is how good a finding is. A fault keeps something from working; a note is worth knowing, and practice works
// without it.
type Level string

const (
	OK    Level = "ok"
	Note  Level = "note"
	Fault Level = "fault"
)

// Finding is one thing looked at: what is so, in one line, and what to do about it where something can be done.
type Finding struct {
	Name  string `json:"name"`
	Level Level  `json:"level"`
	Text  Line   `json:"text"`
	Next  Line   `json:"next,omitzero"`
}

// Line is a sentence: an English format in the manner of fmt.Sprintf, by which a translation is found, and what goes
// into it, other Lines among that. Programs are told the English.
type Line struct {
	Format string
	Args   []any
}

// T makes a Line.
func T(format string, args ...any) Line { return Line{format, args} }

// String is the English sentence.
func (l Line) String() string {
	if len(l.Args) == 0 {
		return l.Format
	}
	return fmt.Sprintf(l.Format, l.Args...)
}

// IsZero reports whether there is nothing to say.
func (l Line) IsZero() bool { return l.Format == "" }

// MarshalText implements encoding.TextMarshaler.
func (l Line) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Line) UnmarshalText(b []byte) error {
	*l = Line{Format: string(b)}
	return nil
}

// Probe is the machine, as far as Examine asks after it.
type Probe struct {
	Version  string // of keyrollout
	Go       string // that built it
	LibFIDO2 string // the version that is linked; "" = none
	GOOS     string
	GOARCH   string
	HostName string
	Env      func(string) string
	// Root is the machine's file system, for reading only: device descriptors, udev's rules, processes.
	Root fs.FS
	// Open tells whether a device file can be opened for reading and writing.
	Open func(path string) error
	// Admin tells whether this program may do what an administrator may (Windows).
	Admin bool
	// Terminal is what standard input and output are, and the size of the screen.
	Terminal func() (in, out bool, width, height int)
	// Head asks a server for nothing but whether it is there, by the way the environment's proxy variables show.
	Head func(ctx context.Context, url string) (status int, date time.Time, err error)
	Now  func() time.Time
	// StateDir is where state lives, CheckState what is wrong with that directory (fs.ErrNotExist: not made yet), and
	// Free the number of bytes left there.
	StateDir   func() (string, error)
	CheckState func(dir string) error
	Free       func(dir string) (uint64, error)
}

// Examine looks at everything; the network has three seconds.
func Examine(ctx context.Context, p Probe) []Finding {
	return slices.Concat(
		program(p),
		keys(p),
		pseudoTerminals(p),
		terminal(p),
		remote(p),
		network(ctx, p),
		place(p),
	)
}

func program(p Probe) []Finding {
	f := []Finding{{"keyrollout", OK, T("%s, built by %s for %s/%s", p.Version, p.Go, p.GOOS, p.GOARCH), Line{}}}
	switch {
	case p.LibFIDO2 == "" && (p.GOOS == "linux" || p.GOOS == "windows"):
		return append(f, Finding{"libfido2", OK, T("not in this build, which drives attached keys without it"), Line{}})
	case p.LibFIDO2 == "":
		return append(f, Finding{"libfido2", Note, T("not in this build: no attached key can be used"),
			T("install libfido2 with its headers, pkg-config and a C compiler (make setup does), then: make build")})
	}
	return append(f, Finding{"libfido2", OK, T("version %s", p.LibFIDO2), Line{}})
}

// Faults counts what keeps something from working.
func Faults(all []Finding) (n int) {
	for _, f := range all {
		if f.Level == Fault {
			n++
		}
	}
	return n
}

// Write tells the findings in a language, a line each, with the next step on a line of its own below. It needs no colour
// and no width, so that it can be read aloud, mailed and searched.
func Write(w io.Writer, all []Finding, say func(Line) string) error {
	var b strings.Builder
	for _, f := range all {
		level := say(Line{Format: string(f.Level)})
		fmt.Fprintf(&b, "%s%s%s: %s\n", level, strings.Repeat(" ", max(2, 7-ansi.StringWidth(level))), say(Line{Format: f.Name}), visible(say(f.Text)))
		if !f.Next.IsZero() {
			fmt.Fprintf(&b, "       %s\n", visible(say(T("next: %s", f.Next))))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON is Write for programs: one array of findings.
func WriteJSON(w io.Writer, all []Finding) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(append([]Finding{}, all...)) // [] rather than null
}

// visible drops what could steer a terminal: names of devices and hosts are not ours.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
