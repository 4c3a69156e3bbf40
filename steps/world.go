package steps

import (
	"keyrollout/fido"
	"keyrollout/graph"
)

// World is everything a step can reach.
type World struct {
	Asker
	Tell   func(Event)
	Tenant graph.Tenant
	Pages  graph.Pages // nil: the person uses a browser of their own
	Keys   fido.Keys
}
