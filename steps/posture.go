package steps

import (
	"context"
	"slices"
	"strings"
	"time"

	"keyrollout/graph"
)

// Level is how a rule of a baseline is met.
type Level string

const (
	LevelOK      Level = "ok"
	LevelNote    Level = "note"    // worth knowing; nothing is broken
	LevelFault   Level = "fault"   // the baseline asks for something else, or a rollout would fail on it
	LevelUnknown Level = "unknown" // could not be seen; never counted as good
)

// Posture is one thing found in a tenant, with the rules of public baselines that speak of it.
type Posture struct {
	ID    string   // stable, for programs
	Rules []string // EIDSCA.AF01, CIS 5.2.3.5, CISA MS.AAD.3.1v1 …; empty where none exists
	Level Level
	Text  Text
	Next  Text // what to do about it; empty = nothing
}

// EndOfSMS is when Microsoft's own SMS and voice sign-in ends for all tenants.
var EndOfSMS = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)

// Examine looks at a tenant and changes nothing. What cannot be seen, for want of a right or a licence, is said as
// such.
func Examine(ctx context.Context, w *World) ([]Posture, error) {
	fido2, err := w.Tenant.FIDO2Policy(ctx)
	if err != nil {
		return nil, err
	}
	pass, err := w.Tenant.PassPolicy(ctx)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(passkeyPosture(fido2), passPosture(pass))
	in, ok := w.Tenant.(graph.Inspector)
	if !ok {
		return out, nil
	}
	for _, look := range []func(context.Context, graph.Inspector, time.Time) ([]Posture, error){
		methodsPosture, accessPosture, defaultsPosture, licencePosture, phonePosture,
	} {
		p, err := look(ctx, in, w.Clock.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}

func level(ok bool, otherwise Level) Level {
	if ok {
		return LevelOK
	}
	return otherwise
}

func passkeyPosture(p graph.FIDO2Policy) []Posture {
	rules, attested := rulesOf(p)
	out := []Posture{
		{"passkey-method", []string{"EIDSCA.AF01", "MS.AAD.3.1v1"}, level(p.Enabled, LevelFault),
			T("Passkey (FIDO2) is %s; who: %s.", onOff(p.Enabled), reach(p.Enabled, p.Include)), T("step 1 of  keyrollout  turns it on")},
		{"passkey-self-service", []string{"EIDSCA.AF02"}, level(p.SelfService, LevelFault),
			T("Setting up a key oneself: %s.", yesNo(p.SelfService)), T("turn it on: without it even an administrator cannot register a key for somebody")},
		{"passkey-attestation", []string{"EIDSCA.AF03", "ZTA 21840"}, level(attested, LevelNote),
			T("Attestation enforced: %s.", yesNo(attested)), T("enforce it where only hardware on Microsoft's list is to be used")},
		{"passkey-restrictions", []string{"EIDSCA.AF04", "EIDSCA.AF05", "EIDSCA.AF06"}, level(rules.Enforced && len(rules.AAGUIDs) > 0, LevelNote),
			T("Accepted keys: %s.", rulesText(rules)), T("list models only together with attestation: without it a list is advisory")},
	}
	if rules.Enforced && rules.Allow && len(rules.AAGUIDs) == 0 {
		out[3].Level, out[3].Text = LevelFault, T("Only listed models are accepted, and the list is empty: no key can register or sign in.")
	}
	return append(out, shapePosture(p)...)
}

// reach says whom a method reaches: nobody while it is off, whatever its targets say.
func reach(on bool, targets []graph.Target) Text {
	if !on {
		return T("nobody")
	}
	return who(targets, Wish{})
}

// shapePosture says what Microsoft's migration of 2026 made of the policy.
func shapePosture(p graph.FIDO2Policy) []Posture {
	if !p.Migrated() {
		return []Posture{{"passkey-shape", nil, LevelNote, T("The policy has its old, flat shape; Microsoft stops returning it on 15 October 2027."),
			T("nothing now: keyrollout writes the shape the tenant uses")}}
	}
	var synced []string
	for _, pr := range p.Profiles {
		if pr.Synced {
			synced = append(synced, pr.Name)
		}
	}
	if len(synced) == 0 {
		return []Posture{{"passkey-synced", nil, LevelOK, Counted(len(p.Profiles),
			T("The policy uses 1 passkey profile; synced passkeys are not accepted."), T("The policy uses %d passkey profiles; synced passkeys are not accepted.", len(p.Profiles))), Text{}}}
	}
	return []Posture{{"passkey-synced", nil, LevelNote,
		T("Synced passkeys are accepted (%s). Microsoft's migration of spring 2026 set that where attestation was not enforced; perhaps nobody decided it.", strings.Join(synced, ", ")),
		T("take \"synced\" out of the profile where only hardware keys are wanted")}}
}

func passPosture(p graph.PassPolicy) []Posture {
	once := Posture{"pass-once", []string{"EIDSCA.AT02", "ZTA 21846"}, level(p.Once, LevelNote), T("Every pass is for one sign-in: %s.", yesNo(p.Once)),
		T("a pass for one sign-in leaves ten minutes to register; decide by how people are met")}
	if p.Once {
		once.Next = T("mind: the registration has to follow within ten minutes of the sign-in")
	}
	out := []Posture{{"pass-method", []string{"EIDSCA.AT01", "ZTA 21845"}, level(p.Enabled, LevelNote),
		T("Temporary Access Pass is %s; who: %s.", onOff(p.Enabled), reach(p.Enabled, p.Include)), T("needed for people who have nothing else to come in with")}}
	if p.Enabled {
		out = append(out, once, Posture{"pass-lifetime", nil, level(p.Max <= 8*time.Hour, LevelNote),
			T("A pass lives %d to %d minutes, %d if nothing is said; %d characters.", int(p.Minimum.Minutes()), int(p.Max.Minutes()), int(p.Default.Minutes()), p.Length), Text{}})
	}
	return out
}

// unseen turns a refusal into "could not be seen"; other errors stay errors.
func unseen(id string, rules []string, what Text, err error) ([]Posture, error) {
	if hidden(err) != nil {
		return nil, err
	}
	return []Posture{{id, rules, LevelUnknown, T("%s: cannot be seen with this account or licence.", what), Text{}}}, nil
}

func methodsPosture(ctx context.Context, in graph.Inspector, now time.Time) ([]Posture, error) {
	m, err := in.Methods(ctx)
	if err != nil {
		return unseen("methods", []string{"MS.AAD.3.4v1"}, T("The other sign-in methods"), err)
	}
	phone := m.Enabled["Sms"] || m.Enabled["Voice"]
	days := int(EndOfSMS.Sub(now).Hours() / 24)
	sms := Posture{"sms-voice", []string{"CIS 5.2.3.5", "MS.AAD.3.5v2"}, level(!phone, LevelFault), T("SMS and voice are off."), Text{}}
	if phone {
		sms.Text = T("SMS or voice is on. Microsoft ends both on 1 February 2027, in %d days.", days)
		sms.Next = T("see below who has nothing else, and give them a key before that day")
		if days < 0 {
			sms.Text = T("SMS or voice is on in the policy, but Microsoft ended both on 1 February 2027.")
		}
	}
	out := []Posture{sms, {"migration", []string{"MS.AAD.3.4v1"}, level(m.Migration == "migrationComplete", LevelNote),
		T("Migration from the old per-user policies: %s.", migrationText(m.Migration)), T("finish it: until then the old policies count as well")}}
	if m.Campaign.State == "enabled" {
		out = append(out, Posture{"campaign", nil, LevelNote, T("A registration campaign nudges people to register %s.", m.Campaign.Method), Text{}})
	}
	return out, nil
}

// migrationWords say how far Graph says that the migration is.
var migrationWords = map[string]Text{"preMigration": T("not begun"), "migrationInProgress": T("under way"), "migrationComplete": T("finished")}

func migrationText(state string) Text {
	if t, ok := migrationWords[state]; ok {
		return t
	}
	return toldOr(state)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func accessPosture(ctx context.Context, in graph.Inspector, _ time.Time) ([]Posture, error) {
	rules, err := in.AccessRules(ctx)
	if err != nil {
		return unseen("conditional-access", []string{"MS.AAD.3.6v1", "MS.AAD.3.9v1"}, T("Conditional Access"), err)
	}
	var out []Posture
	device := false
	for _, r := range rules {
		if r.StopsBootstrap() {
			out = append(out, Posture{"bootstrap-blocked", nil, LevelFault,
				T("Conditional Access \"%s\" (%s) keeps people from registering their first key with a pass.", r.Name, r.State),
				T("allow the Temporary Access Pass in its authentication strength, or exclude the pilot group")})
		}
		device = device || r.BlocksDeviceCode()
	}
	if len(out) == 0 {
		out = append(out, Posture{"bootstrap", nil, LevelOK, T("No Conditional Access policy stops a first registration with a pass."), Text{}})
	}
	p := Posture{"device-code", []string{"MS.AAD.3.9v1"}, level(device, LevelNote), T("Signing in with a device code is not blocked."), T("CISA asks for the block; keyrollout can sign in through a browser as well")}
	if device {
		p.Text, p.Next = T("Signing in with a device code is blocked."), T("sign in to keyrollout through a browser")
	}
	return append(out, p), nil
}

func defaultsPosture(ctx context.Context, in graph.Inspector, _ time.Time) ([]Posture, error) {
	on, err := in.SecurityDefaults(ctx)
	if err != nil {
		return unseen("security-defaults", nil, T("Security defaults"), err)
	}
	return []Posture{{"security-defaults", nil, level(!on, LevelNote), T("Security defaults are %s.", onOff(on)), T("with them on there is no Conditional Access; keys work, and Microsoft decides when a second factor is asked")}}, nil
}

func licencePosture(ctx context.Context, in graph.Inspector, _ time.Time) ([]Posture, error) {
	list, err := in.Licences(ctx)
	if err != nil {
		return unseen("licence", nil, T("Licences"), err)
	}
	p1, p2 := graph.Premium(list)
	switch {
	case p2:
		return []Posture{{"licence", nil, LevelOK, T("Entra ID P2: the sign-in log can prove step 4."), Text{}}}, nil
	case p1:
		return []Posture{{"licence", nil, LevelOK, T("Entra ID P1: the sign-in log can prove step 4."), Text{}}}, nil
	}
	return []Posture{{"licence", nil, LevelNote, T("No Entra ID P1: the sign-in log cannot be read, so step 4 rests on the person's word."), Text{}}}, nil
}

// phonePosture counts who would be left with nothing when SMS and voice end.
func phonePosture(ctx context.Context, in graph.Inspector, _ time.Time) ([]Posture, error) {
	total, phoneOnly, keys := 0, 0, 0
	for r, err := range in.Registered(ctx) {
		if err != nil {
			return unseen("phone-only", nil, T("Who has registered what"), err)
		}
		total++
		strong := slices.ContainsFunc(r.Methods, func(m string) bool {
			return !strings.Contains(strings.ToLower(m), "phone") && m != "email" && m != "password" && m != "securityQuestion"
		})
		phone := slices.ContainsFunc(r.Methods, func(m string) bool { return strings.Contains(strings.ToLower(m), "phone") })
		if phone && !strong {
			phoneOnly++
		}
		if slices.ContainsFunc(r.Methods, isPasskey) {
			keys++
		}
	}
	return []Posture{
		{"phone-only", nil, level(phoneOnly == 0, LevelFault), T("%d of %d people have nothing but a phone number as a second factor.", phoneOnly, total), T("they are asked to register a passkey, without a way around, from 1 February 2027: give them keys first")},
		{"passkeys", []string{"ZTA 21839"}, LevelNote, T("%d of %d people have a passkey, by a report of Microsoft's that can be 36 hours behind.", keys, total), Text{}},
	}, nil
}
