package steps

import (
	"time"

	"github.com/google/uuid"
)

// Wish is what the rollout is to reach, chosen once and kept in the journal. It holds no secrets.
type Wish struct {
	Who         string        `json:"who,omitempty"` // a group id, or graph.AllUsers; empty = not chosen yet
	WhoName     string        `json:"whoName,omitempty"`
	KeepRules   bool          `json:"keepRules,omitempty"` // leave attestation and key restrictions as they are
	Models      []uuid.UUID   `json:"models,omitempty"`    // empty = any model
	Attestation bool          `json:"attestation,omitempty"`
	Road        Road          `json:"road,omitempty"`
	User        string        `json:"user,omitempty"` // id of the first person
	UserUPN     string        `json:"userUPN,omitempty"`
	UserName    string        `json:"userName,omitempty"`
	Lifetime    time.Duration `json:"lifetime,omitempty"` // of the pass
	Once        bool          `json:"once,omitempty"`     // the pass works once
}

// Road is how a person comes to register a key: the three roads of step 3.
type Road string

const (
	RoadMFA    Road = "mfa"    // 3a: in Security info, after the sign-in they have today
	RoadPass   Road = "pass"   // 3b: in Security info, with a Temporary Access Pass
	RoadBehalf Road = "behalf" // 3c: an administrator registers the key through Graph
)
