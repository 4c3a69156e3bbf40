package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// meant adds to an error about a command or a flag that there is none like it, the one that was probably meant.
func meant(cmd *cobra.Command, err error) error {
	var near string
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		var names []string
		add := func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		}
		cmd.InheritedFlags().VisitAll(add)
		cmd.LocalFlags().VisitAll(add)
		if near = nearest(name, names); near != "" {
			near = "--" + near
		}
	} else if m := unknownCommand.FindStringSubmatch(err.Error()); m != nil {
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		near = nearest(m[1], names)
	}
	if near == "" && cmd.HasParent() && cmd.HasAvailableSubCommands() {
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		err = fmt.Errorf("%w; behind %s comes one of: %s", err, cmd.CommandPath(), strings.Join(names, ", "))
	}
	if near == "" {
		return usageError{err}
	}
	return usageError{fmt.Errorf("%w: did you mean %s?", err, near)}
}

var unknownCommand = regexp.MustCompile(`^unknown command "([^"]*)"`)

// nearest is the name that takes the fewest slips to become what was typed, at most a third of its letters; "" = none.
func nearest(typed string, names []string) (best string) {
	least := max(len(typed)/3, 1) + 1
	for _, n := range names {
		if d := slips(strings.ToLower(typed), n); d < least {
			least, best = d, n
		}
	}
	return best
}

// slips counts letters left out, added, taken for another, or swapped with the next: the optimal string alignment
// distance (Damerau, 1964).
func slips(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
