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
	for i, s := range rollout {
		if err = runStep(ctx, w, s); err != nil {
			for _, rest := range rollout[i:] {
				sum.Open = append(sum.Open, rest.Name)
			}
			w.Tell(Event{Name: EventStep, Step: s.ID, Data: StepState{s.ID, Blocked},
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
	if !sum.Complete {
		text = T("Stopped. What was done stays done.")
		sum.Resume = T("Start keyrollout again: it looks at the tenant and the key, and goes on where they stand.")
	}
	w.Tell(Event{Name: EventSummary, Text: text, Data: sum})
	return err
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
	w.changed = nil
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
		w.rechoose = errors.Is(err, ErrBack)
		if w.rechoose {
			continue
		}
		p := ProblemOf(err)
		if p == nil {
			return err
		}
		if p.Code == "key-gone" || p.Code == "wrong-key" {
			w.closeKey() // the line to it is dead, whoever plugs it in again; or another key is wanted
		}
		// The way on that was chosen is a new attempt: it begins by looking again.
		way, err := w.solve(ctx, s.ID, p)
		if err != nil {
			return err
		}
		w.rechoose = way == "change"
		if way == "reset" {
			if err := Visit(ctx, w, ResetKey); err != nil {
				return err
			}
		}
	}
}

func attempt(ctx context.Context, w *World, s Step) error {
	f, err := s.Check(ctx, w)
	if err != nil {
		return err
	}
	w.Tell(Event{Name: EventFinding, Step: s.ID, Text: f.Text, Data: f})
	if f.State == Done {
		w.reached = append(w.reached, f.Text)
		return nil
	}
	plan, err := s.Plan(ctx, w)
	if err != nil {
		return err
	}
	if err := w.agree(ctx, s, plan); err != nil {
		return err
	}
	if err := s.Apply(ctx, w); err != nil {
		return err
	}
	return s.Verify(ctx, w)
}

// agree shows the plan and asks before anything changes.
func (w *World) agree(ctx context.Context, s Step, p Plan) error {
	w.Tell(Event{Name: EventPlan, Step: s.ID, Text: p.Title, Data: p})
	a, err := w.Ask(ctx, Question{Name: s.ID + ".go", Kind: Choose, Back: true,
		Text: T("Go ahead?"),
		Choices: []Choice{
			{ID: "yes", Text: T("yes, do this")},
			{ID: "change", Text: T("no, choose differently")},
			Leave,
		}})
	switch {
	case err != nil:
		return err
	case a.ID == "change":
		return ErrBack
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
	w.Tell(Event{Name: EventStep, Step: s.ID, Data: StepState{s.ID, state}, Text: text,
		Facts: []Fact{{"step", s.ID}, {"state", names[state]}}})
	return w.Journal.Write(Entry{Kind: EntryStep, Step: s.ID, What: names[state]})
}
