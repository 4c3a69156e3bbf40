package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/steps"
)

// pluggedIn is a software key of a profile.
func pluggedIn(t *testing.T, p softkey.Profile) fido.Keys {
	t.Helper()
	k, err := softkey.Open(softkey.Options{Profile: p, Store: softkey.MemoryStore(), Toucher: noTouch{}, TouchTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	d := k.Device()
	d.Path = "softkey:" + p.Name
	return fido.Software(d, k.Link)
}

type noTouch struct{}

func (noTouch) Touch(context.Context, softkey.TouchRequest) (softkey.Touch, error) {
	return softkey.Touch{}, nil
}

// refusing are keys that are there and cannot be opened.
type refusing struct {
	device fido.Device
	code   fido.Code
}

func (k refusing) List(context.Context) ([]fido.Device, error) { return []fido.Device{k.device}, nil }

func (k refusing) Open(_ context.Context, d fido.Device) (fido.Session, error) {
	if d.Path != k.device.Path {
		return nil, &fido.Error{Op: "open", Code: fido.CodeNotFound}
	}
	return nil, &fido.Error{Op: "open", Code: k.code}
}

// printing is an app whose output lands in a file.
func printing(t *testing.T) (*app, func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &app{environ: []string{"KEYROLLOUT_STATE=" + t.TempDir()}, in: f, out: &output{File: f}, err: f, say: steps.English}, func() string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func TestKeyListTellsOfEveryKey(t *testing.T) {
	none := filepath.Join(t.TempDir(), "hidraw9")
	keys := fido.Join(
		pluggedIn(t, softkey.ATKeyPro21()),
		refusing{fido.Device{Path: none, Product: "A\x1b[2Jkey", VendorID: 0x31bb, Serial: "01C01F2D"}, fido.CodeNoAccess},
		refusing{fido.Device{Path: "/dev/busy", Product: "B"}, fido.CodeBusy})
	a, said := printing(t)
	if err := a.keyList(t.Context(), keys, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"keyrollout software key", "not on Microsoft's list", none + "  A?[2Jkey (31bb:0000), serial number 01C01F2D",
		"is not there", "Another program is using the key",
	} {
		if !strings.Contains(said(), want) {
			t.Errorf("%q is missing in\n%s", want, said())
		}
	}
	a, said = printing(t)
	if err := a.keyList(t.Context(), keys, true); err != nil {
		t.Fatal(err)
	}
	var out []listedKey
	if err := json.NewDecoder(bytes.NewReader([]byte(said()))).Decode(&out); err != nil || len(out) != 3 {
		t.Fatalf("%v\n%s", err, said())
	}
	if out[0].Trouble != nil || out[1].Trouble.Code != "key-no-access" || out[2].Trouble.Code != "key-busy" {
		t.Errorf("%s", said())
	}
}

func TestKeyListWithoutKeys(t *testing.T) {
	a, said := printing(t)
	a.environ = []string{"SSH_CONNECTION=1 2 3 4"}
	if err := a.keyList(t.Context(), fido.Join(), false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said(), "key share USER@HOST") {
		t.Error(said())
	}
}

// A rule is printed with the sentence where one would help.
func TestKeyListPrintsTheRule(t *testing.T) {
	k := listedKey{Device: fido.Device{Path: "/dev/hidraw0"},
		Trouble: &trouble{what: steps.T("no rule names the vendor"), do: []steps.Text{steps.T("put it there"), steps.T("  KERNEL==x")}}}
	var all []string
	for _, l := range k.lines() {
		all = append(all, l.String())
	}
	if got := strings.Join(all, "\n"); !strings.Contains(got, "no rule names the vendor\n    put it there\n      KERNEL==x") {
		t.Error(got)
	}
}

// What a program reads has the ids that the commands take, and no field that JSON would hide.
func TestKeyInfoForAProgram(t *testing.T) {
	for profile, fingers := range map[string]int{"atkey-pro-2.1": 10, "yubikey-5": 0, "yubikey-bio": 5, "bare-2.0": 0} {
		p, _ := softkey.ProfileNamed(profile)
		keys := pluggedIn(t, p)
		devices, err := keys.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s, err := keys.Open(t.Context(), devices[0])
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		k, err := steps.FactsOf(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(told(k))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			AAGUID     string
			Protocols  []int
			FingersMax int
			Sensor     *fido.Sensor
			Retries    *fido.Retries
			Options    map[string]bool
			Device     struct{ Software bool }
			Lacks      struct{ Entra, Windows []string }
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if got.AAGUID != softkey.AAGUID || len(got.Protocols) != len(p.Protocols) || got.Protocols[0] != int(p.Protocols[0]) ||
			!got.Device.Software || got.Retries == nil || !got.Options["rk"] {
			t.Errorf("%s: %s", profile, b)
		}
		if got.FingersMax != fingers || (got.Sensor != nil) != (p.Fingers > 0) {
			t.Errorf("%s: %d fingers, sensor %v", profile, got.FingersMax, got.Sensor)
		}
		if len(got.Lacks.Entra) != 1 || got.Lacks.Entra[0] != "PIN" || len(got.Lacks.Windows) != 1 {
			t.Errorf("%s: lacks %+v", profile, got.Lacks)
		}
	}
}

func TestKeyInfoInWords(t *testing.T) {
	forced := fido.Info{Versions: []string{"FIDO_2_1"}, Options: map[string]bool{"clientPin": true, "rk": true, "uv": false, "bioEnroll": true,
		"alwaysUv": true, "credMgmt": true}, Extensions: []string{"hmac-secret"}, MinPIN: 6, ForcePIN: true, Residents: -1, Firmware: 20001}
	for name, c := range map[string]struct {
		facts steps.KeyFacts
		want  []string
	}{
		"everything": {steps.KeyFacts{Info: forced, Retries: &fido.Retries{PIN: 5, UV: 3}, Sensor: &fido.Sensor{Kind: "touch", Samples: 12}},
			[]string{"set; 5 tries left; at least 6 characters", "demanded:", "enrolled; 3 tries left", "fingerprint list", "by touch, about 12 touches",
				"credentials room", "on: every use", "20001", "a new PIN; the key demands one"}},
		"an old one": {steps.KeyFacts{Info: fido.Info{Versions: []string{"U2F_V2"}, Residents: 0}},
			[]string{"this key has none", "no sensor", "not told by this key", "delete a sign-in", "for Entra and Windows: FIDO2, rk, hmac-secret, PIN"}},
		"finger alone": {steps.KeyFacts{Info: fido.Info{Versions: []string{"FIDO_2_0"}, Options: map[string]bool{"uv": true, "rk": true, "clientPin": false},
			Extensions: []string{"hmac-secret"}, Residents: 7}}, []string{"for Windows: PIN", "for 7 more"}},
		"swipe": {steps.KeyFacts{Sensor: &fido.Sensor{Kind: "swipe", Samples: 3}}, []string{"by swipe"}},
	} {
		var all []string
		for _, l := range c.facts.Describe() {
			all = append(all, l[0].String()+": "+l[1].String())
		}
		got := strings.Join(all, "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, got)
			}
		}
	}
}

func TestMetadataThatIsNotSigned(t *testing.T) {
	file := filepath.Join(t.TempDir(), "blob.jwt")
	if err := os.WriteFile(file, []byte("eyJhbGciOiJub25lIn0.e30."), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := printing(t)
	for _, path := range []string{file, file + ".missing"} {
		p := steps.ProblemOf(a.useMetadata(path))
		if p == nil || p.Code != "mds-refused" || p.What.Empty() || p.State.Empty() || len(p.Next) == 0 {
			t.Errorf("%s: %+v", path, p)
		}
	}
	for status, want := range map[string]string{"REVOKED": "reports: REVOKED", "FIDO_CERTIFIED_L1": "certified"} {
		k := listedKey{Status: status}
		if got := k.lines()[2].String(); !strings.Contains(got, want) {
			t.Error(got)
		}
	}
}

// What was solved on the way does not stay in the terminal; what it ended at does.
func TestOnlyWhatWasLeftStays(t *testing.T) {
	for _, solved := range []bool{true, false} {
		var r remains
		r.watch(func(steps.Event) {})(steps.Event{Name: steps.EventProblem, Data: &steps.Problem{Code: "pin-wrong"}})
		if solved {
			r.settled()
		}
		if (r.open == nil) != solved {
			t.Errorf("solved %v, and left is %v", solved, r.open)
		}
	}
}
