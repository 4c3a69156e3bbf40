package steps

import (
	"context"
	"errors"
	"strconv"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// openKey begins the visit to the key, or goes on with it. With several keys it asks which; with none it waits until
// one is there.
func (w *World) openKey(ctx context.Context, step string) (fido.Session, error) {
	if w.session != nil {
		return w.session, nil
	}
	for {
		keys, err := w.Keys.List(ctx)
		if err != nil {
			return nil, err
		}
		d, err := w.chooseKey(ctx, keys)
		if errors.Is(err, errNoKey) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := w.Keys.Open(ctx, d)
		if err != nil {
			return nil, err
		}
		w.session = s
		if err := w.readKey(ctx, step); err != nil {
			w.closeKey()
			return nil, err
		}
		return s, nil
	}
}

var errNoKey = errors.New("no key")

func (w *World) chooseKey(ctx context.Context, keys []fido.Device) (fido.Device, error) {
	switch len(keys) {
	case 0:
		_, err := w.Ask(ctx, Question{Name: "key.insert", Kind: Act, Text: T("Plug in the security key."),
			Detail: []Text{T("It has to be plugged into the computer that runs keyrollout; SSH carries no USB.")}})
		if err != nil {
			return fido.Device{}, err
		}
		return fido.Device{}, errNoKey
	case 1:
		return keys[0], nil
	}
	q := Question{Name: "key.which", Kind: Choose, Text: T("Which key?")}
	for i, k := range keys {
		name := T("%s at %s", k.Product, k.Path)
		if k.Software {
			name = T("the software key of this program (practice only)")
		}
		q.Choices = append(q.Choices, Choice{ID: strconv.Itoa(i + 1), Text: name})
	}
	a, err := w.Ask(ctx, q)
	if err != nil {
		return fido.Device{}, err
	}
	i, _ := strconv.Atoi(a.ID)
	return keys[i-1], nil
}

// readKey asks the key what it is now, and tells it.
func (w *World) readKey(ctx context.Context, step string) error {
	info, err := w.session.Info(ctx)
	if err != nil {
		return err
	}
	w.keyInfo = info
	st := KeyState{Model: w.model(), Path: w.session.Device().Path, Software: w.session.Device().Software,
		PINSet: info.HasPIN()}
	if m, ok := fido.ModelOf(info.AAGUID); ok {
		st.AttestationOK, st.FingersMax = m.Entra, m.Fingers
	}
	text := T("Key found: %s. No PIN yet.", st.Model)
	if st.PINSet {
		r, err := w.session.Retries(ctx)
		if err != nil {
			return err
		}
		st.PINTries = r.PIN
		text = T("Key found: %s. PIN set, %d tries left.", st.Model, st.PINTries)
	}
	if info.HasFinger() {
		st.Fingers = -1 // how many is told only after the PIN
	}
	w.Tell(Event{Name: EventKey, Step: step, Text: text, Data: st,
		Facts: []Fact{{"model", st.Model}, {"aaguid", fido.FormatAAGUID(info.AAGUID)}}})
	return nil
}

func (w *World) model() string {
	if m, ok := fido.ModelOf(w.keyInfo.AAGUID); ok {
		return m.Name
	}
	if d := w.session.Device(); d.Product != "" {
		return d.Product
	}
	return fido.FormatAAGUID(w.keyInfo.AAGUID)
}

// closeKey ends the visit and forgets the PIN.
func (w *World) closeKey() {
	if w.session != nil {
		_ = w.session.Close() // nothing is lost: the key keeps what it has
		w.session = nil
	}
	w.pin.Wipe()
}

// withPIN runs f with the key's PIN, asking for it once a visit. A wrong PIN is asked again, with the tries that are
// left told each time; a try is never spent without the person knowing the count.
func (w *World) withPIN(ctx context.Context, step string, f func(pin secret.Secret) error) error {
	for {
		if w.pin.Empty() {
			if err := w.askPIN(ctx, step); err != nil {
				return err
			}
		}
		err := f(w.pin)
		var refused *fido.Error
		if !errors.As(err, &refused) {
			return err
		}
		switch refused.Code {
		case fido.CodePINInvalid, fido.CodePINPowerCycle:
			w.pin.Wipe()
		default:
			return err
		}
		if err := w.afterWrongPIN(ctx, step, refused.Code); err != nil {
			return err
		}
	}
}

func (w *World) askPIN(ctx context.Context, step string) error {
	r, err := w.session.Retries(ctx)
	if err != nil {
		return err
	}
	if r.PIN == 0 {
		return pinBlocked(nil)
	}
	info := w.keyInfo
	a, err := w.Ask(ctx, Question{Name: "key.pin", Kind: Secret, Text: T("PIN of the key (%d tries left)", r.PIN),
		CheckSecret: func(s secret.Secret) *Problem { return problemOfPIN(fido.CheckPIN(s, info), info) }})
	if err != nil {
		return err
	}
	w.pin = a.Secret
	return nil
}

func (w *World) afterWrongPIN(ctx context.Context, step string, code fido.Code) error {
	r, err := w.session.Retries(ctx)
	if err != nil {
		return err
	}
	switch {
	case r.PIN == 0:
		return pinBlocked(nil)
	case code == fido.CodePINPowerCycle:
		return w.replug(ctx, step, r.PIN)
	}
	_, err = w.solve(ctx, step, &Problem{Code: "pin-wrong",
		What:  T("That is not the PIN of this key."),
		State: T("%d tries are left. Nothing else changed on the key. At 0 only a reset helps, and every sign-in on the key is lost.", r.PIN),
		Next:  []Choice{{ID: "retry", Text: T("enter the PIN again")}, Leave}})
	return err
}

// replug leads through the power cycle that a key demands after three wrong PINs in a row.
func (w *World) replug(ctx context.Context, step string, tries int) error {
	if _, err := w.solve(ctx, step, &Problem{Code: "pin-replug",
		What:  T("Three wrong PINs in a row: the key wants to be unplugged first."),
		State: T("%d tries are left. Nothing else changed on the key. At 0 only a reset helps, and every sign-in on the key is lost.", tries),
		Next:  []Choice{{ID: "replug", Text: T("unplug it, then enter the PIN again")}, Leave}}); err != nil {
		return err
	}
	was := w.keyInfo.AAGUID
	w.closeKey()
	if _, err := w.Ask(ctx, Question{Name: "key.replug", Kind: Act, Text: T("Unplug the key and plug it in again.")}); err != nil {
		return err
	}
	if _, err := w.openKey(ctx, step); err != nil {
		return err
	}
	if w.keyInfo.AAGUID != was {
		return &Problem{Code: "key-other", What: T("This is another model than the key before."),
			State: T("Nothing was changed on either key."), Next: []Choice{Retry, Leave}}
	}
	return nil
}
