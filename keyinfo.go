package main

import (
	"context"
	"fmt"

	"keyrollout/steps"
	"keyrollout/tui"
)

func (a *app) keyInfo(ctx context.Context, path string, asJSON bool) error {
	s, err := a.openOne(ctx, path)
	if err != nil {
		return problemOr(steps.WithRule(path, err))
	}
	defer s.Close()
	k, err := steps.FactsOf(ctx, s)
	if err != nil {
		return problemOr(err)
	}
	if asJSON {
		return writeJSON(a.out, k)
	}
	for _, l := range k.Describe() {
		fmt.Fprintf(a.out, "%s %s\n", tui.Pad(a.say(l[0]), 14), a.say(l[1]))
	}
	return nil
}
