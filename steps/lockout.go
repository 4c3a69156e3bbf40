package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// lockout is who could not sign in any more with a key they have, because key restrictions act at every sign-in.
type lockout struct {
	keys    []string // "Chris Green (YubiKey 5 NFC)"
	counted bool     // false: could not be seen, so nobody knows
}

// lockedOut asks which registered keys new restrictions would refuse, among the people a policy reaches now.
func (w *World) lockedOut(ctx context.Context, p graph.FIDO2Policy, rules graph.KeyRestrictions) (lockout, error) {
	in, ok := w.Tenant.(graph.Inspector)
	if !ok {
		return lockout{}, nil
	}
	people, err := holders(ctx, in, p.Include)
	if err != nil {
		return lockout{}, hidden(err)
	}
	ids := make([]string, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	l := lockout{counted: true}
	for h, err := range in.PasskeysOf(ctx, ids) {
		if err == nil {
			err = h.Err
		}
		if err != nil {
			return lockout{}, hidden(err)
		}
		for _, k := range h.Passkeys {
			if refuses(rules, k.AAGUID) {
				l.keys = append(l.keys, fmt.Sprintf("%s (%s)", people[h.UserID], or(k.Model, k.Name)))
			}
		}
	}
	return l, nil
}

// refuses reports whether key restrictions refuse a model.
func refuses(r graph.KeyRestrictions, aaguid uuid.UUID) bool {
	return r.Enforced && r.Allow != slices.Contains(r.AAGUIDs, aaguid)
}

// holders are the people of some targets by id: the members of the groups, or, where everyone is meant, those whom the
// registration report says to have a passkey.
func holders(ctx context.Context, in graph.Inspector, targets []graph.Target) (map[string]string, error) {
	people := map[string]string{}
	for _, t := range targets {
		if t.ID != graph.AllUsers {
			for u, err := range in.GroupMembers(ctx, t.ID) {
				if err != nil {
					return nil, err
				}
				people[u.ID] = u.Name
			}
			continue
		}
		for r, err := range in.Registered(ctx) {
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(r.Methods, isPasskey) {
				people[r.User.ID] = r.User.Name
			}
		}
	}
	return people, nil
}

// isPasskey knows the names the registration report has had for passkeys.
func isPasskey(method string) bool {
	return strings.HasPrefix(method, "passKey") || strings.HasPrefix(method, "fido2")
}

// hidden lets a refusal pass as "not seen", and keeps every other error.
func hidden(err error) error {
	var g *graph.Error
	if errors.As(err, &g) && (g.Status == 401 || g.Status == 403 || g.Status == 404) {
		return nil
	}
	return err
}

// text says whom restrictions would lock out.
func (l lockout) text() Text {
	switch {
	case !l.counted:
		return T("Keys of other models that are registered now could not sign in any more. How many cannot be seen with this account.")
	case len(l.keys) > 5:
		return T("%d keys could not sign in any more: %s and %d more.", len(l.keys), strings.Join(l.keys[:4], ", "), len(l.keys)-4)
	case len(l.keys) == 1:
		return T("1 key could not sign in any more: %s.", l.keys[0])
	}
	return T("%d keys could not sign in any more: %s.", len(l.keys), strings.Join(l.keys, ", "))
}

// bootstrapBlocks says which Conditional Access policies would stop a first registration with a pass.
func (w *World) bootstrapBlocks(ctx context.Context) ([]Text, error) {
	in, ok := w.Tenant.(graph.Inspector)
	if !ok {
		return nil, nil
	}
	rules, err := in.AccessRules(ctx)
	if err != nil {
		if err = hidden(err); err != nil {
			return nil, err
		}
		return []Text{T("Whether Conditional Access stops a first registration cannot be seen with this account or licence.")}, nil
	}
	var out []Text
	for _, r := range rules {
		if r.StopsBootstrap() {
			out = append(out, T("Mind: Conditional Access \"%s\" stops a first registration with a pass. Let its authentication strength allow the pass.", r.Name))
		}
	}
	return out, nil
}
