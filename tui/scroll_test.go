package tui

import (
	"strings"
	"testing"

	"keyrollout/steps"
)

// Whoever scrolls through a plan on a small screen sees every line of it, and is told as long as there is more.
func TestScrollingPassesNothingOver(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {60, 16}, {50, 16}, {44, 14}, {80, 20}} {
		b := newBench(t, size[0], size[1])
		inTenant(b)
		var p steps.Plan
		words := "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima"
		for w := range strings.FieldsSeq(words) {
			p.Changes = append(p.Changes, steps.Change{Group: steps.T("Policy"), Field: steps.T("%s", w), From: steps.T("off"), To: steps.T("on")})
		}
		p.People = []steps.Text{steps.T("Nobody notices.")}
		b.tell(steps.EventPlan, p)
		b.put(steps.Question{Kind: steps.Choose, Text: steps.T("Go ahead?"), Choices: []steps.Choice{{ID: "yes", Text: steps.T("yes, do this")}, {ID: "no", Text: steps.T("no")}}})
		seen := b.screen()
		for strings.Contains(b.screen(), "more lines below (pgdn)") {
			before := b.screen()
			if !strings.Contains(before, "pgdn more") {
				t.Errorf("%v: the key is not named:\n%s", size, before)
			}
			b.press("pgdown")
			if b.screen() == before {
				t.Fatalf("%v: more is promised, and does not come:\n%s", size, before)
			}
			seen += b.screen()
		}
		for w := range strings.FieldsSeq(words) {
			if !strings.Contains(seen, w) {
				t.Errorf("%v: %q was never seen", size, w)
			}
		}
	}
}
