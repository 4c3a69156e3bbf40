package steps

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"keyrollout/fido"
)

// Care is a key's place in the wizard: what it says of itself, and all that can be done to it, until the person leaves.
// It offers first what a new key lacks. The summary is told at the end.
func Care(ctx context.Context, w *World) error {
	w.menu = true
	var err error
	for err == nil {
		err = w.careOnce(ctx)
	}
	if errors.Is(err, ErrBack) { // the caller puts its own question again; what was done stays done
		return err
	}
	sum := Summary{Done: slices.Concat(w.reached, w.changed)}
	if sum.Complete = errors.Is(err, errCared); sum.Complete {
		err = nil
	}
	w.Tell(Event{Name: EventSummary, Text: T("Stopped. What was done stays done."), Data: sum})
	return err
}

var errCared = errors.New("nothing more to do")

// careOnce asks what is to be done, and does it.
func (w *World) careOnce(ctx context.Context) error {
	if err := w.trying(ctx, false, func(ctx context.Context) error { _, err := w.openKey(ctx, keyID); return err }); err != nil {
		return err
	}
	if info, err := w.session.Info(ctx); err == nil { // what was done may have changed it; a key that is gone shows when it is asked
		w.keyInfo = info
	}
	items := w.cares()
	q := Question{Name: "key.care", Kind: Choose, Default: items[0].ID, Text: T("What would you like to do with this key?")}
	if tries, err := w.session.Retries(ctx); err == nil { // a key that is gone shows when it is asked
		q.Detail = []Text{T("%s: PIN %s; fingers %s.", w.model(), pinWords(w.keyInfo, &tries), fingerWords(w.keyInfo, &tries))}
	}
	for _, i := range items {
		q.Choices = append(q.Choices, i.Choice)
	}
	a, err := w.Ask(ctx, q)
	switch {
	case errors.Is(err, ErrBack) && w.any:
		return nil // there is no way back behind what was done
	case err != nil:
		return err
	}
	i := slices.IndexFunc(items, func(i care) bool { return i.ID == a.ID })
	if i < 0 {
		return fmt.Errorf("key.care: no %q", a.ID)
	}
	return w.trying(ctx, true, func(ctx context.Context) error { return items[i].do(ctx, w) })
}

// care is one thing that can be done to a key.
type care struct {
	Choice
	do func(context.Context, *World) error
}

// cares are what can be done to the key at hand.
func (w *World) cares() (all []care) {
	i := w.keyInfo
	add := func(id string, text, detail Text, do func(context.Context, *World) error) {
		all = append(all, care{Choice{id, text, detail}, do})
	}
	_, sensor := i.Option("uv")
	sensor = sensor || i.CanEnrol()
	pin, pinDetail := T("Change the PIN"), T("a wrong try is counted and told")
	if !i.HasPIN() {
		pin, pinDetail = T("Set a PIN"), T("at least %d characters", i.MinPIN)
	}
	if !i.HasPIN() || sensor && !i.HasFinger() && !i.Options["uv"] {
		add("setup", T("Set it up"), T("what it lacks of PIN and finger"), setUp)
	}
	add("info", T("What it says of itself"), T("no PIN is asked for"), tellFacts)
	add("pin", pin, pinDetail, SetPIN)
	if i.CanEnrol() {
		add("fingers", T("Fingers"), T("list, enrol, rename, remove"), careFingers)
	}
	if i.CanListCredentials() {
		add("sign-ins", T("Sign-ins on it"), T("list, rename, delete, room"), careResidents)
	}
	if i.Options["authnrCfg"] {
		add("settings", T("Settings"), T("shortest PIN, new PIN, always verify"), careSettings)
	}
	add("reset", T("Reset it"), T("everything on it is lost"), ResetKey)
	add("other", T("Another key"), Text{}, anotherKey)
	add("leave", T("Leave"), Text{}, func(context.Context, *World) error { return errCared })
	return all
}

// trying does something until it works or the person gives it up: with a way back to the list, where there is one, else
// with ErrBack.
func (w *World) trying(ctx context.Context, list bool, do func(context.Context) error) error {
	for {
		err := do(ctx)
		switch {
		case err == nil, list && errors.Is(err, ErrBack):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errCared):
			return err
		}
		p := ProblemOf(err)
		if p == nil {
			return err
		}
		if p.Code == "key-gone" {
			w.loseKey()
		}
		told := *p
		if list {
			told.Next = slices.DeleteFunc(slices.Clone(p.Next), func(c Choice) bool { return c.ID == Leave.ID })
			if i := slices.IndexFunc(told.Next, func(c Choice) bool { return c.ID == "pin" }); i >= 0 {
				told.Next[i].Text = T("Set a PIN")
			}
			told.Next = append(told.Next, Choice{ID: "back", Text: T("back to the list")})
		}
		way, err := w.solve(ctx, keyID, &told)
		switch {
		case list && errors.Is(err, ErrBack), way == "back":
			return nil
		case err != nil:
			return err
		case way == "reset":
			do = func(ctx context.Context) error { return ResetKey(ctx, w) }
		case way == "pin":
			do = func(ctx context.Context) error { return SetPIN(ctx, w) }
		}
	}
}

func setUp(ctx context.Context, w *World) error { return runStep(ctx, w, KeyStep()) }

func tellFacts(ctx context.Context, w *World) error {
	k, err := FactsOf(ctx, w.session)
	if err != nil {
		return err
	}
	q := Question{Name: "key.care.info", Kind: Choose, Default: "back", Text: T("That is what the key says of itself."), Choices: []Choice{backToList}}
	for _, l := range k.Describe() {
		q.Detail = append(q.Detail, T("%s: %s", l[0], l[1]))
	}
	_, err = w.Ask(ctx, q)
	return err
}

var backToList = Choice{ID: "back", Text: T("back to the list")}

// anotherKey goes on with another key: one that is there, or that is plugged in now.
func anotherKey(ctx context.Context, w *World) error {
	w.closeKey()
	keys, err := w.Keys.List(ctx)
	if err != nil || len(keys) > 1 {
		return err
	}
	_, err = w.Ask(ctx, Question{Name: "key.other", Kind: Act, Text: T("Unplug this key and plug the other one in.")})
	return err
}

// careFingers lists the fingers, and does what is wanted with one.
func careFingers(ctx context.Context, w *World) error {
	for {
		if _, err := w.openKey(ctx, keyID); err != nil {
			return err
		}
		list, err := Fingers(ctx, w)
		if err != nil {
			return err
		}
		q := Question{Name: "key.care.fingers", Kind: Choose, Default: "back", Text: FingersText(w, len(list))}
		for _, f := range list {
			q.Choices = append(q.Choices, Choice{ID: hex.EncodeToString(f.ID), Text: T("%s", or(Printed(f.Name), hex.EncodeToString(f.ID)))})
		}
		q.Choices = append(q.Choices, Choice{ID: "add", Text: T("enrol a finger")}, backToList)
		a, err := w.Ask(ctx, q)
		switch {
		case err != nil:
			return err
		case a.ID == "back":
			return nil
		case a.ID == "add":
			err = AddFinger(ctx, w)
		default:
			err = careFinger(ctx, w, a.ID)
		}
		if err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
}

// FingersText says how many fingers are on the key of w, and how many more fit.
func FingersText(w *World, n int) Text {
	if most := w.keyInfo.Fingers(); most > 0 {
		return T("%s enrolled; room for %d more.", fingersIn(n), max(most-n, 0))
	}
	return T("%s enrolled; the key does not say how many more fit.", fingersIn(n))
}

// RoomText says how many sign-ins are on a key, and how many more fit.
func RoomText(used, free int) Text {
	return Counted(used, T("1 sign-in on the key, room for about %d more", free), T("%d sign-ins on the key, room for about %d more", used, free))
}

func careFinger(ctx context.Context, w *World, id string) error {
	f, err := FingerNamed(ctx, w, id)
	if err != nil {
		return err
	}
	a, err := w.Ask(ctx, Question{Name: "key.care.finger", Kind: Choose, Text: T("What about the finger \"%s\"?", Printed(f.Name)),
		Default: "back", Choices: []Choice{{ID: "rename", Text: T("rename it")}, {ID: "remove", Text: T("remove it")}, backToList}})
	switch {
	case err != nil:
		return err
	case a.ID == "remove":
		return RemoveFinger(ctx, w, id)
	case a.ID == "back":
		return nil
	}
	sensor, err := w.session.Sensor(ctx)
	if err != nil {
		return err
	}
	fits, err := w.fingerNames(ctx)
	if err != nil {
		return err
	}
	name, err := w.Ask(ctx, Question{Name: "finger.name", Kind: Line, Text: T("The finger's new name"), Default: f.Name,
		Check: func(s string) *Problem {
			if s == f.Name {
				return nil
			}
			return fits(s)
		},
		Detail: []Text{T("At most %d bytes; some keys take 15 only, and say so.", sensor.NameSize)}})
	if err != nil {
		return err
	}
	return RenameFinger(ctx, w, id, name.ID)
}

// careResidents lists the sign-ins that the key holds, and does what is wanted with one.
func careResidents(ctx context.Context, w *World) error {
	for {
		used, free, err := Room(ctx, w)
		if err != nil {
			return err
		}
		list, err := Residents(ctx, w)
		if err != nil {
			return err
		}
		q := Question{Name: "key.care.sign-ins", Kind: Choose, Default: "back",
			Text: RoomText(used, free)}
		for _, r := range list {
			q.Choices = append(q.Choices, Choice{ID: base64.RawURLEncoding.EncodeToString(r.ID), Text: T("%s at %s", Printed(r.UserName), Printed(r.RPID))})
		}
		q.Choices = append(q.Choices, backToList)
		a, err := w.Ask(ctx, q)
		if err != nil || a.ID == "back" {
			return err
		}
		i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.ID == a.ID })
		if i < 0 || i >= len(list) {
			return fmt.Errorf("key.care.sign-ins: no %q", a.ID)
		}
		if err := careResident(ctx, w, list[i]); err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
}

func careResident(ctx context.Context, w *World, r fido.Resident) error {
	a, err := w.Ask(ctx, Question{Name: "key.care.sign-in", Kind: Choose, Text: T("What about %s at %s?", Printed(r.UserName), Printed(r.RPID)),
		Default: "back", Choices: []Choice{{ID: "rename", Text: T("show another user name")}, {ID: "delete", Text: T("delete it from the key")}, backToList}})
	switch {
	case err != nil:
		return err
	case a.ID == "delete":
		return DeleteResident(ctx, w, r.ID)
	case a.ID == "back":
		return nil
	}
	name, err := w.Ask(ctx, Question{Name: "sign-in.name", Kind: Line, Default: r.UserName, Text: T("The user name to show"),
		Detail: []Text{T("At most %d bytes. The account it signs in to stays the same.", nameLimit)}, Check: notEmpty})
	if err != nil {
		return err
	}
	return RenameResident(ctx, w, r.ID, name.ID)
}

// careSettings shows how the settings stand, and changes one.
func careSettings(ctx context.Context, w *World) error {
	for {
		i, err := Settings(ctx, w)
		if err != nil {
			return err
		}
		q := Question{Name: "key.care.settings", Kind: Choose, Default: "back", Text: T("Which setting?")}
		if _, can := i.Option("setMinPINLength"); can {
			forced := T("not demanded")
			if i.ForcePIN {
				forced = T("demanded already")
			}
			q.Choices = append(q.Choices,
				Choice{"min-pin", T("raise the shortest PIN"), T("now %d characters", i.MinPIN)},
				Choice{"force-pin", T("demand a new PIN"), forced})
		}
		on, can := i.Option("alwaysUv")
		switch {
		case can && on:
			q.Choices = append(q.Choices, Choice{"always-uv-off", T("let the sites decide whether a touch is enough"), T("now the PIN or a finger, always")})
		case can:
			q.Choices = append(q.Choices, Choice{"always-uv-on", T("always ask for the PIN or a finger"), T("now the sites decide")})
		}
		q.Choices = append(q.Choices, backToList)
		a, err := w.Ask(ctx, q)
		if err != nil || a.ID == "back" {
			return err
		}
		if err := w.setSetting(ctx, a.ID); err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
}

func (w *World) setSetting(ctx context.Context, which string) error {
	switch which {
	case "force-pin":
		return ForcePINChange(ctx, w)
	case "always-uv-on", "always-uv-off":
		return SetAlwaysUV(ctx, w, which == "always-uv-on")
	}
	was := w.keyInfo.MinPIN
	a, err := w.Ask(ctx, Question{Name: "min-pin.points", Kind: Line, Text: T("How many characters at least?"),
		Detail: []Text{T("Now %d; at most %d. Only a reset lowers it again.", was, fido.MaxPIN)},
		Check: func(s string) *Problem {
			if n, err := strconv.Atoi(s); err != nil || n <= was || n > fido.MaxPIN {
				return &Problem{Code: "min-pin-range", What: T("A number from %d to %d.", was+1, fido.MaxPIN), State: unchanged}
			}
			return nil
		}})
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(a.ID) // has passed Check
	return SetMinPIN(ctx, w, n)
}
