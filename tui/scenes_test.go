package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// scenes are the screens a person meets, each made of the events and the question that lead to it.
var scenes = []struct {
	name string
	make func(*bench)
}{
	{"start", func(b *bench) { b.put(startQuestion) }},
	{"line", func(b *bench) {
		inTenant(b)
		b.put(steps.Question{Name: "tenant.group", Kind: steps.Line, Back: true, Default: "Pilot",
			Text:   steps.T("Which group tries it first?"),
			Detail: []steps.Text{steps.T("A small group is best: 5 to 30 people who can reach each other.")}})
	}},
	{"line-refused", func(b *bench) {
		inTenant(b)
		p := b.put(steps.Question{Kind: steps.Line, Text: steps.T("Which group tries it first?")})
		b.typeIn("Pilt")
		b.press("enter")
		b.send(refusedMsg{p, &steps.Problem{Code: "no-group", What: steps.T("There is no group %q.", "Pilt"),
			State: steps.T("Nothing was changed.")}})
	}},
	{"plan", func(b *bench) {
		inTenant(b)
		b.tell(steps.EventPlan, plan)
		b.put(steps.Question{Kind: steps.Confirm, Text: steps.T("Change these settings now?"), Back: true})
	}},
	{"plan-risk", func(b *bench) {
		inTenant(b)
		b.tell(steps.EventPlan, plan)
		b.put(steps.Question{Kind: steps.Typed, Text: steps.T("Lock 2 keys out?"), Word: "lock out 2 keys", Back: true})
		b.typeIn("lock out 2")
	}},
	{"working", func(b *bench) {
		inTenant(b)
		b.tell(steps.EventDone, nil, steps.T("The passkey policy is on for group Pilot."))
		b.tell(steps.EventWait, steps.Wait{For: steps.T("Waiting until the tenant shows the new policy."), Left: 150})
		b.pass(65 * time.Second)
	}},
	{"pass", func(b *bench) {
		inTenant(b)
		b.put(steps.Question{Kind: steps.Show, Text: steps.T("The pass of Aiko Sato (aiko@contoso.example)"),
			Detail: []steps.Text{steps.T("Valid once, for 60 minutes. Give it to her in person.")},
			Value:  secret.New([]byte("7Kx#pQ2w"))})
	}},
	{"pin", func(b *bench) {
		inKey(b)
		b.put(steps.Question{Kind: steps.Secret, Twice: true, Text: steps.T("A new PIN for the key"),
			Detail: []steps.Text{steps.T("At least 6 characters, at most 63. 8 wrong tries lock the key.")}})
		b.typeIn("482913")
	}},
	{"enrol-begins", func(b *bench) {
		inKey(b)
		b.tell(steps.EventLED, flashing)
		b.tell(steps.EventEnrol, steps.Enrolment{Finger: "right index finger", Remaining: 12, OK: true})
		b.put(touchQuestion)
	}},
	{"enrol", func(b *bench) {
		inKey(b)
		b.tell(steps.EventLED, flashing)
		b.tell(steps.EventEnrol, enrolment)
		b.tell(steps.EventPicture, practicePrint())
		b.put(touchQuestion)
	}},
	{"enrol-real-key", func(b *bench) {
		inKey(b)
		b.tell(steps.EventLED, flashing)
		b.tell(steps.EventEnrol, enrolment)
		b.pass(20 * time.Second)
	}},
	{"touch", func(b *bench) {
		inKey(b)
		b.tell(steps.EventLED, steps.LED{Colour: "blue", Blink: true, Meaning: steps.T("show an enrolled finger")})
		b.put(touchQuestion)
	}},
	{"act", func(b *bench) {
		inTenant(b)
		b.put(steps.Question{Kind: steps.Act, Back: true, Text: steps.T("Plug the key into this machine."),
			Detail: []steps.Text{steps.T("A light on the key comes on for a moment.")}})
	}},
	{"problem", func(b *bench) {
		inKey(b)
		b.tell(steps.EventProblem, problem)
		b.put(steps.Question{Kind: steps.Choose, Text: steps.T("What now?"), Choices: problem.Next})
	}},
	{"proof", func(b *bench) {
		b.tell(steps.EventTenant, contoso)
		b.tell(steps.EventStep, steps.StepState{ID: "signin", State: steps.Active})
		b.tell(steps.EventProof, proof)
		b.tell(steps.EventWait, steps.Wait{For: steps.T("Waiting for the sign-in log."), Left: 900})
		b.pass(190 * time.Second)
	}},
	{"leaving", func(b *bench) {
		inTenant(b)
		b.put(startQuestion)
		b.press("ctrl+c")
	}},
	{"stopping", func(b *bench) {
		inTenant(b)
		b.press("ctrl+c", "ctrl+c")
		b.pass(11 * time.Second)
	}},
	{"explain", func(b *bench) {
		inTenant(b)
		b.put(startQuestion)
		b.press("?")
	}},
	{"summary", func(b *bench) {
		b.tell(steps.EventTenant, contoso)
		for _, l := range fiveSteps {
			b.tell(steps.EventStep, steps.StepState{ID: l.ID, State: steps.Done})
		}
		b.tell(steps.EventSummary, summary)
		b.send(endedMsg{})
	}},
}

var (
	contoso = steps.TenantState{Name: "Contoso", UPN: "admin@contoso.example", Practice: true}

	startQuestion = steps.Question{Name: "start", Kind: steps.Choose, Default: "practice",
		Text:   steps.T("Where do you want to begin?"),
		Detail: []steps.Text{steps.T("Four steps from passwords to security keys in Microsoft Entra ID.")},
		Choices: []steps.Choice{
			{ID: "practice", Text: steps.T("Practice"), Detail: steps.T("a made-up company and a software key; nothing real changes")},
			{ID: "tenant", Text: steps.T("My organisation"), Detail: steps.T("sign in as an administrator; nothing changes before you say so")},
			{ID: "key", Text: steps.T("My own key"), Detail: steps.T("I was given a key and want to set it up")},
		}}

	touchQuestion = steps.Question{Name: "key.touch", Kind: steps.Touch, Back: true, Text: steps.T("How is the key touched?"),
		Choices: []steps.Choice{
			{ID: "right", Text: steps.T("with the right index finger")},
			{ID: "other", Text: steps.T("with another finger")},
			{ID: "dry", Text: steps.T("with a dry finger")},
			{ID: "short", Text: steps.T("too briefly")},
			{ID: "nobody", Text: steps.T("not at all")},
		}}

	flashing = steps.LED{Colour: "cyan", Blink: true, Meaning: steps.T("touch the key")}

	enrolment = steps.Enrolment{Finger: "right index finger", Touch: 4, Good: 3, Remaining: 9, OK: false,
		Verdict: steps.T("too fast"), Advice: steps.T("hold the finger a little longer"),
		History: []bool{true, true, true, false}}

	policy, pass = steps.T("Passkey (FIDO2) policy"), steps.T("Temporary Access Pass")

	plan = steps.Plan{
		Title: steps.T("What would change in the tenant"),
		Changes: []steps.Change{
			{Group: policy, Field: steps.T("method"), From: steps.T("off"), To: steps.T("on")},
			{Group: policy, Field: steps.T("who"), From: steps.T("nobody"), To: steps.T("group %q (24)", "Pilot")},
			{Group: policy, Field: steps.T("set up by themselves"), From: steps.T("yes"), To: steps.T("yes")},
			{Group: policy, Field: steps.T("attestation enforced"), From: steps.T("no"), To: steps.T("yes")},
			{Group: policy, Field: steps.T("accepted keys"), From: steps.T("any"), To: steps.T("ATKey.Pro 2.1, ATKey.Card")},
			{Group: pass, Field: steps.T("method"), From: steps.T("off"), To: steps.T("on, group %q", "Pilot")},
			{Group: pass, Field: steps.T("lifetime"), From: steps.T("60 min (60 to 480)"), To: steps.T("60 min (60 to 480)")},
		},
		People: []steps.Text{
			steps.T("24 people can register a key."),
			steps.T("2 people keep a key that is no longer accepted: Chris Green (YubiKey 5 NFC), 佐藤 愛子 (Feitian BioPass K33)."),
		},
		Needs: []steps.Text{steps.T("Takes effect within minutes. Needs Authentication Policy Administrator: you have it.")},
	}

	problem = &steps.Problem{Code: "policy-forbids-model", RequestID: "6f1f0c2e-11aa",
		What:  steps.T("The tenant refused the registration."),
		State: steps.T("The credential was written to the key and removed again. Nothing changed in the tenant. The pass is still valid for 41 minutes."),
		Next:  []steps.Choice{{ID: "add", Text: steps.T("add the model to the plan of step 1")}, {ID: "retry", Text: steps.T("try another key")}}}

	proof = steps.Proof{User: "Aiko Sato (aiko@contoso.example)", Limit: steps.T("What the log cannot tell: which of two keys was used."),
		Parts: []steps.ProofPart{
			{Text: steps.T("the key answers"), Detail: steps.T("right index finger, user verified, signature valid"), State: steps.Done},
			{Text: steps.T("the tenant lists it"), Detail: steps.T("ATKey.Pro 2.1, attested, registered 14:02"), State: steps.Done},
			{Text: steps.T("it signs in"), Detail: steps.T("Open a private window at myapplications.microsoft.com and choose %q.", "Face, fingerprint, PIN or security key"), State: steps.Active},
			{Text: steps.T("Windows"), Detail: steps.T("not checked yet"), State: steps.Pending},
		}}

	summary = steps.Summary{Complete: true, Evidence: "~/.local/state/keyrollout/evidence/aiko.json",
		Done:   []steps.Text{steps.T("tenant"), steps.T("Aiko Sato has a key: ATKey.Pro 2.1."), steps.T("She signed in with it at 14:09.")},
		Open:   []steps.Text{steps.T("Windows sign-in was left out.")},
		Resume: steps.T("keyrollout  to equip the next person")}
)

func inTenant(b *bench) {
	b.tell(steps.EventTenant, contoso)
	b.tell(steps.EventStep, steps.StepState{ID: "account", State: steps.Done})
	b.tell(steps.EventStep, steps.StepState{ID: "tenant", State: steps.Active})
	b.tell(steps.EventFinding, steps.Finding{State: steps.Pending, Text: steps.T("The passkey policy is off."),
		Facts: []steps.Text{steps.T("Nobody can register a key."), steps.T("Temporary Access Pass is off.")}})
}

func inKey(b *bench) {
	b.tell(steps.EventTenant, contoso)
	b.tell(steps.EventStep, steps.StepState{ID: "tenant", State: steps.Done})
	b.tell(steps.EventStep, steps.StepState{ID: "key", State: steps.Active})
	b.tell(steps.EventKey, steps.KeyState{Model: "ATKey.Pro 2.1", PINSet: true, PINTries: 8, FingersMax: 10})
}

// practicePrint is a finger of rings, enough to see ridges.
func practicePrint() steps.Picture {
	const w, h = 96, 112
	p := steps.Picture{Pix: make([]byte, w*h), W: w, H: h, Good: true}
	for y := range h {
		for x := range w {
			dx, dy := float64(x-48), float64(y-64)*0.8
			p.Pix[y*w+x] = byte(128 + 100*math.Sin(math.Hypot(dx, dy)*2*math.Pi/9))
			if dx*dx/2000+dy*dy/2500 > 1 {
				p.Pix[y*w+x] = 255
			}
		}
	}
	return p
}

func TestScenes(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			b := newBench(t, 80, 24)
			s.make(b)
			sound(t, b.View(), 80, 24)
			golden(t, s.name+"-80x24.golden", b.screen())
		})
	}
}

// The two other sizes, for the screens that arrange themselves.
func TestScenesInOtherSizes(t *testing.T) {
	for _, s := range scenes {
		switch s.name {
		case "start", "plan", "enrol", "problem", "proof":
		default:
			continue
		}
		for _, size := range []struct {
			name string
			w, h int
		}{{"120x40", 120, 40}, {"60x20", 60, 20}, {"50x16", 50, 16}} {
			b := newBench(t, 80, 24)
			s.make(b)
			b.send(tea.WindowSizeMsg{Width: size.w, Height: size.h})
			golden(t, s.name+"-"+size.name+".golden", b.screen())
		}
	}
}

// However much there is to know, what is answered with stays on the screen.
func TestTheAnswerStaysInView(t *testing.T) {
	var much []steps.Text
	for range 12 {
		much = append(much, steps.T("One more thing that should be known before this can be answered at all."))
	}
	for _, size := range [][2]int{{40, 12}, {60, 16}, {80, 24}} {
		b := newBench(t, size[0], size[1])
		inTenant(b)
		b.put(steps.Question{Kind: steps.Show, Text: steps.T("The pass"), Detail: much, Value: secret.New([]byte("7Kx#pQ2w"))})
		b.wantSaid("7Kx#pQ2w")
		b.put(steps.Question{Kind: steps.Confirm, Text: steps.T("Go ahead?"), Detail: much})
		b.wantSaid("Go ahead?")
		b.wantSaid("Yes")
		b.wantSaid("No")
		b.wantSaid("more lines below (pgdn)")
		b.tell(steps.EventPlan, plan)
		b.put(steps.Question{Kind: steps.Typed, Text: steps.T("Go ahead?"), Detail: much, Word: "lock out"})
		b.wantSaid("Type  lock out  to go on.")
		if b.View().Cursor == nil {
			t.Error("no cursor to type at")
		}
	}
}

// Whatever the size, a screen keeps within it, and a question can be answered on it.
func TestEveryScreenFitsEverySize(t *testing.T) {
	for _, s := range scenes {
		b := newBench(t, 80, 24)
		s.make(b)
		for _, w := range []int{1, 39, 40, 47, 55, 60, 71, 80, 100, 130} {
			for _, h := range []int{1, 11, 12, 13, 16, 20, 24, 30, 45} {
				b.send(tea.WindowSizeMsg{Width: w, Height: h})
				sound(t, b.View(), w, h)
				if t.Failed() {
					t.Fatalf("scene %s at %d x %d\n%s", s.name, w, h, b.screen())
				}
			}
		}
	}
}

// A key tells how many fingers it holds only to who knows its PIN.
func TestFingersThatAreNotToldAreNotShown(t *testing.T) {
	for _, most := range []int{0, 10} {
		b := newBench(t, 80, 24)
		inKey(b)
		b.tell(steps.EventLED, flashing)
		b.tell(steps.EventEnrol, enrolment)
		b.tell(steps.EventKey, steps.KeyState{Model: "ATKey.Pro 2.1", PINSet: true, PINTries: 8, Fingers: -1, FingersMax: most})
		if s := b.screen(); !strings.Contains(s, "PIN set") || strings.Contains(s, "fingers") {
			t.Errorf("%s", s)
		}
	}
}
