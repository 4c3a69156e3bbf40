package steps

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"keyrollout/fido"
	"keyrollout/graph"
)

// resolver turns the names of a desire into ids, once per name, and remembers what the ids are called.
type resolver struct {
	w     *World
	known map[string]bool   // ids that are targets today: they stay whatever they are
	names map[string]string // by id
}

// resolve replaces every name in d by what it stands for in this tenant.
func (w *World) resolve(ctx context.Context, d Desire, now policies) (Desire, map[string]string, error) {
	r := &resolver{w: w, known: map[string]bool{}, names: map[string]string{}}
	for _, t := range slices.Concat(now.fido2.Include, now.fido2.Exclude, now.pass.Include, now.pass.Exclude) {
		r.known[strings.ToLower(t.ID)] = true
	}
	var err error
	if d.Passkeys != nil {
		if d.Passkeys, err = r.passkeys(ctx, *d.Passkeys, now.fido2); err != nil {
			return d, nil, err
		}
	}
	if d.Pass != nil {
		p := *d.Pass
		if p.Who, err = r.who(ctx, p.Who, nil); err != nil {
			return d, nil, err
		}
		d.Pass = &p
	}
	return d, r.names, nil
}

func (r *resolver) passkeys(ctx context.Context, d PasskeyDesire, now graph.FIDO2Policy) (*PasskeyDesire, error) {
	if len(d.Profiles) > 0 && !now.Migrated() {
		return nil, wishError(d.Profiles[0].Name.Line, T("this tenant has no passkey profiles; use  attestation  and  models"))
	}
	profiles, err := r.profiles(d, now)
	if err != nil {
		return nil, err
	}
	d.Profiles = profiles
	if d.Models, err = models(d.Models); err != nil {
		return nil, err
	}
	d.Who, err = r.who(ctx, d.Who, func(name Ref) (Ref, error) { return profileNamed(name, profiles, now) })
	return &d, err
}

// profiles gives each wanted profile the id it has, or a new one.
func (r *resolver) profiles(d PasskeyDesire, now graph.FIDO2Policy) ([]ProfileDesire, error) {
	list := slices.Clone(d.Profiles)
	for i := range list {
		p := &list[i]
		id, err := uuid.Parse(p.ID)
		at := slices.IndexFunc(now.Profiles, func(pr graph.PasskeyProfile) bool {
			return err == nil && pr.ID == id || err != nil && strings.EqualFold(pr.Name, p.Name.Text)
		})
		gone := p.Remove != nil && *p.Remove
		switch {
		case at >= 0:
			id = now.Profiles[at].ID
		case gone && err != nil:
			id = uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.ToLower(p.Name.Text))) // of none: it is gone already
		case p.Name.Text == "" && !gone:
			return nil, wishError(p.Name.Line, T("a new passkey profile needs a name"))
		case err != nil:
			id = uuid.New()
		}
		p.ID = id.String()
		if slices.ContainsFunc(list[:i], func(o ProfileDesire) bool { return o.ID == p.ID }) {
			return nil, wishError(p.Name.Line, T("the profile \"%s\" is named twice", p.Name.Text))
		}
		if id == now.DefaultProfile && (d.Models != nil && p.Models != nil || d.Attestation != nil && p.Attestation != nil) {
			return nil, wishError(p.Name.Line, T("\"%s\" is the default profile: its models and attestation are said twice", p.Name.Text))
		}
		if gone {
			if err := removable(*p, id, now); err != nil {
				return nil, err
			}
		}
		if p.Models, err = models(p.Models); err != nil {
			return nil, err
		}
	}
	return list, ownNames(list, now)
}

// ownNames refuses a new name that another profile has or gets, in whatever case: both would be found by it. Names that
// stand today are left alone.
func ownNames(list []ProfileDesire, now graph.FIDO2Policy) error {
	today := map[string]string{} // by id
	for _, pr := range now.Profiles {
		today[pr.ID.String()] = pr.Name
	}
	names := maps.Clone(today)
	for _, p := range list {
		switch {
		case p.Remove != nil && *p.Remove:
			delete(names, p.ID)
		case p.Name.Text != "":
			names[p.ID] = p.Name.Text
		}
	}
	for _, p := range list {
		if _, stays := names[p.ID]; !stays || p.Name.Text == "" || strings.EqualFold(p.Name.Text, today[p.ID]) {
			continue
		}
		for id, other := range names {
			if id != p.ID && strings.EqualFold(other, p.Name.Text) {
				return wishError(p.Name.Line, T("two passkey profiles would be called \"%s\"; small and capital letters do not tell them apart", p.Name.Text))
			}
		}
	}
	return nil
}

// removable refuses what Entra refuses: the default profile stays, and a profile is taken away from its groups before it
// is removed ("Enable passkeys", Entra documentation). In one change it could come half-way.
func removable(p ProfileDesire, id uuid.UUID, now graph.FIDO2Policy) error {
	name := or(p.Name.Text, id.String())
	if id == now.DefaultProfile {
		return wishError(p.Name.Line, T("\"%s\" is the default profile, which cannot be removed", name))
	}
	if slices.ContainsFunc(now.Include, func(t graph.Target) bool { return slices.Contains(t.Profiles, id) }) {
		return wishError(p.Name.Line, T("groups have the profile \"%s\": take it away from them under  who,  apply that, and remove it then", name))
	}
	return nil
}

func profileNamed(name Ref, wanted []ProfileDesire, now graph.FIDO2Policy) (Ref, error) {
	if !now.Migrated() {
		return name, wishError(name.Line, T("this tenant has no passkey profiles; use  attestation  and  models"))
	}
	for _, p := range wanted {
		if p.Remove != nil && *p.Remove && (strings.EqualFold(p.Name.Text, name.Text) || strings.EqualFold(p.ID, name.Text)) {
			return name, wishError(name.Line, T("the profile \"%s\" is removed by the same file", name.Text))
		}
		if strings.EqualFold(p.Name.Text, name.Text) || strings.EqualFold(p.ID, name.Text) {
			return ref(p.ID), nil
		}
	}
	var names []string
	for _, p := range now.Profiles {
		if strings.EqualFold(p.Name, name.Text) || strings.EqualFold(p.ID.String(), name.Text) {
			return ref(p.ID.String()), nil
		}
		names = append(names, p.Name)
	}
	if near := nearest(name.Text, names); near != "" {
		return name, wishError(name.Line, T("there is no passkey profile \"%s\"; perhaps \"%s\" is meant", name.Text, near))
	}
	return name, wishError(name.Line, T("there is no passkey profile \"%s\"", name.Text))
}

// who resolves both lists; profile is nil where targets have none.
func (r *resolver) who(ctx context.Context, w *WhoDesire, profile func(Ref) (Ref, error)) (*WhoDesire, error) {
	if w == nil {
		return nil, nil
	}
	out := &WhoDesire{}
	for _, l := range []struct {
		from []TargetDesire
		to   *[]TargetDesire
		in   bool
	}{{w.Include, &out.Include, true}, {w.Exclude, &out.Exclude, false}} {
		if l.from == nil {
			continue
		}
		*l.to = []TargetDesire{}
		for _, t := range l.from {
			one, err := r.target(ctx, t, profile, l.in)
			if err != nil {
				return nil, err
			}
			if w.find(*l.to, one.Group.Text) >= 0 {
				return nil, wishError(t.Group.Line, T("\"%s\" is named twice", t.Group.Text))
			}
			*l.to = append(*l.to, one)
		}
	}
	return out, nil
}

func (r *resolver) target(ctx context.Context, t TargetDesire, profile func(Ref) (Ref, error), included bool) (TargetDesire, error) {
	id, err := r.group(ctx, t.Group)
	if err != nil {
		return t, err
	}
	out := TargetDesire{Group: ref(id)}
	if len(t.Profiles) > 0 && (profile == nil || !included) {
		return t, wishError(t.Group.Line, T("profiles belong to groups that the passkey policy includes"))
	}
	for _, p := range t.Profiles {
		one, err := profile(p)
		if err != nil {
			return t, err
		}
		out.Profiles = append(out.Profiles, one)
	}
	return out, nil
}

// group finds a group that can be a target. One that is a target today is taken as it is.
func (r *resolver) group(ctx context.Context, name Ref) (string, error) {
	id := strings.ToLower(name.Text)
	switch {
	case id == Everyone || id == graph.AllUsers:
		return graph.AllUsers, nil
	case r.known[id]:
		return id, nil
	case uuid.Validate(id) == nil:
		g, err := r.w.Tenant.Group(ctx, id)
		if err != nil {
			return "", err
		}
		return r.fit(&g, name)
	}
	found, err := r.w.Tenant.FindGroups(ctx, name.Text)
	if err != nil {
		return "", err
	}
	var same []graph.Group
	var near []string
	for _, g := range found {
		if strings.EqualFold(g.Name, name.Text) {
			same = append(same, g)
		}
		near = append(near, g.Name+" ("+g.ID+")")
	}
	switch {
	case len(same) == 1 && r.known[strings.ToLower(same[0].ID)]:
		r.names[same[0].ID] = same[0].Name
		return same[0].ID, nil
	case len(same) == 1:
		return r.fit(&same[0], name)
	case len(near) == 0:
		return "", wishError(name.Line, T("there is no security group \"%s\"; Microsoft 365 groups and distribution lists cannot be targets", name.Text))
	}
	return "", wishError(name.Line, T("\"%s\" has to be the name of one security group or its id; alike are %s", name.Text, strings.Join(near, ", ")))
}

func (r *resolver) fit(g *graph.Group, name Ref) (string, error) {
	if p := unfitGroup(g, name.Text); p != nil {
		p.Next = wishError(name.Line, p.What).Next
		return "", p
	}
	r.names[g.ID] = g.Name
	return g.ID, nil
}

// models turns names of models into AAGUIDs. An AAGUID needs no name: new models come out before lists know them.
func models(m *ModelsDesire) (*ModelsDesire, error) {
	if m == nil {
		return nil, nil
	}
	out := &ModelsDesire{Any: m.Any}
	for _, l := range []struct {
		from []Ref
		to   *[]Ref
	}{{m.Allow, &out.Allow}, {m.Block, &out.Block}} {
		if l.from == nil {
			continue
		}
		*l.to = []Ref{}
		for _, name := range l.from {
			id, err := modelNamed(name)
			if err != nil {
				return nil, err
			}
			*l.to = append(*l.to, ref(id))
		}
	}
	return out, nil
}

// modelNamed is the AAGUID of a model. Of several that fit, the one of exactly that name is meant.
func modelNamed(name Ref) (string, error) {
	if id, err := uuid.Parse(name.Text); err == nil {
		return id.String(), nil
	}
	if looksLikeAAGUID.MatchString(name.Text) { // the beginning of one would find models as well
		return "", wishError(name.Line, T("\"%s\" is no AAGUID: it has 32 digits and letters a to f, in groups of 8-4-4-4-12", name.Text))
	}
	found := fido.ModelsNamed(name.Text)
	var same []fido.Model
	for _, m := range found {
		if strings.EqualFold(m.Name, name.Text) {
			same = append(same, m)
		}
	}
	if len(same) == 1 {
		found = same
	}
	switch len(found) {
	case 0:
		var names []string
		for _, m := range fido.ModelsNamed("") {
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
		if near := nearest(name.Text, names); near != "" {
			return "", wishError(name.Line, T("no model is called \"%s\"; perhaps \"%s\" is meant", name.Text, near))
		}
		return "", wishError(name.Line, T("no model is called \"%s\"; give its AAGUID", name.Text))
	case 1:
		return fido.FormatAAGUID(found[0].AAGUID), nil
	}
	const most = 12
	var list []string
	for _, m := range found[:min(most, len(found))] {
		list = append(list, m.Name+" ("+fido.FormatAAGUID(m.AAGUID)+")")
	}
	return "", wishError(name.Line, T("%d models fit \"%s\": %s", len(found), name.Text, strings.Join(list, ", ")))
}

// looksLikeAAGUID finds one with a slip in it.
var looksLikeAAGUID = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Za-z]*)+$|^[0-9A-Fa-f]{20,}$`)
