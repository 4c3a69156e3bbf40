package fido_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

func TestTouch(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		for _, s := range []fido.Session{
			func() fido.Session { k, _ := newKey(t); return open(t, o, k) }(),
			func() fido.Session { s, _, _ := withPIN(t, o); return s }(),
		} {
			if err := s.(fido.Toucher).Touch(t.Context()); err != nil {
				t.Error(err)
			}
		}
		s, k, h := withPIN(t, o)
		h.set(func(h *hand) { h.wait = make(chan struct{}) })
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := s.(fido.Toucher).Touch(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		drain(h)
		go func() { <-h.asked; k.PlugOut() }()
		wantCode(t, s.(fido.Toucher).Touch(t.Context()), fido.CodeGone)
	})
}

// bus is several software keys.
type bus []*softkey.Key

func (b bus) List(ctx context.Context) ([]fido.Device, error) {
	var out []fido.Device
	for i, k := range b {
		d := k.Device()
		d.Path += string(rune('0' + i))
		out = append(out, d)
	}
	return out, ctx.Err()
}

func (b bus) Open(ctx context.Context, d fido.Device) (fido.Session, error) {
	return fido.OpenLink(ctx, d, b[d.Path[len(d.Path)-1]-'0'].Link())
}

func TestChoose(t *testing.T) {
	ctx := t.Context()
	var b bus
	var hands []*hand
	for range 3 {
		k, h := newKey(t)
		h.wait = make(chan struct{})
		b, hands = append(b, k), append(hands, h)
	}
	list, err := b.List(ctx)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	go func() { <-hands[1].asked; close(hands[1].wait) }()
	s, err := fido.Choose(ctx, b, list)
	if err != nil || s.Device().Path != list[1].Path {
		t.Fatal(s, err)
	}
	if _, err := s.Info(ctx); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()

	stop, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := fido.Choose(stop, b, []fido.Device{list[0], list[2]}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	b[0].PlugOut()
	b[2].PlugOut()
	if _, err := fido.Choose(ctx, b, []fido.Device{list[0], list[2]}); !is(err, fido.CodeGone) {
		t.Fatal(err)
	}
	if s, err := fido.Choose(ctx, b, list[1:2]); err != nil {
		t.Fatal(err)
	} else {
		_ = s.Close()
	}
	_, err = fido.Choose(ctx, b, nil)
	wantCode(t, err, fido.CodeNotFound)
}

func TestWaitForAKey(t *testing.T) {
	ctx := t.Context()
	k, _ := newKey(t)
	keys := fido.Software(k.Device(), k.Link)
	k.PlugOut()
	if list, err := keys.List(ctx); err != nil || len(list) != 0 {
		t.Fatalf("pulled out, but listed: %v %v", list, err)
	}
	go func() { time.Sleep(50 * time.Millisecond); k.PlugIn() }()
	d, err := fido.WaitForKey(ctx, keys)
	if err != nil || d.Path != k.Device().Path {
		t.Fatal(d, err)
	}
	stop, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := fido.WaitForKey(stop, keys, d); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	go func() { time.Sleep(50 * time.Millisecond); k.PlugOut() }()
	if err := fido.WaitGone(ctx, keys, d); err != nil {
		t.Fatal(err)
	}
}

func TestIdentity(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, k, _ := withPIN(t, o)
		c, err := s.Make(ctx, pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		identity := func(s fido.Session) fido.Identity {
			i, err := s.Info(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return fido.IdentityOf(s.Device(), i)
		}
		before := identity(s)
		k.PlugOut()
		k.PlugIn()
		s = open(t, o, k)
		if l := identity(s).Compare(before); l != fido.SameModel {
			t.Error(l)
		}
		other, _, _ := withPIN(t, o)
		if l := identity(other).Compare(before); l != fido.SameModel {
			t.Error(l)
		}
		fresh, _ := newKey(t)
		if l := identity(open(t, o, fresh)).Compare(before); l != fido.OtherKey {
			t.Error(l)
		}
		before.Serial = "01C01F2D"
		if l := before.Compare(before); l != fido.SameKey {
			t.Error(l)
		}
		for _, p := range []string{"", rightPIN} {
			if yes, err := fido.Knows(ctx, s, pin(p), rp, c.ID); err != nil || !yes {
				t.Errorf("PIN %v: %v %v", p != "", yes, err)
			}
			if yes, err := fido.Knows(ctx, other, pin(p), rp, c.ID); err != nil || yes {
				t.Errorf("PIN %v: %v %v", p != "", yes, err)
			}
		}
		if yes, err := fido.Knows(ctx, s, pin(""), rp, bytes.Repeat([]byte{1}, 48)); err != nil || yes {
			t.Error(yes, err)
		}
	})
}
