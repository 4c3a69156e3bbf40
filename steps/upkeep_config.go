package steps

import (
	"context"
	"strconv"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// Settings says how the key's settings stand (authenticatorConfig, CTAP 2.1 section 6.11). No PIN is needed.
func Settings(ctx context.Context, w *World) (fido.Info, error) {
	_, err := w.openKey(ctx, keyID)
	return w.keyInfo, err
}

// SetMinPIN raises the shortest PIN that the key takes. Only a reset lowers it again.
func SetMinPIN(ctx context.Context, w *World, points int) error {
	err := w.configurable(ctx, "setMinPINLength")
	if err != nil {
		return err
	}
	switch was := w.keyInfo.MinPIN; {
	case !w.keyInfo.HasPIN() && w.keyInfo.Options["alwaysUv"]: // it asks for one even so (section 6.11)
		return &Problem{Code: "pin-missing", What: T("The key asks for a PIN or a finger first."), State: unchanged,
			Next: []Choice{{ID: "pin", Text: T("set one with  keyrollout key pin")}, Leave}}
	case points == was:
		w.verified(keyID, T("The shortest PIN has %d characters already.", was))
		return nil
	case points < was || points > fido.MaxPIN:
		return &Problem{Code: "min-pin-range", State: unchanged,
			What: T("The shortest PIN of this key has %d characters: it can only be raised, to at most %d.", was, fido.MaxPIN),
			Next: []Choice{Leave}}
	}
	danger := T("From now on a PIN of this key has at least %d characters. Only a reset, which wipes the key, lowers that again. If its PIN is shorter now, the key demands a new one before it does anything else.", points)
	if err := w.risk(ctx, "raise-min-pin", danger, strconv.Itoa(points)); err != nil {
		return err
	}
	if err := w.configure(ctx, func(pin secret.Secret) error { return w.configured().SetMinPIN(ctx, pin, points) }); err != nil {
		return err
	}
	return w.readSetting(ctx, func(i fido.Info) bool { return i.MinPIN == points },
		T("Read back: the shortest PIN has %d characters.", points))
}

// ForcePINChange makes the key demand a new PIN: for handing it over with a temporary one.
func ForcePINChange(ctx context.Context, w *World) error {
	err := w.configurable(ctx, "setMinPINLength")
	switch {
	case err != nil:
		return err
	case !w.keyInfo.HasPIN():
		return &Problem{Code: "pin-missing", What: T("This key has no PIN that could be changed."), State: unchanged,
			Next: []Choice{{ID: "pin", Text: T("set one with  keyrollout key pin")}, Leave}}
	case w.keyInfo.ForcePIN:
		w.verified(keyID, T("The key demands a new PIN already."))
		return nil
	}
	danger := T("The key does nothing until its PIN has been changed: no sign-in, no finger. Not every system can change it: Windows 11, Chrome on a Mac and keyrollout can.")
	if err := w.risk(ctx, "force-pin-change", danger, "new PIN"); err != nil {
		return err
	}
	if err := w.withPIN(ctx, keyID, func(pin secret.Secret) error { return w.configured().ForcePINChange(ctx, pin) }); err != nil {
		return err
	}
	return w.readSetting(ctx, func(i fido.Info) bool { return i.ForcePIN }, T("Read back: the key demands a new PIN."))
}

// SetAlwaysUV makes the key ask for the PIN or a finger at every use, or leave that to the sites.
func SetAlwaysUV(ctx context.Context, w *World, on bool) error {
	err := w.configurable(ctx, "alwaysUv")
	if err != nil {
		return err
	}
	if w.keyInfo.Options["alwaysUv"] == on {
		w.verified(keyID, T("That is how it stands already."))
		return nil
	}
	name, word := "always-uv-on", "always"
	danger := T("Every use of the key wants its PIN or a finger, where a touch was enough before: second-factor sites that ask for neither (U2F) stop working with it, and some iPhones ask again and again.")
	done := T("Read back: every use wants the PIN or a finger.")
	if !on {
		name, word = "always-uv-off", "touch is enough"
		danger = T("Whoever holds the key can use it by a touch alone at sites that ask for no more. Microsoft Entra ID always asks for the PIN or a finger.")
		done = T("Read back: a site decides whether a touch is enough.")
	}
	if err := w.risk(ctx, name, danger, word); err != nil {
		return err
	}
	if err := w.configure(ctx, func(pin secret.Secret) error { return w.configured().ToggleAlwaysUV(ctx, pin) }); err != nil {
		return err
	}
	return w.readSetting(ctx, func(i fido.Info) bool { return i.Options["alwaysUv"] == on }, done)
}

// configurable opens the key and says where it has not this setting.
func (w *World) configurable(ctx context.Context, option string) error {
	s, err := w.openKey(ctx, keyID)
	if err != nil {
		return err
	}
	_, known := w.keyInfo.Option(option)
	_, ok := s.(fido.Configurer)
	if !ok || !known || !w.keyInfo.Options["authnrCfg"] {
		return &Problem{Code: "key-no-setting", State: unchanged,
			What: T("%s has no such setting (authenticatorConfig, option %s).", w.model(), option), Next: []Choice{Leave}}
	}
	return nil
}

// configured is the visit there is now to a key that was seen to have settings: after three wrong PINs it is another one
// than before.
func (w *World) configured() fido.Configurer { return w.session.(fido.Configurer) }

// configure runs f with the key's PIN. A key that nobody has protected yet lets itself be set up without: so the
// shortest PIN can be raised before the first one is set.
func (w *World) configure(ctx context.Context, f func(pin secret.Secret) error) error {
	if !w.keyInfo.HasPIN() && !w.keyInfo.Options["uv"] {
		return f(secret.Secret{})
	}
	return w.withPIN(ctx, keyID, f)
}

// readSetting asks the key by getInfo whether what was written shows.
func (w *World) readSetting(ctx context.Context, took func(fido.Info) bool, done Text) error {
	info, err := w.session.Info(ctx)
	if err != nil {
		return err
	}
	w.keyInfo = info
	if !took(info) {
		return &Problem{Code: "setting-not-taken", What: T("The key said yes, but its setting reads as before."),
			State: T("What the key says of itself:  keyrollout key config show."), Next: []Choice{Retry, Leave}}
	}
	w.verified(keyID, done)
	return nil
}
