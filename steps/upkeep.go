package steps

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// Visit runs f in a world that has a key and no tenant. A problem with a way on is told and the way taken; any other
// ends the visit.
func Visit(ctx context.Context, w *World, f func(context.Context, *World) error) error {
	for {
		err := f(ctx, w)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p := ProblemOf(err)
		if p == nil || !p.solvable() {
			return err
		}
		if p.Code == "key-gone" {
			w.loseKey()
		}
		w.closeKey()
		way, err := w.solve(ctx, keyID, p)
		switch {
		case err != nil:
			return err
		case way == "reset":
			if err := Visit(ctx, w, ResetKey); err != nil {
				return err
			}
		}
	}
}

// solvable reports whether a person can do something about it here and now. What else stands among Next is advice.
func (p *Problem) solvable() bool {
	return slices.ContainsFunc(p.Next, func(c Choice) bool { return slices.Contains([]string{Retry.ID, "same", "reset"}, c.ID) })
}

// SetPIN sets the key's first PIN, or changes the one it has.
func SetPIN(ctx context.Context, w *World) error {
	_, err := w.openKey(ctx, keyID)
	if err != nil {
		return err
	}
	k := &keyStep{}
	if !w.keyInfo.HasPIN() {
		return k.setPIN(ctx, w)
	}
	// The new PIN is asked for first: what cannot be a PIN spends no try of the old one.
	fresh, err := w.askNewPIN(ctx)
	if err != nil {
		return err
	}
	defer fresh.Wipe()
	if err := w.withPIN(ctx, keyID, func(old secret.Secret) error { return w.session.ChangePIN(ctx, old, fresh) }); err != nil {
		return err
	}
	w.pin.Wipe()
	w.done(keyID, T("PIN changed."))
	return w.readKey(ctx, keyID) // which tells the tries there are now
}

// AddFinger enrols a finger more.
func AddFinger(ctx context.Context, w *World) error {
	if _, err := w.openKey(ctx, keyID); err != nil {
		return err
	}
	k := &keyStep{needFinger: true, needPIN: !w.keyInfo.HasPIN()}
	if _, sensor := w.keyInfo.Option("uv"); !sensor && !w.keyInfo.CanEnrol() {
		return &Problem{Code: "key-no-sensor", What: T("%s has no fingerprint sensor.", w.model()), State: unchanged}
	}
	if err := k.chooseFinger(ctx, w); err != nil {
		return err
	}
	k.needPIN = k.needPIN && !k.onKey // the key itself asks for none
	if err := k.apply(ctx, w); err != nil {
		return err
	}
	return k.verify(ctx, w)
}

// Fingers lists the fingers that are enrolled; none is no error.
func Fingers(ctx context.Context, w *World) (list []fido.Fingerprint, err error) {
	_, err = w.openKey(ctx, keyID)
	if err != nil || !w.keyInfo.HasFinger() {
		return nil, err
	}
	err = w.withPIN(ctx, keyID, func(pin secret.Secret) (err error) {
		list, err = w.session.Fingerprints(ctx, pin)
		return err
	})
	return list, err
}

// FingerNamed finds a finger by the hex of its id, or else by its name: so that every finger can be named, whatever
// another one is called.
func FingerNamed(ctx context.Context, w *World, name string) (fido.Fingerprint, error) {
	list, err := Fingers(ctx, w)
	if err != nil {
		return fido.Fingerprint{}, err
	}
	var hits []fido.Fingerprint
	for _, f := range list {
		if hex.EncodeToString(f.ID) == name {
			return f, nil
		}
		if f.Name == name {
			hits = append(hits, f)
		}
	}
	if len(hits) != 1 {
		what := T("No finger on this key is called \"%s\".", name)
		if len(hits) > 1 {
			what = T("%d fingers on this key are called \"%s\": name one by its id.", len(hits), name)
		}
		return fido.Fingerprint{}, &Problem{Code: "finger-unknown", State: unchanged, What: what,
			Next: []Choice{{ID: "list", Text: T("see  keyrollout key fingerprint list  for names and ids")}}}
	}
	return hits[0], nil
}

// RenameFinger gives a finger another name.
func RenameFinger(ctx context.Context, w *World, old, name string) error {
	f, err := FingerNamed(ctx, w, old)
	if err != nil {
		return err
	}
	if f.Name == name {
		w.verified(keyID, T("It is called that already."))
		return nil
	}
	fits, err := w.fingerNames(ctx)
	if err != nil {
		return err
	}
	if p := fits(name); p != nil {
		return p
	}
	err = w.withPIN(ctx, keyID, func(pin secret.Secret) error { return w.session.RenameFingerprint(ctx, pin, f.ID, name) })
	var refused *fido.Error
	if errors.As(err, &refused) && slices.Contains(tooLong, refused.Code) {
		return &Problem{Code: "finger-name", Err: err, State: unchanged,
			What: T("This key does not take a name of %d bytes. Some keys take 15 only.", len(name))}
	}
	if err != nil {
		return err
	}
	list, err := Fingers(ctx, w)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(list, func(o fido.Fingerprint) bool { return bytes.Equal(o.ID, f.ID) }); i < 0 || list[i].Name != name {
		return &Problem{Code: "finger-name-not-taken", What: T("The key said yes, but does not list the finger under that name."),
			State: T("The finger works as before; only its name is in doubt:  keyrollout key fingerprint list."), Next: []Choice{Retry, Leave}}
	}
	w.verified(keyID, T("Read back: \"%s\" is now called \"%s\".", or(f.Name, hex.EncodeToString(f.ID)), name))
	return nil
}

// tooLong is how keys refuse a name for its length.
var tooLong = []fido.Code{fido.CodeInvalidParameter, fido.CodeInvalidLength, fido.CodeLimitExceeded, fido.CodeTooLarge, fido.CodeKeyFull}

var printableOnly = T("A name is one line of text: no line breaks or other control characters, no space at its ends.")

// printable reports whether a name is one line that steers no terminal. Joiners and selectors stay: letters and emoji are
// made of them.
func printable(name string) bool {
	return utf8.ValidString(name) && strings.TrimSpace(name) == name && !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	})
}

// fingerNames is the check that a name can be one more finger's on this key.
func (w *World) fingerNames(ctx context.Context) (fits func(string) *Problem, err error) {
	sensor, err := w.session.Sensor(ctx)
	if err != nil {
		return nil, err
	}
	list, err := Fingers(ctx, w)
	return func(name string) *Problem {
		switch {
		case name == "":
			return &Problem{Code: "finger-name-empty", What: T("A name has at least one character."), State: unchanged}
		case !printable(name):
			return &Problem{Code: "finger-name-unprintable", What: printableOnly, State: unchanged}
		case sensor.NameSize > 0 && len(name) > sensor.NameSize:
			return &Problem{Code: "finger-name", What: T("This key takes names of at most %d bytes; \"%s\" has %d.", sensor.NameSize, name, len(name)), State: unchanged}
		case slices.ContainsFunc(list, func(f fido.Fingerprint) bool { return f.Name == name }):
			return &Problem{Code: "finger-name-taken", What: T("Another finger on this key is called \"%s\" already.", name), State: unchanged}
		}
		return nil
	}, err
}

// RemoveFinger removes a finger, after a yes.
func RemoveFinger(ctx context.Context, w *World, name string) error {
	f, err := FingerNamed(ctx, w, name)
	if err != nil {
		return err
	}
	a, err := w.Ask(ctx, Question{Name: "finger.remove", Kind: Confirm, Text: T("Remove the finger \"%s\" from the key?", or(f.Name, hex.EncodeToString(f.ID)))})
	switch {
	case err != nil:
		return err
	case a.ID != "yes" && w.menu:
		return ErrBack
	case a.ID != "yes":
		return ErrQuit
	}
	if err := w.withPIN(ctx, keyID, func(pin secret.Secret) error { return w.session.RemoveFingerprint(ctx, pin, f.ID) }); err != nil {
		return err
	}
	w.done(keyID, T("Finger removed: %s.", or(f.Name, hex.EncodeToString(f.ID))))
	left, err := Fingers(ctx, w)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(left, func(o fido.Fingerprint) bool { return bytes.Equal(o.ID, f.ID) }) {
		return &Problem{Code: "finger-not-removed", What: T("The key said yes, but still lists the finger."), State: unchanged, Next: []Choice{Retry, Leave}}
	}
	w.verified(keyID, T("Read back: the key holds %s.", fingersIn(len(left))))
	return nil
}

// Residents lists the sign-ins the key holds, of every site.
func Residents(ctx context.Context, w *World) ([]fido.Resident, error) {
	if _, err := w.openKey(ctx, keyID); err != nil {
		return nil, err
	}
	switch {
	case !w.keyInfo.CanListCredentials():
		return nil, &Problem{Code: "key-cannot-list", What: T("This key cannot list its sign-ins (no credential management)."), State: unchanged}
	case !w.keyInfo.HasPIN() && !w.keyInfo.Options["uv"]:
		return nil, nil // nobody is known to it: it holds none that it would list
	}
	return w.held(ctx, "")
}

// held lists the sign-ins of a relying party, of all when it is empty.
func (w *World) held(ctx context.Context, rp string) (list []fido.Resident, err error) {
	var unread *fido.UnreadError
	err = w.asOwner(ctx, func(ctx context.Context, pin secret.Secret) (err error) {
		list, err = w.session.Credentials(ctx, pin, rp)
		if errors.As(err, &unread) {
			return nil
		}
		return err
	})
	var none *fido.Error
	switch {
	case errors.As(err, &none) && none.Code == fido.CodeNoCredentials:
		return nil, nil
	case err != nil || unread == nil:
		return list, err
	case len(list) == 0:
		return nil, &Problem{Code: "sign-ins-unread", Err: unread, State: unchanged, What: unreadWords(unread.RPIDs[0])}
	}
	for _, site := range unread.RPIDs {
		w.note(keyID, unreadWords(site))
	}
	return list, nil
}

func unreadWords(site string) Text {
	return T("What the key holds for %s cannot be read here, and is not in this list.", Printed(site))
}

// asOwner runs f, a question of credential management, with the key's PIN; where it has none, or it is locked, with an
// enrolled finger, which the key asks for each time.
func (w *World) asOwner(ctx context.Context, f func(ctx context.Context, pin secret.Secret) error) error {
	locked := false
	if w.keyInfo.HasPIN() && w.pin.Empty() {
		r, err := w.session.Retries(ctx)
		if err != nil {
			return err
		}
		locked = r.PIN == 0
	}
	if !w.keyInfo.Options["uv"] || w.keyInfo.HasPIN() && !locked {
		return w.withPIN(ctx, keyID, func(pin secret.Secret) error { return f(ctx, pin) })
	}
	if locked {
		w.note(keyID, T("Its PIN is locked; an enrolled finger still opens it."))
	}
	w.note(keyID, T("Show an enrolled finger each time the key flashes: once for every site."))
	w.light("blue", true)
	return w.touching(ctx, func(ctx context.Context) error { return f(ctx, secret.Secret{}) })
}

// DeleteResident deletes one sign-in from the key, after its danger was confirmed in words.
func DeleteResident(ctx context.Context, w *World, id []byte) error {
	r, err := residentByID(ctx, w, id)
	if err != nil {
		return err
	}
	if err := w.risk(ctx, "delete-sign-in", T("%s could not sign in to %s with this key any more. Remove the key in the account as well.", r.UserName, r.RPID), "delete"); err != nil {
		return err
	}
	if err := w.asOwner(ctx, func(ctx context.Context, pin secret.Secret) error { return w.session.DeleteCredential(ctx, pin, id) }); err != nil {
		return err
	}
	w.done(keyID, T("Deleted from the key: %s at %s.", r.UserName, r.RPID))
	left, err := w.held(ctx, r.RPID)
	if err != nil {
		return err
	}
	if _, err := amongResidents(left, id); err == nil {
		return &Problem{Code: "sign-in-not-deleted", What: T("The key said yes, but still lists the sign-in."), State: unchanged, Next: []Choice{Retry, Leave}}
	}
	w.verified(keyID, Counted(len(left), T("Read back: the key holds 1 other sign-in at %s.", r.RPID),
		T("Read back: the key holds %d other sign-ins at %s.", len(left), r.RPID)))
	return nil
}

// ResetKey wipes the key: only after the words were typed, and led by the hand through the ten seconds in which a key
// allows it.
func ResetKey(ctx context.Context, w *World) error {
	if _, err := w.openKey(ctx, keyID); err != nil {
		return err
	}
	model := w.model()
	touch := T("If it goes on flashing, keep the finger on it until the light changes: some keys want a long touch.")
	if w.keyInfo.LongReset {
		touch = T("This key wants a long touch: keep the finger on it until the light changes.")
	}
	if err := w.risk(ctx, "reset-key", T("Everything on %s is lost: every sign-in, every finger, the PIN. It cannot be undone.", model), "reset this key"); err != nil {
		return err
	}
	for {
		if err := w.replugged(ctx, keyID, T("When it is in again, press enter at once, unless this goes on by itself."),
			T("Then the key flashes: touch it. All that within ten seconds of plugging it in."), touch); err != nil {
			return err
		}
		w.light("cyan", true)
		err := w.touching(ctx, w.session.Reset)
		var refused *fido.Error
		switch {
		case err == nil:
			w.pin.Wipe()
			w.done(keyID, T("The key is as it left the factory."), Fact{"key", "reset"})
			return w.readSetting(ctx, func(i fido.Info) bool { return !i.HasPIN() && !i.HasFinger() }, T("Read back: no PIN and no finger are on it."))
		case errors.As(err, &refused) && refused.Code == fido.CodeGone:
			return &Problem{Code: "key-gone", Err: err, What: T("The key was lost while it was asked to reset itself."),
				State: T("Whether it has done so is not known. Everything on it is lost, or nothing:  keyrollout key info  tells whether it has a PIN."),
				Next:  []Choice{{ID: "retry", Text: T("plug it in, then try again")}, Leave}}
		case !errors.As(err, &refused) || refused.Code != fido.CodeNotAllowed:
			return err
		}
		late := &Problem{Code: "reset-late", Err: err, State: unchanged, What: T("The ten seconds were over before the key was asked: it refused the reset."),
			Next: []Choice{{ID: "retry", Text: T("unplug it and plug it in once more")}, Leave}}
		if _, err := w.solve(ctx, keyID, late); err != nil {
			return err
		}
	}
}
