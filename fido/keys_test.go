package fido_test

import (
	"context"
	"errors"
	"testing"

	"keyrollout/fido"
)

func TestSoftwareAndJoin(t *testing.T) {
	ctx := t.Context()
	k, _ := newKey(t)
	keys := fido.Join(fido.Attached(), fido.Software(k.Device(), k.Link))
	list, err := keys.List(ctx)
	if err != nil || len(list) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	d := list[len(list)-1]
	if !d.Software || d.Path != "softkey:" {
		t.Errorf("%+v", d)
	}
	s, err := keys.Open(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Device() != d {
		t.Errorf("%+v", s.Device())
	}
	_, err = fido.Software(k.Device(), k.Link).Open(ctx, fido.Device{Path: "/dev/hidraw99"})
	wantCode(t, err, fido.CodeNotFound)
	_, err = fido.At("/dev/nowhere").Open(ctx, d)
	wantCode(t, err, fido.CodeNotFound)
	if list, err := fido.Join().List(ctx); err != nil || len(list) != 0 {
		t.Errorf("%v %v", list, err)
	}
}

// broken is a bus that cannot be listed.
type broken struct{ err error }

func (b broken) List(context.Context) ([]fido.Device, error)             { return nil, b.err }
func (b broken) Open(context.Context, fido.Device) (fido.Session, error) { return nil, b.err }

func TestJoinPassesOverWhatCannotList(t *testing.T) {
	ctx := t.Context()
	k, _ := newKey(t)
	no := &fido.Error{Op: "look for keys", Code: fido.CodeUnsupported}
	if list, err := fido.Join(broken{no}, fido.Software(k.Device(), k.Link)).List(ctx); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if _, err := fido.Join(broken{no}, broken{no}).List(ctx); !errors.Is(err, no) {
		t.Error(err)
	}
	if _, err := fido.Join(broken{no}).Open(ctx, k.Device()); !errors.Is(err, no) {
		t.Error(err)
	}
	if s, err := fido.Join(broken{no}, fido.Software(k.Device(), k.Link)).Open(ctx, k.Device()); err != nil {
		t.Error(err)
	} else {
		_ = s.Close()
	}
}
