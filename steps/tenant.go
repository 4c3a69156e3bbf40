package steps

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"keyrollout/graph"
)

const tenantID = "tenant"

// TenantStep is step 1: turn on the passkey (FIDO2) policy for everyone or for a group, with the Temporary Access Pass
// policy where people have nothing else to come in with, and a pass for the first person.
func TenantStep() Step {
	t := &tenantStep{}
	return Step{ID: tenantID, Name: T("tenant"), Check: t.check, Plan: t.plan, Apply: t.apply, Verify: t.verify}
}

// tenantStep carries what Check read to Plan, and what Plan decided to Apply.
type tenantStep struct {
	next             bool // the key is not the first: others have theirs
	fido2, wantFIDO2 graph.FIDO2Policy
	pass, wantPass   graph.PassPolicy
	passes           []graph.Pass // of the person
	registered       bool         // the person has a passkey: no pass is needed any more
	chosen           bool         // in this run
	left             []leftPass   // passes of people who come in another way now, or whose turn it is not any more
	unseen           bool         // a pass was being issued when the last run ended: nobody may have seen it
}

func (t *tenantStep) check(ctx context.Context, w *World) (Finding, error) {
	// What this step began itself it looks at, and writes again where it does not show.
	err := w.settle(ctx, func(e Entry) bool { return e.What != undoEntry && e.ID == "" })
	if err != nil {
		return Finding{}, err
	}
	if t.fido2, err = w.Tenant.FIDO2Policy(ctx); err != nil {
		return Finding{}, err
	}
	if t.pass, err = w.Tenant.PassPolicy(ctx); err != nil {
		return Finding{}, err
	}
	f := Finding{State: Pending, Text: T("Passkey (FIDO2) policy: %s. Temporary Access Pass: %s.", onOff(t.fido2.Enabled), onOff(t.pass.Enabled))}
	wish := w.Journal.Wish()
	if wish.User == "" || w.rechoose {
		return f, nil
	}
	if err := t.readPerson(ctx, w, wish); err != nil {
		return Finding{}, err
	}
	t.want(wish)
	e, unseen := w.Journal.Unsettled(tenantID, "pass")
	t.unseen = unseen && e.ID == wish.User
	if err := t.readLeft(ctx, w, wish); err != nil {
		return Finding{}, err
	}
	if len(t.changes(wish)) == 0 && !t.needsPass(wish) && len(t.left) == 0 {
		f.State, f.Text = Done, T("The tenant is ready for %s.", wish.UserName)
	}
	return f, nil
}

func (t *tenantStep) readPerson(ctx context.Context, w *World, wish Wish) (err error) {
	keys, err := w.Tenant.Passkeys(ctx, wish.User)
	if err != nil {
		return err
	}
	t.registered = len(keys) > 0
	if wish.Road == RoadPass {
		t.passes, err = w.Tenant.Passes(ctx, wish.User)
	}
	return err
}

func (t *tenantStep) plan(ctx context.Context, w *World) (Plan, error) {
	wish := w.Journal.Wish()
	if wish.User == "" || w.rechoose {
		var err error
		if wish, err = t.choose(ctx, w, wish); err != nil {
			return Plan{}, err
		}
		t.chosen = true
		if wish.User != w.Journal.Wish().User {
			w.pass.Wipe() // it is another person's
		}
		if err := w.Journal.SetWish(wish); err != nil {
			return Plan{}, err
		}
		if err := t.readPerson(ctx, w, wish); err != nil {
			return Plan{}, err
		}
		if err := t.readLeft(ctx, w, wish); err != nil {
			return Plan{}, err
		}
	}
	if err := t.chooseLeft(ctx, w); err != nil {
		return Plan{}, err
	}
	t.want(wish)
	p := Plan{Title: T("What would change in the tenant"), Changes: t.changes(wish)}
	if !t.chosen { // nobody chose this today
		p.Title = T("What would change in the tenant, as was chosen last time")
	}
	needs := T("Takes effect within minutes. Role: Authentication Policy Administrator.")
	if t.needsPass(wish) {
		needs = T("Takes effect within minutes. Roles: Authentication Policy Administrator; for the pass Authentication Administrator.")
		if len(p.Changes) == 0 {
			needs = T("Role: Authentication Administrator.")
		}
		p.Changes = append(p.Changes, t.passChange(wish))
	}
	for _, l := range t.left {
		if l.revoke {
			p.Changes = append(p.Changes, Change{Group: passTitle, Field: T("for %s", l.wish.UserName), From: T("one that works until %s", l.until(w)), To: T("revoked")})
			needs = T("Roles: Authentication Policy Administrator; for the pass Authentication Administrator.")
		}
	}
	if len(p.Changes) == 0 {
		return p, nil
	}
	people, err := t.people(ctx, w, wish)
	p.People, p.Needs = people, []Text{needs}
	return p, err
}

// needsPass reports whether the person has to be given a pass: they come in by one, hold no usable one, and have no
// key registered yet.
func (t *tenantStep) needsPass(wish Wish) bool {
	usable := slices.ContainsFunc(t.passes, func(p graph.Pass) bool { return p.Usable })
	return wish.Road == RoadPass && !t.registered && (!usable || t.unseen)
}

func (t *tenantStep) passChange(wish Wish) Change {
	to := T("one pass, %d minutes, shown once", int(t.lifetime(wish).Minutes()))
	if wish.Once || t.wantPass.Once {
		to = T("one pass, %d minutes, for one sign-in, shown once", int(t.lifetime(wish).Minutes()))
	}
	from := T("none")
	if slices.ContainsFunc(t.passes, func(p graph.Pass) bool { return p.Usable }) {
		from = T("one that may never have been seen")
	}
	return Change{Group: passTitle, Field: T("for %s", wish.UserName), From: from, To: to}
}

func (t *tenantStep) lifetime(wish Wish) time.Duration {
	if wish.Lifetime == 0 {
		return t.wantPass.Default
	}
	return wish.Lifetime
}

func (t *tenantStep) apply(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	if len(fido2Changes(t.fido2, t.wantFIDO2, wish)) > 0 {
		if err := t.write(w, "fido2-policy", t.fido2.Raw, func() error { return w.Tenant.SetFIDO2Policy(ctx, t.wantFIDO2) }); err != nil {
			return err
		}
		w.done(tenantID, T("Passkey (FIDO2) policy written."), Fact{"fido2Policy", "written"})
	}
	if len(passChanges(t.pass, t.wantPass, wish)) > 0 {
		if err := t.write(w, "pass-policy", t.pass.Raw, func() error { return w.Tenant.SetPassPolicy(ctx, t.wantPass) }); err != nil {
			return err
		}
		w.done(tenantID, T("Temporary Access Pass policy written."), Fact{"passPolicy", "written"})
	}
	if err := t.settleLeft(ctx, w); err != nil {
		return err
	}
	if t.needsPass(wish) {
		return w.issuePass(ctx, tenantID, t.passes)
	}
	return nil
}

// write sends a change with its intent, and what stood before, on disk first, and its result after.
func (t *tenantStep) write(w *World, what string, before json.RawMessage, send func() error) error {
	if err := w.Journal.Write(Entry{Kind: EntryIntent, Step: tenantID, What: what, Tenant: w.Org.ID, Before: before}); err != nil {
		return err
	}
	if err := send(); err != nil {
		return w.notSent(err, what, "")
	}
	return w.Journal.Result(tenantID, what, "")
}

// verify reads both policies back, and asks by membership, not by the lists that were written, whether the person is
// in.
func (t *tenantStep) verify(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	fido2, err := readBack(ctx, w, w.Tenant.FIDO2Policy, func(p graph.FIDO2Policy) bool {
		return len(fido2Changes(p, wantedFIDO2(p, wish), wish)) == 0
	})
	if err != nil {
		return err
	}
	if wish.Road == RoadPass {
		if _, err := readBack(ctx, w, w.Tenant.PassPolicy, func(p graph.PassPolicy) bool {
			return len(passChanges(p, wantedPass(p, wish), wish)) == 0
		}); err != nil {
			return err
		}
	}
	if err := t.inScope(ctx, w, fido2, wish); err != nil {
		return err
	}
	w.verified(tenantID, T("Read back: the tenant lets %s register a key.", wish.UserName),
		Fact{"user", wish.UserUPN}, Fact{"fido2Policy", "enabled"}, Fact{"scope", or(wish.WhoName, "everyone")})
	return nil
}

func (t *tenantStep) inScope(ctx context.Context, w *World, p graph.FIDO2Policy, wish Wish) error {
	in, err := w.covers(ctx, wish.User, p.Include, p.Exclude)
	if err != nil || in {
		return err
	}
	what := T("%s is not covered by the passkey policy: not in \"%s\", or in an excluded group.", wish.UserName, wish.WhoName)
	if wish.Who == graph.AllUsers {
		what = T("%s is not covered by the passkey policy: in an excluded group.", wish.UserName)
	}
	return &Problem{Code: "user-out-of-scope",
		What:  what,
		State: T("The policy is written. Nothing was changed for this person."),
		Next: []Choice{{ID: "retry", Text: T("put the person into the group, then try again")},
			{ID: "change", Text: T("choose another person or group")}, Leave}}
}

// covers reports whether a policy's targets reach a user; exclusion always wins.
func (w *World) covers(ctx context.Context, user string, include, exclude []graph.Target) (bool, error) {
	var ids []string
	for _, t := range slices.Concat(include, exclude) {
		if t.ID != graph.AllUsers && !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	var member []string
	for chunk := range slices.Chunk(ids, 20) { // Graph's limit for checkMemberGroups
		m, err := w.Tenant.MemberOf(ctx, user, chunk)
		if err != nil {
			return false, err
		}
		member = append(member, m...)
	}
	hit := func(ts []graph.Target) bool {
		return slices.ContainsFunc(ts, func(t graph.Target) bool {
			return t.ID == graph.AllUsers || slices.Contains(member, t.ID)
		})
	}
	return hit(include) && !hit(exclude), nil
}
