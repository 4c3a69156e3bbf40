package steps

import (
	"context"
	"errors"
	"slices"
)

// Rollout is the four steps in their order.
func Rollout() []Step {
	return []Step{TenantStep(), KeyStep(), RegistrationStep(), SignInStep()}
}

// Run takes a rollout from where the world stands to its end: for each step it looks, says what would change, asks,
// applies, and reads back. It returns nil when all steps are done, ErrQuit when the person left, and the context's
// error when it was cut off. The summary is told in every case.
//
// Run may be started again after any end, a crash included: a step that is done is found done.
func Run(ctx context.Context, w *World, rollout []Step) error {
	var sum Summary
	err := w.begin(ctx)
	if err != nil {
		return err
	}
	w.stepOne = rollout[0].ID == tenantID
	begun, untouched := len(w.Journal.entries), false
	for i := 0; i < len(rollout); i++ {
		s := rollout[i]
		err = runStep(ctx, w, s)
		if errors.Is(err, errStepOne) {
			// The first is active before the others are pending again: a step that is left is the end of a run to a screen.
			w.Tell(Event{Name: EventStep, Step: rollout[0].ID, Data: StepState{ID: rollout[0].ID, State: Active}})
			for _, later := range rollout[1 : i+1] {
				w.Tell(Event{Name: EventStep, Step: later.ID, Data: StepState{ID: later.ID, State: Pending}})
			}
			w.reached, w.rechoose, i = nil, true, -1
			continue
		}
		if errors.Is(err, ErrBack) { // nothing was done: the caller goes on as if this had not begun
			w.Tell(Event{Name: EventStep, Step: s.ID, Data: StepState{ID: s.ID, State: Pending}})
			return err
		}
		if err != nil {
			// Said only where it is certain: no change was begun, not even one whose answer was lost. What is done to a key
			// leaves no intent.
			untouched = s.ID == tenantID && !w.any && errors.Is(err, ErrQuit) &&
				!slices.ContainsFunc(w.Journal.entries[begun:], func(e Entry) bool { return e.Kind == EntryIntent })
			for _, rest := range rollout[i:] {
				sum.Open = append(sum.Open, rest.Name)
			}
			w.Tell(Event{Name: EventStep, Step: s.ID, Data: StepState{ID: s.ID, State: Blocked},
				Text: T("%s: stopped before it was done.", s.Name)})
			break
		}
	}
	sum.Done = w.reached
	if err != nil {
		sum.Done = slices.Concat(w.reached, w.changed) // of the step that was stopped: done all the same
	}
	sum.Complete = err == nil
	text := T("All four steps are done.")
	if sum.Complete {
		sum.Resume = w.whatNext()
	}
	if !sum.Complete {
		text = T("Stopped. What was done stays done.")
		sum.Resume = T("Start keyrollout again: it looks at the tenant and the key, and goes on where they stand.")
	}
	if untouched {
		text = T("Stopped. Nothing was changed.")
		sum.Resume = T("Nothing was changed. Start keyrollout again: it looks at the tenant and the key, and goes on where they stand.")
	}
	w.Tell(Event{Name: EventSummary, Text: text, Data: sum})
	return err
}

// whatNext says how it goes on after the end: a rehearsal with the real thing, a rollout with the next person.
func (w *World) whatNext() Text {
	switch {
	case w.Tenant == nil:
		return Text{}
	case w.Org.Practice:
		return T("That was practice: nothing real changed. For real, start keyrollout and choose \"My organisation\".")
	}
	return T("Next: a second key for %s, for the day this one is lost; then the next person. Start keyrollout again for either.", w.Journal.Wish().UserName)
}

// begin learns whose tenant this is. A failure is told like any other, and tried again when asked.
func (w *World) begin(ctx context.Context) error {
	for w.Tenant != nil && w.Org.ID == "" {
		err := w.Identify(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p := ProblemOf(err)
		if p == nil {
			return err
		}
		if _, err := w.solve(ctx, "", p); err != nil {
			return err
		}
	}
	return nil
}

func runStep(ctx context.Context, w *World, s Step) error {
	w.changed, w.trail, w.rollout = nil, Trail{}, true
	defer func() { w.rollout = false }()
	if err := w.enter(s, Active); err != nil {
		return err
	}
	for {
		err := attempt(ctx, w, s)
		if err == nil {
			return w.enter(s, Done)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !errors.Is(err, ErrBack) {
			err = w.overcome(ctx, s, err)
		}
		if errors.Is(err, ErrBack) {
			err = w.goBack()
		}
		if err != nil {
			return err
		}
	}
}

// overcome tells a problem and follows the way on that was chosen: a new attempt, which begins by looking again.
func (w *World) overcome(ctx context.Context, s Step, err error) error {
	p := ProblemOf(err)
	if p == nil {
		return err
	}
	switch p.Code {
	case "key-gone": // the line to it is dead, whoever plugs it in again
		w.loseKey()
	case "wrong-key":
		w.closeKey()
	}
	way, err := w.solve(ctx, s.ID, p)
	if err != nil {
		return err
	}
	if way == toStepOne.ID {
		return errStepOne
	}
	w.trail.Clear()
	w.rechoose = way == "change"
	if way == "reset" {
		return Visit(ctx, w, ResetKey)
	}
	return nil
}

// goBack prepares a new attempt that ends at the question before the one that was left. Where something was changed in
// this step, the new attempt finds what is left to do.
func (w *World) goBack() error {
	switch {
	case w.trail.Back():
	case len(w.changed) == 0 && w.leavable():
		return ErrBack
	}
	w.rechoose, w.returned = len(w.trail.again) > 0, true
	return nil
}

// toStepOne is the way out of a refusal that only another choice in step 1 can end.
var toStepOne = Choice{ID: "step-one", Text: T("go back to step 1 and choose there which keys are accepted")}

func attempt(ctx context.Context, w *World, s Step) error {
	f, err := s.Check(ctx, w)
	w.returned = false
	if err != nil {
		return err
	}
	w.Tell(Event{Name: EventFinding, Step: s.ID, Text: f.Text, Data: f})
	if f.State == Done {
		w.reached = append(w.reached, f.Text)
		return nil
	}
	if err := w.choose(ctx, s); err != nil {
		return err
	}
	if err := s.Apply(ctx, w); err != nil {
		return err
	}
	return s.Verify(ctx, w)
}

var (
	// errChange: the person wants to choose differently, from the first question on.
	errChange = errors.New("choose differently")
	// errStepOne: what was chosen for the organisation stands in the way of a later step.
	errStepOne = errors.New("choose in step 1 anew")
	// errAgain: Plan has prepared the trail itself, to be run again along it.
	errAgain = errors.New("choose again")
)

// choose plans with the person until they agree. Going back among the questions needs no new look: what was found when
// the step was looked at is a moment old.
func (w *World) choose(ctx context.Context, s Step) error {
	for {
		plan, err := s.Plan(ctx, w)
		if err == nil {
			err = w.agree(ctx, s, plan)
		}
		switch {
		case errors.Is(err, errChange):
			w.trail.Clear()
			w.rechoose = true
		case errors.Is(err, errAgain),
			errors.Is(err, ErrBack) && (w.trail.Back() || !w.leavable()):
			w.rechoose = true
		default:
			w.rechoose = false
			return err
		}
	}
}

// agree shows the plan and asks before anything changes.
func (w *World) agree(ctx context.Context, s Step, p Plan) error {
	if s.ID == tenantID && len(p.Changes) == 0 { // there is nothing to say yes to
		w.note(s.ID, T("Nothing changes in the tenant."))
		return nil
	}
	w.Tell(Event{Name: EventPlan, Step: s.ID, Text: p.Title, Data: p})
	q := Question{Name: s.ID + ".go", Kind: Choose, Text: T("Go ahead?"), Choices: []Choice{
		{ID: "yes", Text: T("yes, do this")},
		{ID: "change", Text: T("no, choose differently")},
		Leave,
	}}
	name := w.Journal.Wish().UserName
	if w.stepOne && s.ID != tenantID && w.Journal.unregistered() {
		q.Choices = slices.Insert(q.Choices, 2, Choice{ID: "person", Text: T("no, this key is not for %s: choose another person", name)})
	}
	q.Back = s.ID == tenantID // what was chosen in an earlier run can be chosen anew
	if !q.Back && !w.trail.Open() {
		q.Choices = slices.Delete(q.Choices, 1, 2) // there was nothing to choose
	}
	a, err := w.Ask(ctx, q)
	switch {
	case err != nil:
		return err
	case a.ID == "change":
		return errChange
	case a.ID == "person":
		if err := w.Journal.NextPerson(); err != nil {
			return err
		}
		return errStepOne
	case a.ID == Leave.ID:
		return ErrQuit
	}
	return nil
}

func (w *World) enter(s Step, state State) error {
	names := map[State]string{Active: "active", Done: "done"}
	text := T("Step: %s.", s.Name)
	if state == Done {
		text = T("%s: done.", s.Name)
	}
	var of string
	if s.ID != tenantID { // where step 1 has chosen the person
		of = w.Journal.Wish().UserName
	}
	if s.ID == keyID && state == Active && of != "" {
		text = T("Step: %s, for %s (%s).", s.Name, of, w.Journal.Wish().UserUPN)
	}
	w.Tell(Event{Name: EventStep, Step: s.ID, Data: StepState{ID: s.ID, State: state, Person: of}, Text: text,
		Facts: []Fact{{"step", s.ID}, {"state", names[state]}}})
	return w.Journal.Write(Entry{Kind: EntryStep, Step: s.ID, What: names[state]})
}
