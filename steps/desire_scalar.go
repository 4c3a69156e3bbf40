package steps

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Ref names a group, a model or a profile as the file has it, with its line for what is said about it. Resolved, Text
// is the id.
type Ref struct {
	Text string
	Line int
}

func ref(id string) Ref { return Ref{Text: id} }

// UnmarshalYAML reads a name.
func (r *Ref) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		return wishError(n.Line, T("a name or an id is expected here"))
	}
	*r = Ref{strings.TrimSpace(n.Value), n.Line}
	return nil
}

// MarshalJSON and UnmarshalJSON write a name in a plan.
func (r Ref) MarshalJSON() ([]byte, error)      { return json.Marshal(r.Text) }
func (r *Ref) UnmarshalJSON(b []byte) error     { return json.Unmarshal(b, &r.Text) }
func (l Lifetime) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Lifetime is a time in whole minutes, written 60m, 8h or 2d.
type Lifetime time.Duration

// String writes it with the largest unit that fits.
func (l Lifetime) String() string {
	n := int(time.Duration(l) / time.Minute)
	switch {
	case n > 0 && n%(24*60) == 0:
		return strconv.Itoa(n/(24*60)) + "d"
	case n > 0 && n%60 == 0:
		return strconv.Itoa(n/60) + "h"
	}
	return strconv.Itoa(n) + "m"
}

// UnmarshalText reads 60m, 8h, 1h30m or 2d.
func (l *Lifetime) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if n > 10_000 {
			n = 10_000 // far outside any range, and no overflow
		}
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(s)
	}
	if err != nil || d <= 0 || d%time.Minute != 0 {
		return wishError(0, T("\"%s\" is no time in whole minutes: write 60m, 8h or 2d", s))
	}
	*l = Lifetime(d)
	return nil
}

// UnmarshalYAML is UnmarshalText with the line.
func (l *Lifetime) UnmarshalYAML(n *yaml.Node) error {
	if l.UnmarshalText([]byte(n.Value)) != nil {
		return wishError(n.Line, T("\"%s\" is no time in whole minutes: write 60m, 8h or 2d", n.Value))
	}
	return nil
}

// UnmarshalYAML reads a group's name, or a group with its profiles.
func (t *TargetDesire) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return t.Group.UnmarshalYAML(n)
	}
	if n.Kind != yaml.MappingNode {
		return wishError(n.Line, T("a group stands here by its name or id, not %s", kindOf(n)))
	}
	if err := mapping(n, map[string]any{"group": &t.Group, "profiles": &t.Profiles}); err != nil {
		return err
	}
	if t.Group.Text == "" {
		return wishError(n.Line, T("a name or an id is expected here"))
	}
	return nil
}

// UnmarshalYAML reads "everyone", or the lists.
func (w *WhoDesire) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Value == Everyone {
		w.Include = []TargetDesire{{Group: Ref{n.Value, n.Line}}}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wishError(n.Line, T("write  everyone,  or the lists  include  and  exclude"))
	}
	return mapping(n, map[string]any{"include": &w.Include, "exclude": &w.Exclude})
}

// UnmarshalYAML reads "any", or one list.
func (m *ModelsDesire) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Value == "any" {
		m.Any = true
		return nil
	}
	if n.Kind == yaml.MappingNode {
		if err := mapping(n, map[string]any{"allow": &m.Allow, "block": &m.Block}); err != nil {
			return err
		}
	}
	if (m.Allow == nil) == (m.Block == nil) {
		return wishError(n.Line, T("write  any,  or one of the lists  allow  and  block"))
	}
	return nil
}
