//go:build unix

package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/term"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// terminal is a real pseudo-terminal with an emulator behind it.
type terminal struct {
	t      *testing.T
	ptmx   *os.File
	tty    *os.File
	screen *vt.Emulator
	mu     sync.Mutex   // screen and raw
	raw    bytes.Buffer // all the program wrote
	result chan error
}

func openTerminal(t *testing.T, w, h int) *terminal {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	if err := pty.Setsize(ptmx, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}); err != nil {
		t.Fatal(err)
	}
	ptmx = closable(t, ptmx)
	if w == 0 {
		w, h = 80, 24
	}
	x := &terminal{t: t, ptmx: ptmx, tty: tty, screen: vt.NewEmulator(w, h), result: make(chan error, 1)}
	go func() { // what the program draws
		b := make([]byte, 4096)
		for {
			n, err := ptmx.Read(b)
			if err != nil {
				return
			}
			x.mu.Lock()
			x.raw.Write(b[:n])
			_, _ = x.screen.Write(b[:n])
			x.mu.Unlock()
		}
	}()
	go func() { // what the terminal answers
		b := make([]byte, 256)
		for {
			n, err := x.screen.Read(b)
			if err != nil {
				return
			}
			_, _ = ptmx.Write(b[:n])
		}
	}()
	t.Cleanup(func() { ptmx.Close(); tty.Close() })
	return x
}

// closable is the same terminal in a file whose pending read ends when it is closed.
func closable(t *testing.T, f *os.File) *os.File {
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "ptmx")
}

func (x *terminal) options(env ...string) Options {
	return Options{In: x.tty, Out: x.tty, Err: os.Stderr, Steps: fiveSteps, Env: append([]string{"TERM=xterm-256color"}, env...)}
}

func (x *terminal) wizard(run Run, env ...string) {
	go func() { x.result <- Wizard(context.Background(), x.options(env...), run) }()
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out strings.Builder
	for y := range x.screen.Height() {
		line := ""
		for c := range x.screen.Width() {
			if cell := x.screen.CellAt(c, y); cell != nil && cell.Width > 0 {
				line += cell.Content
			}
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

func (x *terminal) written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

func (x *terminal) alt() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.screen.IsAltScreen()
}

const patienceOfTests = 20 * time.Second

// until waits until the screen says words.
func (x *terminal) until(words string) {
	x.t.Helper()
	for end := time.Now().Add(patienceOfTests); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(x.text(), words) {
			return
		}
	}
	x.t.Fatalf("the screen never says %q:\n%s", words, x.text())
}

// keys types, after the moment of grace a new question takes.
func (x *terminal) keys(s string) {
	time.Sleep(startled + 50*time.Millisecond)
	_, _ = x.ptmx.WriteString(s)
}

func (x *terminal) end() error {
	x.t.Helper()
	select {
	case err := <-x.result:
		return err
	case <-time.After(patienceOfTests):
		x.t.Fatal("the wizard does not end")
		return nil
	}
}

func TestOnARealTerminal(t *testing.T) {
	x := openTerminal(t, 80, 24)
	before, err := term.GetState(int(x.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEA_TRACE", t.TempDir()+"/trace")
	var pin secret.Secret
	x.wizard(func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		if _, err := ask.Ask(ctx, startQuestion); err != nil {
			return err
		}
		tell(steps.Event{Name: steps.EventTenant, Data: contoso})
		tell(steps.Event{Name: steps.EventStep, Data: steps.StepState{ID: "key", State: steps.Active}})
		a, err := ask.Ask(ctx, steps.Question{Kind: steps.Secret, Text: steps.T("A new PIN"), Twice: true})
		if err != nil {
			return err
		}
		pin = a.Secret
		tell(steps.Event{Name: steps.EventSummary, Data: summary})
		return nil
	})
	x.until("Where do you want to begin?")
	x.keys("\r")
	x.until("A new PIN")
	x.keys("zq482913\r")
	x.until("once more")
	x.keys("zq482913\r")
	x.until("Complete.")
	x.keys("\r")
	if err := x.end(); err != nil {
		t.Error(err)
	}
	if !pin.Equal(secret.New([]byte("zq482913"))) {
		t.Error("the PIN is another than the one typed")
	}
	for end := time.Now().Add(patienceOfTests); x.alt(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the terminal is left on the alternative screen")
		}
	}
	x.until("She signed in with it at 14:09.")
	if strings.Contains(x.written(), "482913") {
		t.Error("the PIN was written to the terminal")
	}
	if _, err := os.Stat(os.Getenv("TEA_TRACE") + "x"); os.Getenv("TEA_TRACE") != "" || err == nil {
		t.Error("keys are traced to a file")
	}
	after, err := term.GetState(int(x.tty.Fd()))
	if err != nil || *after != *before {
		t.Error("the terminal is not as it was")
	}
}

func waitsForEver(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
	tell(steps.Event{Name: steps.EventStep, Data: steps.StepState{ID: "key", State: steps.Active}})
	tell(steps.Event{Name: steps.EventWait, Data: steps.Wait{For: steps.T("Waiting for the sign-in log")}})
	<-ctx.Done()
	tell(steps.Event{Name: steps.EventSummary, Data: steps.Summary{Resume: steps.T("Start again to go on.")}})
	return context.Cause(ctx)
}

func TestCtrlCTwiceLeavesAndSaysHowThingsStand(t *testing.T) {
	x := openTerminal(t, 80, 24)
	x.wizard(waitsForEver)
	x.until("Waiting for the sign-in log")
	x.keys("\x03")
	x.until("again to leave")
	x.keys("\x03")
	if err := x.end(); !errors.Is(err, steps.ErrQuit) {
		t.Errorf("%v, want that the person left", err)
	}
	x.until("Start again to go on.")
}

func TestHangupWaitsForTheRun(t *testing.T) {
	for sig, words := range map[syscall.Signal]string{syscall.SIGHUP: "hung up", syscall.SIGTERM: "asked keyrollout to end"} {
		x := openTerminal(t, 80, 24)
		x.wizard(waitsForEver)
		x.until("Waiting for the sign-in log")
		if err := syscall.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		if err := x.end(); !errors.Is(err, steps.ErrQuit) {
			t.Errorf("%v, want that the person left", err)
		}
		x.until(words)
	}
}

func TestATerminalThatGoesAwayEndsTheRun(t *testing.T) {
	x := openTerminal(t, 80, 24)
	flushed := make(chan struct{})
	x.wizard(func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		defer close(flushed)
		_, err := ask.Ask(ctx, startQuestion)
		return err
	})
	x.until("Where do you want to begin?")
	x.ptmx.Close()
	select {
	case <-flushed:
	case <-time.After(patienceOfTests):
		t.Fatal("the run goes on without a terminal")
	}
	if err := x.end(); err == nil {
		t.Error("no error though nobody answered")
	}
}

// A line that takes no more output stalls the screen; a hang-up still ends the run, at once.
func TestAStalledLineDoesNotHoldUpTheRun(t *testing.T) {
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	defer tty.Close()
	ptmx = closable(t, ptmx)
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 200, Rows: 60}); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, tty: tty, result: make(chan error, 1)}
	told, flushed := make(chan struct{}), make(chan struct{})
	x.wizard(func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		for i := range 400 { // nobody reads the terminal: its buffer fills, and drawing blocks
			tell(steps.Event{Name: steps.EventPlan, Data: steps.Plan{Title: steps.T("%s %d", strings.Repeat("x", 90), i), Changes: plan.Changes}})
			time.Sleep(2 * time.Millisecond)
		}
		close(told)
		<-ctx.Done()
		close(flushed)
		return context.Cause(ctx)
	})
	for _, c := range []struct {
		done chan struct{}
		act  func() error
	}{
		{told, func() error { return syscall.Kill(os.Getpid(), syscall.SIGTERM) }},
		{flushed, ptmx.Close},
	} {
		select {
		case <-c.done:
		case <-time.After(patienceOfTests):
			t.Fatal("the run waits for a terminal that takes nothing")
		}
		if err := c.act(); err != nil {
			t.Fatal(err)
		}
	}
	_ = x.end()
}

func TestATerminalWithoutASize(t *testing.T) {
	x := openTerminal(t, 0, 0)
	x.wizard(waitsForEver)
	x.until("Waiting for the sign-in log")
	x.until("ctrl+c")
	x.keys("\x03\x03")
	_ = x.end()

	size := sized(Options{Env: []string{"COLUMNS=100", "LINES=30"}}, tea.WindowSizeMsg{})
	if size != (tea.WindowSizeMsg{Width: 100, Height: 30}) {
		t.Errorf("%v", size)
	}
}

// A terminal may say that it has four thousand million cells: the program must live through it.
func TestATerminalOfAbsurdSize(t *testing.T) {
	x := openTerminal(t, 80, 24)
	x.wizard(waitsForEver)
	x.until("Waiting for the sign-in log")
	for _, s := range [][2]uint16{{65535, 65535}, {80, 24}} {
		if err := pty.Setsize(x.tty, &pty.Winsize{Cols: s[0], Rows: s[1]}); err != nil {
			t.Fatal(err)
		}
	}
	x.until("Waiting for the sign-in log")
	x.keys("\x03\x03")
	_ = x.end()

	size := sized(Options{}, tea.WindowSizeMsg{Width: 65535, Height: 65535})
	if size != (tea.WindowSizeMsg{Width: 500, Height: 300}) {
		t.Errorf("%v", size)
	}
}

func TestResize(t *testing.T) {
	x := openTerminal(t, 80, 24)
	x.wizard(waitsForEver)
	x.until("Waiting for the sign-in log")
	for _, s := range [][2]int{{30, 10}, {100, 40}} {
		x.mu.Lock()
		x.screen.Resize(s[0], s[1])
		x.mu.Unlock()
		if err := pty.Setsize(x.tty, &pty.Winsize{Cols: uint16(s[0]), Rows: uint16(s[1])}); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
			t.Fatal(err)
		}
		if s[0] < leastW {
			x.until("keyrollout needs 40 x 12")
		} else {
			x.until("Waiting for the sign-in log")
		}
	}
	x.keys("\x03\x03")
	_ = x.end()
}

func TestNoColor(t *testing.T) {
	for _, c := range []struct {
		env     string
		colours bool
	}{{"NO_COLOR=yes", false}, {"NO_COLOR=", true}} {
		x := openTerminal(t, 80, 24)
		x.wizard(waitsForEver, c.env)
		x.until("Waiting for the sign-in log")
		x.keys("\x03\x03")
		_ = x.end()
		if got := strings.Contains(x.written(), "[36"); got != c.colours {
			t.Errorf("with %s: colours %v", c.env, got)
		}
	}
}

func TestAPanicOfTheRunLeavesTheTerminalInOrder(t *testing.T) {
	x := openTerminal(t, 80, 24)
	before, err := term.GetState(int(x.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	var trace bytes.Buffer
	o := x.options()
	o.Err = &trace
	go func() {
		x.result <- Wizard(context.Background(), o, func(context.Context, steps.Asker, func(steps.Event)) error { panic("boom") })
	}()
	if err := x.end(); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(trace.String(), "terminal_test.go") {
		t.Error("no trace to report")
	}
	if after, err := term.GetState(int(x.tty.Fd())); err != nil || *after != *before {
		t.Error("the terminal is not as it was")
	}
}

func TestAPlainSecretIsTypedUnseen(t *testing.T) {
	x := openTerminal(t, 80, 24)
	d := newDialogue(x.options().filled())
	d.tty = func(string) (*os.File, error) {
		fd, err := syscall.Dup(int(x.tty.Fd()))
		return os.NewFile(uintptr(fd), "tty"), err
	}
	got := make(chan steps.Answer, 1)
	go func() {
		a, err := d.Ask(context.Background(), steps.Question{Kind: steps.Secret, Text: steps.T("A new PIN"), Twice: true})
		if err != nil {
			t.Error(err)
		}
		got <- a
	}()
	x.until("A new PIN")
	x.keys("zq482913\n")
	x.until("once more")
	x.keys("zq482913\n")
	select {
	case a := <-got:
		if !a.Secret.Equal(secret.New([]byte("zq482913"))) {
			t.Error("the PIN is another than the one typed")
		}
	case <-time.After(patienceOfTests):
		t.Fatal("no answer")
	}
	if strings.Contains(x.written(), "482913") {
		t.Error("the PIN was echoed")
	}
}

// compare waits until the terminal shows what the model means.
func (x *terminal) compare(b *bench) {
	x.t.Helper()
	want := b.screen()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if x.text() == want {
			return
		}
	}
	x.t.Errorf("the terminal shows\n%s\nthe model means\n%s", x.text(), want)
}

// The emulator's screen equals the model's after every edit, wide characters included: an older renderer lost some.
func TestTheRendererKeepsJapanese(t *testing.T) {
	x := openTerminal(t, 80, 24)
	b := newBench(t, 80, 24, func(o *Options) { o.Explain = nil })
	compared := make(chan struct{})
	texts := []string{"指紋を登録しました。", "key 指紋x完了", "a 鍵 b", "もう一度触れてください", "佐藤 愛子 (aiko)", "plain", "ｱｲｺ 鍵"}
	x.wizard(func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		for i := range 60 {
			e := steps.Event{Name: steps.EventPlan, Data: steps.Plan{
				Title:   steps.T("%s %d", texts[i%7], i),
				Changes: []steps.Change{{Field: steps.T("%s", texts[i*3%7]), From: steps.T("%s", texts[i*5%7]), To: steps.T("%s", texts[i*2%7])}},
				People:  []steps.Text{steps.T("%s%s%s", texts[i*4%7], texts[i%5], texts[i%3])},
			}}
			tell(e)
			b.send(e)
			time.Sleep(60 * time.Millisecond) // a frame
			if i == 20 || i == 40 {
				x.compare(b)
			}
		}
		x.compare(b)
		close(compared)
		<-ctx.Done()
		return ctx.Err()
	})
	<-compared
	x.keys("\x03\x03")
	_ = x.end()
}
