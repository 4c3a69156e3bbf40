package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyrollout/fido"
	"keyrollout/steps"
	"keyrollout/tui"
)

// keyFacts is all that a key tells without its PIN.
type keyFacts struct {
	Device fido.Device
	fido.Info
	Retries *fido.Retries // nil where it has no PIN
	Sensor  *fido.Sensor  // nil where it has none
}

func (a *app) keyInfo(ctx context.Context, path string, asJSON bool) error {
	s, err := a.openOne(ctx, path)
	if err != nil {
		return problemOr(withRule(path, err))
	}
	defer s.Close()
	k, err := factsOf(ctx, s)
	if err != nil {
		return problemOr(err)
	}
	if asJSON {
		return writeJSON(a.out, k)
	}
	for _, l := range k.describe() {
		fmt.Fprintf(a.out, "%s %s\n", tui.Pad(a.say(l[0]), 14), a.say(l[1]))
	}
	return nil
}

// withRule adds to a refusal by the operating system which rule is missing.
func withRule(path string, err error) error {
	p := steps.ProblemOf(err)
	if p == nil || p.Code != "key-no-access" || path == "" {
		return err
	}
	explain, rule := fido.AccessProblem(path)
	if explain == "" {
		return err
	}
	more := *p
	more.What = steps.T("%s", explain)
	if rule != "" {
		more.Next = append([]steps.Choice{{ID: "rule", Text: steps.T("put this into a file and try again:\n%s", rule)}}, p.Next...)
	}
	return &more
}

func factsOf(ctx context.Context, s fido.Session) (k keyFacts, err error) {
	k.Device = s.Device()
	if k.Info, err = s.Info(ctx); err != nil {
		return k, err
	}
	if _, can := k.Option("clientPin"); can {
		r, err := s.Retries(ctx)
		if err != nil {
			return k, err
		}
		k.Retries = &r
	}
	if k.CanEnrol() {
		if sensor, err := s.Sensor(ctx); err == nil { // a key that does not describe its sensor still has one
			k.Sensor = &sensor
		}
	}
	return k, nil
}

// describe says in words what a key can do, is set up for, and lacks for Entra and Windows.
func (k keyFacts) describe() [][2]steps.Text {
	i, tries := k.Info, k.Retries
	var out [][2]steps.Text
	add := func(name, value steps.Text) { out = append(out, [2]steps.Text{name, value}) }
	plain := func(s string) steps.Text { return steps.Text{Format: "%s", Args: []any{s}} }

	m, known := fido.ModelOf(i.AAGUID)
	model := plain(m.Name)
	if !known {
		model = plain(clean(k.Device.Product))
	}
	add(steps.T("model"), model)
	if k.Device.Path != "" {
		add(steps.T("path"), plain(k.Device.Path))
	}
	if k.Device.Serial != "" {
		add(steps.T("serial number"), plain(clean(k.Device.Serial)))
	}
	add(steps.T("AAGUID"), plain(fido.FormatAAGUID(i.AAGUID)))
	add(steps.T("versions"), plain(clean(strings.Join(i.Versions, " "))))
	if i.Firmware > 0 {
		add(steps.T("firmware"), steps.T("%d", i.Firmware))
	} else {
		add(steps.T("firmware"), steps.T("not told by this key"))
	}
	add(steps.T("PIN"), pinWords(i, tries))
	if i.ForcePIN {
		add(steps.T("new PIN"), steps.T("demanded: the key does nothing else before its PIN is changed (keyrollout key pin)"))
	}
	add(steps.T("fingers"), fingerWords(i, tries))
	if i.HasFinger() {
		add(steps.T("how many"), steps.T("told after the PIN only:  keyrollout key fingerprint list"))
	}
	if k.Sensor != nil {
		add(steps.T("sensor"), sensorWords(*k.Sensor, m.Fingers))
	}
	add(steps.T("room"), roomWords(i))
	if on, can := i.Option("alwaysUv"); can {
		add(steps.T("always verify"), onOff(on))
	}
	add(steps.T("extensions"), plain(clean(strings.Join(i.Extensions, " "))))
	add(steps.T("options"), plain(optionWords(i)))
	add(steps.T("Entra"), entraWords(m.Entra))
	if m.Status != "" {
		add(steps.T("status"), statusWords(m.Status))
	}
	for _, l := range lacks(i) {
		add(steps.T("lacks"), l)
	}
	return out
}

func onOff(on bool) steps.Text {
	if on {
		return steps.T("on: every use wants the PIN or a finger")
	}
	return steps.T("off: a site decides whether a touch is enough")
}

func sensorWords(s fido.Sensor, fingers int) steps.Text {
	kind := steps.T("by touch")
	if s.Kind == "swipe" {
		kind = steps.T("by swipe")
	}
	if fingers > 0 {
		return steps.T("%s, about %d touches a finger; the model keeps %d fingers", kind, s.Samples, fingers)
	}
	return steps.T("%s, about %d touches a finger", kind, s.Samples)
}

func roomWords(i fido.Info) steps.Text {
	switch {
	case i.Residents == 0:
		return steps.T("none: delete a sign-in from the key first")
	case i.Residents > 0:
		return steps.T("for %d more sign-ins", i.Residents)
	case i.CanListCredentials():
		return steps.T("told after the PIN only:  keyrollout key credentials room")
	}
	return steps.T("not told by this key")
}

func pinWords(i fido.Info, tries *fido.Retries) steps.Text {
	set, can := i.Option("clientPin")
	switch {
	case !can:
		return steps.T("this key has none")
	case !set:
		return steps.T("not set; at least %d characters", i.MinPIN)
	case tries == nil:
		return steps.T("set")
	case tries.PIN == 0:
		return steps.T("locked: only a reset helps")
	}
	return steps.T("set; %d tries left; at least %d characters", tries.PIN, i.MinPIN)
}

func fingerWords(i fido.Info, tries *fido.Retries) steps.Text {
	_, builtIn := i.Option("uv")
	switch {
	case !i.CanEnrol() && !builtIn:
		return steps.T("this key has no sensor")
	case !i.HasFinger() && !i.Options["uv"]:
		return steps.T("none enrolled")
	case tries != nil && tries.UV == 0:
		return steps.T("enrolled, locked after too many misses: the PIN unlocks them")
	case tries != nil && tries.UV > 0:
		return steps.T("enrolled; %d tries left", tries.UV)
	}
	return steps.T("enrolled")
}

func optionWords(i fido.Info) string {
	var s []string
	for _, name := range slices.Sorted(maps.Keys(i.Options)) {
		sign := "-"
		if i.Options[name] {
			sign = "+"
		}
		s = append(s, sign+clean(name))
	}
	return strings.Join(s, " ")
}

// lacks names what this key has not. Both demand a resident key, hmac-secret and ES256 or RS256; Entra demands that the
// key knows its user, by PIN or finger, and Windows a PIN (facts/keys.md section 7: Microsoft's page for hardware vendors).
func lacks(i fido.Info) []steps.Text {
	var both, windows []string
	if !slices.ContainsFunc(i.Versions, func(v string) bool { return strings.HasPrefix(v, "FIDO_2") }) {
		both = append(both, "FIDO2")
	}
	if !i.Options["rk"] {
		both = append(both, "rk")
	}
	if !slices.Contains(i.Extensions, "hmac-secret") {
		both = append(both, "hmac-secret")
	}
	if len(i.Algorithms) > 0 && !slices.Contains(i.Algorithms, fido.ES256) && !slices.Contains(i.Algorithms, fido.RS256) {
		both = append(both, "ES256")
	}
	switch {
	case !i.HasPIN() && !i.Options["uv"]:
		both = append(both, "PIN")
	case !i.HasPIN():
		windows = append(windows, "PIN")
	}
	var out []steps.Text
	if len(both) > 0 {
		out = append(out, steps.T("for Entra and Windows: %s", strings.Join(both, ", ")))
	}
	if len(windows) > 0 {
		out = append(out, steps.T("for Windows: %s", strings.Join(windows, ", ")))
	}
	if i.ForcePIN {
		out = append(out, steps.T("for both: a new PIN; the key demands one"))
	}
	if len(out) == 0 {
		out = append(out, steps.T("nothing that Entra or Windows asks for"))
	}
	return out
}
