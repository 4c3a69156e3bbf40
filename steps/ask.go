package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrollout/internal/secret"
)

// Asker puts questions to whoever drives the rollout: a person in the wizard, a person in the plain dialogue, or a
// script. Ask blocks until there is an answer or ctx ends. The answer has been held against the question: a choice is
// one of the choices, a line has passed Check, typed words are the words asked for.
//
// Ask may be called while the engine waits inside a key operation (the key asks for a touch); it is never called twice
// at once.
type Asker interface {
	Ask(ctx context.Context, q Question) (Answer, error)
}

var (
	// ErrQuit: the person wants to leave. What was done stays done; the journal knows.
	ErrQuit = errors.New("the person left")
	// ErrDeclined is ErrQuit of who said no where nothing had been sent yet.
	ErrDeclined = fmt.Errorf("%w: the answer was no", ErrQuit)
	// ErrBack: the person wants to see the question before this one again.
	ErrBack = errors.New("back")
	// ErrNoAnswer: the input ended, or the script has no answer. Never taken for a yes.
	ErrNoAnswer = errors.New("no answer")
)

// Kind is how a question is answered.
type Kind int

const (
	Choose  Kind = iota // one of Choices
	Confirm             // yes or no; Default "yes", "no" or none
	Line                // a line of text; Default is offered
	Secret              // a PIN or a pass, not echoed, never recorded
	Typed               // Word has to be typed letter by letter: for named risks
	Touch               // the key waits for a touch; Choices are the practice touches, none for a real key
	Act                 // something is to be done by hand (insert a key, open a page); answered when done
	Show                // Value is shown once and taken away; answered when seen
)

// Question is one thing asked. Name never changes between versions: scripts answer by it.
type Question struct {
	Name    string // e.g. "tenant.group"
	Kind    Kind
	Text    Text   // the question, one line
	Detail  []Text // what one should know to answer, a line each
	Choices []Choice
	Default string        // what Enter takes; empty = Enter alone takes nothing
	Word    string        // Typed: what to type
	Risk    string        // Typed: the named risk a script accepts instead of typing, e.g. "lock-out-keys"
	Twice   bool          // Secret: asked twice, must agree
	Back    bool          // ErrBack is understood
	Value   secret.Secret // Show: what is shown once. Act: what is typed somewhere else, a sign-in code
	// ByItself: Act. What is waited for is noticed without an answer; the question is only there to be left.
	ByItself bool

	Check       func(string) *Problem        // Line: nil = fine
	CheckSecret func(secret.Secret) *Problem // Secret: nil = fine
}

// offering makes a choice the default, if it is one of the choices.
func (q Question) offering(id string) Question {
	if slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.ID == id }) {
		q.Default = id
	}
	return q
}

// Choice is one answer to choose.
type Choice struct {
	ID     string // stable; what a script writes
	Text   Text
	Detail Text
}

// Answer is what came back. ID is the id of the choice, the line, "yes" or "no", or "done"; Secret is set for Secret.
type Answer struct {
	ID     string
	Secret secret.Secret
}
