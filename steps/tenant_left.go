package steps

import (
	"context"

	"keyrollout/graph"
)

// leftPass is a pass that still signs somebody in who is not to come in by it any more: another road or another person
// was chosen after it was issued, and it was used for no registration.
type leftPass struct {
	wish   Wish // for whom it was issued
	pass   graph.Pass
	revoke bool
}

func (l leftPass) until(w *World) string {
	return l.pass.Start.Add(l.pass.Lifetime).In(w.Clock.Now().Location()).Format("15:04")
}

// readLeft finds them. Only passes of this journal are looked for: others are nobody's business here.
func (t *tenantStep) readLeft(ctx context.Context, w *World, wish Wish) error {
	t.left = nil
	for _, of := range w.Journal.loosePasses() {
		if of.User == wish.User && wish.Road == RoadPass {
			continue
		}
		passes, err := w.Tenant.Passes(ctx, of.User)
		switch {
		case graph.NotFound(err): // the account is gone, and its pass with it
			continue
		case err != nil:
			return err
		}
		for _, p := range passes {
			if p.Usable {
				t.left = append(t.left, leftPass{wish: of, pass: p})
			}
		}
	}
	return nil
}

// chooseLeft asks what is to become of them. Nothing is done before the plan is agreed to.
func (t *tenantStep) chooseLeft(ctx context.Context, w *World) error {
	for i := range t.left {
		l := &t.left[i]
		a, err := w.Ask(ctx, Question{Name: "tenant.pass.left", Kind: Choose, Default: "revoke",
			Text:   T("%s still has a pass that works until %s. Take it away?", l.wish.UserName, l.until(w)),
			Detail: []Text{T("It was issued before you chose differently. Whoever holds it can sign in as %s.", l.wish.UserUPN)},
			Choices: []Choice{
				{ID: "revoke", Text: T("revoke it"), Detail: T("it stops working once you have agreed to the plan")},
				{ID: "keep", Text: T("keep it"), Detail: T("it ends by itself")},
			}})
		if err != nil {
			return err
		}
		l.revoke = a.ID == "revoke"
	}
	return nil
}

// settleLeft does as was chosen. The journal remembers it, so that what was kept is not asked about again.
func (t *tenantStep) settleLeft(ctx context.Context, w *World) error {
	for _, l := range t.left {
		if l.revoke {
			if err := w.Tenant.RevokePass(ctx, l.wish.User, l.pass.ID); err != nil && !graph.NotFound(err) {
				return err
			}
			w.done(tenantID, T("The pass of %s is revoked.", l.wish.UserName), Fact{"pass", "revoked"}, Fact{"user", l.wish.UserUPN})
		}
		if err := w.Journal.Result(tenantID, "pass-left", l.wish.User); err != nil {
			return err
		}
	}
	t.left = nil
	return nil
}
