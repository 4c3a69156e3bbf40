package steps

import (
	"context"
	"maps"
	"slices"
	"strings"

	"keyrollout/fido"
)

// KeyFacts is all that a key tells without its PIN.
type KeyFacts struct {
	Device fido.Device
	fido.Info
	Retries *fido.Retries // nil where it has no PIN
	Sensor  *fido.Sensor  // nil where it has none
}

// FactsOf asks the key at the other end of s what it is. No PIN is needed and nothing is changed.
func FactsOf(ctx context.Context, s fido.Session) (k KeyFacts, err error) {
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

// Describe says in words what a key can do, is set up for, and lacks for Entra and Windows.
func (k KeyFacts) Describe() [][2]Text {
	i, tries := k.Info, k.Retries
	var out [][2]Text
	add := func(name, value Text) { out = append(out, [2]Text{name, value}) }

	m, known := fido.ModelOf(i.AAGUID)
	model := T("%s", m.Name)
	if !known {
		model = T("%s", Printed(k.Device.Product))
	}
	add(T("model"), model)
	if k.Device.Path != "" && !k.Device.Software { // the software key of this program has no place of its own
		add(T("path"), T("%s", k.Device.Path))
	}
	if k.Device.Serial != "" {
		add(T("serial number"), T("%s", Printed(k.Device.Serial)))
	}
	add(T("AAGUID"), T("%s", fido.FormatAAGUID(i.AAGUID)))
	add(T("versions"), T("%s", versionWords(i.Versions)))
	switch {
	case i.Firmware > 0 && strings.Contains(m.Name, "Yubi"): // a byte each: 0x050701
		add(T("firmware"), T("%d.%d.%d (%d)", i.Firmware>>16, i.Firmware>>8&0xFF, i.Firmware&0xFF, i.Firmware))
	case i.Firmware > 0:
		add(T("firmware"), T("%d", i.Firmware))
	default:
		add(T("firmware"), T("not told by this key"))
	}
	add(T("PIN"), pinWords(i, tries))
	if i.ForcePIN {
		add(T("new PIN"), T("demanded: the key does nothing else before its PIN is changed (keyrollout key pin)"))
	}
	add(T("fingers"), fingerWords(i, tries))
	if i.HasFinger() {
		add(T("how many"), T("told after the PIN only:  keyrollout key fingerprint list"))
	}
	if k.Sensor != nil {
		add(T("sensor"), sensorWords(*k.Sensor, i.Fingers()))
	}
	add(T("room"), roomWords(i))
	if on, can := i.Option("alwaysUv"); can {
		add(T("always verify"), AlwaysUVWords(on))
	}
	add(T("Entra"), EntraWords(m.Entra))
	if m.Status != "" {
		add(T("status"), StatusWords(m.Status))
	}
	for _, l := range k.lackWords() {
		add(T("lacks"), l)
	}
	if len(i.Extensions) > 0 {
		add(T("extensions"), T("%s", Printed(strings.Join(i.Extensions, " "))))
	}
	add(T("options"), T("%s", optionWords(i)))
	return out
}

// versionWords puts the newest version of CTAP that a key speaks before the words it says it with.
func versionWords(all []string) string {
	said := Printed(strings.Join(all, " "))
	for _, v := range []struct{ id, name string }{{"FIDO_2_3", "CTAP 2.3"}, {"FIDO_2_2", "CTAP 2.2"}, {"FIDO_2_1", "CTAP 2.1"},
		{"FIDO_2_1_PRE", "CTAP 2.1 preview"}, {"FIDO_2_0", "CTAP 2.0"}, {"U2F_V2", "U2F"}} {
		if slices.Contains(all, v.id) {
			return v.name + " (" + said + ")"
		}
	}
	return said
}

// AlwaysUVWords says how option alwaysUv stands.
func AlwaysUVWords(on bool) Text {
	if on {
		return T("on: every use wants the PIN or a finger")
	}
	return T("off: a site decides whether a touch is enough")
}

func sensorWords(s fido.Sensor, fingers int) Text {
	kind := T("by touch")
	if s.Kind == "swipe" {
		kind = T("by swipe")
	}
	if fingers > 0 {
		return T("%s, about %d touches a finger; the model keeps %d fingers", kind, s.Samples, fingers)
	}
	return T("%s, about %d touches a finger", kind, s.Samples)
}

func roomWords(i fido.Info) Text {
	switch {
	case i.Residents == 0:
		return T("none: delete a sign-in from the key first")
	case i.Residents > 0:
		return Counted(i.Residents, T("for 1 more sign-in"), T("for %d more sign-ins", i.Residents))
	case i.CanListCredentials():
		return T("told after the PIN only:  keyrollout key credentials room")
	}
	return T("not told by this key")
}

func pinWords(i fido.Info, tries *fido.Retries) Text {
	set, can := i.Option("clientPin")
	switch {
	case !can:
		return T("this key has none")
	case !set:
		return T("not set; at least %d characters", i.MinPIN)
	case tries == nil:
		return T("set")
	case tries.PIN == 0:
		return T("locked: only a reset helps")
	}
	return T("set; %s left; at least %d characters", Tries(tries.PIN), i.MinPIN)
}

func fingerWords(i fido.Info, tries *fido.Retries) Text {
	_, builtIn := i.Option("uv")
	switch {
	case !i.CanEnrol() && !builtIn:
		return T("this key has no sensor")
	case !i.HasFinger() && !i.Options["uv"]:
		return T("none enrolled")
	case tries != nil && tries.UV == 0:
		return T("enrolled, locked after too many misses: the PIN unlocks them")
	case tries != nil && tries.UV > 0:
		return T("enrolled; %s left", Tries(tries.UV))
	}
	return T("enrolled")
}

func optionWords(i fido.Info) string {
	var s []string
	for _, name := range slices.Sorted(maps.Keys(i.Options)) {
		sign := "-"
		if i.Options[name] {
			sign = "+"
		}
		s = append(s, sign+Printed(name))
	}
	return strings.Join(s, " ")
}

// Lacks names what the key has not, by the standard's words. Both demand a resident key, hmac-secret and ES256 or RS256;
// Entra demands that the key knows its user, by PIN or finger, and Windows a PIN (facts/keys.md section 7: Microsoft's
// page for hardware vendors).
func (k KeyFacts) Lacks() (entra, windows []string) {
	i := k.Info
	entra, windows = []string{}, []string{}
	both := func(what string) { entra, windows = append(entra, what), append(windows, what) }
	if !slices.ContainsFunc(i.Versions, func(v string) bool { return strings.HasPrefix(v, "FIDO_2") }) {
		both("FIDO2")
	}
	if !i.Options["rk"] {
		both("rk")
	}
	if !slices.Contains(i.Extensions, "hmac-secret") {
		both("hmac-secret")
	}
	if len(i.Algorithms) > 0 && !slices.Contains(i.Algorithms, fido.ES256) && !slices.Contains(i.Algorithms, fido.RS256) {
		both("ES256")
	}
	if !i.HasPIN() && !i.Options["uv"] {
		entra = append(entra, "PIN")
	}
	if !i.HasPIN() {
		windows = append(windows, "PIN")
	}
	return entra, windows
}

// lackWords says it in sentences.
func (k KeyFacts) lackWords() (out []Text) {
	entra, windows := k.Lacks()
	if len(entra) > 0 {
		out = append(out, T("for Entra and Windows: %s", strings.Join(entra, ", ")))
	}
	if alone := slices.DeleteFunc(windows, func(s string) bool { return slices.Contains(entra, s) }); len(alone) > 0 {
		out = append(out, T("for Windows: %s", strings.Join(alone, ", ")))
	}
	if k.ForcePIN {
		out = append(out, T("for both: a new PIN; the key demands one"))
	}
	if len(out) == 0 {
		out = append(out, T("nothing that Entra or Windows asks for"))
	}
	return out
}

// EntraWords says what Microsoft says of a model: whether it is on the list of those accepted under attestation.
func EntraWords(on bool) Text {
	if on {
		return T("on Microsoft's list: accepted where attestation is enforced")
	}
	return T("not on Microsoft's list: refused where attestation is enforced")
}

// StatusWords says the last report on a model (FIDO Metadata Service 3.0 section 3.1.4), which only a BLOB tells.
func StatusWords(status string) Text {
	if strings.HasPrefix(status, "FIDO_CERTIFIED") {
		return T("certified: %s", status)
	}
	return T("the FIDO Alliance reports: %s", Printed(status))
}
