package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

func yesNo(def string) steps.Question {
	return steps.Question{Name: "go", Kind: steps.Confirm, Text: steps.T("Reset the key?"), Default: def}
}

func (b *bench) wantAnswer(id string) {
	b.t.Helper()
	switch r := b.answer(); {
	case r == nil:
		b.t.Errorf("no answer, want %q\n%s", id, b.screen())
	case r.err != nil || r.ID != id:
		b.t.Errorf("answer %q, %v; want %q", r.ID, r.err, id)
	}
}

func (b *bench) wantNone() {
	b.t.Helper()
	if r := b.answer(); r != nil {
		b.t.Errorf("answered %q, %v; want no answer", r.ID, r.err)
	}
}

func (b *bench) wantError(err error) {
	b.t.Helper()
	if r := b.answer(); r == nil || !errors.Is(r.err, err) {
		b.t.Errorf("reply %v, want %v", r, err)
	}
}

func (b *bench) wantSaid(words string) {
	b.t.Helper()
	if !strings.Contains(b.screen(), words) {
		b.t.Errorf("the screen does not say %q:\n%s", words, b.screen())
	}
}

func TestEnterTakesTheDefaultAndNothingElse(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(yesNo(""))
	b.press("enter")
	b.wantNone()
	b.wantSaid("Nothing is chosen yet")
	b.press("down", "down", "enter")
	b.wantAnswer("no")

	b.put(yesNo("no"))
	b.press("enter")
	b.wantAnswer("no")

	b.put(yesNo(""))
	b.press("y")
	b.wantNone()
	b.press("enter")
	b.wantAnswer("yes")

	b.put(steps.Question{Kind: steps.Choose, Choices: startQuestion.Choices})
	b.press("enter")
	b.wantNone()
	b.press("3", "enter") // digits may be a PIN that was typed too late
	b.wantNone()
	b.press("down", "down", "down", "enter")
	b.wantAnswer("key")
}

func TestTouchTakesTheFirstByDefault(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(touchQuestion)
	b.press("enter")
	b.wantAnswer("right")
	b.put(touchQuestion)
	b.press("right", "right", "enter")
	b.wantAnswer("dry")

	b = newBench(t, 60, 24) // two touches in the first row, three in the second
	b.put(touchQuestion)
	b.screen()
	b.press("down", "enter")
	b.wantAnswer("dry") // the one below, not the one beside
	b.put(touchQuestion)
	b.screen()
	b.press("right", "down", "enter")
	b.wantAnswer("nobody")
	b.put(touchQuestion)
	b.screen()
	b.press("up", "right", "down", "down", "up", "enter") // there is nothing above the first row and below the last
	b.wantAnswer("other")

	real := touchQuestion
	real.Choices = nil
	b.put(real)
	b.press("enter", "down", "enter")
	b.wantNone()
	b.press("b")
	b.wantError(steps.ErrBack)
}

func TestAKeyMeantForSomethingElseAnswersNothing(t *testing.T) {
	b := newBench(t, 80, 24)
	p := &pending{Question: yesNo("no"), reply: make(chan reply, 1)}
	b.asked = p
	b.pass(time.Minute)
	b.send(askMsg{p})
	b.pass(100 * time.Millisecond)
	b.press("enter") // too early
	b.pass(400 * time.Millisecond)
	b.press("enter") // the fingers were not quiet
	b.wantNone()
	b.pass(425 * time.Millisecond)
	b.press("enter")
	b.wantAnswer("no")
}

func TestFingersThatNeverRestAreHeardInTheEnd(t *testing.T) {
	b := newBench(t, 80, 24)
	b.asked = &pending{Question: yesNo("no"), reply: make(chan reply, 1)}
	b.send(askMsg{b.asked})
	for range 14 {
		b.pass(100 * time.Millisecond)
		b.press("enter")
	}
	b.wantNone()
	b.pass(100 * time.Millisecond)
	b.press("enter")
	b.wantAnswer("no")
}

func TestThePassIsNotTakenAwayByABouncingEnter(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(yesNo("no"))
	b.press("enter")
	b.asked = &pending{Question: steps.Question{Kind: steps.Show, Value: secret.New([]byte("once"))}, reply: make(chan reply, 1)}
	b.send(askMsg{b.asked})
	b.pass(200 * time.Millisecond)
	b.press("enter")
	b.wantNone()
	b.wantSaid("once")
}

func TestLine(t *testing.T) {
	b := newBench(t, 80, 24)
	q := steps.Question{Kind: steps.Line, Text: steps.T("Who?"), Back: true}
	p := b.put(q)
	b.press("enter")
	b.wantNone()
	b.typeIn("ａｉｋｏ＠contoso.example")
	b.press("enter")
	b.wantAnswer("aiko@contoso.example")
	b.press("enter") // being looked at: nothing can be answered twice
	b.wantNone()
	b.send(refusedMsg{p, &steps.Problem{What: steps.T("There is nobody of that name.")}})
	b.wantSaid("There is nobody of that name.")
	b.press("backspace")
	if strings.Contains(b.screen(), "nobody of that name") {
		t.Error("the refusal stays while one types")
	}
	b.press("q", "?", "b") // text, not commands
	b.wantSaid("q?b")
	b.press("esc")
	b.wantError(steps.ErrBack)

	q.Default = "Pilot"
	b.put(q)
	b.press("enter")
	b.wantAnswer("Pilot")
}

func TestNamedRiskIsTypedInWords(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(steps.Question{Kind: steps.Typed, Text: steps.T("Reset?"), Word: "reset key", Risk: "reset-key"})
	for _, wrong := range []string{"", "yes", "Reset key", "resetkey"} {
		b.typeIn(wrong)
		b.press("enter")
		b.wantNone()
		b.press("ctrl+u")
	}
	b.send(tea.PasteMsg{Content: "reset key"})
	b.wantSaid("typed, not pasted")
	b.press("enter")
	b.wantNone()
	b.typeIn("reset key")
	b.press("enter")
	b.wantAnswer("reset key")
}

func TestSecretTwice(t *testing.T) {
	b := newBench(t, 80, 24)
	p := b.put(steps.Question{Kind: steps.Secret, Text: steps.T("PIN"), Twice: true})
	b.typeIn("482913")
	b.press("backspace", "3", "enter")
	r := b.answer()
	if r == nil || !r.Secret.Equal(secret.New([]byte("482913"))) {
		t.Fatal("the PIN did not arrive")
	}
	b.send(againMsg{p})
	b.wantSaid("once more")
	b.send(refusedMsg{p, &steps.Problem{What: steps.T("The two entries differ.")}})
	b.wantSaid("The two entries differ.")
	f := b.ask.form.(*secretForm)
	b.typeIn("12")
	b.send(withdrawMsg{p})
	if string(f.buf[:2:2]) != "\x00\x00" {
		t.Error("a half typed PIN stays in memory")
	}
}

func TestBackOnlyWhereThereIsAWayBack(t *testing.T) {
	b := newBench(t, 80, 24)
	q := startQuestion
	b.put(q)
	b.press("b", "esc")
	b.wantNone()
	b.wantSaid("There is nothing to go back to from here.")
	q.Back = true
	b.put(q)
	b.press("b")
	b.wantError(steps.ErrBack)
}

func TestQuitLeavesAtOnceWhereNothingWasBegun(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(startQuestion)
	b.press("q")
	b.wantError(steps.ErrQuit)
	if b.canceled != 0 {
		t.Error("the engine was cut off instead of told")
	}

	b = newBench(t, 80, 24)
	inTenant(b)
	b.put(startQuestion)
	b.press("q")
	b.wantNone()
	b.wantSaid("Leave?")
	b.press("q")
	b.wantError(steps.ErrQuit)
}

func TestQuitIsNoKeyWhileSomethingIsUnderWay(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	b.press("q", "q")
	if b.canceled != 0 || b.leaving {
		t.Error("q left while the engine was at work")
	}
	b.wantSaid("Something is under way.")
}

func TestLeaveIsAskedOnce(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	b.press("ctrl+c")
	b.wantSaid("Leave?")
	b.press("x")
	if strings.Contains(b.screen(), "Leave?") || b.canceled != 0 {
		t.Error("another key does not stay")
	}
	b.press("ctrl+c", "ctrl+c")
	if b.canceled != 1 {
		t.Errorf("the run was told to end %d times, want once", b.canceled)
	}
	b.wantSaid("Ending what is under way")
	if cmd := b.press("ctrl+c"); cmd != nil {
		t.Error("left at once, without waiting for the run")
	}
	b.pass(forceAfter)
	if cmd := b.press("ctrl+c"); cmd == nil || !b.left {
		t.Error("a run that does not end cannot be left")
	}
}

func TestLeavingInTheMiddleOfATouchCancelsIt(t *testing.T) {
	b := newBench(t, 80, 24)
	inKey(b)
	b.tell(steps.EventLED, flashing)
	b.put(touchQuestion)
	b.press("ctrl+c")
	b.wantSaid("The key is in use")
	b.press("ctrl+c")
	b.wantError(steps.ErrQuit)
	if b.canceled != 1 {
		t.Error("the key operation was not cancelled")
	}
}

// Between an answer and what comes of it nothing on the screen jumps.
func TestAnAnswerDoesNotMakeTheScreenJump(t *testing.T) {
	for _, s := range scenes {
		b := newBench(t, 80, 24)
		s.make(b)
		if b.ask == nil || b.ask.form.typing() || b.ask.p.Kind == steps.Show || b.page != nil || b.leaving {
			continue
		}
		b.press("down")
		before := b.screen()
		b.press("enter")
		if b.answer() == nil {
			t.Errorf("%s: not answered", s.name)
		}
		if after := b.screen(); after != before {
			t.Errorf("%s: before\n%s\nafter\n%s", s.name, before, after)
		}
		b.tell(steps.EventNote, nil, steps.T("Something new."))
		if b.past != nil {
			t.Errorf("%s: the answered question stays though something new was told", s.name)
		}
	}
}

func TestTheRingKeepsItsSizeBetweenTouches(t *testing.T) {
	b := newBench(t, 80, 24)
	inKey(b)
	b.tell(steps.EventLED, flashing)
	b.tell(steps.EventEnrol, enrolment)
	b.tell(steps.EventPicture, practicePrint())
	b.put(touchQuestion)
	before := b.screen()
	b.press("enter")
	b.tell(steps.EventPicture, practicePrint())
	b.tell(steps.EventEnrol, enrolment)
	if after := b.screen(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	b.press("enter") // answers nothing
	if b.ask != nil {
		t.Error("the past question is asked again")
	}
}

func TestAShownValueIsGoneAtOnce(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(steps.Question{Kind: steps.Show, Text: steps.T("The pass"), Value: secret.New([]byte("7Kx#pQ2w"))})
	b.press("enter")
	if b.past != nil || strings.Contains(b.View().Content, "7Kx") {
		t.Error("the pass stays on the screen")
	}
}

func TestSuspendIsRefusedWhileTheKeyWaits(t *testing.T) {
	b := newBench(t, 80, 24)
	inKey(b)
	b.tell(steps.EventLED, flashing)
	if cmd := b.press("ctrl+z"); cmd != nil {
		t.Error("suspended while the key waits for a touch")
	}
	if canSuspend {
		b.wantSaid("Not now")
	}
	b.tell(steps.EventLED, steps.LED{Colour: "blue"})
	if cmd := b.press("ctrl+z"); (cmd != nil) != canSuspend {
		t.Error("cannot be suspended though the key rests")
	}
}

func TestNothingIsAskedOnceThePersonHasLeft(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	b.press("ctrl+c", "ctrl+c")
	b.put(startQuestion)
	b.wantError(steps.ErrQuit)
}

func TestHangupEndsTheRun(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(startQuestion)
	b.send(stopMsg{steps.T("Stopped: the line was hung up.")})
	b.wantError(steps.ErrQuit)
	if b.canceled != 1 {
		t.Error("the run was not cancelled")
	}
	if cmd := b.send(endedMsg{steps.ErrQuit}); cmd == nil {
		t.Error("the screen stays after the end of the run")
	}
}

func TestAFinishedRunStaysUntilEnter(t *testing.T) {
	b := newBench(t, 80, 24)
	b.tell(steps.EventSummary, summary)
	if cmd := b.send(endedMsg{}); cmd != nil {
		t.Fatal("the summary was gone at once")
	}
	b.wantSaid("Complete.")
	if cmd := b.press("enter"); cmd == nil {
		t.Error("Enter does not leave")
	}
	if cmd := b.send(stopMsg{stopped}); cmd == nil {
		t.Error("a hang-up does not leave")
	}
}

func TestAWithdrawnQuestionCannotBeAnswered(t *testing.T) {
	b := newBench(t, 80, 24)
	p := b.put(touchQuestion)
	b.send(withdrawMsg{p})
	b.press("enter")
	b.wantNone()
	if b.ask != nil {
		t.Error("the question is still there")
	}
}

func TestNothingTicksWhileNothingWaits(t *testing.T) {
	b := newBench(t, 80, 24)
	b.ticking = false
	b.put(startQuestion)
	if b.clock() != nil {
		t.Error("a question ticks")
	}
	b.send(withdrawMsg{b.asked})
	if b.clock() == nil || b.clock() != nil {
		t.Error("want one tick, and only one, while the engine is at work")
	}
	b.ticking = false
	inKey(b)
	b.tell(steps.EventLED, flashing)
	if b.clock() != nil {
		t.Error("waiting for a touch ticks")
	}
	b.tell(steps.EventLED, steps.LED{Colour: "blue"})
	b.opt.Still = true
	b.pass(10 * time.Second)
	if b.clock() != nil {
		t.Error("a still screen ticks")
	}
}

func TestStepsThatLookAnewDoNotRepeatThemselves(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	inTenant(b)
	if n := strings.Count(b.screen(), "The passkey policy is off."); n != 1 {
		t.Errorf("said %d times:\n%s", n, b.screen())
	}
}

// The screen of a step begins with the one that was just done; what is not done is not said to be.
func TestAStepThatIsDoneIsSaidInTheNext(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	if strings.Contains(b.screen(), "done.") {
		t.Errorf("said too early:\n%s", b.screen())
	}
	inKey(b)
	b.wantSaid("✓ tenant: done.")
	b.put(startQuestion)
	b.wantSaid("✓ tenant: done.")
	b.press("down", "enter")
	b.put(startQuestion)
	if strings.Contains(b.screen(), "tenant: done.") {
		t.Errorf("still said at the question after the next:\n%s", b.screen())
	}
	b.tell(steps.EventStep, steps.StepState{ID: "registration", State: steps.Active})
	if strings.Contains(b.screen(), "key: done.") {
		t.Errorf("a step that was left is said to be done:\n%s", b.screen())
	}
}

func TestNamesFromOutsideCannotDraw(t *testing.T) {
	b := newBench(t, 80, 24)
	evil := "Mallory\x1b[2J\x1b]0;owned\a\u202e\r\nsecond\tline"
	b.tell(steps.EventTenant, steps.TenantState{Name: evil, UPN: evil})
	b.tell(steps.EventStep, steps.StepState{ID: "signin", State: steps.Active})
	b.tell(steps.EventProof, steps.Proof{User: evil, Limit: steps.T("%s", evil)})
	b.put(steps.Question{Kind: steps.Choose, Text: steps.T("%s", evil), Choices: []steps.Choice{{ID: "a", Text: steps.T("%s", evil)}}})
	content := b.View().Content
	for _, bad := range []string{"\x1b[2J", "owned", "\a", "\u202e", "\r", "\t"} {
		if strings.Contains(content, bad) {
			t.Errorf("the view holds %q", bad)
		}
	}
	sound(t, b.View(), 80, 24)
}

func TestAnAddressCanBeClickedAndRead(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(steps.Question{Kind: steps.Act, Text: steps.T("Open https://microsoft.com/devicelogin."),
		Detail: []steps.Text{steps.T("The whole of it is https://example.com/%s.", strings.Repeat("long/", 20))}})
	b.wantSaid("Open https://microsoft.com/devicelogin.")
	if c := b.View().Content; strings.Count(c, "\x1b]8;;https://") != 1 || !strings.Contains(c, "8;;https://microsoft.com/devicelogin\a") {
		t.Errorf("want one link, to the address that stands on one line: %q", c)
	}
	sound(t, b.View(), 80, 24)
}

func TestAPageOpenBeforeAQuestionSaysSo(t *testing.T) {
	b := newBench(t, 80, 24)
	inTenant(b)
	b.press("?")
	b.pass(time.Second)
	b.put(startQuestion)
	b.wantSaid("A question waits behind this page.")
	b.press("enter")
	b.wantNone()
	b.wantSaid("Where do you want to begin?")
}

func TestNoMeaningInColourAlone(t *testing.T) {
	b := newBench(t, 80, 24)
	inKey(b)
	b.tell(steps.EventLED, flashing)
	b.tell(steps.EventEnrol, enrolment)
	b.put(touchQuestion)
	for _, w := range []string{"cyan", "flashing", "touch the key", "too fast", "Touch 5 of about 13", "hold the finger a little longer"} {
		b.wantSaid(w)
	}
}

// A code that is waited for stands out alone on its line, and no key takes it from the screen while it is needed; the
// plain dialogue prints it before what else there is to know.
func TestACodeStaysUntilItIsUsed(t *testing.T) {
	q := steps.Question{Name: "login.code", Kind: steps.Act, ByItself: true, Back: true, Value: secret.New([]byte("B7CD9FGHJ")),
		Text: steps.T("Enter this code:"), Detail: []steps.Text{steps.T("It is good until 14:17.")}}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		b := newBench(t, size[0], size[1], func(o *Options) { o.Blocks = true })
		b.put(q)
		b.press("enter", "space", "y", "1")
		b.wantNone()
		lines := strings.Split(b.screen(), "\n")
		i := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "B7CD9FGHJ" })
		if i < 0 || !strings.Contains(lines[i+1], "-----------") {
			t.Errorf("%v: the code does not stand alone over its rule:\n%s", size, b.screen())
		}
		if large := strings.Contains(b.screen(), "█"); large != (size[1] == 40) {
			t.Errorf("%v: large letters: %v", size, large)
		}
		b.press("b")
		b.wantError(steps.ErrBack)
		if strings.Contains(b.screen(), "B7CD9FGHJ") {
			t.Errorf("it stays after leaving:\n%s", b.screen())
		}
	}
	out, err := plainly(t, "\n", func(ctx context.Context, ask steps.Asker, _ func(steps.Event)) error {
		_, err := ask.Ask(ctx, q)
		return err
	})
	if err != nil || !strings.Contains(out, "Enter this code:\nB7CD9FGHJ\nIt is good until 14:17.\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if large("AB-CD") != nil || large("abc") != nil {
		t.Error("a code with a letter that is not drawn is shown in part")
	}
}

// What is longer than any answer, a text pasted into the wrong window, is not taken in part, and that is said.
func TestWhatIsTooLongIsNotTaken(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(steps.Question{Kind: steps.Secret, Text: steps.T("PIN")})
	b.send(tea.PasteMsg{Content: strings.Repeat("x", 10_000)})
	b.wantSaid("That is too long")
	b.press("enter")
	b.wantNone()
	b.typeIn("482913")
	if strings.Contains(b.screen(), "too long") || !strings.Contains(b.screen(), "> ******\n") {
		t.Error(b.screen())
	}
	b.put(steps.Question{Kind: steps.Line, Text: steps.T("Which group?")})
	b.send(tea.PasteMsg{Content: strings.Repeat("漢", 10_000)})
	b.wantSaid("That is too long")
	b.typeIn("Pilot")
	b.press("enter")
	b.wantAnswer("Pilot")
}

// Where there is no room to draw, no key answers the question that cannot be seen.
func TestNothingIsAnsweredUnseen(t *testing.T) {
	b := newBench(t, 80, 24)
	b.put(yesNo("no"))
	b.send(tea.WindowSizeMsg{Width: 40, Height: 10})
	b.press("enter", "y", "b", "q", "?")
	b.send(tea.PasteMsg{Content: "yes"})
	b.wantNone()
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	b.wantSaid("Reset the key?")
	b.press("enter")
	b.wantAnswer("no")

	b.send(tea.WindowSizeMsg{Width: 40, Height: 10})
	b.press("ctrl+c")
	b.wantSaid("again to leave")
	b.press("ctrl+c")
	if b.stopping.Empty() {
		t.Error("cannot be left")
	}
}

// A value that is shown once is not taken away by a key that was pressed before it could be read.
func TestAPassIsNotTakenAwayAtOnce(t *testing.T) {
	b := newBench(t, 80, 24)
	b.asked = &pending{Question: steps.Question{Kind: steps.Show, Text: steps.T("The pass"), Value: secret.New([]byte("7Kx#pQ2w"))}, reply: make(chan reply, 1)}
	b.send(askMsg{b.asked})
	b.pass(time.Second)
	b.press("enter")
	b.wantNone()
	b.wantSaid("7Kx#pQ2w")
	b.pass(time.Second)
	b.press("enter")
	b.wantAnswer("done")
}

// Text that was meant for the shell, typed while a question stands there, answers nothing: not by a letter of it, and not
// by the Enter at its end.
func TestACommandTypedAheadAnswersNothing(t *testing.T) {
	for _, command := range []string{"systemctl status", "./deploy", "yes", "yarn", "task", "n y", "why"} {
		b := newBench(t, 80, 24)
		b.put(yesNo(""))
		b.typeIn(command)
		b.press("enter")
		b.wantNone()
		b.press("n", "enter") // who reads it now can answer
		b.wantAnswer("no")
	}
}
