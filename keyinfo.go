package main

import (
	"context"

	"keyrollout/fido"
	"keyrollout/steps"
)

// toldKey is a key as  key info --json  tells it: what it says of itself (Info, by CTAP's own words and numbers), what
// is known of its model, and in words what it lacks for Entra and Windows. Fields are added, never renamed.
type toldKey struct {
	Device fido.Device
	Model  string // "" = not in the table
	AAGUID string // 8-4-4-4-12
	Entra  bool   // on Microsoft's list of models that pass while attestation is enforced
	Status string // of metadata given with --mds
	fido.Info
	Protocols  []int // hides Info's, which would be written as base64
	FingersMax int   // that the model keeps; 0 = not told
	Retries    *fido.Retries
	Sensor     *fido.Sensor
	Lacks      struct{ Entra, Windows []string }
}

func told(k steps.KeyFacts) toldKey {
	m, _ := fido.ModelOf(k.AAGUID)
	t := toldKey{Device: k.Device, Model: m.Name, AAGUID: fido.FormatAAGUID(k.AAGUID), Entra: m.Entra, Status: m.Status, Info: k.Info,
		Protocols: []int{}, FingersMax: k.Fingers(), Retries: k.Retries, Sensor: k.Sensor}
	t.Device.Software = t.Device.Software || k.AAGUID == fido.SoftwareAAGUID
	for _, p := range k.Protocols {
		t.Protocols = append(t.Protocols, int(p))
	}
	t.Lacks.Entra, t.Lacks.Windows = k.Lacks()
	return t
}

func (a *app) keyInfo(ctx context.Context, path string, asJSON bool) error {
	s, err := a.openOne(ctx, path)
	if err != nil {
		return problemOr(err)
	}
	defer s.Close()
	k, err := steps.FactsOf(ctx, s)
	if err != nil {
		return problemOr(err)
	}
	if asJSON {
		return writeJSON(a.out, told(k))
	}
	for _, l := range k.Describe() {
		a.out.fact(15, a.say(l[0]), a.say(l[1]))
	}
	return nil
}
