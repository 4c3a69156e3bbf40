//go:build linux

// Command measure starts a program on a terminal of its own and tells what it costs: the time to its first frame, the
// processor it uses while it waits for a person, the memory it holds.
//
//	go run ./internal/measure ./keyrollout practice
//
// A frame is complete when the program has drawn something and then been silent for a moment; the time that counts is
// that of its last byte. Processor and memory are the kernel's own numbers in /proc.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
)

const (
	starts  = 5                      // the middle one counts
	silence = 100 * time.Millisecond // after a frame
	letters = 200                    // that a frame has at least
	idle    = 10 * time.Second
	ticks   = 100 // a second: what /proc counts in on every Linux
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: measure PROGRAM [ARGUMENTS...]")
		os.Exit(2)
	}
	if err := measure(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(w io.Writer, args []string) error {
	var frames []time.Duration
	for i := range starts {
		p, err := start(args)
		if err != nil {
			return err
		}
		frame, err := p.firstFrame()
		if err == nil && i == starts-1 {
			err = p.rest(w, args)
		}
		p.stop()
		if err != nil {
			return err
		}
		frames = append(frames, frame)
	}
	slices.Sort(frames)
	_, err := fmt.Fprintf(w, "first frame    %4d ms, slowest of %d starts %d ms (wanted: under 100 ms)\n",
		frames[starts/2].Milliseconds(), starts, frames[starts-1].Milliseconds())
	if load, _ := os.ReadFile("/proc/loadavg"); err == nil && busy(string(load), runtime.NumCPU()) {
		_, err = fmt.Fprintf(w, "This machine is busy (load %s on %d processors): at rest it is quicker.\n", strings.Fields(string(load))[0], runtime.NumCPU())
	}
	return err
}

// busy: do more programs want to run than there are processors?
func busy(loadavg string, processors int) bool {
	var load float64
	_, err := fmt.Sscan(loadavg, &load)
	return err == nil && load > float64(processors)
}

// program is one that runs on a terminal of 80 by 24, with an empty place for its state.
type program struct {
	cmd   *exec.Cmd
	tty   *os.File
	state string
	began time.Time
	drawn chan drawn // closed when the program has ended
}

// drawn is what came at once, and when.
type drawn struct {
	at   time.Time
	text string
}

func start(args []string) (*program, error) {
	state, err := os.MkdirTemp("", "measure-")
	if err != nil {
		return nil, err
	}
	p := &program{cmd: exec.Command(args[0], args[1:]...), state: state, drawn: make(chan drawn, 1024)}
	p.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8", "KEYROLLOUT_STATE="+state, "NO_COLOR=", "SSH_CONNECTION=", "SSH_TTY=", "TMUX=")
	p.began = time.Now()
	if p.tty, err = pty.StartWithSize(p.cmd, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(state))
	}
	go func() {
		defer close(p.drawn)
		b := make([]byte, 1<<16)
		for {
			n, err := p.tty.Read(b)
			if err != nil {
				return
			}
			p.drawn <- drawn{time.Now(), string(b[:n])}
		}
	}()
	return p, nil
}

// escapes steer the terminal: they are no letters of a frame.
var escapes = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[P_^X][^\x1b]*\x1b\\|[ -/]*[0-~])`)

func (p *program) firstFrame() (time.Duration, error) {
	var all strings.Builder
	var last time.Time
	quiet := time.NewTimer(20 * time.Second)
	for {
		select {
		case d, ok := <-p.drawn:
			if !ok {
				return 0, fmt.Errorf("it ended before its first frame:\n%s", escapes.ReplaceAllString(all.String(), ""))
			}
			all.WriteString(d.text)
			last = d.at
			if visible(all.String()) >= letters {
				quiet.Reset(silence)
			}
		case <-quiet.C:
			if n := visible(all.String()); n < letters {
				return 0, fmt.Errorf("no frame within 20 s: %d letters", n)
			}
			return last.Sub(p.began), nil
		}
	}
}

// visible counts the letters of what was drawn, blanks aside.
func visible(s string) (n int) {
	for _, word := range strings.Fields(escapes.ReplaceAllString(s, "")) {
		n += len([]rune(word))
	}
	return n
}

// rest measures the program while nobody touches it.
func (p *program) rest(w io.Writer, args []string) error {
	before, err := p.cpu()
	if err != nil {
		return err
	}
	for len(p.drawn) > 0 {
		<-p.drawn
	}
	began := time.Now()
	time.Sleep(idle)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	bytes := 0
	for len(p.drawn) > 0 {
		bytes += len((<-p.drawn).text)
	}
	now, peak, err := p.memory()
	if err != nil {
		return err
	}
	used := after - before
	_, err = fmt.Fprintf(w, "%s, on a terminal of 80 by 24\nidle           %4d ms of processor in %v (%.1f %%), %d bytes drawn (wanted: 0)\nmemory         %4d MB resident, at most %d MB (wanted: under 64 MB)\n",
		strings.Join(append([]string{filepath.Base(args[0])}, args[1:]...), " "),
		used.Milliseconds(), idle, 100*used.Seconds()/time.Since(began).Seconds(), bytes, now>>10, peak>>10)
	return err
}

// cpu is what the process has used so far: fields utime and stime of /proc/PID/stat (proc(5)).
func (p *program) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc has %q", stat)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticks, errors.Join(err1, err2)
}

// memory is what the process holds now and has held at most, in kilobytes.
func (p *program) memory() (now, peak int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		switch key, value, _ := strings.Cut(line, ":"); key {
		case "VmRSS":
			_, err = fmt.Sscan(value, &now)
		case "VmHWM":
			_, err = fmt.Sscan(value, &peak)
		}
	}
	if err == nil && now == 0 {
		err = errors.New("it has ended")
	}
	return now, peak, err
}

func (p *program) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.tty.Close()
	_ = os.RemoveAll(p.state)
}
