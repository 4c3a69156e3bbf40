package steps

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"keyrollout/fido"
	"keyrollout/graph"
	"keyrollout/internal/secret"
)

// World is everything a step can reach. A step that needs something else takes it from here or does without.
type World struct {
	Asker
	Tell    func(Event)
	Tenant  graph.Tenant
	Pages   graph.Pages // nil: the person uses a browser of their own
	Keys    fido.Keys
	Clock   Clock
	Journal *Journal
	// Softkey opens the software key of this user, for who has no key at hand, and the Asker whose hand touches it. Nil
	// where there is none to offer.
	Softkey func(context.Context, Asker) (fido.Keys, Asker, error)
	// Hints are answers to offer where somebody who rehearses cannot know what there is, by the question's name.
	Hints map[string]string
	// Admin is who is signed in: the person at the terminal, an administrator.
	Admin graph.User
	// Org is the tenant.
	Org graph.Organization
	// Back: whoever called Run takes ErrBack from the first question of all. It is returned only while nothing changed.
	Back bool

	reached  []Text                                  // what was read back, for the summary
	changed  []Text                                  // what was done in the step under way
	any      bool                                    // something was done in this run
	rollout  bool                                    // a step is under way: there may be a way back
	stepOne  bool                                    // the rollout has a step 1, in which another person can be chosen
	menu     bool                                    // there is a list to go back to from every question
	trail    Trail                                   // of the questions of this step, since it last changed something
	rechoose bool                                    // the person went back: Plan asks again what it knows already
	returned bool                                    // the person went back: this attempt follows another at once
	letGo    atomic.Pointer[context.CancelCauseFunc] // ends what waits for a touch
	session  fido.Session                            // the visit to the key, from the first time a step needs it
	keyInfo  fido.Info                               // what the key said when the visit began or after it changed
	vanished *fido.Identity                          // the key that went away in the middle of something, until one is there again
	shared   string                                  // the user who may have the key of another: somebody said so
	pin      secret.Secret                           // of that key, for this visit
	pass     secret.Secret                           // the pass issued in this run, until it is used
}

// Clock is the time, real or practised.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx ends. A practice clock may run faster than the one on the wall.
	Sleep(ctx context.Context, d time.Duration) error
}

// Identify asks the tenant who it is and who is signed in, and tells it.
func (w *World) Identify(ctx context.Context) (err error) {
	if w.Org, err = w.Tenant.Organization(ctx); err != nil {
		return err
	}
	if w.Admin, err = w.Tenant.Me(ctx); err != nil {
		return err
	}
	who := or(w.Admin.UPN, w.Admin.Name) // an application has no user principal name
	text := T("%s, signed in as %s.", w.Org.Name, who)
	if w.Org.Practice {
		text = T("%s (practice), signed in as %s.", w.Org.Name, who)
	}
	w.Tell(Event{Name: EventTenant, Text: text,
		Data: TenantState{Name: w.Org.Name, UPN: who, Practice: w.Org.Practice}})
	return nil
}

// Ask puts a question to whoever drives the rollout. Inside a step every question has a way back, to the question before
// it; where the step has changed something since, to a new look at what is left to do. Only a value that is shown once
// has none.
func (w *World) Ask(ctx context.Context, q Question) (Answer, error) {
	if !w.rollout || q.Kind == Show {
		q.Back = q.Back || w.menu && q.Kind != Show
		return w.Asker.Ask(ctx, q)
	}
	q.Back = q.Back || w.trail.Open() || len(w.changed) > 0 || w.leavable()
	return w.trail.Ask(ctx, w.Asker, q)
}

// leavable reports whether the way back leads out of the step: to the list, or to whoever called Run.
func (w *World) leavable() bool { return w.menu || w.Back && !w.any }

// touching runs f, in which the key waits for a touch, and ends it when the person goes back instead. A real key is
// touched without an answer: the question is only there to be left.
func (w *World) touching(ctx context.Context, f func(context.Context) error) error {
	if !w.rollout && !w.menu {
		return f(ctx)
	}
	inside, cancel := context.WithCancelCause(ctx)
	w.letGo.Store(&cancel)
	var asked sync.WaitGroup
	if w.session == nil || !w.session.Device().Software {
		asked.Go(func() {
			_, err := w.Asker.Ask(inside, Question{Name: "touch.wait", Kind: Touch, Text: T("The key waits for a touch."), Back: true})
			if errors.Is(err, ErrBack) || errors.Is(err, ErrQuit) {
				cancel(err)
			}
		})
	}
	err := f(inside)
	why := context.Cause(inside)
	cancel(nil)
	asked.Wait()
	w.letGo.Store(nil)
	if err != nil && ctx.Err() == nil && (errors.Is(why, ErrBack) || errors.Is(why, ErrQuit)) {
		return why
	}
	return err
}

// AtTouch reports whether a step waits for a touch, from which the person can go back.
func (w *World) AtTouch() bool { return w.letGo.Load() != nil }

// LetGo ends the wait for a touch: the person goes back from it.
func (w *World) LetGo() {
	if cancel := w.letGo.Load(); cancel != nil {
		(*cancel)(ErrBack)
	}
}

// Close ends the visit to the key and wipes what was kept in memory.
func (w *World) Close() {
	w.closeKey()
	w.pass.Wipe()
}

func (w *World) done(step string, t Text, facts ...Fact) {
	w.changed, w.any = append(w.changed, t), true
	w.trail.Clear()
	w.Tell(Event{Name: EventDone, Step: step, Text: t, Facts: facts})
}

func (w *World) verified(step string, t Text, facts ...Fact) {
	w.reached = append(w.reached, t)
	w.Tell(Event{Name: EventVerified, Step: step, Text: t, Facts: facts})
}

func (w *World) note(step string, t Text, facts ...Fact) {
	w.Tell(Event{Name: EventNote, Step: step, Text: t, Facts: facts})
}

// solve tells a problem and asks which way to go on; the answer is the id of one of its Next.
func (w *World) solve(ctx context.Context, step string, p *Problem) (string, error) {
	w.Tell(Event{Name: EventProblem, Step: step, Text: p.What, Data: p,
		Facts: []Fact{{"problem", p.Code}}})
	if len(p.Next) == 0 {
		return "", p
	}
	a, err := w.Ask(ctx, Question{Name: "problem." + p.Code, Kind: Choose, Text: T("What now?"), Choices: p.Next})
	if err != nil {
		return "", err
	}
	if a.ID == Leave.ID {
		return "", ErrQuit
	}
	return a.ID, nil
}

// Ways on that many problems share.
var (
	Retry = Choice{ID: "retry", Text: T("try again")}
	Leave = Choice{ID: "leave", Text: T("stop here; go on another time")}
)

// policyTakes is how long Microsoft says that a changed policy may take to be read everywhere.
const policyTakes = 5 * time.Minute

// readBack reads until what was just written shows, for as long as that may take.
func readBack[P any](ctx context.Context, w *World, read func(context.Context) (P, error), took func(P) bool) (P, error) {
	return readSince(ctx, w, w.Clock.Now(), read, took)
}

// readSince is readBack of what was written at then; later than it may take, one read tells.
func readSince[P any](ctx context.Context, w *World, then time.Time, read func(context.Context) (P, error), took func(P) bool) (P, error) {
	const every, limit = 15 * time.Second, policyTakes
	for waited := max(0, w.Clock.Now().Sub(then)); ; waited += every {
		p, err := read(ctx)
		if err != nil || took(p) {
			return p, err
		}
		if waited >= limit {
			return p, &Problem{Code: "policy-not-taken",
				What:  T("What was written does not show when the policy is read back."),
				State: T("The change was accepted %d minutes ago. It may still be on its way, or somebody else changed it.", int(limit.Minutes())),
				Next:  []Choice{Retry, Leave}}
		}
		w.Tell(Event{Name: EventWait, Step: tenantID, Text: T("Waiting until the change shows."),
			Data: Wait{For: T("the policy to reach every server"), Left: int((limit - waited).Seconds())}})
		if err := w.Clock.Sleep(ctx, every); err != nil {
			return p, err
		}
	}
}
