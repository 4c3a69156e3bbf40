package fido_test

import (
	"testing"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
)

// Keys with the final commands and without the preview's, and keys the other way round, are managed alike.
func TestKeysWithoutThePreviewsCommands(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		ctx := t.Context()
		s, _, _ := withPIN(t, o, func(p *softkey.Profile) { p.BioPreview, p.CredMgmtPreview = false, false })
		if sensor, err := s.Sensor(ctx); err != nil || sensor.Samples != 3 {
			t.Errorf("%+v %v", sensor, err)
		}
		f, err := s.Enrol(ctx, pin(rightPIN), "thumb", nil)
		if err != nil || f.Name != "thumb" {
			t.Fatalf("%+v %v", f, err)
		}
		if fs, err := s.Fingerprints(ctx, pin(rightPIN)); err != nil || len(fs) != 1 || fs[0].Name != "thumb" {
			t.Errorf("%+v %v", fs, err)
		}
		made, err := s.Make(ctx, pin(rightPIN), request("ana"))
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.Credentials(ctx, pin(rightPIN), ""); err != nil || len(list) != 1 || list[0].UserName != "ana" {
			t.Errorf("%+v %v", list, err)
		}
		r := fido.Resident{ID: made.ID, UserID: []byte("id of ana"), UserName: "ana.maria"}
		if err := s.(fido.Configurer).UpdateUser(ctx, pin(rightPIN), r); err != nil {
			t.Error(err)
		}
		if err := s.DeleteCredential(ctx, pin(rightPIN), made.ID); err != nil {
			t.Error(err)
		}
		if used, _, err := s.(fido.Configurer).Room(ctx, pin(rightPIN)); err != nil || used != 0 {
			t.Errorf("%d used, %v", used, err)
		}
		if err := s.RemoveFingerprint(ctx, pin(rightPIN), f.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestKeysWithThePreviewsCommandsOnly(t *testing.T) {
	eachOpener(t, func(t *testing.T, o opener) {
		s, _, _ := withPIN(t, o, func(p *softkey.Profile) { p.CredMgmt = false })
		if _, err := s.Make(t.Context(), pin(rightPIN), request("ana")); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Credentials(t.Context(), pin(rightPIN), ""); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
	})
}
