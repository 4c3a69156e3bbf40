package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/fido/softkey"
	"keyrollout/matcher"
	"keyrollout/steps"
)

// servedFace is what a software key shows while other programs use it: its light, what is asked of it and for which
// site, where it is; and what a hand can do to it. As an Asker it puts the key's touches before its own question.
type servedFace struct {
	ask  steps.Asker
	tell func(steps.Event)
	full bool // on the whole screen, where lines go away: it keeps them
	hand *hand
	// failed is told why the store could not be written; nil = nobody is.
	failed func(*steps.Problem)

	mu     sync.Mutex
	turn   *sync.Cond
	busy   bool               // something is asked
	wanted int                // touches that wait to be asked for
	drop   context.CancelFunc // takes the own question back
	out    bool               // unplugged
	where  steps.Text
	about  steps.Text // the request that is being answered
	last   steps.Text // the light
	lines  []faceLine
}

// faceLine is something that was told, and when.
type faceLine struct {
	at   time.Time
	said steps.Text
}

func (l faceLine) text() steps.Text { return steps.T("%s  %s", l.at.Format("15:04:05"), l.said) }

// faceLines is how many of the last requests are seen.
const faceLines = 5

func newServedFace(ctx context.Context, ask steps.Asker, tell func(steps.Event), full bool) *servedFace {
	f := &servedFace{ask: ask, tell: tell, full: full}
	f.turn = sync.NewCond(&f.mu)
	context.AfterFunc(ctx, f.turn.Broadcast)
	return f
}

// said is where the key can be reached.
func (f *servedFace) said(where steps.Text) {
	if !f.full {
		f.tell(steps.Event{Name: steps.EventNote, Text: where})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.where = where
	f.refresh()
}

func (f *servedFace) light(l softkey.Light) {
	e := steps.LightEvent(l.Colour, l.Blink)
	f.tell(e)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = e.Text
	f.refresh()
}

// refresh has the own question put again with what is true now. f.mu is held.
func (f *servedFace) refresh() {
	if f.drop != nil {
		f.drop()
	}
}

// note tells a line, or keeps it for the screen.
func (f *servedFace) note(t steps.Text) {
	if !f.full {
		f.tell(steps.Event{Name: steps.EventNote, Text: t})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.lines); n > 0 && f.lines[n-1].said.String() == t.String() {
		f.lines = f.lines[:n-1] // the same again
	}
	f.lines = append(f.lines, faceLine{time.Now(), t})
	f.lines = f.lines[max(len(f.lines)-faceLines, 0):]
	f.refresh()
}

// log tells what a program asks, and how that ended. What is only looked at is told once.
func (f *servedFace) log(act softkey.Activity) {
	what, quiet := asked(act)
	f.mu.Lock()
	if f.about = what; act.Done {
		f.about = steps.Text{}
	}
	f.mu.Unlock()
	switch {
	case !act.Done && f.full && !quiet, !act.Done && !f.full:
		f.note(steps.T("A program asks: %s.", what))
	case !act.Done:
	case act.Status == 0 && quiet && !f.full:
	case act.Status == 0:
		f.note(steps.T("Done: %s.", what))
	case act.Err != nil:
		f.note(steps.T("Refused: %s: the key's file could not be written: %s. Nothing was changed.", what, act.Err.Err.Error()))
		if f.failed != nil {
			f.failed(&steps.Problem{Code: "softkey-not-written", Err: act.Err, State: steps.T("Nothing was changed."),
				What: steps.T("The software key's file could not be written: %s.", act.Err.Err.Error()),
				Next: []steps.Choice{{ID: "retry", Text: steps.T("make room, or have the place writable, then try again")}}})
		}
	default:
		f.note(steps.T("Refused: %s: %s.", what, fido.Code(act.Status).String()))
	}
}

// subNames are the subcommands that change something or spend a try, as deeds names them; the others look.
var subNames = map[string]map[byte]string{
	"authenticatorClientPIN":            {3: "setPIN", 4: "changePIN", 5: "PIN", 6: "finger", 9: "PIN"},
	"authenticatorBioEnrollment":        {1: "enrol", 2: "enrol", 5: "rename", 6: "remove"},
	"authenticatorCredentialManagement": {6: "delete", 7: "rename"},
	"authenticatorConfig":               {1: "enterpriseAttestation", 2: "alwaysUv", 3: "minPINLength", 4: "longTouchForReset"},
}

// asked says in words what a program asks the key for, and whether it only looks.
func asked(act softkey.Activity) (steps.Text, bool) {
	name := act.Command
	if sub := subNames[name][act.Sub]; sub != "" {
		name += " " + sub
	}
	return deed(share.Activity{Command: name, RPID: share.Site(act.RPID)})
}

// ofTouch adds to the question for a touch what it is for, and which finger touches.
func (f *servedFace) ofTouch(q *steps.Question, finger string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n := len(f.lines); {
	case !f.about.Empty():
		q.Detail = append(q.Detail, steps.T("A program asks: %s.", f.about))
	case n > 0: // the touch before, while a finger is enrolled on the key itself
		q.Detail = append(q.Detail, f.lines[n-1].text())
	}
	fingers := steps.FingerQuestion().Choices
	i := slices.IndexFunc(fingers, func(c steps.Choice) bool { return c.ID == finger })
	for n := range q.Choices {
		if q.Choices[n].ID == "good" && i >= 0 {
			q.Choices[n].Text = steps.T("touch with the %s", fingers[i].Text)
		}
	}
	q.Choices = append(q.Choices, steps.Choice{ID: "finger", Text: steps.T("change the finger")})
}

// pulled: the hand pulls the key out. Where nobody could plug it in again, it comes back by itself.
func (f *servedFace) pulled() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out = f.full; !f.full {
		time.AfterFunc(time.Second, f.hand.key.PlugIn)
	}
}

// Ask puts a question of the hand's, as soon as the one before is answered or taken back.
func (f *servedFace) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	f.mu.Lock()
	f.wanted++
	f.refresh()
	for f.busy {
		f.turn.Wait()
	}
	f.busy = true
	f.mu.Unlock()
	defer f.asked(true)
	return f.ask.Ask(ctx, q)
}

// asked: a question is over.
func (f *servedFace) asked(wanted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy, f.drop = false, nil; wanted {
		f.wanted--
	}
	f.turn.Broadcast()
}

// idle shows the key while nothing is asked of it, and does what the person wants done to it. It ends when the person
// wants no more.
func (f *servedFace) idle(ctx context.Context, key *softkey.Key) error {
	for ctx.Err() == nil {
		id, err := f.own(ctx, key.Profile().Fingers > 0)
		switch {
		case err != nil:
			return err
		case id == "stop":
			return nil
		case id == "plug":
			f.mu.Lock()
			f.out = false
			f.mu.Unlock()
			key.PlugOut()
			key.PlugIn()
			f.note(steps.T("Plugged in."))
		case id == "finger":
			if _, err := f.hand.Ask(ctx, steps.FingerQuestion()); err != nil {
				return err
			}
		case id == "button":
			f.enrolAlone(ctx, key)
		}
	}
	return nil
}

// own puts the face's question until it is answered; "" where something else came in between.
func (f *servedFace) own(ctx context.Context, sensor bool) (string, error) {
	f.mu.Lock()
	for (f.busy || f.wanted > 0) && ctx.Err() == nil {
		f.turn.Wait()
	}
	if ctx.Err() != nil {
		f.mu.Unlock()
		return "", nil
	}
	inside, drop := context.WithCancel(ctx)
	defer drop()
	f.busy, f.drop = true, drop
	q := f.question(sensor)
	f.mu.Unlock()
	defer f.asked(false)
	a, err := f.ask.Ask(inside, q)
	if inside.Err() != nil {
		return "", nil
	}
	return a.ID, err
}

// question is the face. f.mu is held.
func (f *servedFace) question(sensor bool) steps.Question {
	q := steps.Question{Name: "softkey.face", Kind: steps.Choose, Text: f.last}
	if f.out {
		q.Text = steps.T("The key is unplugged.")
	}
	q.Detail = []steps.Text{f.where}
	for _, l := range f.lines {
		q.Detail = append(q.Detail, l.text())
	}
	if len(f.lines) == 0 {
		q.Detail = append(q.Detail, steps.T("Nothing was asked of it yet."))
	}
	plug := steps.T("unplug it and plug it in again")
	if f.out {
		plug = steps.T("plug it in")
	}
	q.Choices = append(q.Choices, steps.Choice{ID: "plug", Text: plug})
	if sensor {
		q.Choices = append(q.Choices, steps.Choice{ID: "button", Text: steps.T("press its button three times: enrol a finger on the key itself")},
			steps.Choice{ID: "finger", Text: steps.T("change the finger that touches")})
	}
	q.Choices = append(q.Choices, steps.Choice{ID: "stop", Text: steps.T("stop serving it")})
	return q
}

// enrolAlone is the enrolment on the key itself, with the person's touches.
func (f *servedFace) enrolAlone(ctx context.Context, key *softkey.Key) {
	err := key.EnrolAlone(ctx, func(v matcher.Verdict, remaining int) {
		verdict, _ := steps.SampleWords(fido.SampleStatus(v))
		f.note(steps.T("Touch: %s. About %d more.", verdict, remaining))
	})
	switch {
	case err == nil:
		f.note(steps.T("A finger was enrolled on the key itself."))
	case errors.Is(err, softkey.ErrOccupied):
		f.note(steps.T("The button does nothing now: a program uses the key, or it is unplugged."))
	case errors.Is(err, softkey.ErrNoRoom):
		f.note(steps.T("There is no room for another finger on the key."))
	case errors.Is(err, softkey.ErrWrongHand):
		f.note(steps.T("The finger was not recognised."))
	default:
		f.note(steps.T("Nobody touched the sensor; nothing was kept."))
	}
}

// script touches by itself: in an order, and then with the right finger whenever the key asks, held where it has to be.
type script struct {
	mu   sync.Mutex
	left []string
}

// touchIDs are the touches of a script, and the fingers: a finger that is named touches from then on.
func touchIDs() (ids []string) {
	for _, t := range touches {
		ids = append(ids, t.choice.ID)
	}
	ids = append(ids, "nobody", "pull")
	for _, c := range steps.FingerQuestion().Choices {
		ids = append(ids, c.ID)
	}
	return ids
}

func touchScript(order []string) (*script, error) {
	for _, id := range order {
		if !slices.Contains(touchIDs(), id) {
			return nil, usageError{steps.T("no touch %q: there are %s", id, strings.Join(touchIDs(), ", "))}
		}
	}
	return &script{left: order}, nil
}

// over reports whether the order is done with, and it touches by itself.
func (s *script) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.left) == 0
}

func (s *script) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == 0 || ctx.Err() != nil {
		return steps.Answer{ID: q.Default}, ctx.Err()
	}
	next := s.left[0]
	has := func(id string) bool {
		return slices.ContainsFunc(q.Choices, func(c steps.Choice) bool { return c.ID == id })
	}
	switch {
	case has(next):
		s.left = s.left[1:]
		return steps.Answer{ID: next}, nil
	case has("finger"): // it is a finger's name: first the finger is changed, by its own question
		return steps.Answer{ID: "finger"}, nil
	}
	return steps.Answer{ID: q.Default}, nil
}
