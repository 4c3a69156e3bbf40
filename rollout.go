package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/tui"
	"keyrollout/walkthrough"
)

// rollout runs steps in a world and keeps the evidence.
func (a *app) rollout(ctx context.Context, w *steps.World, rollout []steps.Step) error {
	return a.evidenced(w, func() error { return steps.Run(ctx, w, rollout) })
}

// evidenced keeps the evidence of what run does in a world.
func (a *app) evidenced(w *steps.World, run func() error) error {
	now := w.Clock.Now
	if c, ok := w.Clock.(*practiceClock); ok {
		now = c.Stamp
	}
	ev := walkthrough.NewEvidence(version, now)
	shown := w.Tell
	var kept error
	w.Tell = func(e steps.Event) {
		ev.Tell(e)
		if sum, ok := e.Data.(steps.Summary); ok {
			sum.Evidence, kept = a.writeEvidence(ev, now())
			e.Data = sum
		}
		shown(e)
	}
	err := run()
	if err == nil {
		err = kept
	}
	return err
}

// writeEvidence writes the evidence beside the state, or where --evidence says.
func (a *app) writeEvidence(ev *walkthrough.Evidence, at time.Time) (string, error) {
	b, err := ev.JSON()
	if err != nil {
		return "", err
	}
	path := a.evidence
	if path == "" {
		dir, err := a.stateDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(dir, "evidence")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
		path = filepath.Join(dir, at.UTC().Format("20060102T150405Z")+".json")
	}
	if err := state.WriteFile(path, b); err != nil {
		return "", wordsError{steps.T("the evidence was not written: %s", err.Error())}
	}
	return path, nil
}

// recording runs r and writes the script that would replay it, where --record asks for one. Whatever the person does
// is heard, a touch of the practice key too.
func (a *app) recording(r tui.Run) tui.Run {
	if a.record == "" {
		return r
	}
	return func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
		rec := walkthrough.NewRecorder(ask)
		err := r(ctx, rec, tell)
		if werr := state.WriteFile(a.record, rec.Script("Recorded")); werr != nil && err == nil {
			err = wordsError{steps.T("the script was not written: %s", werr.Error())}
		}
		return err
	}
}

// checkOutputs finds out before a run whether what it leaves can be written.
func (a *app) checkOutputs(cmd *cobra.Command, _ []string) error {
	for _, path := range []string{a.record, a.evidence} {
		if path == "" {
			continue
		}
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			return usageError{steps.T("%s is a directory; a file is wanted", path)}
		}
		if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
			return usageError{steps.T("%s cannot be written: there is no directory %s", path, filepath.Dir(path))}
		}
	}
	return nil
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "doctor", Short: "What this machine can and cannot do, and what to do about it", Args: noArgs,
		Long: `Look at what this machine can do for keyrollout: libfido2, the permissions on a key's device file, the terminal,
SSH, the network, the place where state is kept. Nothing is changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), asJSON) }}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for a program")
	return cmd
}
