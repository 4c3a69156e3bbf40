package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"sync"

	"keyrollout/fido/softkey"
	"keyrollout/matcher"
	"keyrollout/matcher/synth"
	"keyrollout/steps"
)

type image = matcher.Image

// hand is the person's hand in a practice: it touches the software key with practice fingers, plugs it in and out, and
// passes every other question on.
type hand struct {
	ask    steps.Asker
	leave  context.CancelCauseFunc // the person left while the key waited for a touch
	world  *steps.World            // whose touches the person can go back from; nil = none
	served *servedFace             // of a key that is served to other programs; nil = none
	auto   *script                 // touches by itself; nil = a person does
	key    *softkey.Key
	path   string

	mu sync.Mutex
	handState
	fingers map[string]*synth.Finger
	red     bool // the key's light was red after the last touch
	misses  int  // touches in a row after which it was red
}

// seen is what the hand's owner sees of the key's light.
func (h *hand) seen(l softkey.Light) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case l.Colour == "red":
		h.misses++
	case l.Colour == "green" && !l.Blink:
		h.misses = 0
	}
	h.red = l.Colour == "red" || h.red && l.Blink // it flashes again at once, for the next touch
}

// handState is what the hand remembers between runs.
type handState struct {
	Finger  string // the one that was chosen to be enrolled
	Touches int    // so far: no two touches are alike
	Key     int    `json:",omitempty"` // which key of the box it holds, from 0; each person has one of their own
}

func handPath(dir string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "hand.json")
}

func (h *hand) load() error {
	h.fingers = map[string]*synth.Finger{}
	h.Finger = "right-index"
	return loadJSON(h.path, &h.handState)
}

// takeNext takes the next key out of the box, for the next person. It is there the next time a practice is opened.
func (h *hand) takeNext() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Key++
	return saveJSON(h.path, h.handState)
}

// Ask passes questions on, and does with the key what the answers say was done.
func (h *hand) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	a, err := h.ask.Ask(ctx, q)
	if err != nil {
		return a, err
	}
	switch q.Name {
	case "key.finger":
		h.mu.Lock()
		h.Finger = a.ID
		err = saveJSON(h.path, h.handState)
		h.mu.Unlock()
	case "key.replug", "key.insert", "problem.key-gone":
		h.key.PlugOut()
		h.key.PlugIn()
	}
	return a, err
}

// touches a practising person can choose from. Every verdict of an enrolment can be met.
var touches = []struct {
	choice steps.Choice
	press  synth.Press
	other  bool
}{
	{choice: steps.Choice{ID: "good", Text: steps.T("touch with the finger")}},
	{choice: steps.Choice{ID: "other", Text: steps.T("touch with another finger")}, other: true},
	{choice: steps.Choice{ID: "dry", Text: steps.T("a dry finger")}, press: synth.Press{Moisture: -1, Pressure: -0.8}},
	{choice: steps.Choice{ID: "wet", Text: steps.T("a wet finger")}, press: synth.Press{Moisture: 1, Pressure: 0.8}},
	{choice: steps.Choice{ID: "edge", Text: steps.T("only the edge of the finger")}, press: synth.Press{DX: 70, Contact: 0.5}},
	{choice: steps.Choice{ID: "short", Text: steps.T("only the tip")}, press: synth.Press{Contact: 0.2}},
	{choice: steps.Choice{ID: "turned", Text: steps.T("turned sideways")}, press: synth.Press{Rotation: 75}},
}

// Touch answers the software key's wish for a touch by asking the person which.
func (h *hand) Touch(ctx context.Context, r softkey.TouchRequest) (softkey.Touch, error) {
	if h.auto != nil && h.auto.over() && !h.takeRight(r) {
		if h.served != nil {
			h.served.note(steps.T("%d touches in a row were refused: no more of this finger.", patientTouches))
		}
		<-ctx.Done() // as somebody who does not touch any more
		return softkey.Touch{None: true}, nil
	}
	q := touchQuestion(r, h.wasRed())
	if h.served != nil {
		h.served.ofTouch(&q, h.Finger)
	}
	q.Back = h.world != nil && h.world.AtTouch()
	a, err := h.ask.Ask(ctx, q)
	if errors.Is(err, steps.ErrBack) && q.Back {
		h.world.LetGo()
		return softkey.Touch{None: true}, nil
	}
	if ctx.Err() != nil {
		return softkey.Touch{None: true}, nil // the key gave up waiting, or was told to
	}
	if err != nil {
		h.leave(err)
		return softkey.Touch{}, err
	}
	switch a.ID {
	case "nobody":
		return softkey.Touch{None: true}, nil
	case "finger":
		if _, err := h.Ask(ctx, steps.FingerQuestion()); err != nil {
			h.leave(err)
			return softkey.Touch{}, err
		}
		return h.Touch(ctx, r)
	case "pull":
		if h.served != nil {
			h.served.pulled()
		}
		return softkey.Touch{}, errPulled // which is how a hand says so to a software key
	}
	return h.press(a.ID)
}

// patientTouches is how many refused touches in a row a hand that touches by itself makes in an enrolment.
const patientTouches = 8

// takeRight takes the finger that the key can want, for a hand that touches by itself: an enrolled one to be recognised,
// the next that is not enrolled for an enrolment. It is false when an enrolment is to be given up.
func (h *hand) takeRight(r softkey.TouchRequest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Reason == softkey.Presence || r.Knows == nil {
		return true
	}
	if r.Reason == softkey.Enrol {
		if r.Sample > 1 {
			return h.misses < patientTouches
		}
		h.misses = 0
	}
	fingers := []string{h.Finger}
	for _, c := range steps.FingerQuestion().Choices {
		fingers = append(fingers, c.ID)
	}
	for _, name := range fingers {
		f, known := h.finger(h.ofPerson(name)), false
		for n := 1; n <= 3 && !known; n++ { // a single touch may miss
			known = r.Knows(f.Touch(h.Touches + n))
		}
		if known == (r.Reason == softkey.Verify) {
			h.Finger = name
			break
		}
	}
	return true
}

// ofPerson names the finger of the person whose key it is.
func (h *hand) ofPerson(finger string) string {
	if h.Key > 0 {
		return fmt.Sprintf("%s of person %d", finger, h.Key+1)
	}
	return finger
}

var longTouch = steps.Choice{ID: "hold", Text: steps.T("touch and hold")}

var errPulled = errors.New("pulled out")

func (h *hand) wasRed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.red
}

// touchQuestion names no colour: the light is told beside it.
func touchQuestion(r softkey.TouchRequest, red bool) steps.Question {
	q := steps.Question{Name: "touch.presence", Kind: steps.Touch, Default: "good", Text: steps.T("The key waits for a touch.")}
	switch {
	case r.Reason == softkey.Verify && red:
		q.Name, q.Text = "touch.verify", steps.T("The light was red: not recognised. Show an enrolled finger. Tries left: %d.", r.Tries)
	case r.Reason == softkey.Verify:
		q.Name, q.Text = "touch.verify", steps.T("The key waits for an enrolled finger.")
	case r.Reason == softkey.Enrol:
		q.Name, q.Text = "touch.enrol", steps.T("Touch the key with the finger that is being enrolled.")
	}
	if r.Long {
		q.Name, q.Default, q.Text = "touch.long", longTouch.ID, steps.T("The key waits for a long touch, five to ten seconds.")
		q.Choices = append(q.Choices, longTouch)
	}
	for _, t := range touches {
		q.Choices = append(q.Choices, t.choice)
	}
	q.Choices = append(q.Choices,
		steps.Choice{ID: "nobody", Text: steps.T("nobody touches it")},
		steps.Choice{ID: "pull", Text: steps.T("pull the key out")})
	return q
}

func (h *hand) press(id string) (softkey.Touch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Touches++
	// A served key goes on without: where nothing can be written its own store says so.
	if err := saveJSON(h.path, h.handState); err != nil && h.served == nil {
		return softkey.Touch{}, err
	}
	held := id == longTouch.ID
	if held {
		id = "good"
	}
	for _, t := range touches {
		if t.choice.ID != id {
			continue
		}
		name := h.ofPerson(h.Finger)
		if t.other {
			name = "another than " + name
		}
		f := h.finger(name)
		img := f.Touch(h.Touches)
		if t.press != (synth.Press{}) {
			img = f.Press(t.press, h.Touches)
		}
		return softkey.Touch{Image: &img, Held: held}, nil
	}
	return softkey.Touch{None: true}, nil
}

// finger is a practice finger by its name: the same name is the same finger, in every practice.
func (h *hand) finger(name string) *synth.Finger {
	if f := h.fingers[name]; f != nil {
		return f
	}
	n := fnv.New64a()
	n.Write([]byte(name))
	h.fingers[name] = synth.New(n.Sum64())
	return h.fingers[name]
}
