package steps

// Problem is an error told to a person: what happened, in what state things are now, and what to do next.
type Problem struct {
	Code      string // stable, for scripts, e.g. "pin-wrong"
	What      Text
	State     Text
	Do        []Text   // how to mend it, a line each; what is to be copied is indented and never broken
	Next      []Choice // what can be done now; the ids are what a script answers. Empty = only leaving
	RequestID string   // of Microsoft's side, for a support case
	Err       error    // the cause
}

func (p *Problem) Error() string { return p.Code + ": " + p.What.String() }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }
