package tui

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

var update = flag.Bool("update", false, "write the golden screens anew")

var fiveSteps = []Label{
	{"account", steps.T("sign in")},
	{"tenant", steps.T("tenant")},
	{"key", steps.T("key")},
	{"registration", steps.T("registration")},
	{"signin", steps.T("sign-in check")},
}

// bench is a model with a clock of its own and nothing around it.
type bench struct {
	*model
	t        *testing.T
	clockNow time.Time
	canceled int
	asked    *pending
}

func newBench(t *testing.T, w, h int, change ...func(*Options)) *bench {
	t.Helper()
	o := Options{
		Env:   []string{"TERM=xterm-256color"},
		Steps: fiveSteps,
		Explain: func(string) []steps.Text {
			return []steps.Text{steps.T("What: the policy says who may register which keys."), steps.T("Why"), steps.T("  Without it nobody can."), steps.T("  Until the policy is on, a key that is registered already does not sign anybody in."), {}}
		},
	}
	for _, c := range change {
		c(&o)
	}
	b := &bench{t: t, clockNow: time.Date(2026, 11, 22, 14, 2, 0, 0, time.UTC)}
	b.model = newModel(o.filled(), func() { b.canceled++ })
	b.now = func() time.Time { return b.clockNow }
	b.quiet = b.clockNow
	b.send(tea.WindowSizeMsg{Width: w, Height: h})
	return b
}

func (b *bench) send(msgs ...tea.Msg) (last tea.Cmd) {
	for _, m := range msgs {
		last = b.take(m)
	}
	return last
}

func (b *bench) tell(name string, data any, text ...steps.Text) {
	e := steps.Event{Name: name, Data: data}
	if len(text) > 0 {
		e.Text = text[0]
	}
	b.send(e)
}

// put asks a question and lets the moment of grace pass.
func (b *bench) put(q steps.Question) *pending {
	b.asked = &pending{Question: q, reply: make(chan reply, 1)}
	b.asked.Value = q.Value.Clone()
	b.send(askMsg{b.asked})
	b.pass(2 * time.Second)
	return b.asked
}

func (b *bench) pass(d time.Duration) { b.clockNow = b.clockNow.Add(d) }

// press presses keys by name; a string of several letters that is no key is typed.
func (b *bench) press(keys ...string) (last tea.Cmd) {
	for _, k := range keys {
		last = b.send(keyPress(k))
	}
	return last
}

func (b *bench) typeIn(s string) {
	for _, c := range clusters(s) {
		b.send(tea.KeyPressMsg{Text: c, Code: []rune(c)[0]})
	}
}

func keyPress(name string) tea.KeyPressMsg {
	special := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
		"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
		"backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"f1": {Code: tea.KeyF1},
	}
	if k, ok := special[name]; ok {
		return k
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Text: name, Code: []rune(name)[0]}
}

// answer is what the engine has been handed, or nil.
func (b *bench) answer() *reply {
	select {
	case r := <-b.asked.reply:
		return &r
	default:
		return nil
	}
}

// screen is what a person sees: the view drawn by the library that the program draws with.
func (b *bench) screen() string { return drawn(b.View(), b.w, b.h) }

func drawn(v tea.View, w, h int) string {
	buf := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(v.Content).Draw(buf, buf.Bounds())
	var out strings.Builder
	for y := range h {
		line := ""
		for x := range w {
			if c := buf.CellAt(x, y); c != nil && c.Width > 0 {
				line += c.Content
			}
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./tui -update writes it anew)\n--- got\n%s--- want\n%s", name, got, want)
	}
}

// sound holds a view against what is true of every screen.
func sound(t *testing.T, v tea.View, w, h int) {
	t.Helper()
	lines := strings.Split(v.Content, "\n")
	if w >= leastW && h >= leastH && len(lines) != h {
		t.Errorf("%d lines on a screen of %d", len(lines), h)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > w {
			t.Errorf("line %d is %d cells wide on a screen of %d: %q", i, n, w, ansi.Strip(l))
		}
	}
	if v.Cursor != nil && (v.Cursor.X < 0 || v.Cursor.X >= w || v.Cursor.Y < 0 || v.Cursor.Y >= h) {
		t.Errorf("the cursor stands at %v, outside %d x %d", v.Cursor.Position, w, h)
	}
	if v.Cursor != nil && v.Cursor.Blink {
		t.Error("the cursor blinks")
	}
}

// The header says whose key a step deals with, from the step that has a person on; the administrator gives way to it.
func TestTheHeaderNamesThePerson(t *testing.T) {
	b := newBench(t, 80, 24)
	b.tell(steps.EventTenant, steps.TenantState{Name: "Contoso", UPN: "admin@contoso.example"})
	b.tell(steps.EventStep, steps.StepState{ID: "tenant", State: steps.Active})
	b.wantSaid("admin@contoso.example")
	b.tell(steps.EventStep, steps.StepState{ID: "key", State: steps.Active, Person: "Ann-Marie Example of the Northern Office"})
	b.wantSaid("Contoso   for Ann-Marie Example of the Northern Office")
	b.tell(steps.EventStep, steps.StepState{ID: "tenant", State: steps.Active})
	b.wantSaid("admin@contoso.example")
	if strings.Contains(b.screen(), "Ann-Marie") {
		t.Error("step 1 names the person of before")
	}
}

// While a PIN is looked at, how to leave is said once.
func TestTheFooterSaysEachKeyOnce(t *testing.T) {
	b := newBench(t, 80, 24, func(o *Options) { o.Explain = func(string) []steps.Text { return nil } })
	b.put(steps.Question{Name: "key.pin", Kind: steps.Secret, Text: steps.T("PIN of the key")})
	b.typeIn("482913")
	b.press("enter")
	s := b.screen()
	if !strings.Contains(s, "Checking.") || strings.Count(s, "ctrl+c leave") != 1 || strings.Count(s, "f1 explain") != 1 {
		t.Errorf("%s", s)
	}
}
