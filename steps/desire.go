package steps

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"keyrollout/graph"

	"github.com/google/uuid"
	"gopkg.in/yaml.v3"
)

// Desire is what an administrator wants the sign-in policies of a tenant to be: the small YAML file of
// `keyrollout tenant plan`. What it does not name stays as it is, so a nil field is not the same as an empty one.
type Desire struct {
	Passkeys *PasskeyDesire `yaml:"passkeys" json:"passkeys,omitempty"`
	Pass     *PassDesire    `yaml:"temporaryAccessPass" json:"temporaryAccessPass,omitempty"`
}

// PasskeyDesire is the wanted passkey (FIDO2) policy. Attestation and Models mean the default profile where the tenant
// has passkey profiles.
type PasskeyDesire struct {
	Enabled     *bool           `yaml:"enabled" json:"enabled,omitempty"`
	Who         *WhoDesire      `yaml:"who" json:"who,omitempty"`
	SelfService *bool           `yaml:"selfService" json:"selfService,omitempty"`
	Attestation *bool           `yaml:"attestation" json:"attestation,omitempty"`
	Models      *ModelsDesire   `yaml:"models" json:"models,omitempty"`
	Profiles    []ProfileDesire `yaml:"profiles" json:"profiles,omitempty"`
}

// ProfileDesire is one passkey profile, found by its id or name. One that is not there is made.
type ProfileDesire struct {
	ID          string        `yaml:"id" json:"id,omitempty"`
	Name        Ref           `yaml:"name" json:"name"`
	DeviceBound *bool         `yaml:"deviceBound" json:"deviceBound,omitempty"`
	Synced      *bool         `yaml:"synced" json:"synced,omitempty"`
	Attestation *bool         `yaml:"attestation" json:"attestation,omitempty"`
	Models      *ModelsDesire `yaml:"models" json:"models,omitempty"`
	Remove      *bool         `yaml:"remove" json:"remove,omitempty"` // take it out of the tenant
}

// WhoDesire is who a policy reaches. A nil list stays as it is, an empty one means nobody. Exclusion always wins.
type WhoDesire struct {
	Include []TargetDesire `yaml:"include" json:"include,omitzero"`
	Exclude []TargetDesire `yaml:"exclude" json:"exclude,omitzero"`
}

// TargetDesire is a group by name or id, or "everyone". Profiles are the passkey profiles its people may use, by name
// or id; none = those it has, or the default one.
type TargetDesire struct {
	Group    Ref   `json:"group"`
	Profiles []Ref `json:"profiles,omitempty"`
}

// ModelsDesire is which models of keys are accepted: "any", only those of Allow, or all but those of Block. Models are
// AAGUIDs or names.
type ModelsDesire struct {
	Any   bool  `json:"any,omitempty"`
	Allow []Ref `json:"allow,omitzero"`
	Block []Ref `json:"block,omitzero"`
}

// PassDesire is the wanted Temporary Access Pass policy.
type PassDesire struct {
	Enabled *bool      `yaml:"enabled" json:"enabled,omitempty"`
	Who     *WhoDesire `yaml:"who" json:"who,omitempty"`
	Minimum *Lifetime  `yaml:"minimum" json:"minimum,omitempty"`
	Maximum *Lifetime  `yaml:"maximum" json:"maximum,omitempty"`
	Default *Lifetime  `yaml:"default" json:"default,omitempty"`
	Length  *int       `yaml:"length" json:"length,omitempty"` // characters
	Once    *bool      `yaml:"once" json:"once,omitempty"`     // every pass is for one sign-in

	line int // of the last of the lifetimes that it names; 0 = none
}

// Everyone stands for all users where a group could stand.
const Everyone = "everyone"

// ParseDesire reads a desired state strictly: a key it does not know, a key said twice, and a second document are
// errors with their line. A wish that was misread would change a tenant.
func ParseDesire(b []byte) (Desire, error) {
	var d Desire
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	err := dec.Decode(&d)
	if errors.Is(err, io.EOF) {
		return d, wishError(0, T("it is empty"))
	}
	if err == nil {
		var more any
		switch {
		case !errors.Is(dec.Decode(&more), io.EOF):
			return d, wishError(0, T("it holds a second document; one file is one desired state"))
		case d == Desire{}: // "---", and nothing after it
			return d, wishError(0, T("it is empty"))
		}
		return d, nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return d, p
	}
	return d, yamlProblem(b, err)
}

// wishError is a Problem with the file, at a line; 0 = the file as a whole.
func wishError(line int, what Text) *Problem {
	p := &Problem{Code: "wish-file", What: T("The desired state cannot be used: %s.", what), State: tenantUnchanged,
		Next: []Choice{{ID: "retry", Text: T("correct the file; today's state as such a file:  keyrollout tenant plan --write FILE")}}}
	if line > 0 {
		p.What = T("The desired state cannot be used, line %d: %s.", line, what)
	}
	return p
}

var yamlSays = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)`)

// yamlProblem makes a sentence of what the YAML library says of text that is none. Values that do not fit never come
// here: mapping tells of them, without the library's words, which name Go types.
func yamlProblem(b []byte, err error) error {
	m := yamlSays.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1]) // none is 0: the file as a whole
	if lines := strings.Split(string(b), "\n"); line > 0 && line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[line-1], " "), "\t") {
		return wishError(line, T("it begins with a tab; in YAML lines are indented with blanks"))
	}
	return wishError(line, T("it is not YAML (%s)", m[2]))
}

// UnmarshalYAML reads the file as a whole.
func (d *Desire) UnmarshalYAML(n *yaml.Node) error {
	return mapping(n, map[string]any{"passkeys": &d.Passkeys, "temporaryAccessPass": &d.Pass})
}

// UnmarshalYAML reads the passkey policy.
func (d *PasskeyDesire) UnmarshalYAML(n *yaml.Node) error {
	return mapping(n, map[string]any{"enabled": &d.Enabled, "who": &d.Who, "selfService": &d.SelfService, "attestation": &d.Attestation,
		"models": &d.Models, "profiles": &d.Profiles})
}

// UnmarshalYAML reads a profile, or one that is to be removed.
func (d *ProfileDesire) UnmarshalYAML(n *yaml.Node) error {
	err := mapping(n, map[string]any{"id": &d.ID, "name": &d.Name, "deviceBound": &d.DeviceBound, "synced": &d.Synced, "attestation": &d.Attestation,
		"models": &d.Models, "remove": &d.Remove})
	if err != nil {
		return err
	}
	if d.Name.Line == 0 {
		d.Name.Line = n.Line
	}
	switch {
	case d.ID == "" && d.Name.Text == "":
		return wishError(n.Line, T("a profile is called by its name or its id"))
	case d.ID != "" && uuid.Validate(d.ID) != nil:
		return wishError(n.Line, T("\"%s\" is no id of a profile", d.ID))
	case d.Remove != nil && *d.Remove && (d.DeviceBound != nil || d.Synced != nil || d.Attestation != nil || d.Models != nil):
		return wishError(n.Line, T("a profile that is removed has no other values"))
	}
	return nil
}

// UnmarshalYAML reads the Temporary Access Pass policy. Its numbers are held against Graph's limits here, where the line
// is known.
func (d *PassDesire) UnmarshalYAML(n *yaml.Node) error {
	err := mapping(n, map[string]any{"enabled": &d.Enabled, "who": &d.Who, "minimum": &d.Minimum, "maximum": &d.Maximum, "default": &d.Default,
		"length": &d.Length, "once": &d.Once})
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch line := n.Content[i].Line; n.Content[i].Value {
		case "length":
			if *d.Length < graph.PassMinLength || *d.Length > graph.PassMaxLength {
				return wishError(line, T("a pass has 8 to 48 characters, not %d", *d.Length))
			}
		case "minimum", "maximum", "default":
			var l Lifetime
			if err := n.Content[i+1].Decode(&l); err != nil {
				return err
			}
			if d := time.Duration(l); d < graph.PassShortest || d > graph.PassLongest {
				return wishError(line, T("a pass lives 10m to 30d, not %s", l.String()))
			}
			d.line = line
		}
	}
	return nil
}

// mapping reads a node that is a mapping, key by key. yaml's own strictness ends where a type reads itself.
func mapping(n *yaml.Node, keys map[string]any) error {
	if n.Kind != yaml.MappingNode {
		return wishError(n.Line, T("keys with values are expected here"))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		to, ok := keys[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode:
			return wishError(k.Line, T("a key is one word here, not %s", kindOf(k)))
		case !ok:
			if near := nearest(k.Value, slices.Sorted(maps.Keys(keys))); near != "" {
				return wishError(k.Line, T("there is no key \"%s\" here; perhaps \"%s\" is meant", k.Value, near))
			}
			return wishError(k.Line, T("there is no key \"%s\" here; there are %s", k.Value, strings.Join(slices.Sorted(maps.Keys(keys)), ", ")))
		case seen[k.Value]:
			return wishError(k.Line, T("\"%s\" is said twice", k.Value))
		}
		seen[k.Value] = true
		// yaml leaves nulls out of lists: [null] would read as nobody.
		for _, e := range append([]*yaml.Node{v}, v.Content...) {
			if e.Tag == "!!null" {
				return wishError(e.Line, T("a value is expected here"))
			}
		}
		if want := expected(to, v); !want.Empty() {
			return wishError(v.Line, T("\"%s\" takes %s, not %s", k.Value, want, kindOf(v)))
		}
		if err := v.Decode(to); err != nil {
			var p *Problem
			if errors.As(err, &p) {
				return p
			}
			return wishError(v.Line, T("\"%s\" does not take %s", k.Value, kindOf(v))) // such as a number beyond all
		}
	}
	return nil
}

// expected says what a key takes where the value is of another kind; empty where it fits, and where the value's own type
// looks for itself.
func expected(to any, v *yaml.Node) Text {
	switch to.(type) {
	case **bool:
		if v.Kind != yaml.ScalarNode || v.Decode(new(bool)) != nil {
			return T("true or false")
		}
	case **int:
		if v.Kind != yaml.ScalarNode || v.Tag != "!!int" { // yaml would cut 8.5 off to 8
			return T("a whole number")
		}
	case *string:
		if v.Kind != yaml.ScalarNode {
			return T("one word")
		}
	case **Lifetime:
		if v.Kind != yaml.ScalarNode {
			return T("a time such as 60m, 8h or 2d")
		}
	case *[]TargetDesire, *[]Ref:
		if v.Kind != yaml.SequenceNode {
			return T("a list, written [one, another]")
		}
	case *[]ProfileDesire:
		if v.Kind != yaml.SequenceNode {
			return T("a list of profiles, each beginning with  - name:")
		}
	}
	return Text{}
}

// kindOf says what stands at a place.
func kindOf(n *yaml.Node) Text {
	switch n.Kind {
	case yaml.SequenceNode:
		return T("a list")
	case yaml.MappingNode:
		return T("keys with values")
	}
	return T("\"%s\"", n.Value)
}

// nearest is the one of some words that a mistyped one can be: one or two letters away, or all but the case. Empty =
// none, or more than one as near.
func nearest(word string, of []string) string {
	const most = 2
	best, found := most+1, ""
	for _, o := range of {
		switch d := letters(strings.ToLower(word), strings.ToLower(o)); {
		case d < best:
			best, found = d, o
		case d == best:
			found = ""
		}
	}
	if best > most || best*3 > len(word) {
		return ""
	}
	return found
}

// letters is how many letters have to be put in, taken out, changed or swapped with their neighbour to make b of a
// (optimal string alignment distance).
func letters(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, now := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		now[0] = i + 1
		for j := range y {
			change := 1
			if x[i] == y[j] {
				change = 0
			}
			now[j+1] = min(last[j]+change, last[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				now[j+1] = min(now[j+1], before[j-1]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(y)]
}
