package steps

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"keyrollout/fido"
	"keyrollout/graph"
)

// choose asks everything step 1 has to know. What was chosen before is the default.
func (t *tenantStep) choose(ctx context.Context, w *World, wish Wish) (Wish, error) {
	for _, ask := range []func(context.Context, *World, *Wish) error{t.chooseRoad, t.chooseWho, t.chooseRules, t.chooseUser, t.choosePass} {
		if err := ask(ctx, w, &wish); err != nil {
			return wish, err
		}
	}
	return wish, nil
}

func (t *tenantStep) chooseRoad(ctx context.Context, w *World, wish *Wish) error {
	q := Question{Name: "tenant.road", Kind: Choose, Default: string(RoadPass),
		Text: T("How do people come to register their key?"),
		Choices: []Choice{
			{ID: string(RoadPass), Text: T("with a Temporary Access Pass"), Detail: T("key only; they need no phone and no password")},
			{ID: string(RoadBehalf), Text: T("an administrator registers the key for them"), Detail: T("through Microsoft Graph, with the key at hand")},
		}}
	if w.Pages == nil { // a practice person has no other sign-in, and no browser to use it in
		q.Choices = append(q.Choices, Choice{ID: string(RoadMFA), Text: T("with the sign-in they have today"), Detail: T("password and a second factor, then Security info")})
	}
	a, err := w.Ask(ctx, q.offering(string(wish.Road)))
	wish.Road = Road(a.ID)
	return err
}

func (t *tenantStep) chooseWho(ctx context.Context, w *World, wish *Wish) error {
	q := Question{Name: "tenant.who", Kind: Choose, Default: "group", Text: T("Who may use security keys?"),
		Choices: []Choice{
			{ID: "group", Text: T("the people of one security group"), Detail: T("the safe beginning, a pilot")},
			{ID: "all", Text: T("everyone")},
		}}
	if wish.Who == graph.AllUsers {
		q.Default = "all"
	}
	a, err := w.Ask(ctx, q)
	if err != nil {
		return err
	}
	if a.ID == "all" {
		wish.Who, wish.WhoName = graph.AllUsers, ""
		return nil
	}
	for {
		a, err := w.Ask(ctx, Question{Name: "tenant.group", Kind: Line, Default: or(wish.WhoName, w.Hints["tenant.group"]), Text: T("Which group? The beginning of its name"), Check: notEmpty})
		if err != nil {
			return err
		}
		found, err := w.Tenant.FindGroups(ctx, strings.TrimSpace(a.ID))
		if err != nil {
			return err
		}
		g, err := pick(ctx, w, "tenant.group.pick", T("Which of these?"), a.ID, found,
			func(g graph.Group) string { return g.Name }, func(graph.Group) Text { return Text{} })
		if err != nil {
			return err
		}
		if p := unfitGroup(g, a.ID); p != nil {
			if _, err := w.solve(ctx, tenantID, p); err != nil {
				return err
			}
			continue
		}
		w.trail.Chose("tenant.group", g.Name)
		wish.Who, wish.WhoName = g.ID, g.Name
		return nil
	}
}

// unfitGroup says why a group cannot be a target; nil = it can.
func unfitGroup(g *graph.Group, asked string) *Problem {
	p := &Problem{Code: "group-unfit", State: tenantUnchanged, Next: []Choice{{ID: "retry", Text: T("choose another group")}, Leave}}
	switch {
	case g == nil:
		p.Code, p.What = "group-unknown", T("No security group with \"%s\" in its name.", asked)
	case !g.Security:
		p.What = T("\"%s\" is no security group: only security groups can be targets of this policy.", g.Name)
	case g.Dynamic:
		p.What = T("\"%s\" is filled by a rule: whoever can change the rule's attribute could let people in. Take a group with assigned members.", g.Name)
	case g.MailEnabled:
		p.What = T("\"%s\" is mail-enabled: its members are not managed in Entra.", g.Name)
	default:
		return nil
	}
	return p
}

func (t *tenantStep) chooseRules(ctx context.Context, w *World, wish *Wish) error {
	q := Question{Name: "tenant.keys", Kind: Choose, Default: "any", Text: T("Which keys are accepted?"),
		Choices: []Choice{
			{ID: "any", Text: T("any model, not attested"), Detail: T("keys need not prove what they are")},
			{ID: "attested", Text: T("any model on Microsoft's list"), Detail: T("attestation enforced; a key proves what it is")},
			{ID: "atkey", Text: T("ATKey models only"), Detail: T("attestation enforced, and only these AAGUIDs")},
		}}
	if w.Org.Practice {
		q.Choices[0].Detail = T("the software key of the practice needs this")
	}
	if t.fido2.Enabled {
		q.Default = "keep"
		q.Choices = slices.Insert(q.Choices, 0, Choice{ID: "keep", Text: T("as it is now"), Detail: T("attestation and key restrictions stay untouched")})
	}
	if wish.User != "" { // chosen before
		q = q.offering(wish.rules())
	}
	a, err := w.Ask(ctx, q)
	if err != nil {
		return err
	}
	wish.KeepRules = a.ID == "keep"
	wish.Attestation = a.ID == "attested" || a.ID == "atkey"
	wish.Models = nil
	if a.ID == "atkey" {
		for _, m := range fido.ModelsNamed("ATKey") {
			wish.Models = append(wish.Models, uuid.UUID(m.AAGUID))
		}
	}
	return t.confirmRisks(ctx, w, *wish)
}

// rules is the answer to which keys are accepted that makes this wish.
func (w Wish) rules() string {
	switch {
	case w.KeepRules:
		return "keep"
	case len(w.Models) > 0:
		return "atkey"
	case w.Attestation:
		return "attested"
	}
	return "any"
}

// confirmRisks has the dangers of the new rules confirmed in words. A policy that is off can lock nobody out.
func (t *tenantStep) confirmRisks(ctx context.Context, w *World, wish Wish) error {
	if !t.fido2.Enabled || wish.KeepRules {
		return nil
	}
	was, attested := rulesOf(t.fido2)
	want := graph.KeyRestrictions{Enforced: true, Allow: true, AAGUIDs: wish.Models}
	if len(wish.Models) > 0 && !sameRules(was, want) {
		l, err := w.lost(ctx, t.fido2, wantedFIDO2(t.fido2, wish))
		if err != nil {
			return err
		}
		if what := l.text(); !what.Empty() {
			if err := w.risk(ctx, RiskLockOut, what, "lock out keys"); err != nil {
				return err
			}
		}
	}
	if attested && !wish.Attestation {
		return w.risk(ctx, "weaken-attestation", T("Keys would no longer have to prove what they are."), "weaken attestation")
	}
	return nil
}

// risk has a named danger confirmed by typing its words.
func (w *World) risk(ctx context.Context, name string, what Text, word string) error {
	_, err := w.Ask(ctx, Question{Name: "risk." + name, Kind: Typed, Risk: name, Word: word, Text: what, Back: true})
	return err
}

func (t *tenantStep) chooseUser(ctx context.Context, w *World, wish *Wish) error {
	text := T("Who gets the first key? The beginning of a name or sign-in name")
	t.next = t.next || !w.Journal.first(wish.User) // going back does not make them the first again
	if t.next {
		text = T("Who gets the next key? The beginning of a name or sign-in name")
	}
	for {
		a, err := w.Ask(ctx, Question{Name: "tenant.user", Kind: Line, Default: or(wish.UserUPN, w.Hints["tenant.user"]), Text: text, Check: notEmpty})
		if err != nil {
			return err
		}
		found, err := w.Tenant.FindUsers(ctx, strings.TrimSpace(a.ID))
		if err != nil {
			return err
		}
		u, err := pick(ctx, w, "tenant.user.pick", T("Which of these?"), a.ID, found,
			func(u graph.User) string { return u.UPN }, func(u graph.User) Text { return Text{"%s", []any{u.Name}} })
		if err != nil {
			return err
		}
		p, err := t.unfitUser(ctx, w, u, a.ID, *wish)
		if err != nil {
			return err
		}
		if p != nil {
			way, err := w.solve(ctx, tenantID, p)
			if err != nil {
				return err
			}
			if way == "change" {
				w.trail.Chose("tenant.user", u.UPN)
				w.trail.BackTo("tenant.who")
				return errAgain
			}
			continue
		}
		if len(found) == 1 { // taken without having been seen
			switch err := w.meant(ctx, strings.TrimSpace(a.ID), *u); {
			case errors.Is(err, ErrDeclined):
				w.trail.Unsay("tenant.user")
				continue
			case err != nil:
				return err
			}
		}
		w.trail.Chose("tenant.user", u.UPN)
		wish.User, wish.UserUPN, wish.UserName = u.ID, u.UPN, u.Name
		return nil
	}
}

// unfitUser says why a person cannot be the first; nil = they can.
func (t *tenantStep) unfitUser(ctx context.Context, w *World, u *graph.User, asked string, wish Wish) (*Problem, error) {
	p := &Problem{Code: "user-unfit", State: tenantUnchanged, Next: []Choice{{ID: "retry", Text: T("choose another person")}, Leave}}
	switch {
	case u == nil:
		p.Code, p.What = "user-unknown", T("Nobody with \"%s\" in the name.", asked)
		return p, nil
	case u.Guest:
		p.Code, p.What = "user-guest", T("%s is a guest: guests cannot have a pass or register a passkey in this tenant.", u.Name)
		return p, nil
	case u.Disabled:
		p.Code, p.What = "user-disabled", T("The account of %s is disabled.", u.Name)
		return p, nil
	case u.ID == w.Admin.ID && wish.Road != RoadMFA:
		p.Code, p.What = "user-self", T("This is the account you are signed in with: nobody can issue a pass or register a key for themselves through Graph.")
		return p, nil
	}
	after := wantedFIDO2(t.fido2, wish)
	in, err := w.covers(ctx, u.ID, after.Include, after.Exclude)
	if err != nil || in {
		return nil, err
	}
	p.Code, p.What = "user-out-of-scope", T("%s would not be covered: not in \"%s\", or in an excluded group.", u.Name, wish.WhoName)
	if wish.Who == graph.AllUsers {
		p.What = T("%s would not be covered: in an excluded group.", u.Name)
	}
	p.Next = slices.Insert(p.Next, 1, Choice{ID: "change", Text: T("choose another group")})
	return p, nil
}

func (t *tenantStep) choosePass(ctx context.Context, w *World, wish *Wish) error {
	if wish.Road != RoadPass {
		return nil
	}
	lo, hi := int(t.pass.Minimum.Minutes()), int(t.pass.Max.Minutes())
	def := int(t.pass.Default.Minutes())
	if wish.Lifetime > 0 {
		def = int(wish.Lifetime.Minutes())
	}
	a, err := w.Ask(ctx, Question{Name: "tenant.pass.minutes", Kind: Line, Default: strconv.Itoa(def),
		Text: T("How many minutes is the pass good for? (%d to %d)", lo, hi),
		Check: func(s string) *Problem {
			if n, err := strconv.Atoi(strings.TrimSpace(s)); err != nil || n < lo || n > hi {
				return &Problem{Code: "pass-minutes", What: T("The policy allows whole minutes from %d to %d.", lo, hi), State: tenantUnchanged}
			}
			return nil
		}})
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(a.ID))
	wish.Lifetime = time.Duration(n) * time.Minute
	return nil
}

func notEmpty(s string) *Problem {
	if strings.TrimSpace(s) == "" {
		return &Problem{Code: "empty", What: T("An answer is needed here."), State: tenantUnchanged}
	}
	return nil
}

// pick chooses one of what was found: none = nil, one or the one of exactly that name = that one, several = asked.
// id names an element, for people and scripts alike.
func pick[E any](ctx context.Context, w *World, name string, text Text, asked string, found []E, id func(E) string, detail func(E) Text) (*E, error) {
	if len(found) == 0 {
		return nil, nil
	}
	if i := slices.IndexFunc(found, func(e E) bool { return len(found) == 1 || strings.EqualFold(id(e), strings.TrimSpace(asked)) }); i >= 0 {
		return &found[i], nil
	}
	q := Question{Name: name, Kind: Choose, Text: text, Back: true}
	for _, e := range found {
		q.Choices = append(q.Choices, Choice{ID: id(e), Text: Text{"%s", []any{id(e)}}, Detail: detail(e)})
	}
	a, err := w.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	return &found[slices.IndexFunc(found, func(e E) bool { return id(e) == a.ID })], nil
}
