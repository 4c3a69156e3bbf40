package steps

import (
	"bytes"
	"context"
	"slices"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// Room asks how many sign-ins the key holds, and how many more it has room for.
func Room(ctx context.Context, w *World) (used, free int, err error) {
	s, err := w.openKey(ctx, keyID)
	if err != nil {
		return 0, 0, err
	}
	_, ok := s.(fido.Configurer)
	switch {
	case !ok || !w.keyInfo.CanListCredentials():
		return 0, 0, cannotList()
	case !w.keyInfo.HasPIN() && !w.keyInfo.Options["uv"]:
		return 0, max(w.keyInfo.Residents, 0), &Problem{Code: "pin-missing", State: unchanged,
			What: T("The key tells its room only after its PIN, and has none yet."),
			Next: []Choice{{ID: "pin", Text: T("set one with  keyrollout key pin")}, Leave}}
	}
	err = w.asOwner(ctx, func(ctx context.Context, pin secret.Secret) (err error) {
		used, free, err = w.configured().Room(ctx, pin)
		return err
	})
	return used, free, err
}

func cannotList() error {
	return &Problem{Code: "key-cannot-list", What: T("This key cannot list its sign-ins (no credential management)."), State: unchanged,
		Next: []Choice{Leave}}
}

// nameLimit is how many bytes of a name every key keeps (CTAP 2.1 section 6.8.8: at least 64).
const nameLimit = 64

// RenameResident changes the user name that a sign-in on the key shows; the account it signs in to stays the same.
func RenameResident(ctx context.Context, w *World, id []byte, name string) error {
	if !printable(name) {
		return &Problem{Code: "sign-in-name", State: unchanged, Next: []Choice{Leave}, What: printableOnly}
	}
	if len(name) == 0 || len(name) > nameLimit {
		return &Problem{Code: "sign-in-name", State: unchanged, Next: []Choice{Leave},
			What: T("A key keeps names of 1 to %d bytes; this one has %d.", nameLimit, len(name))}
	}
	r, err := residentByID(ctx, w, id)
	if err != nil {
		return err
	}
	_, ok := w.session.(fido.Configurer)
	if !ok {
		return cannotList()
	}
	old := r.UserName
	if old == name {
		w.verified(keyID, T("It is called that already."))
		return nil
	}
	r.UserName = name
	if err := w.asOwner(ctx, func(ctx context.Context, pin secret.Secret) error { return w.configured().UpdateUser(ctx, pin, r) }); err != nil {
		return err
	}
	list, err := w.held(ctx, r.RPID)
	if err != nil {
		return err
	}
	back, err := amongResidents(list, id)
	if err != nil {
		return err
	}
	if back.UserName != name {
		return &Problem{Code: "sign-in-name-cut", Next: []Choice{Leave},
			What:  T("The key kept the name as \"%s\".", back.UserName),
			State: T("The sign-in works as before; only the name that is shown is another.")}
	}
	w.verified(keyID, T("Read back: \"%s\" at %s is now shown as \"%s\".", old, r.RPID, name))
	return nil
}

func residentByID(ctx context.Context, w *World, id []byte) (fido.Resident, error) {
	list, err := Residents(ctx, w)
	if err != nil {
		return fido.Resident{}, err
	}
	return amongResidents(list, id)
}

func amongResidents(list []fido.Resident, id []byte) (fido.Resident, error) {
	i := slices.IndexFunc(list, func(r fido.Resident) bool { return bytes.Equal(r.ID, id) })
	if i < 0 {
		return fido.Resident{}, &Problem{Code: "sign-in-unknown", What: T("The key holds no sign-in with this id."), State: unchanged,
			Next: []Choice{{ID: "list", Text: T("see  keyrollout key credentials list  for the ids")}}}
	}
	return list[i], nil
}
