package steps

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyrollout/graph"
	"keyrollout/internal/secret"
)

// IssuePass gives a person a pass outside a rollout, after looking whether it can be used at all.
func IssuePass(ctx context.Context, w *World, user string, lifetime time.Duration, once bool) error {
	u, policy, err := w.passFor(ctx, user)
	if err != nil {
		return err
	}
	if lifetime != 0 && (lifetime < policy.Minimum || lifetime > policy.Max) {
		return wrongMinutes(policy)
	}
	if err := w.Journal.SetWish(Wish{Road: RoadPass, User: u.ID, UserUPN: u.UPN, UserName: u.Name, Lifetime: lifetime, Once: once || policy.Once}); err != nil {
		return err
	}
	have, err := w.Tenant.Passes(ctx, u.ID)
	if err != nil {
		return err
	}
	blocks, err := w.bootstrapBlocks(ctx)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		w.note(tenantID, b)
	}
	return w.issuePass(ctx, tenantID, have)
}

// passFor finds a person and says why they could not use a pass, if they could not.
func (w *World) passFor(ctx context.Context, user string) (graph.User, graph.PassPolicy, error) {
	u, err := w.userNamed(ctx, user)
	if err == nil {
		err = w.meant(ctx, user, u)
	}
	if err != nil {
		return u, graph.PassPolicy{}, err
	}
	policy, err := w.Tenant.PassPolicy(ctx)
	if err != nil {
		return u, policy, err
	}
	no := func(code string, what, next Text) error {
		return &Problem{Code: code, What: what, State: tenantUnchanged, Next: []Choice{{ID: Retry.ID, Text: next}}}
	}
	switch {
	case u.Guest:
		return u, policy, no("user-guest", T("%s is a guest: guests cannot have a pass or register a passkey in this tenant.", u.Name), T("they sign in with the account of their own organisation; a pass and a key belong there"))
	case u.Disabled:
		return u, policy, no("user-disabled", T("The account of %s is disabled.", u.Name), T("have the account enabled (Entra ID > Users), then try again"))
	case u.ID == w.Admin.ID:
		return u, policy, no("user-self", T("This is the account you are signed in with: nobody can issue a pass or register a key for themselves through Graph."), T("have another administrator do it"))
	case !policy.Enabled:
		return u, policy, passesOff()
	}
	in, err := w.covers(ctx, u.ID, policy.Include, policy.Exclude)
	if err == nil && !in {
		err = no("pass-scope", T("%s is outside the Temporary Access Pass policy: the pass would be refused at sign-in (130502).", u.Name), T("put them into a group of the policy, or their group into the policy:  keyrollout tenant plan"))
	}
	return u, policy, err
}

func wrongMinutes(p graph.PassPolicy) *Problem {
	return &Problem{Code: "pass-minutes", State: tenantUnchanged, What: T("The policy allows a pass %d to %d minutes.", int(p.Minimum.Minutes()), int(p.Max.Minutes())),
		Next: []Choice{{ID: Retry.ID, Text: T("give --minutes within that; 0 is what the policy says")}}}
}

func passesOff() *Problem {
	return &Problem{Code: "pass-off", What: T("Passes are turned off in this tenant."), State: tenantUnchanged,
		Next: []Choice{{ID: Retry.ID, Text: T("turn them on in step 1 of  keyrollout,  or with  temporaryAccessPass: {enabled: true}  and  keyrollout tenant plan")}}}
}

// userNamed finds a person by id or sign-in name, or by a name that only one has.
func (w *World) userNamed(ctx context.Context, name string) (graph.User, error) {
	u, err := w.Tenant.User(ctx, name)
	if !graph.NotFound(err) {
		return u, err
	}
	found, err := w.Tenant.FindUsers(ctx, name)
	if err != nil {
		return u, err
	}
	if len(found) == 1 {
		return found[0], nil
	}
	p := &Problem{Code: "user-unknown", What: T("Nobody with \"%s\" in the name.", name), State: tenantUnchanged,
		Next: []Choice{{ID: Retry.ID, Text: T("look at the spelling; a sign-in name (name@domain) or an object id is unmistakable")}}}
	if len(found) > 1 {
		p.Code, p.What = "user-several", T("%d people have \"%s\" in the name: write the whole sign-in name.", len(found), name)
	}
	return u, p
}

// meant asks whether a person who was found by a part of their name is the one: what follows is done to them.
func (w *World) meant(ctx context.Context, name string, u graph.User) error {
	if strings.EqualFold(name, u.UPN) || strings.EqualFold(name, u.ID) {
		return nil
	}
	a, err := w.Ask(ctx, Question{Name: "user.meant", Kind: Confirm, Text: T("Do you mean %s (%s)?", u.Name, u.UPN)})
	if errors.Is(err, ErrNoAnswer) {
		return &Problem{Code: "user-inexact", What: T("\"%s\" is not a whole sign-in name; the only person it fits is %s (%s).", name, u.Name, u.UPN), State: tenantUnchanged, Err: err,
			Next: []Choice{{ID: Retry.ID, Text: T("if that is the person, write the whole sign-in name")}}}
	}
	if err == nil && a.ID != "yes" {
		return ErrDeclined
	}
	return err
}

// PassesOf lists a person's passes, without their values, which nobody can read again.
func PassesOf(ctx context.Context, w *World, user string) (graph.User, []graph.Pass, error) {
	u, err := w.userNamed(ctx, user)
	if err != nil {
		return u, nil, err
	}
	list, err := w.Tenant.Passes(ctx, u.ID)
	var g *graph.Error
	if errors.As(err, &g) && g.Status == http.StatusForbidden && u.ID == w.Admin.ID { // no role would help
		err = &Problem{Code: "user-self", What: T("This is the account you are signed in with: nobody looks after their own passes through Graph."), State: tenantUnchanged, Err: err,
			Next: []Choice{{ID: Retry.ID, Text: T("have another administrator do it")}}}
	}
	return u, list, err
}

// RevokePasses takes a person's passes away.
func RevokePasses(ctx context.Context, w *World, user string) error {
	u, list, err := PassesOf(ctx, w, user)
	if err == nil {
		err = w.meant(ctx, user, u)
	}
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := w.Tenant.RevokePass(ctx, u.ID, p.ID); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		w.verified(tenantID, T("%s has no pass: there was nothing to revoke.", u.Name))
		return nil
	}
	text := T("%d passes of %s revoked.", len(list), u.Name)
	if len(list) == 1 {
		text = T("The pass of %s is revoked.", u.Name)
	}
	w.done(tenantID, text, Fact{"pass", "revoked"}, Fact{"user", u.UPN})
	return nil
}

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
	return w.newPass(ctx, step, existing)
}

// newPass is issuePass for who has said already that one that is there may go.
func (w *World) newPass(ctx context.Context, step string, existing []graph.Pass) error {
	wish := w.Journal.Wish()
	if err := w.Journal.Intend(tenantID, "pass", wish.User); err != nil {
		return err
	}
	p, err := w.Tenant.IssuePass(ctx, wish.User, graph.PassRequest{Lifetime: wish.Lifetime, Once: wish.Once})
	if err != nil {
		return w.settlePass(ctx, step, existing, err)
	}
	out := T("A pass for %s is out, seen or not; take it away with  keyrollout pass revoke %s", wish.UserName, wish.UserUPN)
	if w.Org.Practice { // that command is for the real organisation
		out = T("A pass for %s is out, seen or not; it ends by itself after %d minutes.", wish.UserName, int(p.Lifetime.Minutes()))
	}
	w.changed = append(w.changed, out)
	good := T("Give it to %s in person or by a road you trust. It is good for %d minutes.", wish.UserName, int(p.Lifetime.Minutes()))
	if p.Once {
		good = T("Give it to %s in person or by a road you trust. It is good for %d minutes and for one sign-in; the registration has to follow within ten minutes of it.",
			wish.UserName, int(p.Lifetime.Minutes()))
	}
	if _, err := w.Ask(ctx, Question{Name: "pass.shown", Kind: Show, Value: p.Value,
		Text: T("The pass of %s. It is shown now and never again.", wish.UserName),
		Detail: []Text{
			good,
			T("With it they open  aka.ms/mysecurityinfo  and register their key; no password, no phone."),
		}}); err != nil {
		if !w.rollout { // there is no summary to say it
			w.Tell(Event{Name: EventDone, Step: step, Text: out})
		}
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
			T("It was issued at %s. Its value cannot be read again.", p.Created.In(w.Clock.Now().Location()).Format("15:04")),
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

// passAtHand makes sure that somebody has the pass to type: this run when it issued it, else the person. Nobody can look
// one up, so one that was lost or has ended is replaced here.
func (w *World) passAtHand(ctx context.Context) error {
	if !w.pass.Empty() {
		return nil
	}
	wish := w.Journal.Wish()
	have, err := w.Tenant.Passes(ctx, wish.User)
	if err != nil {
		return err
	}
	q := Question{Name: "registration.pass.way", Kind: Choose, Default: "new", Text: T("Is the Temporary Access Pass of %s at hand?", wish.UserName),
		Detail: []Text{T("Step 1 shows it once; a helpdesk or another administrator may have issued it since. Nobody can look it up.")},
		Choices: []Choice{
			{ID: "have", Text: T("yes: type it now")},
			{ID: "new", Text: T("no: issue a new one"), Detail: T("one from before stops working")}, Leave}}
	now := w.Clock.Now()
	if i := slices.IndexFunc(have, func(p graph.Pass) bool { return p.Usable }); i < 0 {
		q.Detail = append(q.Detail, T("The tenant has none for them that works now: it has ended, was used, or was taken away."))
	} else {
		p := have[i]
		q.Default = "have"
		q.Detail = append(q.Detail, T("The one that works was issued at %s and ends at %s.",
			p.Created.In(now.Location()).Format("15:04"), p.Start.Add(p.Lifetime).In(now.Location()).Format("15:04")))
	}
	a, err := w.Ask(ctx, q)
	switch {
	case err != nil:
		return err
	case a.ID == Leave.ID:
		return ErrQuit
	case a.ID == "new":
		return w.newPass(ctx, registrationID, have)
	}
	return nil
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
