package steps_test

import (
	"context"
	"errors"
	"testing"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/steps"
)

// plugBareKey puts a key into the person's hand that has neither settings nor credential management.
func (b *bench) plugBareKey() {
	b.t.Helper()
	key, err := softkey.Open(softkey.Options{Profile: softkey.Bare20(), Store: softkey.MemoryStore(), Toucher: b.person, Clock: b.clock.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { key.Close() })
	b.key, b.person.key = key, key
}

func (b *bench) settings() (i fido.Info) {
	b.t.Helper()
	b.mustCare(func(ctx context.Context, w *steps.World) (err error) {
		i, err = steps.Settings(ctx, w)
		return err
	})
	return i
}

func minPIN(n int) func(context.Context, *steps.World) error {
	return func(ctx context.Context, w *steps.World) error { return steps.SetMinPIN(ctx, w, n) }
}

func alwaysUV(on bool) func(context.Context, *steps.World) error {
	return func(ctx context.Context, w *steps.World) error { return steps.SetAlwaysUV(ctx, w, on) }
}

func TestShortestPINIsRaisedOnlyAfterItsWord(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	if err := b.care(minPIN(8)); !errors.Is(err, steps.ErrNoAnswer) || b.settings().MinPIN != 4 {
		t.Fatalf("without the word: %v", err)
	}
	b.person.answer("risk.raise-min-pin", "8")
	b.mustCare(minPIN(8))
	if i := b.settings(); i.MinPIN != 8 || !i.ForcePIN {
		t.Fatalf("after raising it: %d, new PIN demanded: %v", i.MinPIN, i.ForcePIN)
	}
	b.mustCare(minPIN(8)) // no question
	for _, n := range []int{7, 64} {
		b.refused("min-pin-range", minPIN(n))
	}
}

func TestANewPINIsDemanded(t *testing.T) {
	b := newBench(t)
	b.refused("pin-missing", steps.ForcePINChange)
	b.mustCare(steps.SetPIN)
	b.person.answer("risk.force-pin-change", "new PIN")
	b.mustCare(steps.ForcePINChange)
	if !b.settings().ForcePIN {
		t.Fatal("the key does not demand a new PIN")
	}
	b.mustCare(steps.ForcePINChange) // no question
	b.person.answer("key.pin.new", "739128")
	b.mustCare(steps.SetPIN)
	if b.settings().ForcePIN {
		t.Fatal("the new PIN did not satisfy it")
	}
}

func TestAlwaysUVGoesOffAndOn(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.answer("risk.always-uv-off", "touch is enough")
	b.mustCare(alwaysUV(false))
	if b.settings().Options["alwaysUv"] {
		t.Fatal("still on")
	}
	b.mustCare(alwaysUV(false)) // no question
	b.person.answer("risk.always-uv-on", "always")
	b.mustCare(alwaysUV(true))
	if !b.settings().Options["alwaysUv"] {
		t.Fatal("still off")
	}
}

// Before the first PIN: the natural moment to say how long it has to be.
func TestSettingsBeforeTheFirstPIN(t *testing.T) {
	b := newBench(t)
	b.person.answer("risk.always-uv-off", "touch is enough")
	b.mustCare(alwaysUV(false))
	b.person.answer("risk.raise-min-pin", "6")
	b.mustCare(minPIN(6))
	if i := b.settings(); i.MinPIN != 6 || i.Options["alwaysUv"] || i.HasPIN() {
		t.Fatalf("%+v", i)
	}
	for _, q := range b.person.asked {
		if q == "key.pin" {
			t.Error("asked for a PIN that is not there")
		}
	}
}

func TestAKeyWithoutSettingsSaysSo(t *testing.T) {
	b := newBench(t)
	b.plugBareKey()
	for code, f := range map[string]func(context.Context, *steps.World) error{
		"key-no-setting":  alwaysUV(true),
		"key-cannot-list": func(ctx context.Context, w *steps.World) error { _, _, err := steps.Room(ctx, w); return err },
	} {
		b.refused(code, f)
	}
}

func TestRoomAndNamesOfSignIns(t *testing.T) {
	b := newBench(t)
	room := func(ctx context.Context, w *steps.World) error {
		used, free, err := steps.Room(ctx, w)
		if err == nil && (used != 1 || free != 99) {
			t.Errorf("%d used, %d free", used, free)
		}
		return err
	}
	b.refused("pin-missing", room)
	b.finish()
	b.mustCare(room)
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Residents(ctx, w)
		if err != nil {
			return err
		}
		if err := steps.RenameResident(ctx, w, list[0].ID, "Aiko, bureau"); err != nil {
			return err
		}
		again, err := steps.Residents(ctx, w)
		if err == nil && (again[0].UserName != "Aiko, bureau" || again[0].DisplayName != list[0].DisplayName) {
			t.Errorf("%+v", again)
		}
		return err
	})
	for code, name := range map[string]string{"sign-in-name": string(make([]byte, 65)), "sign-in-unknown": "x"} {
		b.refused(code, func(ctx context.Context, w *steps.World) error {
			return steps.RenameResident(ctx, w, []byte("no"), name)
		})
	}
}

// deaf is a key that takes settings and keeps none.
type deaf struct{ fido.Keys }

type deafSession struct {
	fido.Session
	fido.Configurer
	info fido.Info
}

func (k deaf) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	s, err := k.Keys.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	i, err := s.Info(ctx)
	return deafSession{s, s.(fido.Configurer), i}, err
}

func (s deafSession) Info(context.Context) (fido.Info, error) { return s.info, nil }

func TestASettingThatDoesNotShowIsTold(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	w := b.world()
	w.Keys = deaf{w.Keys}
	defer w.Close()
	b.person.answer("risk.raise-min-pin", "6")
	b.person.answer("problem.setting-not-taken", "leave")
	if err := steps.Visit(t.Context(), w, minPIN(6)); !errors.Is(err, steps.ErrQuit) {
		t.Fatal(err)
	}
	b.mustTell("setting-not-taken")
}
