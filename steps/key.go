package steps

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

const keyID = "key"

// KeyStep is step 2: the key gets a PIN and, where it has a sensor, a fingerprint.
func KeyStep() Step {
	k := &keyStep{}
	return Step{ID: keyID, Name: T("key"), Check: k.check, Plan: k.plan, Apply: k.apply, Verify: k.verify}
}

type keyStep struct {
	needPIN, needFinger bool
	onKey               bool // the finger is enrolled on the key itself, not through this computer
	before              int  // fingers there were then; -1 = the key does not say
	finger              Text // which one
	enrolled            fido.Fingerprint
}

func (k *keyStep) check(ctx context.Context, w *World) (Finding, error) {
	if w.returned && w.session != nil { // a moment ago it was in use: the PIN need not be typed again
		if err := w.readKey(ctx, keyID); err != nil {
			return Finding{}, err
		}
	} else {
		w.closeKey() // it may have been pulled out, or changed by another program: look anew
	}
	s, err := w.personsKey(ctx, keyID)
	if err != nil {
		return Finding{}, err
	}
	info := w.keyInfo
	_, sensor := info.Option("uv")
	sensor = sensor || info.CanEnrol()
	k.needPIN, k.needFinger = !info.HasPIN(), sensor && !info.HasFinger() && !info.Options["uv"]
	f := Finding{State: Pending, Text: T("%s: a PIN and a finger are missing.", w.model())}
	switch {
	case !k.needPIN && !k.needFinger:
		f.State, f.Text = Done, T("%s is set up: PIN and, where it has a sensor, a finger.", w.model())
	case !k.needPIN:
		f.Text = T("%s: a finger is missing.", w.model())
	case !k.needFinger:
		f.Text = T("%s: a PIN is missing.", w.model())
	}
	other, err := w.stranger(ctx, s)
	if err != nil {
		return f, err
	}
	if !other.Empty() {
		f.Facts = append(f.Facts, other)
	}
	if s.Device().Software {
		f.Facts = append(f.Facts, T("This is the software key of the practice. A real company would use hardware."))
	}
	return f, nil
}

func (k *keyStep) plan(ctx context.Context, w *World) (Plan, error) {
	p := Plan{Title: T("What would change on the key")}
	title := Text{"%s", []any{w.model()}}
	if k.needPIN {
		p.Changes = append(p.Changes, Change{title, T("PIN"), T("none"), T("set by you")})
		p.People = append(p.People, T("The PIN opens the key when a finger does not. It stays on the key; nobody can look it up."))
	}
	if k.needFinger {
		if err := k.chooseFinger(ctx, w); err != nil {
			return p, err
		}
		p.Changes = append(p.Changes, Change{title, T("fingers"), T("none"), k.finger})
		p.People = append(p.People, T("The fingerprint never leaves the key: not its picture, not its pattern."))
	}
	p.Needs = []Text{T("Needs the key in the computer and the person it is for.")}
	return p, nil
}

// FingerQuestion asks for one of the fingers.
func FingerQuestion() Question {
	return Question{Name: "key.finger", Kind: Choose, Default: fingers[0].ID, Text: T("Which finger?"), Choices: slices.Clone(fingers)}
}

// fingers a person chooses from, in the order of how well they work for most.
var fingers = []Choice{
	{ID: "right-index", Text: T("right index finger")},
	{ID: "left-index", Text: T("left index finger")},
	{ID: "right-thumb", Text: T("right thumb")},
	{ID: "left-thumb", Text: T("left thumb")},
	{ID: "right-middle", Text: T("right middle finger")},
	{ID: "left-middle", Text: T("left middle finger")},
}

func (k *keyStep) chooseFinger(ctx context.Context, w *World) error {
	k.onKey = !w.keyInfo.CanEnrol()
	if !k.onKey && !w.session.Device().Software && w.enrolsAlone() {
		a, err := w.Ask(ctx, Question{Name: "key.road", Kind: Choose, Default: "here", Text: T("Where is the finger enrolled?"),
			Choices: []Choice{
				{ID: "here", Text: T("here, with this computer"), Detail: T("asks for the PIN first; every touch is judged on the screen")},
				{ID: "on-key", Text: T("on the key itself"), Detail: T("ATKey: any USB power will do, no computer, no PIN")},
			}})
		if err != nil {
			return err
		}
		k.onKey = a.ID == "on-key"
	}
	a, err := w.Ask(ctx, FingerQuestion())
	if err != nil {
		return err
	}
	k.finger = fingers[slices.IndexFunc(fingers, func(c Choice) bool { return c.ID == a.ID })].Text
	return nil
}

func (k *keyStep) apply(ctx context.Context, w *World) error {
	// What is asked next is the key's own affair, however long the person thinks: the line to it stays open.
	if k.needPIN {
		if err := k.setPIN(ctx, w); err != nil {
			return err
		}
	}
	if k.needFinger && k.onKey {
		return k.standalone(ctx, w)
	}
	if k.needFinger {
		return k.enrol(ctx, w)
	}
	return nil
}

func (k *keyStep) setPIN(ctx context.Context, w *World) error {
	pin, err := w.askNewPIN(ctx)
	if err != nil {
		return err
	}
	if err := w.Journal.Intend(keyID, "pin", ""); err != nil {
		return err
	}
	if err := w.session.SetPIN(ctx, pin); err != nil {
		pin.Wipe()
		return err
	}
	w.pin, k.needPIN = pin, false
	w.done(keyID, T("PIN set."), Fact{"pin", "set"})
	if err := w.Journal.Result(keyID, "pin", ""); err != nil {
		return err
	}
	return w.readKey(ctx, keyID)
}

// askNewPIN asks for a PIN twice, and holds it against the key's limits before the key sees it.
func (w *World) askNewPIN(ctx context.Context) (secret.Secret, error) {
	info := w.keyInfo
	a, err := w.Ask(ctx, Question{Name: "key.pin.new", Kind: Secret, Twice: true, Text: T("A new PIN for the key"),
		Detail: []Text{
			T("At least %d characters, at most 63; letters and signs are allowed. Six or more is wise.", info.MinPIN),
			T("8 wrong tries lock the key. Write the PIN down nowhere near it."),
		},
		CheckSecret: func(s secret.Secret) *Problem { return problemOfPIN(fido.CheckPIN(s, info)) }})
	return a.Secret, err
}

func (k *keyStep) enrol(ctx context.Context, w *World) error {
	sensor, err := w.session.Sensor(ctx)
	if err != nil {
		return err
	}
	if err := w.Journal.Intend(keyID, "finger", ""); err != nil {
		return err
	}
	name := k.finger.String()
	if sensor.NameSize > 0 && len(name) > sensor.NameSize {
		name = name[:sensor.NameSize]
	}
	err = w.withPIN(ctx, keyID, func(pin secret.Secret) error {
		if w.keyInfo.HasFinger() {
			list, err := w.session.Fingerprints(ctx, pin)
			if err != nil {
				return err
			}
			name = freeName(list, name)
		}
		st := Enrolment{Finger: k.finger.String(), Remaining: sensor.Samples, OK: true}
		w.Tell(Event{Name: EventEnrol, Step: keyID, Data: st,
			Text: T("Enrolling the %s: about %d touches. Lift the finger each time.", k.finger, sensor.Samples)})
		w.light("cyan", true)
		return w.touching(ctx, func(ctx context.Context) (err error) {
			k.enrolled, err = w.session.Enrol(ctx, pin, name, func(s fido.Sample) { st = w.touched(st, s) })
			return err
		})
	})
	if errors.Is(err, ErrBack) {
		w.note(keyID, T("Stopped: nothing of this finger is kept on the key."))
	}
	if err != nil {
		return err
	}
	w.light("blue", false)
	w.done(keyID, T("Finger enrolled: %s.", k.finger), Fact{"finger", "enrolled"})
	switch {
	case k.enrolled.Name == "":
		w.verified(keyID, T("The key took no name for it; its id is %s.", hex.EncodeToString(k.enrolled.ID)))
	case k.enrolled.Name != k.finger.String():
		w.verified(keyID, T("On the key it is called \"%s\".", k.enrolled.Name))
	}
	return w.Journal.Result(keyID, "finger", "")
}

// freeName is a name that no finger on the key has yet: two of one name could not be told apart.
func freeName(list []fido.Fingerprint, name string) string {
	free := name
	for n := 2; slices.ContainsFunc(list, func(f fido.Fingerprint) bool { return f.Name == free }); n++ {
		free = fmt.Sprintf("%s %d", name, n)
	}
	return free
}

// touched adds one touch to an enrolment and tells it.
func (w *World) touched(st Enrolment, s fido.Sample) Enrolment {
	st.OK = s.Status == fido.SampleGood
	st.Touch++
	st.History = append(slices.Clone(st.History), st.OK)
	st.Remaining = s.Remaining
	st.Verdict, st.Advice = SampleWords(s.Status)
	if st.OK {
		st.Good++
	}
	text := T("Touch %d: %s. About %d more.", st.Touch, st.Verdict, st.Remaining)
	switch {
	case st.OK && st.Remaining == 0:
		text = T("Touch %d: %s. That was the last one.", st.Touch, st.Verdict)
	case !st.OK:
		text = T("Touch %d: %s. %s. About %d more.", st.Touch, st.Verdict, st.Advice, st.Remaining)
	}
	w.Tell(Event{Name: EventEnrol, Step: keyID, Text: text, Data: st})
	return st
}

// verify asks the key itself: getInfo for the finger, and the list of fingers behind the PIN.
func (k *keyStep) verify(ctx context.Context, w *World) error {
	if err := w.readKey(ctx, keyID); err != nil {
		return err
	}
	if !w.keyInfo.HasPIN() && !k.onKey {
		return &Problem{Code: "key-no-pin", What: T("The key says that it has no PIN."), State: unchanged, Next: []Choice{Retry, Leave}}
	}
	if !k.needFinger {
		w.verified(keyID, T("Read back: the key has its PIN."))
		return nil
	}
	if !w.keyInfo.HasFinger() && !w.keyInfo.Options["uv"] {
		return &Problem{Code: "key-no-finger", What: T("The key says that no finger is enrolled."), State: unchanged, Next: []Choice{Retry, Leave}}
	}
	if k.onKey {
		return k.verifyAlone(ctx, w)
	}
	return w.withPIN(ctx, keyID, func(pin secret.Secret) error {
		list, err := w.session.Fingerprints(ctx, pin)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(f fido.Fingerprint) bool { return bytes.Equal(f.ID, k.enrolled.ID) }) {
			return &Problem{Code: "key-no-finger", What: T("The key does not list the finger that was enrolled."), State: unchanged, Next: []Choice{Retry, Leave}}
		}
		w.verified(keyID, Counted(len(list), T("Read back: the key holds 1 finger, the %s.", k.finger),
			T("Read back: the key holds %d fingers, the %s among them.", len(list), k.finger)))
		return nil
	})
}

func (w *World) light(colour string, blink bool) {
	w.Tell(Event{Name: EventLED, Text: lightWords(colour, blink), Data: LED{colour, blink, LightMeaning(colour, blink)}})
}

// lightWords is a colour of the light and what it means, in one line.
func lightWords(colour string, blink bool) Text {
	how := T("%s", colour)
	if blink {
		how = T("%s, flashing", colour)
	}
	return T("LED %s: %s.", how, LightMeaning(colour, blink))
}

// SampleWords says a verdict on a touch, and what to do on the next one.
func SampleWords(s fido.SampleStatus) (verdict, advice Text) {
	switch s {
	case fido.SampleGood:
		return T("good"), T("lift the finger and touch again")
	case fido.SampleTooHigh:
		return T("too high"), T("move the finger down a little")
	case fido.SampleTooLow:
		return T("too low"), T("move the finger up a little")
	case fido.SampleTooLeft:
		return T("too far left"), T("move the finger to the right a little")
	case fido.SampleTooRight:
		return T("too far right"), T("move the finger to the left a little")
	case fido.SampleTooFast:
		return T("too fast"), T("hold the finger a little longer")
	case fido.SampleTooSlow:
		return T("too slow"), T("a little quicker")
	case fido.SamplePoorQuality:
		return T("not clear"), T("wipe the finger and the sensor; warm a dry finger")
	case fido.SampleTooSkewed:
		return T("turned too far"), T("lay the finger on straight")
	case fido.SampleTooShort:
		return T("too little of the finger"), T("cover more of the sensor")
	case fido.SampleMergeFailure:
		return T("does not fit the touches before"), T("use the same finger throughout")
	case fido.SampleExists:
		return T("this finger is enrolled already"), T("take another finger")
	case fido.SampleDatabaseFull:
		return T("no room for another finger"), T("remove one first")
	case fido.SampleNoActivity:
		return T("nobody touched"), T("touch the key when it flashes")
	case fido.SampleNoLift:
		return T("not lifted"), T("lift the finger and touch again")
	}
	return T("refused"), T("touch again")
}
