package walkthrough

import (
	"encoding/json"
	"sync"
	"time"

	"keyrollout/steps"
)

// Evidence is what a run may leave behind: the facts that events name for it, and nothing else. It holds no PIN, no
// pass, no token and no challenge, because no fact does.
type Evidence struct {
	Tool     string     `json:"tool"`
	Version  string     `json:"version,omitempty"`
	Tenant   string     `json:"tenant"`
	Practice bool       `json:"practice"`
	By       string     `json:"by,omitempty"`
	Started  time.Time  `json:"started"`
	Ended    time.Time  `json:"ended"`
	Complete bool       `json:"complete"`
	Facts    []Evident  `json:"facts"`
	mu       sync.Mutex `json:"-"`
	now      func() time.Time
}

// Evident is one fact, with the step and the event it came from.
type Evident struct {
	Time  time.Time `json:"time"`
	Step  string    `json:"step,omitempty"`
	Event string    `json:"event"`
	Name  string    `json:"name"`
	Value string    `json:"value"`
}

// NewEvidence begins to collect.
func NewEvidence(version string, now func() time.Time) *Evidence {
	return &Evidence{Tool: "keyrollout", Version: version, now: now, Started: stamp(now())}
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Tell takes the facts of an event. It may be called from any goroutine.
func (e *Evidence) Tell(ev steps.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch d := ev.Data.(type) {
	case steps.TenantState:
		e.Tenant, e.Practice, e.By = d.Name, d.Practice, d.UPN
	case steps.Summary:
		e.Complete, e.Ended = d.Complete, stamp(e.now())
	}
	for _, f := range ev.Facts {
		e.Facts = append(e.Facts, Evident{stamp(e.now()), ev.Step, ev.Name, f.Name, f.Value})
	}
}

// JSON is the evidence as it is written: indented, with a newline at the end.
func (e *Evidence) JSON() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := json.MarshalIndent(e, "", "  ")
	return append(b, '\n'), err
}
