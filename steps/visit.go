package steps

import (
	"context"
	"errors"
	"strconv"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// openKey begins the visit to the key, or goes on with it. With several keys the person touches the one that is meant,
// or names it; with none it waits until one is there.
func (w *World) openKey(ctx context.Context, step string) (fido.Session, error) {
	for looked := false; w.session == nil; {
		keys, err := w.Keys.List(ctx)
		p := ProblemOf(err)
		blind := p != nil && p.Code == "key-unsupported" && w.Softkey != nil // a build without libfido2
		if err != nil && !blind {
			return nil, err
		}
		if len(keys) == 0 {
			if err := w.awaitKey(ctx, blind, looked); err != nil {
				return nil, err
			}
			looked = true
			continue
		}
		if w.session, err = w.chooseKey(ctx, keys); err != nil {
			return nil, err
		}
		if err := w.readKey(ctx, step); err != nil {
			w.closeKey()
			return nil, err
		}
		if err := w.recognise(ctx, step); err != nil {
			return nil, err
		}
	}
	return w.session, nil
}

// awaitKey waits until a key is plugged in, which is noticed without an answer, or until the person takes the software
// key instead. Who says that it is in, where there is none to be seen, learns when it was looked for and what to check.
func (w *World) awaitKey(ctx context.Context, blind, looked bool) error {
	q := Question{Name: "key.insert", Kind: Act, Text: T("Plug in the security key."),
		Detail: []Text{T("It has to be plugged into the computer that runs keyrollout; SSH carries no USB."),
			T("Do you work here over SSH, with the key at your own desk? Run there:  keyrollout key share user@host"), T("It is noticed by itself.")}}
	if looked {
		q.Text = T("No key found (looked at %s).", w.Clock.Now().Local().Format("15:04:05"))
		q.Detail = []Text{
			T("Does its light come on? If not: the other way round, firmly, another socket, not through a hub."),
			T("In a virtual machine or a container: hand the USB device on to it."),
			T("Over SSH, a key at your own desk is not seen here. Run there:  keyrollout key share user@host"),
			T("What this computer sees:  keyrollout doctor, keyrollout key list."),
		}
	}
	if w.Softkey != nil {
		q.Kind, q.Default = Choose, "done"
		q.Choices = []Choice{{ID: "done", Text: T("it is in: look again")}, {ID: "softkey", Text: T("take the software key of this program"), Detail: T("for practice; no company should accept it")}}
	}
	if blind {
		q.Text, q.Detail = T("This build of keyrollout cannot drive attached keys."), []Text{T("A build with libfido2 can (make setup, make build).")}
		q.Choices, q.Default = q.Choices[1:], "softkey"
	}
	a, err := w.askUntil(ctx, q, func(ctx context.Context) error { _, err := fido.WaitForKey(ctx, w.Keys); return err })
	if err != nil || a.ID != "softkey" {
		return err
	}
	err = w.takeSoftkey(ctx)
	if errors.Is(err, ErrBack) && !w.rollout { // in a step the trail leads back
		return w.awaitKey(ctx, blind, looked)
	}
	return err
}

// takeSoftkey goes on with the software key, after its danger was confirmed in words.
func (w *World) takeSoftkey(ctx context.Context) error {
	danger := T("The software key is kept by this computer, not by hardware: whoever takes over this account has the key. Take it to try things out, never for a real account.")
	if err := w.risk(ctx, "software-key", danger, "software key"); err != nil {
		return err
	}
	keys, ask, err := w.Softkey(ctx, w.Asker)
	if err == nil {
		w.Keys, w.Asker, w.Softkey = keys, ask, nil
	}
	return err
}

// chooseKey opens the key that is meant.
func (w *World) chooseKey(ctx context.Context, keys []fido.Device) (fido.Session, error) {
	if len(keys) == 1 {
		return w.open(ctx, keys[0])
	}
	q := Question{Name: "key.which", Kind: Choose, Text: T("Which key?")}
	for i, k := range keys {
		name := T("%s at %s", Printed(k.Product), k.Path)
		switch {
		case k.Software:
			name = T("the software key of this program (practice only)")
		case k.Serial != "":
			name = T("%s at %s, serial number %s", Printed(k.Product), k.Path, Printed(k.Serial))
		}
		q.Choices = append(q.Choices, Choice{ID: strconv.Itoa(i + 1), Text: name})
	}
	q.Choices = append(q.Choices, Choice{ID: "touch", Text: T("the one I touch")})
	a, err := w.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.ID == "touch" {
		for _, t := range OutOfReach(keys) {
			w.note(keyID, t)
		}
		w.light("cyan", true)
		w.note(keyID, T("All keys flash: touch the one you mean."))
		var s fido.Session
		err := w.touching(ctx, func(ctx context.Context) (err error) { s, err = fido.Choose(ctx, w.Keys, keys); return err })
		if errors.Is(err, ErrBack) && !w.rollout {
			return w.chooseKey(ctx, keys)
		}
		return s, err
	}
	i, _ := strconv.Atoi(a.ID)
	return w.open(ctx, keys[i-1])
}

// OutOfReach says of each key that this user may not open that a touch on it is not noticed.
func OutOfReach(keys []fido.Device) (out []Text) {
	for _, k := range keys {
		if a := fido.AccessTo(k.Path); !k.Software && a.Why != fido.AccessOK && a.Why != fido.AccessAdmin {
			out = append(out, AccessWords(a))
		}
	}
	return out
}

// open opens a key; where the operating system refuses that, the error says which rule is missing.
func (w *World) open(ctx context.Context, d fido.Device) (fido.Session, error) {
	s, err := w.Keys.Open(ctx, d)
	if err != nil {
		return nil, WithRule(d.Path, err)
	}
	return s, nil
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
		st.AttestationOK, st.FingersMax = m.Entra, info.Fingers()
	}
	text := T("Key found: %s. No PIN yet.", st.Model)
	if st.PINSet {
		r, err := w.session.Retries(ctx)
		if err != nil {
			return err
		}
		st.PINTries = r.PIN
		text = T("Key found: %s. PIN set, %s left.", st.Model, Tries(st.PINTries))
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

// loseKey ends a visit whose key does not answer any more, and remembers which one it was.
func (w *World) loseKey() {
	if w.session != nil {
		i := fido.IdentityOf(w.session.Device(), w.keyInfo)
		w.vanished = &i
	}
	w.closeKey()
}

// recognise says of the key that came after one was lost whether it is that one, and asks before another one is taken.
func (w *World) recognise(ctx context.Context, step string) error {
	if w.vanished == nil {
		return nil
	}
	was, now := *w.vanished, fido.IdentityOf(w.session.Device(), w.keyInfo)
	// What was under way when it was lost may have been finished.
	was.HasPIN, was.HasFinger = was.HasPIN || now.HasPIN, was.HasFinger || now.HasFinger
	switch was.Compare(now) {
	case fido.SameKey:
		w.note(step, T("It is the same key as before: serial number %s.", Printed(now.Serial)))
	case fido.SameModel:
		w.note(step, T("This is most likely the same key: its model and its state are the same. It has no serial number to be sure by."))
	default:
		way, err := w.solve(ctx, step, &Problem{Code: "key-other",
			What:  T("This is another key than the one before."),
			State: T("What was done on the key before stays there. Nothing was changed on this one."),
			Next:  []Choice{{ID: "retry", Text: T("plug the first one in again, then look again")}, {ID: "same", Text: T("go on with this one")}, Leave}})
		if err != nil || way != "same" {
			w.closeKey()
			return err
		}
	}
	w.vanished = nil
	return nil
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
	if r.PIN < 0 && w.keyInfo.HasPIN() { // no try is spent without it being known how many there are
		return problemOfKey(&fido.Error{Op: "read the PIN tries left", Code: fido.CodeGarbled})
	}
	if r.PIN < 0 { // enrolled on the key itself, it knows fingers and no PIN
		return &Problem{Code: "pin-missing", State: unchanged, What: T("The key wants its PIN for that, and has none yet."),
			Next: []Choice{{ID: "pin", Text: T("set one with  keyrollout key pin")}, Leave}}
	}
	// The one that is set may be shorter than what the key wants by now.
	var whichever fido.Info
	a, err := w.Ask(ctx, Question{Name: "key.pin", Kind: Secret, Text: T("PIN of the key (%s left)", Tries(r.PIN)),
		CheckSecret: func(s secret.Secret) *Problem { return problemOfPIN(fido.CheckPIN(s, whichever)) }})
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
		State: T("Tries left: %d. Nothing else changed on the key. At 0 only a reset helps, and every sign-in on the key is lost.", r.PIN),
		Next:  []Choice{{ID: "retry", Text: T("enter the PIN again")}, Leave}})
	return err
}

// replug leads through the power cycle that a key demands after three wrong PINs in a row.
func (w *World) replug(ctx context.Context, step string, tries int) error {
	if _, err := w.solve(ctx, step, &Problem{Code: "pin-replug",
		What:  T("Three wrong PINs in a row: the key wants to be unplugged first."),
		State: T("Tries left: %d. Nothing else changed on the key. At 0 only a reset helps, and every sign-in on the key is lost.", tries),
		Next:  []Choice{{ID: "replug", Text: T("unplug it, then enter the PIN again")}, Leave}}); err != nil {
		return err
	}
	return w.replugged(ctx, step)
}

// replugged has the key unplugged and plugged in again, which is noticed without an answer where the computer sees it,
// and opens it: it must be the same key.
func (w *World) replugged(ctx context.Context, step string, detail ...Text) error {
	was, device := fido.IdentityOf(w.session.Device(), w.keyInfo), w.session.Device()
	w.closeKey()
	q := Question{Name: "key.replug", Kind: Act, Text: T("Unplug the key and plug it in again."), Detail: detail}
	if _, err := w.askUntil(ctx, q, func(ctx context.Context) error {
		if err := fido.WaitGone(ctx, w.Keys, device); err != nil {
			return err
		}
		_, err := fido.WaitForKey(ctx, w.Keys)
		return err
	}); err != nil {
		return err
	}
	if _, err := w.openKey(ctx, step); err != nil {
		return err
	}
	if was.Compare(fido.IdentityOf(w.session.Device(), w.keyInfo)) == fido.OtherKey {
		return &Problem{Code: "key-other", What: T("This is another key than the one before."),
			State: T("Nothing was changed on either key."), Next: []Choice{Retry, Leave}}
	}
	return nil
}

// askUntil asks, and takes the question back when seen says that it was answered by deed; the Answer is empty then.
func (w *World) askUntil(ctx context.Context, q Question, seen func(context.Context) error) (Answer, error) {
	waiting, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if seen(waiting) == nil {
			stop(errSeen)
		}
	}()
	a, err := w.Ask(waiting, q)
	stop(nil)
	<-watched
	if ctx.Err() == nil && errors.Is(context.Cause(waiting), errSeen) {
		return Answer{}, nil
	}
	return a, err
}

var errSeen = errors.New("answered by deed")
