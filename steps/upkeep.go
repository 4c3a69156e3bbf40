package steps

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// Visit runs f in a world that has a key and no tenant. A problem is told and, when asked, f begun again.
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
		if p == nil || len(p.Next) == 0 {
			return err
		}
		w.closeKey()
		if _, err := w.solve(ctx, keyID, p); err != nil {
			return err
		}
	}
}

// SetPIN sets the key's first PIN, or changes the one it has.
func SetPIN(ctx context.Context, w *World) error {
	s, err := w.openKey(ctx, keyID)
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
	if err := w.withPIN(ctx, keyID, func(old secret.Secret) error { return s.ChangePIN(ctx, old, fresh) }); err != nil {
		return err
	}
	w.pin.Wipe()
	w.done(keyID, T("PIN changed."))
	return nil
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
	if err := k.apply(ctx, w); err != nil {
		return err
	}
	return k.verify(ctx, w)
}

// Fingers lists the fingers that are enrolled; none is no error.
func Fingers(ctx context.Context, w *World) (list []fido.Fingerprint, err error) {
	s, err := w.openKey(ctx, keyID)
	if err != nil || !w.keyInfo.HasFinger() {
		return nil, err
	}
	err = w.withPIN(ctx, keyID, func(pin secret.Secret) (err error) {
		list, err = s.Fingerprints(ctx, pin)
		return err
	})
	return list, err
}

// FingerNamed finds a finger by its name or the hex of its id.
func FingerNamed(ctx context.Context, w *World, name string) (fido.Fingerprint, error) {
	list, err := Fingers(ctx, w)
	if err != nil {
		return fido.Fingerprint{}, err
	}
	var hits []fido.Fingerprint
	for _, f := range list {
		if f.Name == name || hex.EncodeToString(f.ID) == name {
			hits = append(hits, f)
		}
	}
	if len(hits) != 1 {
		return fido.Fingerprint{}, &Problem{Code: "finger-unknown", State: unchanged,
			What: T("%d fingers on this key are called \"%s\".", len(hits), name),
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
	sensor, err := w.session.Sensor(ctx)
	if err != nil {
		return err
	}
	if limit := sensor.NameSize; limit > 0 && len(name) > limit {
		return &Problem{Code: "finger-name", What: T("This key takes names of at most %d bytes; \"%s\" has %d.", limit, name, len(name)), State: unchanged}
	}
	if err := w.withPIN(ctx, keyID, func(pin secret.Secret) error { return w.session.RenameFingerprint(ctx, pin, f.ID, name) }); err != nil {
		return err
	}
	w.done(keyID, T("\"%s\" is now called \"%s\".", f.Name, name))
	return nil
}

// RemoveFinger removes a finger, after a yes.
func RemoveFinger(ctx context.Context, w *World, name string) error {
	f, err := FingerNamed(ctx, w, name)
	if err != nil {
		return err
	}
	a, err := w.Ask(ctx, Question{Name: "finger.remove", Kind: Confirm, Text: T("Remove the finger \"%s\" from the key?", f.Name)})
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
	w.done(keyID, T("Finger removed: %s.", f.Name))
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
	case !w.keyInfo.HasPIN():
		return nil, nil // without a PIN it has none to list
	}
	return w.residents(ctx, "")
}

// DeleteResident deletes one sign-in from the key, after its danger was confirmed in words.
func DeleteResident(ctx context.Context, w *World, id []byte) error {
	list, err := Residents(ctx, w)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(r fido.Resident) bool { return bytes.Equal(r.ID, id) })
	if i < 0 {
		return &Problem{Code: "sign-in-unknown", What: T("The key holds no sign-in with this id."), State: unchanged,
			Next: []Choice{{ID: "list", Text: T("see  keyrollout key credentials list  for the ids")}}}
	}
	r := list[i]
	if err := w.risk(ctx, "delete-sign-in", T("%s could not sign in to %s with this key any more. Remove the key in the account as well.", r.UserName, r.RPID), "delete"); err != nil {
		return err
	}
	if err := w.withPIN(ctx, keyID, func(pin secret.Secret) error { return w.session.DeleteCredential(ctx, pin, id) }); err != nil {
		return err
	}
	w.done(keyID, T("Deleted from the key: %s at %s.", r.UserName, r.RPID))
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
		if err := w.replugged(ctx, keyID, T("Then touch it within ten seconds, when it flashes."), touch); err != nil {
			return err
		}
		w.light("cyan", true)
		err := w.touching(ctx, w.session.Reset)
		var refused *fido.Error
		switch {
		case err == nil:
			w.pin.Wipe()
			w.done(keyID, T("The key is as it left the factory."), Fact{"key", "reset"})
			return nil
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
