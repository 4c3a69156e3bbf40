package steps

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"

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
		if !errors.Is(dec.Decode(&more), io.EOF) {
			return d, wishError(0, T("it holds a second document; one file is one desired state"))
		}
		return d, nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return d, p
	}
	return d, yamlProblem(err)
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

var (
	yamlLine    = regexp.MustCompile(`line (\d+): (.*)`)
	yamlUnknown = regexp.MustCompile(`field (.*) not found in type`)
)

// yamlProblem makes a sentence of what the YAML library says, which names Go types.
func yamlProblem(err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) || len(te.Errors) == 0 {
		return wishError(0, T("it is not YAML (%s)", err))
	}
	m := yamlLine.FindStringSubmatch(te.Errors[0])
	if m == nil {
		return wishError(0, T("that does not fit (%s)", te.Errors[0]))
	}
	line, _ := strconv.Atoi(m[1])
	if u := yamlUnknown.FindStringSubmatch(m[2]); u != nil {
		return wishError(line, T("there is no key \"%s\" here", u[1]))
	}
	return wishError(line, T("that does not fit (%s)", m[2]))
}

// mapping reads a node that is a mapping, key by key. yaml's own strictness ends where a type reads itself.
func mapping(n *yaml.Node, keys map[string]any) error {
	if n.Kind != yaml.MappingNode {
		return wishError(n.Line, T("keys with values are expected here"))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		to, ok := keys[k.Value]
		switch {
		case !ok:
			return wishError(k.Line, T("there is no key \"%s\" here", k.Value))
		case seen[k.Value]:
			return wishError(k.Line, T("\"%s\" is said twice", k.Value))
		}
		seen[k.Value] = true
		// yaml leaves nulls out of lists: [null] would read as nobody.
		for _, e := range append([]*yaml.Node{v}, v.Content...) {
			if e.Tag == "!!null" {
				return wishError(e.Line, T("a name or an id is expected here"))
			}
		}
		if err := v.Decode(to); err != nil {
			return err
		}
	}
	return nil
}
