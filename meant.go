package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyrollout/steps"
)

// meant is an error about a flag, in the reader's words, with the flag that was probably meant.
func meant(cmd *cobra.Command, err error) error {
	var (
		none    *pflag.NotExistError
		lacking *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &none) && none.GetSpecifiedShortnames() == "":
		var names []string
		add := func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		}
		cmd.InheritedFlags().VisitAll(add)
		cmd.LocalFlags().VisitAll(add)
		near := nearest(none.GetSpecifiedName(), names)
		if near != "" {
			near = "--" + near
		}
		return suggesting(cmd, steps.T("unknown flag: --%s", none.GetSpecifiedName()), near)
	case errors.As(err, &none):
		return suggesting(cmd, steps.T("unknown flag: -%s", none.GetSpecifiedName()), "")
	case errors.As(err, &lacking):
		return usageError{steps.T("--%s needs a value behind it", lacking.GetFlag().Name)}
	case errors.As(err, &invalid):
		name, value := invalid.GetFlag().Name, invalid.GetValue()
		if kind := numberWanted(invalid.Unwrap()); !kind.Empty() {
			return usageError{steps.T("--%s takes %s, not \"%s\"", name, kind, value)}
		}
		return usageError{steps.T("--%s does not take \"%s\": %s", name, value, inWords(invalid.Unwrap()))}
	}
	return usageError{steps.T("%s", err.Error())}
}

// unknownCommand is a word that is none of a command's own, with the one that was probably meant.
func unknownCommand(cmd *cobra.Command, word string) error {
	return suggesting(cmd, steps.T("unknown command \"%s\"", word), nearest(word, available(cmd)))
}

func suggesting(cmd *cobra.Command, what steps.Text, near string) error {
	switch {
	case near == "" && cmd.HasParent() && cmd.HasAvailableSubCommands():
		what = steps.T("%s; behind %s comes one of: %s", what, cmd.CommandPath(), strings.Join(available(cmd), ", "))
	case near != "":
		what = steps.T("%s: did you mean %s?", what, near)
	}
	return usageError{what}
}

func available(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// inWords is why something is not so: this program's own words, which can be translated, or the system's.
func inWords(err error) any {
	switch e := err.(type) { // not what it wraps: that would lose what it adds
	case wordsError:
		return e.Text
	case usageError:
		return e.Text
	}
	return err.Error()
}

// numberWanted is what a flag takes that was given something else to read; nothing where that is not why.
func numberWanted(err error) steps.Text {
	var e *strconv.NumError
	switch {
	case !errors.As(err, &e):
		return steps.Text{}
	case errors.Is(e, strconv.ErrRange):
		return steps.T("a smaller number")
	case e.Func == "ParseBool":
		return steps.T("true or false")
	}
	return steps.T("a whole number")
}

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
