package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrollout/graph"
	"keyrollout/internal/secret"
)

// Handovers are sealed hand-overs, one a person. What was put there survives a crash, whole or not at all.
type Handovers interface {
	Has(u graph.User) bool
	// Put seals text and keeps it.
	Put(u graph.User, text secret.Secret) error
}

// HandoverWish says for whom and what kind of pass.
type HandoverWish struct {
	Users    []string // ids or user principal names
	Lifetime time.Duration
	Once     bool
	Replace  bool // take away passes that people have already
}

// Handover is what became of one person.
type Handover struct {
	User    string        // as it was named
	State   HandoverState // issued, there, refused
	Reason  Text          // why it was refused or passed over
	Code    string        // of the refusal, for programs
	Expires time.Time     // issued
}

// HandoverState is what became of one person.
type HandoverState string

const (
	HandoverIssued  HandoverState = "issued"
	HandoverThere   HandoverState = "there"   // an earlier run has issued it; nothing was asked of the tenant
	HandoverRefused HandoverState = "refused" // this person got none; the others go on
)

const handoverStep = "handover"

// HandOver issues a pass to each of many people and seals it at once. It may be run again after any interruption, with
// the same journal: who has a hand-over is passed over, and a pass whose answer or hand-over was lost is revoked before
// a new one is issued, so that nobody ever has two and none is loose.
//
// It ends early where going on makes no sense: the tenant is silent, a hand-over cannot be kept, the sign-in is over.
// What was reached until then is returned with the error.
func HandOver(ctx context.Context, w *World, wish HandoverWish, to Handovers) ([]Handover, error) {
	policy, err := w.Tenant.PassPolicy(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case !policy.Enabled:
		return nil, passesOff()
	case wish.Lifetime != 0 && (wish.Lifetime < policy.Minimum || wish.Lifetime > policy.Max):
		return nil, wrongMinutes(policy)
	}
	wish.Once = wish.Once || policy.Once
	blocks, err := w.bootstrapBlocks(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		w.note(tenantID, b)
	}
	var out []Handover
	seen := map[string]bool{}
	for i, name := range wish.Users {
		w.Tell(Event{Name: EventWait, Text: T("%d of %d: %s", i+1, len(wish.Users), name), Data: Wait{For: T("%d of %d: %s", i+1, len(wish.Users), name)}})
		h, err := w.handOver(ctx, wish, name, seen, to)
		if err != nil && goesOn(err) {
			p := ProblemOf(err)
			h, err = Handover{State: HandoverRefused, Reason: p.What, Code: p.Code}, nil
		}
		if err != nil {
			return out, err
		}
		h.User = name
		out = append(out, h)
	}
	return out, nil
}

// goesOn reports whether a failure is about one person only: 400, 403 and 404, or what was found out before asking.
func goesOn(err error) bool {
	var g *graph.Error
	if errors.As(err, &g) {
		return slices.Contains([]int{400, 403, 404}, g.Status)
	}
	var p *Problem
	return errors.As(err, &p) && p.Code != handoverFailed
}

const handoverFailed = "handover-not-kept"

func (w *World) handOver(ctx context.Context, wish HandoverWish, name string, seen map[string]bool, to Handovers) (Handover, error) {
	u, err := w.Tenant.User(ctx, name)
	if err != nil {
		return Handover{}, err
	}
	what := "pass/" + u.ID // every person has their own line of intents
	before, unsettled := w.Journal.Unsettled(handoverStep, what)
	switch _, issued := w.Journal.Last(handoverStep, what); {
	case seen[u.ID]:
		return Handover{State: HandoverThere, Reason: T("named twice")}, nil
	case to.Has(u):
		seen[u.ID] = true
		if unsettled { // it ended between keeping the hand-over and saying so
			err = w.Journal.Result(handoverStep, what, u.ID)
		}
		return Handover{State: HandoverThere, Reason: T("the hand-over is there")}, err
	case issued && !unsettled:
		return Handover{State: HandoverThere, Reason: T("was handed over before; another one:  keyrollout pass issue %s", u.UPN)}, nil
	}
	seen[u.ID] = true
	if _, _, err := w.passFor(ctx, u.ID); err != nil {
		return Handover{}, err
	}
	have, err := w.Tenant.Passes(ctx, u.ID)
	if err != nil {
		return Handover{}, err
	}
	if unsettled {
		if have, err = w.takeBack(ctx, u, what, before, have); err != nil {
			return Handover{}, err
		}
	}
	old := ""
	if i := slices.IndexFunc(have, func(p graph.Pass) bool { return p.Usable }); i >= 0 && !wish.Replace {
		return Handover{}, &Problem{Code: "pass-there", State: tenantUnchanged,
			What: T("%s has a pass already, issued %s; --replace takes it away.", u.Name, have[i].Created.Local().Format("2006-01-02 15:04"))}
	}
	if len(have) > 0 {
		old = have[0].ID // one pass a person
	}
	return w.issueSealed(ctx, wish, u, what, old, to)
}

// issueSealed issues one pass and keeps it sealed. Between the intent and the result the journal names the person as
// unsettled, with the pass that stood before.
func (w *World) issueSealed(ctx context.Context, wish HandoverWish, u graph.User, what, old string, to Handovers) (Handover, error) {
	if err := w.Journal.Intend(handoverStep, what, old); err != nil {
		return Handover{}, err
	}
	p, err := w.Tenant.IssuePass(ctx, u.ID, graph.PassRequest{Lifetime: wish.Lifetime, Once: wish.Once})
	if err != nil {
		return Handover{}, w.settleHandover(ctx, u, what, old, err)
	}
	defer p.Value.Wipe()
	text := handoverText(w, u, p)
	defer text.Wipe()
	if err := to.Put(u, text); err != nil {
		stands := T("The pass of %s was revoked: nobody has it. Everybody before has theirs.", u.Name)
		if rerr := w.Tenant.RevokePass(ctx, u.ID, p.ID); rerr != nil {
			stands = T("The pass of %s could not be revoked either; the next run does it first. Nobody has it.", u.Name)
		} else if jerr := w.Journal.Failed(handoverStep, what, u.ID); jerr != nil {
			return Handover{}, jerr
		}
		return Handover{}, &Problem{Code: handoverFailed, What: T("The hand-over cannot be kept: %s.", err.Error()), State: stands, Err: err,
			Next: []Choice{{ID: "again", Text: T("make room, then run the same command again: it goes on where it stopped")}}}
	}
	if err := w.Journal.Result(handoverStep, what, u.ID); err != nil {
		return Handover{}, err
	}
	return Handover{State: HandoverIssued, Expires: p.Start.Add(p.Lifetime)}, nil
}

// settleHandover finds out what became of a pass whose answer was lost, and revokes one that was made.
func (w *World) settleHandover(ctx context.Context, u graph.User, what, old string, err error) error {
	var g *graph.Error
	if !errors.As(err, &g) || !g.Unknown {
		if ctx.Err() != nil {
			return err // the request may have left: unsettled, and the journal says so
		}
		return errors.Join(err, w.Journal.Failed(handoverStep, what, u.ID))
	}
	now, rerr := w.Tenant.Passes(ctx, u.ID)
	if rerr != nil {
		return err
	}
	if _, rerr := w.takeBack(ctx, u, what, Entry{ID: old, Time: w.Journal.now()}, now); rerr != nil {
		return err
	}
	return &Problem{Code: "pass-answer-lost", What: T("The answer with the pass of %s was lost on the way; nobody saw it, and it does not exist any more. Run the command again.", u.Name), State: tenantUnchanged}
}

// takeBack revokes a pass that an intent made and nobody saw, and settles the intent. A pass that stood before, or that
// was made a good while later, is somebody else's and stays.
func (w *World) takeBack(ctx context.Context, u graph.User, what string, intent Entry, now []graph.Pass) (left []graph.Pass, err error) {
	const late = 15 * time.Minute // longer than any request lives, and room for clocks that differ
	for _, p := range now {
		if p.ID == intent.ID || p.Created.Sub(intent.Time).Abs() > late {
			left = append(left, p)
			continue
		}
		if err := w.Tenant.RevokePass(ctx, u.ID, p.ID); err != nil && !graph.NotFound(err) {
			return nil, err
		}
		w.note(tenantID, T("A pass of %s that nobody saw has been revoked.", u.Name))
	}
	return left, w.Journal.Failed(handoverStep, what, u.ID)
}

// handoverText is what the operator gives to the person.
func handoverText(w *World, u graph.User, p graph.Pass) secret.Secret {
	var b []byte
	line := func(format string, args ...any) { b = fmt.Appendf(b, format+"\n", args...) }
	line("%s: Temporary Access Pass for %s (%s)", strings.TrimSpace(w.Org.Name), u.Name, u.UPN)
	line("")
	p.Value.Use(func(v []byte) { b = append(append(append(make([]byte, 0, 2048), b...), v...), '\n') }) // room for all of it: nothing is copied about
	line("")
	line("Good from %s until %s.", p.Start.UTC().Format("2006-01-02 15:04 MST"), p.Start.Add(p.Lifetime).UTC().Format("2006-01-02 15:04 MST"))
	if p.Once {
		line("It is good for one sign-in; register the key within ten minutes of it.")
	}
	line("Open https://aka.ms/mysecurityinfo , sign in with it, and add the security key as a sign-in method.")
	return secret.New(b)
}
