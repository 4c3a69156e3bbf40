package graph

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

const (
	passConfig = "temporaryAccessPass"
	passType   = "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
)

// Limits of the Temporary Access Pass policy.
const (
	PassShortest  = 10 * time.Minute
	PassLongest   = 30 * 24 * time.Hour
	PassMinLength = 8
	PassMaxLength = 48
)

type passWire struct {
	ID      string            `json:"id"`
	State   string            `json:"state"`
	Default int               `json:"defaultLifetimeInMinutes"`
	Minimum int               `json:"minimumLifetimeInMinutes"`
	Max     int               `json:"maximumLifetimeInMinutes"`
	Length  int               `json:"defaultLength"`
	Once    bool              `json:"isUsableOnce"`
	Include []json.RawMessage `json:"includeTargets"`
	Exclude []json.RawMessage `json:"excludeTargets"`
}

// PassPolicy needs Policy.Read.AuthenticationMethod.
func (c *client) PassPolicy(ctx context.Context) (PassPolicy, error) {
	return do(ctx, c, "read the Temporary Access Pass policy", looks, func(ctx context.Context) (PassPolicy, error) {
		b, err := c.readPolicy(ctx, passConfig)
		if err != nil {
			return PassPolicy{}, err
		}
		return ParsePassPolicy(b)
	})
}

// ParsePassPolicy reads the configuration as Graph gave it.
func ParsePassPolicy(b []byte) (PassPolicy, error) {
	var w passWire
	if err := unmarshal(b, &w); err != nil {
		return PassPolicy{}, err
	}
	if w.ID == "" && w.State == "" {
		return PassPolicy{}, errEmpty
	}
	p := PassPolicy{
		Enabled: w.State == enabled, Length: w.Length, Once: w.Once,
		Default: time.Duration(w.Default) * time.Minute, Minimum: time.Duration(w.Minimum) * time.Minute,
		Max: time.Duration(w.Max) * time.Minute, Raw: slices.Clone(json.RawMessage(b)),
	}
	var err error
	if p.Include, err = each(w.Include, parseTarget); err != nil {
		return PassPolicy{}, err
	}
	p.Exclude, err = each(w.Exclude, parseTarget)
	return p, err
}

// SetPassPolicy needs Policy.ReadWrite.AuthenticationMethod. Like SetFIDO2Policy it sends what differs from p.Raw, or
// puts Raw back when nothing differs. CodeBadInput: the lifetimes or the length are out of Graph's range.
func (c *client) SetPassPolicy(ctx context.Context, p PassPolicy) error {
	const op = "change the Temporary Access Pass policy"
	if err := p.valid(); err != nil {
		return under(op, err)
	}
	now, err := c.PassPolicy(ctx)
	if err != nil {
		return under(op, err)
	}
	base := now
	if len(p.Raw) > 0 {
		if base, err = ParsePassPolicy(p.Raw); err != nil {
			return &Error{Op: op, Code: CodeShape, Message: "the policy to start from cannot be read", Err: err}
		}
	}
	b, err := passChanges(base, p)
	if err == nil && len(b) > 0 {
		err = unmoved(b, base.Raw, now.Raw)
	} else if err == nil {
		b, err = kept(base.Raw, []string{"state", "defaultLifetimeInMinutes", "minimumLifetimeInMinutes",
			"maximumLifetimeInMinutes", "defaultLength", "isUsableOnce", "includeTargets", "excludeTargets"})
	}
	if err != nil {
		return under(op, err)
	}
	return c.writePolicy(ctx, op, passConfig, passType, b)
}

func passChanges(base, want PassPolicy) (body, error) {
	var w passWire
	if err := unmarshal(base.Raw, &w); err != nil {
		return nil, err
	}
	b := body{}
	if want.Enabled != base.Enabled {
		b["state"] = stateOf(want.Enabled)
	}
	for key, d := range map[string][2]time.Duration{
		"defaultLifetimeInMinutes": {base.Default, want.Default},
		"minimumLifetimeInMinutes": {base.Minimum, want.Minimum},
		"maximumLifetimeInMinutes": {base.Max, want.Max},
	} {
		if d[0] != d[1] {
			b[key] = int(d[1] / time.Minute)
		}
	}
	if want.Length != base.Length {
		b["defaultLength"] = want.Length
	}
	if want.Once != base.Once {
		b["isUsableOnce"] = want.Once
	}
	if err := b.setTargets(w.Include, base.Include, want.Include, FIDO2Policy{}); err != nil {
		return nil, err
	}
	return b, b.setExclusions(w.Exclude, base.Exclude, want.Exclude)
}

// valid holds the policy against Graph's limits, whose own refusal is vague.
func (p PassPolicy) valid() error {
	for _, d := range []time.Duration{p.Default, p.Minimum, p.Max} {
		if d%time.Minute != 0 || d < PassShortest || d > PassLongest {
			return &Error{Code: CodeBadInput, Message: "lifetimes are whole minutes from 10 minutes to 30 days"}
		}
	}
	switch {
	case p.Minimum > p.Default || p.Default > p.Max:
		return &Error{Code: CodeBadInput, Message: "the default lifetime lies between the minimum and the maximum"}
	case p.Length < PassMinLength || p.Length > PassMaxLength:
		return &Error{Code: CodeBadInput, Message: "a pass has 8 to 48 characters"}
	}
	return nil
}
