package steps

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"keyrollout/fido"
	"keyrollout/graph"
)

// WriteDesire is today's state of a tenant as a desired state: a file to begin from. Planned as it is, it changes
// nothing. Groups and models stand as ids, which are unmistakable, with their names behind.
func WriteDesire(ctx context.Context, w *World) ([]byte, error) {
	now, err := w.policies(ctx)
	if err != nil {
		return nil, err
	}
	shown := now
	shown.fido2.Include, shown.fido2.Exclude, shown.pass.Include, shown.pass.Exclude = nil, nil, nil, nil
	groups, err := w.lookUp(ctx, now, shown)
	if err != nil {
		return nil, err
	}
	d := desireWriter{groups: groups, profiles: now.fido2.Profiles}
	d.line(0, "# The sign-in policies of %s, %s.", strings.Join(strings.Fields(w.Org.Name), " "), w.Clock.Now().UTC().Format("2006-01-02 15:04 MST"))
	d.line(0, "# What is taken out of this file stays as it is:  keyrollout tenant plan FILE")
	d.passkeys(now.fido2)
	d.pass(now.pass)
	return []byte(d.String()), nil
}

type desireWriter struct {
	strings.Builder
	groups   map[string]graph.Group
	profiles []graph.PasskeyProfile
}

func (d *desireWriter) line(depth int, format string, args ...any) {
	fmt.Fprintf(d, strings.Repeat("  ", depth)+format+"\n", args...)
}

func (d *desireWriter) passkeys(p graph.FIDO2Policy) {
	d.line(0, "passkeys:")
	d.line(1, "enabled: %t", p.Enabled)
	d.who(p.Include, p.Exclude)
	d.line(1, "selfService: %t", p.SelfService)
	if !p.Migrated() {
		d.line(1, "attestation: %t", p.Attestation)
		d.models(1, p.Restrictions)
		return
	}
	d.line(1, "profiles:")
	for _, pr := range p.Profiles {
		d.line(2, "- name: %s", strconv.Quote(pr.Name))
		d.line(3, "id: %s", pr.ID)
		d.line(3, "deviceBound: %t", pr.DeviceBound)
		d.line(3, "synced: %t", pr.Synced)
		d.line(3, "attestation: %t", pr.Attestation)
		d.models(3, pr.Restrictions)
	}
}

func (d *desireWriter) models(depth int, r graph.KeyRestrictions) {
	if !r.Enforced {
		d.line(depth, "models: any")
		return
	}
	list := "block"
	if r.Allow {
		list = "allow"
	}
	d.line(depth, "models:")
	if len(r.AAGUIDs) == 0 {
		d.line(depth+1, "%s: []", list)
		return
	}
	d.line(depth+1, "%s:", list)
	for _, id := range r.AAGUIDs {
		name := ""
		if m, ok := fido.ModelOf(id); ok {
			name = "  # " + m.Name
		}
		d.line(depth+2, "- %s%s", id, name)
	}
}

func (d *desireWriter) who(include, exclude []graph.Target) {
	d.line(1, "who:")
	for _, l := range []struct {
		name string
		ts   []graph.Target
	}{{"include", include}, {"exclude", exclude}} {
		if len(l.ts) == 0 {
			d.line(2, "%s: []", l.name)
			continue
		}
		d.line(2, "%s:", l.name)
		for _, t := range l.ts {
			d.target(t)
		}
	}
}

func (d *desireWriter) target(t graph.Target) {
	id, name := t.ID, ""
	if id == graph.AllUsers {
		id = Everyone
	}
	if g, ok := d.groups[t.ID]; ok {
		name = "  # " + strings.Join(strings.Fields(g.Name), " ")
	}
	if len(t.Profiles) == 0 {
		d.line(3, "- %s%s", id, name)
		return
	}
	d.line(3, "- group: %s%s", id, name)
	d.line(4, "profiles:")
	for _, p := range t.Profiles {
		label := ""
		for _, pr := range d.profiles {
			if pr.ID == p {
				label = "  # " + strings.Join(strings.Fields(pr.Name), " ")
			}
		}
		d.line(5, "- %s%s", p, label)
	}
}

func (d *desireWriter) pass(p graph.PassPolicy) {
	d.line(0, "temporaryAccessPass:")
	d.line(1, "enabled: %t", p.Enabled)
	d.who(p.Include, p.Exclude)
	d.line(1, "minimum: %s", Lifetime(p.Minimum))
	d.line(1, "default: %s", Lifetime(p.Default))
	d.line(1, "maximum: %s", Lifetime(p.Max))
	d.line(1, "length: %d", p.Length)
	d.line(1, "once: %t", p.Once)
}
