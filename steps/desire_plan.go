package steps

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// TenantPlan is a change of a tenant, worked out and written down, to be read by people and applied later. It holds no
// secrets. What is applied is Want, on the policies of Before and on no others; all the rest is for the reader, and is
// worked out again before anything is sent.
type TenantPlan struct {
	Version int       `json:"keyrolloutPlan"` // 1
	Made    time.Time `json:"made"`
	By      string    `json:"by"`
	Tenant  string    `json:"tenant"` // id
	Name    string    `json:"tenantName"`

	Changes   []PlanLine   `json:"changes"`
	People    []string     `json:"people"`
	Needs     []string     `json:"needs"`
	Dangers   []PlanDanger `json:"dangers"`
	LockedOut []LockedKey  `json:"lockedOut"`

	Want   Desire            `json:"want"` // groups, profiles and models by id
	Names  map[string]string `json:"names,omitempty"`
	Before PlanBefore        `json:"before"`

	// Sum is of all the rest: whoever read the plan has read what is applied.
	Sum string `json:"sha256"`

	// The same for a screen, in the reader's language.
	Shown    Plan   `json:"-"`
	Warnings []Text `json:"-"`
}

// PlanLine is one field of a policy that changes.
type PlanLine struct {
	Policy string `json:"policy"`
	Field  string `json:"field"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// PlanDanger is a danger of a plan; apply takes it only when it is confirmed.
type PlanDanger struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// PlanBefore are the policies as Graph gave them when the plan was made.
type PlanBefore struct {
	FIDO2 json.RawMessage `json:"fido2"`
	Pass  json.RawMessage `json:"temporaryAccessPass"`
}

const planVersion = 1

// PlanTenant works out what it takes to bring a tenant to a desired state, and changes nothing.
func PlanTenant(ctx context.Context, w *World, d Desire) (TenantPlan, error) {
	now, err := w.policies(ctx)
	if err != nil {
		return TenantPlan{}, err
	}
	want, names, err := w.resolve(ctx, d, now)
	if err != nil {
		return TenantPlan{}, err
	}
	p := TenantPlan{Version: planVersion, Made: w.Clock.Now().UTC().Truncate(time.Second), By: w.Admin.UPN, Tenant: w.Org.ID, Name: w.Org.Name,
		Want: want, Names: names, Before: PlanBefore{now.fido2.Raw, now.pass.Raw}}
	after := want.on(now)
	if err := within(after, want); err != nil {
		return p, err
	}
	e, err := w.effectsOf(ctx, now, after, names)
	if err != nil {
		return p, err
	}
	p.tell(e)
	return p, nil
}

// policies reads both.
func (w *World) policies(ctx context.Context) (p policies, err error) {
	if p.fido2, err = w.Tenant.FIDO2Policy(ctx); err != nil {
		return p, err
	}
	p.pass, err = w.Tenant.PassPolicy(ctx)
	return p, err
}

// on is what a resolved desire makes of both policies.
func (d Desire) on(p policies) policies { return policies{d.Passkeys.on(p.fido2), d.Pass.on(p.pass)} }

// tell fills in what is for the reader. The file is in English, whoever wrote it: it is kept, compared and reviewed.
func (p *TenantPlan) tell(e effects) {
	p.Shown = e.Plan
	p.Changes, p.People, p.Needs, p.Dangers = []PlanLine{}, []string{}, []string{}, []PlanDanger{}
	for _, c := range e.Changes {
		p.Changes = append(p.Changes, PlanLine{c.Group.String(), c.Field.String(), c.From.String(), c.To.String()})
	}
	for _, t := range e.People {
		p.People = append(p.People, t.String())
	}
	for _, t := range e.Needs {
		p.Needs = append(p.Needs, t.String())
	}
	for _, d := range e.dangers {
		p.Dangers = append(p.Dangers, PlanDanger{d.name, d.what.String()})
		p.Warnings = append(p.Warnings, d.text())
	}
	p.LockedOut = append([]LockedKey{}, e.losses.keys...)
}

// within holds the limits of Graph against a wanted state: its own refusals are vague, or come half-way.
func within(p policies, d Desire) error {
	line := 0
	if d.Pass != nil {
		line = d.Pass.line
	}
	if n := p.fido2.Size(); n > graph.PolicyLimit {
		return wishError(0, T("the policy would take about %d bytes, and Microsoft allows %d: name fewer groups or models", n, graph.PolicyLimit))
	}
	for _, pr := range p.fido2.Profiles {
		if !pr.DeviceBound && !pr.Synced {
			return wishError(profileLine(d, pr.ID), T("the profile \"%s\" accepts neither keys nor synced passkeys", pr.Name))
		}
	}
	for _, l := range []time.Duration{p.pass.Minimum, p.pass.Default, p.pass.Max} {
		if l < graph.PassShortest || l > graph.PassLongest {
			return wishError(0, T("a pass lives 10m to 30d, not %s", Lifetime(l).String()))
		}
	}
	switch {
	case p.pass.Minimum > p.pass.Default || p.pass.Default > p.pass.Max:
		return wishError(line, T("minimum (%s), default (%s) and maximum (%s) of a pass have to rise in this order; what the file does not name stays as it is",
			Lifetime(p.pass.Minimum).String(), Lifetime(p.pass.Default).String(), Lifetime(p.pass.Max).String()))
	case p.pass.Length < graph.PassMinLength || p.pass.Length > graph.PassMaxLength:
		return wishError(0, T("a pass has 8 to 48 characters, not %d", p.pass.Length))
	}
	return nil
}

// profileLine is where a file speaks of a profile; 0 = nowhere.
func profileLine(d Desire, id uuid.UUID) int {
	if d.Passkeys != nil {
		for _, p := range d.Passkeys.Profiles {
			if p.ID == id.String() {
				return p.Name.Line
			}
		}
	}
	return 0
}

// Encode writes the plan as a file for people: JSON, indented.
func (p TenantPlan) Encode() ([]byte, error) {
	var err error
	if p.Sum, err = p.sum(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(p, "", "  ")
	return append(b, '\n'), err
}

// sum is SHA-256 over the plan as JSON without blanks and without its own sum, in hex.
func (p TenantPlan) sum() (string, error) {
	p.Sum = ""
	b, err := json.Marshal(p)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// ParsePlan reads a plan strictly. A field it does not know may be one that matters, and so may a second plan in the file.
// A plan that was edited is refused: what it says of people was worked out for another.
func ParsePlan(b []byte) (TenantPlan, error) {
	var p TenantPlan
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&p)
	_, end := d.Token()
	if err == nil && errors.Is(end, io.EOF) && p.Version == planVersion && p.Tenant != "" && p.Want.resolved() {
		if sum, err := p.sum(); err != nil || sum != p.Sum {
			return p, &Problem{Code: "plan-edited", State: tenantUnchanged, Err: err, What: T("The plan was edited after it was made: what it says may not be what it does."),
				Next: []Choice{{ID: "retry", Text: T("change the wish, and plan anew:  keyrollout tenant plan WISH.yaml -o PLAN")}}}
		}
		return p, nil
	}
	return p, &Problem{Code: "plan-file", State: tenantUnchanged, Err: err, What: T("That is no plan of this version of keyrollout."),
		Next: []Choice{{ID: "retry", Text: T("make one:  keyrollout tenant plan WISH.yaml -o PLAN")}}}
}

// resolved reports whether everything is named by its id. A name that was written into a plan by hand would be passed
// over, and a list of models without one of them locks people out.
func (d Desire) resolved() bool {
	var refs []Ref
	who := func(w *WhoDesire) {
		if w == nil {
			return
		}
		for _, t := range slices.Concat(w.Include, w.Exclude) {
			if refs = append(refs, t.Profiles...); t.Group.Text != graph.AllUsers {
				refs = append(refs, t.Group)
			}
		}
	}
	models := func(m *ModelsDesire) {
		if m != nil {
			refs = slices.Concat(refs, m.Allow, m.Block)
		}
	}
	if d.Passkeys != nil {
		who(d.Passkeys.Who)
		models(d.Passkeys.Models)
		for _, p := range d.Passkeys.Profiles {
			refs = append(refs, ref(p.ID))
			models(p.Models)
		}
	}
	if d.Pass != nil {
		who(d.Pass.Who)
	}
	return !slices.ContainsFunc(refs, func(r Ref) bool { return uuid.Validate(r.Text) != nil })
}

// ID names a plan by what it does: the journal finds it by this when a run was cut off.
func (p TenantPlan) ID() string {
	b, _ := json.Marshal([]any{p.Tenant, p.Want, plain(p.Before.FIDO2), plain(p.Before.Pass)}) // was JSON a moment ago
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
