package steps

import (
	"context"
	"strings"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// standalone leads through the enrolment on an ATKey itself, as AuthenTrend documents it: a question for each stage, so
// that the screen is in step with the person. The computer hears nothing of it meanwhile; afterwards the key is asked.
func (k *keyStep) standalone(ctx context.Context, w *World) error {
	if err := k.countBefore(ctx, w); err != nil {
		return err
	}
	occupied := w.keyInfo.HasFinger() || w.keyInfo.Options["uv"]
	alone := w.enrolsAlone()
	w.closeKey() // a key that a computer holds open may not begin by itself
	act := func(name string, text Text, detail ...Text) error {
		_, err := w.Ask(ctx, Question{Name: name, Kind: Act, Text: text, Detail: detail})
		return err
	}
	if !alone {
		if err := act("key.standalone", T("Enrol the %s with the key's own means, as its maker describes.", k.finger),
			T("This key takes no finger through a computer by the FIDO standard."), T("Plug it in again afterwards: it is asked then.")); err != nil {
			return err
		}
		_, err := w.openKey(ctx, keyID)
		return err
	}
	if err := act("key.standalone", T("Enrol the %s on the key itself.", k.finger), append([]Text{
		T("1  Press the button on the side three times, quickly. The light flashes white."),
		T("2  Touch the sensor when it flashes white; green means good, red means once more."),
		T("3  About 12 good touches at the same place. The light stays cyan (or turns green) when done."),
		T("If it flashes green first, a finger is there already: show that one to begin."),
		T("One press of the button leaves without keeping anything."),
		T("What the light says:"),
	}, legend()...)...); err != nil {
		return err
	}
	if err := act("key.standalone.button", T("Now press the button on the side of the key three times, quickly."),
		T("Leave the key plugged in. Nothing flashes? Wait two seconds and press again.")); err != nil {
		return err
	}
	if occupied {
		w.light("green", true)
		if err := act("key.standalone.owner", T("The light flashes green: touch it with a finger that is enrolled already."),
			T("Green, then white flashes: recognised. Red: once more, flat and dry.")); err != nil {
			return err
		}
	}
	w.light("white", true)
	if err := act("key.standalone.touch", T("Touch the sensor with the %s each time it flashes white, until it stops.", k.finger),
		T("Lift the finger after each touch. Green: it counted. Red: it did not; touch once more."),
		T("It flashes faster towards the end: about 12 good touches.")); err != nil {
		return err
	}
	w.light("cyan", false)
	if err := act("key.standalone.done", T("Wait until the light stays cyan or turns green."),
		T("Blue instead: the key has left the enrolment, and nothing was kept.")); err != nil {
		return err
	}
	_, err := w.openKey(ctx, keyID) // look at it anew
	return err
}

// enrolsAlone reports whether the key enrols as AuthenTrend documents it; the software key behaves as one of theirs.
func (w *World) enrolsAlone() bool {
	m, _ := fido.ModelOf(w.keyInfo.AAGUID)
	return w.session.Device().VendorID == fido.AuthenTrendVendor || strings.HasPrefix(m.Name, "ATKey") || m.AAGUID == fido.SoftwareAAGUID
}

// countBefore counts the fingers that are there. Without a PIN a key that has some does not say how many: -1.
func (k *keyStep) countBefore(ctx context.Context, w *World) (err error) {
	k.before, err = w.countFingers(ctx)
	return err
}

// countFingers asks the key how many fingers it holds; -1 where it does not say.
func (w *World) countFingers(ctx context.Context) (n int, err error) {
	switch {
	case !w.keyInfo.HasFinger() && !w.keyInfo.Options["uv"]:
		return 0, nil
	case !w.keyInfo.HasPIN() || !w.keyInfo.CanEnrol():
		return -1, nil
	}
	err = w.withPIN(ctx, keyID, func(pin secret.Secret) error {
		var list []fido.Fingerprint
		list, err = w.session.Fingerprints(ctx, pin)
		n = len(list)
		return err
	})
	return n, err
}

// verifyAlone asks the key whether it holds a finger more than before.
func (k *keyStep) verifyAlone(ctx context.Context, w *World) error {
	n, err := w.countFingers(ctx)
	switch {
	case err != nil:
		return err
	case n < 0 || k.before < 0:
		w.verified(keyID, T("Read back: the key holds a finger."))
	case n <= k.before:
		return &Problem{Code: "key-no-finger", What: T("The key holds %s, as many as before: it has kept no new one.", fingersIn(n)),
			State: unchanged, Next: []Choice{Retry, Leave}}
	default:
		w.verified(keyID, T("Read back: the key holds %s, %d before.", fingersIn(n), k.before))
	}
	return nil
}

// legend is what the light of an ATKey says during this.
func legend() (out []Text) {
	for _, l := range []struct {
		colour string
		blink  bool
	}{{"white", true}, {"green", true}, {"green", false}, {"red", false}, {"blue", false}} {
		out = append(out, lightWords(l.colour, l.blink))
	}
	return out
}
