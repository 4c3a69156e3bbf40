// Package tui is the screen: the wizard, one Bubble Tea model, and the plain dialogue for screen readers, pipes and
// terminals that cannot draw. Both are a steps.Asker and draw what steps.Event says; neither knows what a rollout is.
//
// A newcomer starts at wizard.go (what runs beside what), then model.go (what the screen knows), press.go (what a key
// does), scene.go (what an event does), then view.go and body.go (what stands where). There is a file for each kind of
// question (question_*.go) and for each thing that is drawn (plan.go, enrol.go, proof.go, problem.go, summary.go). The
// plain dialogue is plain.go.
//
// The rules of this screen:
//
//   - One thing to do at a time. Where one stands is on the second line, the next keys are on the last line, always.
//   - What will happen to people stands on the screen before anything happens.
//   - Nothing is taken for a yes: Enter takes a default only where the question has one, named risks are typed in
//     words, the end of the input is an error.
//   - A question that appears by itself takes no key until the fingers have been quiet for a moment (grace.go).
//   - Nothing moves by itself but the clock of something that takes time, once a second, and not with --still.
//   - Meaning is never in colour alone, and never in the braille picture alone: there is always a word.
//   - Every glyph drawn here is one cell wide in every terminal: ASCII, ✓ ✗ ▸ ◉ ░ and braille. No emoji, no boxes. Large
//     letters alone are half blocks, where Options.Blocks says that those are one cell wide too (plate.go).
//   - What cannot be seen is not answered: where there is no room to draw, keys only leave.
//   - Keys are named in lower case, everywhere as on the line of keys: enter, esc, ctrl+c, pgdn.
//   - No input or output in Update; the engine runs beside the model and never waits for the terminal (queue.go).
//   - Text from outside (names of people, of groups, of keys) is cleaned of control characters before it is drawn.
//   - Secrets are typed unseen and shown in one place only, alone, until Enter. They are in no summary and no log.
//   - What was done, what was not, and how to go on stays in the terminal after leaving.
//   - Every fixed word goes through steps.T, literally, so that it can be translated.
package tui
