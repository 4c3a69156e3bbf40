package steps

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"slices"

	"keyrollout/fido"
	"keyrollout/graph"
	"keyrollout/internal/secret"
)

// holding is what the key in this computer says of a person's passkeys.
type holding struct {
	found   bool
	passkey graph.Passkey // the one it holds
	id      []byte        // its credential id as the key knows it
	sure    bool          // what was not found is not there; otherwise the key may hide it
}

// onKey asks the key which of these passkeys it holds. The first question costs neither PIN nor touch: an assertion
// without user presence over the ids (CTAP 2.1 section 6.1.1, pre-flight). credProtect 3 hides a credential from it
// (section 12.1); then the key's own list tells, behind the PIN. Where there is neither, the answer is not sure.
func (w *World) onKey(ctx context.Context, step string, keys []graph.Passkey) (holding, error) {
	s, err := w.openKey(ctx, step)
	if err != nil {
		return holding{}, err
	}
	h, err := w.silently(ctx, s, keys)
	if err != nil || h.found || h.sure || !w.listable() {
		return h, err
	}
	held, err := w.residents(ctx, graphRP)
	if err != nil {
		return h, err
	}
	h.sure = true
	for _, p := range keys {
		if i := slices.IndexFunc(held, func(r fido.Resident) bool { return p.Is(r.ID) }); i >= 0 {
			return holding{found: true, passkey: p, id: held[i].ID, sure: true}, nil
		}
	}
	return h, nil
}

// silently is onKey without PIN and touch. A key that refuses the question has not answered it.
func (w *World) silently(ctx context.Context, s fido.Session, keys []graph.Passkey) (holding, error) {
	for _, p := range keys {
		for _, id := range p.IDs() {
			known, err := fido.Knows(ctx, s, secret.Secret{}, graphRP, id)
			var refused *fido.Error
			switch {
			case known:
				return holding{found: true, passkey: p, id: id, sure: true}, nil
			case errors.As(err, &refused) && refused.Code > 0:
				return holding{}, nil
			case err != nil:
				return holding{}, err
			}
		}
	}
	return holding{sure: !slices.Contains(w.keyInfo.Extensions, "credProtect")}, nil
}

// registered is the passkey this rollout registered, as long as the tenant lists it.
func (w *World) registered(keys []graph.Passkey) (graph.Passkey, bool) {
	e, ok := w.Journal.Last(registrationID, "credential")
	if !ok {
		return graph.Passkey{}, false
	}
	id, _ := base64.RawURLEncoding.DecodeString(e.ID) // an id that cannot be read is none of theirs
	return passkeyIs(keys, id)
}

func passkeyIs(keys []graph.Passkey, id []byte) (graph.Passkey, bool) {
	i := slices.IndexFunc(keys, func(p graph.Passkey) bool { return p.Is(id) })
	if i < 0 {
		return graph.Passkey{}, false
	}
	return keys[i], true
}

// stranger says of a key that was just opened that it is not the one this rollout registered, as far as that can be
// told without its PIN: nobody should set up the wrong one of two.
func (w *World) stranger(ctx context.Context, s fido.Session) (Text, error) {
	if _, ok := w.Journal.Last(registrationID, "credential"); !ok || w.Tenant == nil {
		return Text{}, nil
	}
	keys, err := w.Tenant.Passkeys(ctx, w.Journal.Wish().User)
	if err != nil {
		return Text{}, err
	}
	mine, ok := w.registered(keys)
	if !ok {
		return Text{}, nil
	}
	h, err := w.silently(ctx, s, []graph.Passkey{mine})
	if err != nil || h.found {
		return Text{}, err
	}
	return T("It does not show the sign-in that is registered as \"%s\": if that was another key, take that one.", mine.Name), nil
}

// someoneElses says whose the key is, where an earlier rollout registered it for another person and not for this one.
// It costs neither PIN nor touch: a key that hides its sign-ins (credProtect 3) shows them once its PIN was typed in this
// visit for something else, and is taken for nobody's before that.
func (w *World) someoneElses(ctx context.Context, s fido.Session) (name string, err error) {
	wish := w.Journal.Wish()
	knows := func(id []byte) (bool, error) { return fido.Knows(ctx, s, secret.Secret{}, graphRP, id) }
	if !w.pin.Empty() && w.listable() {
		held, err := s.Credentials(ctx, w.pin, graphRP)
		if err != nil {
			return "", err
		}
		knows = func(id []byte) (bool, error) {
			return slices.ContainsFunc(held, func(r fido.Resident) bool { return bytes.Equal(r.ID, id) }), nil
		}
	}
	for _, h := range w.Journal.registered() {
		if name != "" && h.user != wish.User {
			continue
		}
		id, err := base64.RawURLEncoding.DecodeString(h.id)
		if err != nil {
			continue // an id that cannot be read is none of the key's
		}
		known, err := knows(id)
		var refused *fido.Error
		switch {
		case errors.As(err, &refused) && refused.Code > 0:
			return "", nil
		case err != nil:
			return "", err
		case known && h.user == wish.User:
			return "", nil
		case known:
			name = h.name
		}
	}
	return name, nil
}

// personsKey opens the key and asks before one that belongs to somebody else is used for this person.
func (w *World) personsKey(ctx context.Context, step string) (fido.Session, error) {
	for {
		s, err := w.openKey(ctx, step)
		user := w.Journal.Wish().User
		if err != nil || w.Tenant == nil || user != "" && w.shared == user {
			return s, err
		}
		name, err := w.someoneElses(ctx, s)
		if err != nil || name == "" {
			return s, err
		}
		way, err := w.solve(ctx, step, sharedKey(name, w.Journal.Wish()))
		if err != nil {
			return nil, err
		}
		if way == "same" {
			w.shared = user
			return s, nil
		}
		w.closeKey() // another one may be there now
	}
}

// sharedKey is told when the next person would get the key of the one before.
func sharedKey(name string, wish Wish) *Problem {
	return &Problem{Code: "key-of-another",
		What:  T("This key signs in as %s already.", name),
		State: T("Nothing was changed. Whoever has its PIN or a finger on it could sign in as both; %s should have a key of their own.", wish.UserName),
		Next: []Choice{
			{ID: "retry", Text: T("plug in the other key, then look again")},
			{ID: "same", Text: T("go on with this key: both accounts are of one person")}, Leave}}
}

// listable reports whether the key tells its list of sign-ins to who knows the PIN.
func (w *World) listable() bool { return w.keyInfo.CanListCredentials() && w.keyInfo.HasPIN() }

// residents lists the sign-ins the key holds; nil where the key cannot list them.
func (w *World) residents(ctx context.Context, rp string) (held []fido.Resident, err error) {
	_, err = w.openKey(ctx, registrationID)
	if err != nil || !w.listable() {
		return nil, err
	}
	err = w.withPIN(ctx, registrationID, func(pin secret.Secret) (err error) {
		held, err = w.session.Credentials(ctx, pin, rp) // not the one from before: a wrong PIN may have made a new visit
		return err
	})
	var none *fido.Error
	if errors.As(err, &none) && none.Code == fido.CodeNoCredentials {
		return nil, nil
	}
	return held, err
}
