package tui

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

var address = regexp.MustCompile(`https://[!-~]+`)

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
