// Package steps is what a rollout is: the four documented steps from passwords to security keys in Microsoft Entra ID,
// the engine that runs them, the questions they ask, the events they tell, the problems they meet, and the journal.
//
// A newcomer starts at Step, then reads the four steps from top to bottom: tenant.go, key.go, registration.go,
// signin.go. The package knows neither the screen, nor scripts, nor the Graph SDK, nor C: it reaches the outside
// through one value, World.
package steps

import "context"

// Step is one of the four steps.
type Step struct {
	ID   string // tenant, key, registration, signin
	Name Text

	// Check only reads: done, needed, or blocked and why.
	Check func(context.Context, *World) (Finding, error)
	// Plan says what Apply would change: from, to, and what it does to people. It asks what it has to know.
	Plan func(context.Context, *World) (Plan, error)
	// Apply is the only one that may change anything.
	Apply func(context.Context, *World) error
	// Verify reads back by another road than Apply wrote.
	Verify func(context.Context, *World) error
}

// Finding is what Check found.
type Finding struct {
	State State  // Done, Pending (needed) or Blocked
	Text  Text   // one line
	Facts []Text // what was seen, a line each
}

// Change is one field of a plan.
type Change struct {
	Group    Text // e.g. "Passkey (FIDO2) policy"
	Field    Text // e.g. "attestation enforced"
	From, To Text
}
