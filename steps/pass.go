package steps

import (
	"context"
	"errors"
	"slices"

	"keyrollout/graph"
	"keyrollout/internal/secret"
)

// issuePass gives the person of the rollout a Temporary Access Pass and shows it once. A pass that is there already is
// replaced only when told: its value cannot be read again, and the person may be holding it.
func (w *World) issuePass(ctx context.Context, step string, existing []graph.Pass) error {
	wish := w.Journal.Wish()
	if i := slices.IndexFunc(existing, func(p graph.Pass) bool { return p.Usable }); i >= 0 {
		replace, err := w.replacePass(ctx, wish, existing[i])
		if err != nil || !replace {
			return err
		}
	}
	if err := w.Journal.Intend(tenantID, "pass", wish.User); err != nil {
		return err
	}
	p, err := w.Tenant.IssuePass(ctx, wish.User, graph.PassRequest{Lifetime: wish.Lifetime, Once: wish.Once})
	if err != nil {
		return w.settlePass(ctx, step, existing, err)
	}
	if _, err := w.Ask(ctx, Question{Name: "pass.shown", Kind: Show, Value: p.Value,
		Text: T("The pass of %s. It is shown now and never again.", wish.UserName),
		Detail: []Text{
			T("Give it to %s in person or by a road you trust. It is good for %d minutes.", wish.UserName, int(p.Lifetime.Minutes())),
			T("With it they open  aka.ms/mysecurityinfo  and register their key; no password, no phone."),
		}}); err != nil {
		return err
	}
	w.pass = p.Value
	w.done(step, T("Pass issued for %s and shown once.", wish.UserName), Fact{"pass", "issued"}, Fact{"user", wish.UserUPN})
	return w.Journal.Result(tenantID, "pass", wish.User)
}

func (w *World) replacePass(ctx context.Context, wish Wish, p graph.Pass) (bool, error) {
	a, err := w.Ask(ctx, Question{Name: "pass.replace", Kind: Confirm,
		Text: T("%s has a pass already. Replace it by a new one?", wish.UserName),
		Detail: []Text{
			T("It was issued at %s. Its value cannot be read again.", p.Created.Format("15:04")),
			T("yes: the old pass stops working now. no: go on with the old one; the person has to have it."),
		}})
	if err != nil || a.ID == "yes" {
		return err == nil, err
	}
	return false, w.Journal.Result(tenantID, "pass", wish.User) // as good as seen: the operator says who holds it
}

// settlePass finds out what became of a pass whose answer was lost. One that was made is revoked: nobody knows its
// value, and nobody ever will.
func (w *World) settlePass(ctx context.Context, step string, before []graph.Pass, err error) error {
	wish := w.Journal.Wish()
	var g *graph.Error
	if !errors.As(err, &g) || !g.Unknown {
		return errors.Join(err, w.Journal.Failed(tenantID, "pass", wish.User))
	}
	now, rerr := w.Tenant.Passes(ctx, wish.User)
	if rerr != nil {
		return err // still unsettled, and the journal says so
	}
	for _, p := range now {
		if slices.ContainsFunc(before, func(b graph.Pass) bool { return b.ID == p.ID }) {
			continue
		}
		if rerr := w.Tenant.RevokePass(ctx, wish.User, p.ID); rerr != nil {
			return err
		}
		w.note(step, T("The answer with the pass was lost on the way. That pass has been revoked; nobody saw it."))
	}
	if jerr := w.Journal.Failed(tenantID, "pass", wish.User); jerr != nil {
		return jerr
	}
	return err
}

// passValue is the pass the person signs in with: the one of this run, or the one they were given.
func (w *World) passValue(ctx context.Context) (secret.Secret, error) {
	if !w.pass.Empty() {
		return w.pass, nil
	}
	wish := w.Journal.Wish()
	a, err := w.Ask(ctx, Question{Name: "registration.pass", Kind: Secret, Text: T("The Temporary Access Pass of %s", wish.UserName)})
	w.pass = a.Secret
	return a.Secret, err
}
