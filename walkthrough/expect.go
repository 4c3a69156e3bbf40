package walkthrough

import (
	"fmt"
	"strings"
)

// Compare holds what was printed and found against what the script expects. The error names the line of the script
// and both sides.
func (s *Script) Compare(dialogue, evidence string) error {
	if err := s.inOrder(dialogue); err != nil {
		return err
	}
	if err := s.whole("dialogue", s.Dialogue, dialogue); err != nil {
		return err
	}
	return s.whole("evidence", s.Evidence, evidence)
}

// inOrder finds the pieces of text that have to come, each after the one before.
func (s *Script) inOrder(dialogue string) error {
	rest := dialogue
	for _, e := range s.Expects {
		i := strings.Index(rest, e.Text)
		if i < 0 {
			return &Error{File: s.Name, Line: e.Line, Msg: "this did not come, or not in this order", Want: e.Text, Got: nearest(rest, e.Text)}
		}
		rest = rest[i+len(e.Text):]
	}
	return nil
}

// nearest is the line that shares most words with what was expected: usually the one that was changed.
func nearest(text, want string) string {
	best, most := "nothing like it", 0
	for line := range strings.Lines(text) {
		n := 0
		for _, w := range strings.Fields(want) {
			if strings.Contains(line, w) {
				n++
			}
		}
		if n > most {
			best, most = strings.TrimSpace(line), n
		}
	}
	return best
}

func (s *Script) whole(what string, want *Section, got string) error {
	if want == nil || want.Text == got {
		return nil
	}
	w, g := strings.Split(want.Text, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := at(w, i), at(g, i)
		if a != b {
			return &Error{File: s.Name, Line: want.Line + i, Msg: "the " + what + " differs here", Want: a, Got: b}
		}
	}
	return nil
}

func at(lines []string, i int) string {
	if i >= len(lines) || i == len(lines)-1 && lines[i] == "" {
		return "(the end)"
	}
	return lines[i]
}

// Update writes the script with what was printed and found in place of what it expected; its commands stay as they
// are, remarks included.
func (s *Script) Update(dialogue, evidence string) []byte {
	head, _, _ := strings.Cut("\n"+string(s.raw), "\n-- ")
	head = strings.TrimPrefix(head, "\n")
	return fmt.Appendf(nil, "%s\n-- dialogue --\n%s-- evidence --\n%s", strings.TrimRight(head, "\n")+"\n", dialogue, evidence)
}
