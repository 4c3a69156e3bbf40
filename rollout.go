package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/walkthrough"
)

// rollout runs steps in a world, keeps the evidence, and records where that was asked for.
func (a *app) rollout(ctx context.Context, w *steps.World, rollout []steps.Step) error {
	ev := walkthrough.NewEvidence(version, w.Clock.Now)
	shown := w.Tell
	var kept error
	w.Tell = func(e steps.Event) {
		ev.Tell(e)
		if sum, ok := e.Data.(steps.Summary); ok {
			sum.Evidence, kept = a.writeEvidence(ev, w)
			e.Data = sum
		}
		shown(e)
	}
	var rec *walkthrough.Recorder
	if a.record != "" {
		rec = walkthrough.NewRecorder(w.Asker)
		w.Asker = rec
	}
	err := steps.Run(ctx, w, rollout)
	if rec != nil {
		if rerr := state.WriteFile(a.record, rec.Script(fmt.Sprintf("Recorded in %s", w.Org.Name))); err == nil {
			err = rerr
		}
	}
	if err == nil {
		err = kept
	}
	return err
}

// writeEvidence writes the evidence beside the state, or where --evidence says.
func (a *app) writeEvidence(ev *walkthrough.Evidence, w *steps.World) (string, error) {
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
		path = filepath.Join(dir, w.Clock.Now().UTC().Format("20060102T150405Z")+".json")
	}
	return path, state.WriteFile(path, b)
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
