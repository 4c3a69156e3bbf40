package steps_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keyrollout/fido"
	"keyrollout/internal/secret"
	"keyrollout/matcher"
	"keyrollout/steps"
)

// care does one thing to the bench's key.
func (b *bench) care(f func(context.Context, *steps.World) error) error {
	b.t.Helper()
	w := b.world()
	w.Tenant, w.Pages = nil, nil
	defer w.Close()
	return steps.Visit(b.t.Context(), w, f)
}

func (b *bench) mustCare(f func(context.Context, *steps.World) error) {
	b.t.Helper()
	if err := b.care(f); err != nil {
		b.t.Fatal(err)
	}
}

// refused fails unless f ends in a problem of that code, told in all its parts and asked about no more.
func (b *bench) refused(code string, f func(context.Context, *steps.World) error) {
	b.t.Helper()
	b.person.asked = nil
	var p *steps.Problem
	if err := b.care(f); !errors.As(err, &p) || p.Code != code || p.What.Empty() || p.State.Empty() {
		b.t.Errorf("want %s, got %v", code, err)
	}
	if slices.Contains(b.person.asked, "problem."+code) {
		b.t.Errorf("%s: asked what to do about it, where nothing can be done", code)
	}
}

func (b *bench) fingers() (names []string) {
	b.t.Helper()
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Fingers(ctx, w)
		names = nil
		for _, f := range list {
			names = append(names, f.Name)
		}
		return err
	})
	return names
}

func TestFingersOfAKey(t *testing.T) {
	b := newBench(t)
	b.person.answer("finger.remove", "yes")
	if names := b.fingers(); len(names) != 0 {
		t.Fatalf("a new key holds %q", names)
	}
	b.mustCare(steps.AddFinger)
	if names := b.fingers(); len(names) != 1 || names[0] != "right index finger" {
		t.Fatalf("after one enrolment: %q", names)
	}
	rename := func(from, to string) func(context.Context, *steps.World) error {
		return func(ctx context.Context, w *steps.World) error { return steps.RenameFinger(ctx, w, from, to) }
	}
	b.mustCare(rename("right index finger", "Zeigefinger"))
	for code, names := range map[string][2]string{
		"finger-name":             {"Zeigefinger", strings.Repeat("語", 22)}, // 66 bytes, 22 characters
		"finger-name-empty":       {"Zeigefinger", ""},
		"finger-name-unprintable": {"Zeigefinger", "two\nlines"},
		"finger-unknown":          {"nobody", "x"},
	} {
		b.refused(code, rename(names[0], names[1]))
	}
	for _, bad := range []string{"\x1b[31mred", "space ", "\xff", "a\u202eb", "a\u2028b"} {
		b.refused("finger-name-unprintable", rename("Zeigefinger", bad))
	}
	b.mustCare(rename("Zeigefinger", "右手\u3000人差し指 ❤\ufe0f")) // a wide space, and a sign that is made of two
	b.mustCare(rename("右手\u3000人差し指 ❤\ufe0f", "Zeigefinger"))
	b.events = nil
	b.mustCare(rename("Zeigefinger", "Zeigefinger"))
	if !b.said("called that already") {
		t.Error("the same name: not said")
	}
	b.person.finger, b.person.other = b.person.other, b.person.finger
	b.mustCare(steps.AddFinger) // the same words for another finger, and then two of them
	b.mustCare(rename("right index finger", "Daumen"))
	b.refused("finger-name-taken", rename("Daumen", "Zeigefinger"))
	// An id names its finger, whatever another is called.
	ids := map[string]string{}
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		list, err := steps.Fingers(ctx, w)
		for _, f := range list {
			ids[f.Name] = hex.EncodeToString(f.ID)
		}
		return err
	})
	b.mustCare(rename("Daumen", ids["Zeigefinger"]))
	b.mustCare(rename(ids["Zeigefinger"], "Mittelfinger"))
	b.mustCare(rename(ids["Daumen"], "Daumen"))
	b.mustCare(rename("Mittelfinger", "Zeigefinger"))
	b.mustCare(func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Daumen") })
	remove := func(ctx context.Context, w *steps.World) error { return steps.RemoveFinger(ctx, w, "Zeigefinger") }
	b.person.queue["finger.remove"] = []string{"no"}
	if err := b.care(remove); !errors.Is(err, steps.ErrQuit) || len(b.fingers()) != 1 {
		t.Fatalf("a no removed it: %v", err)
	}
	b.person.answer("finger.remove", "yes")
	b.mustCare(remove)
	if names := b.fingers(); len(names) != 0 {
		t.Fatalf("after removing: %q", names)
	}
}

// said reports whether an event says so.
func (b *bench) said(words string) bool {
	return slices.ContainsFunc(b.events, func(e steps.Event) bool { return strings.Contains(e.Text.String(), words) })
}

func TestPINIsSetThenChanged(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	b.person.answer("key.pin.new", "new-482913")
	b.person.answer("key.pin", "0000", thePIN)
	b.person.answer("problem.pin-wrong", "retry")
	b.mustCare(steps.SetPIN)
	b.mustTell("pin-wrong")
	b.person.answer("key.pin", "new-482913")
	b.mustCare(steps.AddFinger)
}

func TestSignInsOfAKey(t *testing.T) {
	b := newBench(t)
	b.finish()
	list := func() (ids [][]byte) {
		b.mustCare(func(ctx context.Context, w *steps.World) error {
			found, err := steps.Residents(ctx, w)
			ids = nil
			for _, r := range found {
				ids = append(ids, r.ID)
			}
			return err
		})
		return ids
	}
	ids := list()
	if len(ids) != 1 {
		t.Fatalf("%d sign-ins on the key", len(ids))
	}
	b.person.answer("risk.delete-sign-in", "delete")
	b.mustCare(func(ctx context.Context, w *steps.World) error { return steps.DeleteResident(ctx, w, ids[0]) })
	if left := list(); len(left) != 0 {
		t.Fatalf("%d left after deleting", len(left))
	}
}

func TestResetTakesTheWordsAndLeavesNothing(t *testing.T) {
	b := newBench(t)
	b.finish()
	b.person.answer("risk.reset-key", "reset this key")
	var order []string // what is to be done, in the order it is said
	b.person.seen = func(q steps.Question) {
		if q.Name == "key.replug" {
			order = append(order, q.Text.String())
			for _, d := range q.Detail {
				order = append(order, d.String())
			}
		}
	}
	b.mustCare(steps.ResetKey)
	b.person.seen = nil
	for i, words := range []string{"Unplug the key and plug it in again", "press enter at once", "touch it"} {
		if len(order) <= i || !strings.Contains(order[i], words) {
			t.Errorf("%q does not stand at %d of %q", words, i, order)
		}
	}
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		found, err := steps.Residents(ctx, w)
		if len(found) != 0 {
			t.Errorf("%d sign-ins survived the reset", len(found))
		}
		return err
	})
	if names := b.fingers(); len(names) != 0 {
		t.Errorf("fingers survived the reset: %q", names)
	}
	b.mustCare(steps.SetPIN) // only a key without a PIN takes a first one
}

// A key that is full, with a site for every sign-in, names in other scripts and some that hide (credProtect 3): all of
// them are listed, one is renamed, one is deleted, and what is left is counted.
func TestAFullKey(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	s, err := fido.OpenLink(t.Context(), b.key.Device(), b.key.Link())
	if err != nil {
		t.Fatal(err)
	}
	pin := secret.New([]byte(thePIN))
	put := func(n int) error {
		_, err := s.Make(t.Context(), pin, fido.MakeRequest{RPID: fmt.Sprintf("site-%d.example", n), RPName: "サイト", UserID: []byte{byte(n), 1},
			UserName: fmt.Sprintf("佐藤 愛子 %d", n), DisplayName: "Ünïcödé", Algorithms: []int{fido.ES256}, CredProtect: 1 + n%3})
		return err
	}
	for n := range 100 {
		if err := put(n); err != nil {
			t.Fatal(n, err)
		}
	}
	if p := steps.ProblemOf(put(100)); p == nil || p.Code != "key-full" || !strings.Contains(p.Next[0].Text.String(), "delete ID") {
		t.Errorf("the 101st: %+v", p)
	}
	s.Close()
	list := func() (found []fido.Resident) {
		b.mustCare(func(ctx context.Context, w *steps.World) (err error) {
			found, err = steps.Residents(ctx, w)
			return err
		})
		return found
	}
	all := list()
	hidden := slices.IndexFunc(all, func(r fido.Resident) bool { return r.CredProtect == 3 })
	if len(all) != 100 || hidden < 0 || !strings.HasPrefix(all[hidden].UserName, "佐藤 愛子") {
		t.Fatalf("%d sign-ins, hidden at %d", len(all), hidden)
	}
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		return steps.RenameResident(ctx, w, all[hidden].ID, "高橋 陽翔 🔑")
	})
	for _, bad := range []string{"", strings.Repeat("語", 22), "\xff", "two\nlines", "\x1b[31mred"} {
		b.refused("sign-in-name", func(ctx context.Context, w *steps.World) error {
			return steps.RenameResident(ctx, w, all[hidden].ID, bad)
		})
	}
	b.person.answer("risk.delete-sign-in", "delete")
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		return steps.DeleteResident(ctx, w, all[(hidden+1)%100].ID)
	})
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		used, free, err := steps.Room(ctx, w)
		if used != 99 || free != 1 {
			t.Errorf("%d used, %d free", used, free)
		}
		return err
	})
	if left := list(); len(left) != 99 || !slices.ContainsFunc(left, func(r fido.Resident) bool { return r.UserName == "高橋 陽翔 🔑" }) {
		t.Errorf("%d left, or not renamed", len(left))
	}
	b.refused("sign-in-unknown", func(ctx context.Context, w *steps.World) error {
		return steps.DeleteResident(ctx, w, all[(hidden+1)%100].ID)
	})
}

// A key that has fingers and no PIN, as after an enrolment on the key itself: what needs the PIN says so, what a finger
// opens is opened.
func TestAKeyWithAFingerAndNoPIN(t *testing.T) {
	b := newBench(t)
	if err := b.key.EnrolAlone(t.Context(), func(matcher.Verdict, int) {}); err != nil {
		t.Fatal(err)
	}
	b.refused("pin-missing", func(ctx context.Context, w *steps.World) error { _, err := steps.Fingers(ctx, w); return err })
	if slices.Contains(b.person.asked, "key.pin") {
		t.Error("asked for a PIN that there is not")
	}
	s, err := fido.OpenLink(t.Context(), b.key.Device(), b.key.Link())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Make(t.Context(), secret.Secret{}, fido.MakeRequest{RPID: "example.com", RPName: "x", UserID: []byte{1}, UserName: "ana",
		DisplayName: "Ana", Algorithms: []int{fido.ES256}}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b.mustCare(func(ctx context.Context, w *steps.World) error {
		used, _, err := steps.Room(ctx, w)
		list, err2 := steps.Residents(ctx, w)
		if used != 1 || len(list) != 1 || list[0].UserName != "ana" {
			t.Errorf("%d used, %+v", used, list)
		}
		return errors.Join(err, err2)
	})
}

// unread is a key one of whose sites cannot be read; held is what can be.
type unread struct {
	fido.Keys
	held []fido.Resident
}

type unreadSession struct {
	fido.Session
	held []fido.Resident
}

func (k unread) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	s, err := k.Keys.Open(ctx, d)
	return unreadSession{s, k.held}, err
}

func (s unreadSession) Credentials(context.Context, secret.Secret, string) ([]fido.Resident, error) {
	return s.held, &fido.UnreadError{RPIDs: []string{"long.example"}}
}

// What cannot be read is named, and takes nothing else with it; a list of nothing is not told as an empty key.
func TestASiteThatCannotBeReadIsNamed(t *testing.T) {
	b := newBench(t)
	b.mustCare(steps.SetPIN)
	for _, held := range [][]fido.Resident{{{ID: []byte{1}, RPID: "a.example"}}, nil} {
		w := b.world()
		w.Keys = unread{w.Keys, held}
		b.events = nil
		list, err := steps.Residents(t.Context(), w)
		w.Close()
		var p *steps.Problem
		switch {
		case held != nil && (err != nil || len(list) != 1 || !b.said("for long.example cannot be read")):
			t.Errorf("%v, %v", list, err)
		case held == nil && (!errors.As(err, &p) || p.Code != "sign-ins-unread"):
			t.Errorf("with nothing that can be read: %v, %v", list, err)
		}
	}
}
