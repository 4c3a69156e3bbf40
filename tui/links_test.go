package tui

import (
	"strings"
	"testing"

	"keyrollout/steps"
)

// The address of a sign-in is some fifteen lines long. It stands whole on a screen of 80x24, with nothing beside it that
// a selection would take along, also when there is news above it.
func TestALongAddressStandsWhole(t *testing.T) {
	address := "https://login.example.com/authorize?scope=" + strings.Repeat("https%3A%2F%2Fgraph.example-", 41)
	question := steps.Question{Name: "login.page", Kind: steps.Act, ByItself: true, Back: true, Text: steps.T("Open this page."),
		Detail: []steps.Text{steps.T("It comes back here."), {Format: "%s", Args: []any{address}}}}
	for _, news := range []string{"", "What comes next needs more permissions. Sign in once more, and consent to them on the page."} {
		b := newBench(t, 80, 24)
		if news != "" {
			b.tell(steps.EventNote, nil, steps.Text{Format: news})
		}
		b.put(question)
		screen := b.screen()
		if joined := strings.ReplaceAll(screen, "\n", ""); !strings.Contains(joined, address) {
			t.Errorf("the address is not whole:\n%s", screen)
		}
		for _, words := range []string{"Open this page.", "It comes back here.", news, "back"} {
			if flat := strings.Join(strings.Fields(screen), " "); !strings.Contains(flat, words) {
				t.Errorf("%q is not on the screen:\n%s", words, screen)
			}
		}
	}
	b := newBench(t, 44, 14) // where it cannot stand whole, all of it can be scrolled to
	inTenant(b)
	b.put(question)
	b.wantSaid("more lines below")
}
