package steps

// Event is something that happened or was found. Text says all of it in one line, for the plain dialogue, screen
// readers and the log; Data is the same for a screen that draws. Facts are what evidence may keep: nothing else of an
// event is ever written down.
type Event struct {
	Name  string // stable: see the constants
	Step  string // id of the step, or ""
	Text  Text
	Data  any
	Facts []Fact
}

// Fact is one line of evidence.
type Fact struct{ Name, Value string }

// Names of events, each with the type of its Data.
const (
	EventTenant   = "tenant"   // TenantState: whose tenant this is
	EventStep     = "step"     // StepState: a step begins, is done, is blocked
	EventFinding  = "finding"  // Finding: what Check found
	EventPlan     = "plan"     // Plan: what Apply would change
	EventDone     = "done"     // nil: one thing has been done
	EventVerified = "verified" // nil: one thing has been read back
	EventNote     = "note"     // nil: worth knowing
	EventKey      = "key"      // KeyState: the key in use, its PIN, its fingers
	EventLED      = "led"      // LED: what the key's light shows now
	EventEnrol    = "enrol"    // Enrolment: an enrolment begins, or goes on after a touch
	EventPicture  = "picture"  // Picture: a practice finger's print
	EventProblem  = "problem"  // *Problem
	EventWait     = "wait"     // Wait: something takes a while
	EventProof    = "proof"    // Proof: the state of the sign-in check
	EventSummary  = "summary"  // Summary: the end of a run, complete or not
)

// TenantState names the tenant and the person signed in.
type TenantState struct {
	Name, UPN string
	Practice  bool
}

// State of a step.
type State int

const (
	Pending State = iota
	Active
	Done
	Blocked
	Skipped
)

// StepState is the new state of one step.
type StepState struct {
	ID     string
	State  State
	Person string // whose key the step deals with; empty where that is not chosen, or not the step's business
}

// Plan is what would change, and what that does to people.
type Plan struct {
	Title   Text
	Changes []Change
	People  []Text // what it does to people, a line each
	Needs   []Text // permission, role, time it takes
}

// KeyState is the key in use.
type KeyState struct {
	Model         string
	Path          string
	Software      bool
	PINSet        bool
	PINTries      int
	Fingers       int  // -1 = not told before the PIN is
	FingersMax    int  // 0 = not told
	AttestationOK bool // on Microsoft's list of models accepted under enforced attestation
}

// LED is what the key's light does. Colour is one of blue, green, red, cyan, white, off.
type LED struct {
	Colour  string
	Blink   bool
	Meaning Text
}

// Enrolment is one finger being enrolled. Touch 0 = it begins.
type Enrolment struct {
	Finger    string
	Touch     int // touches so far, refused ones too
	Good      int
	Remaining int
	OK        bool   // the last touch counted
	Verdict   Text   // of the last touch
	Advice    Text   // what to do on the next
	History   []bool // one per touch: counted or not
}

// Picture is a practice finger's print, gray, ridges dark. A real key never shows one.
type Picture struct {
	Pix  []byte
	W, H int
	Good bool
}

// Wait is something that takes time. Left is a guess in seconds; 0 = not known.
type Wait struct {
	For  Text
	Left int
}

// Proof is the state of the sign-in check, one line a part.
type Proof struct {
	User  string
	Parts []ProofPart
	Limit Text // what the proof cannot tell
}

// ProofPart is one part of the proof.
type ProofPart struct {
	Text   Text
	Detail Text
	State  State
}

// Summary ends a run.
type Summary struct {
	Complete bool
	Done     []Text
	Open     []Text
	Evidence string // path of the evidence file, "" = none
	Resume   Text   // how to go on
}
