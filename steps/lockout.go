package steps

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"keyrollout/graph"
)

// refuses reports whether key restrictions refuse a model.
func refuses(r graph.KeyRestrictions, aaguid uuid.UUID) bool {
	return r.Enforced && r.Allow != slices.Contains(r.AAGUIDs, aaguid)
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
