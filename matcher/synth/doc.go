// Package synth makes practice fingers: ridge patterns that never belonged to anyone, pressed on a small sensor.
//
// A finger comes from a seed alone; the same seed gives the same bytes on every machine. It is made in the steps of
// SFinGe (Cappelli, "Synthetic Fingerprint Generation", in the Handbook of Fingerprint Recognition):
//
//   - plan.go lays out the Henry class, the cores and deltas, the flow of the ridges and the distance between them;
//   - grow.go lets ridges grow from a few spots by filtering again and again along that flow; minutiae arise where
//     growing ridges meet out of step. That is the master print, made once and kept;
//   - press.go presses it on a sensor: shifted, turned, stretched, harder or softer, dry or wet, with noise.
//
// Practice fingers rehearse enrolment and test plumbing. The matcher is never tuned on them: they are easier than
// real fingers in some ways and harder in others (facts/fingerprints.md, section 7).
package synth
