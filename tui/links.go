package tui

import (
	"regexp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

var (
	address      = regexp.MustCompile(`https://[!-~]+`)
	wholeAddress = regexp.MustCompile(`^https?://[!-~]+$`)
)

// wide is the address of a question that is too long for a line of the screen. It stands below everything else, from the
// first column to the last, so that what is selected with the mouse holds nothing but the address and line breaks, which
// browsers drop; clicked, every line of it is the whole.
func (m *model) wide(h int) (address string, lines []string) {
	if m.ask == nil || m.page != nil || m.hold || !m.stopping.Empty() {
		return "", nil
	}
	for _, t := range m.ask.p.Detail {
		a := m.say(t)
		if ansi.StringWidth(a) <= m.brush().w || !isAddress(a) {
			continue
		}
		for l := range slices.Chunk([]byte(a), m.w) {
			lines = append(lines, ansi.SetHyperlink(a)+string(l)+ansi.ResetHyperlink())
		}
		if len(lines) <= h-leastAbove {
			return a, lines
		}
	}
	return "", nil
}

// leastAbove is how many lines a question and what there is to know of it need above a long address.
const leastAbove = 4

func isAddress(s string) bool { return wholeAddress.MatchString(s) }

// linked makes the addresses of a text that stand whole on one of its lines something to click on, in terminals that
// know how. The address stays readable in all others.
func linked(line, text string) string {
	if !strings.Contains(line, "https://") {
		return line
	}
	for _, a := range address.FindAllString(text, -1) {
		a = strings.TrimRight(a, ".,;:!?)\"'")
		line = strings.Replace(line, a, ansi.SetHyperlink(a)+a+ansi.ResetHyperlink(), 1)
	}
	return line
}
