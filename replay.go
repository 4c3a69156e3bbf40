package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keyrollout/graph/practice"
	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/tui"
	"keyrollout/walkthrough"
)

func (a *app) replayCommand() *cobra.Command {
	var update bool
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Play a written rollout in practice, and hold what happens against what it expects",
		Long: `Play a script in a practice of its own, which is thrown away afterwards. The output is the plain dialogue; it is
the same every time. An expectation that is not met ends with file, line and both sides, and exit code 4.

The script language is on one page: walkthrough/README.md. --record writes such a script from a run.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{steps.T("replay takes one script file")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := walkthrough.Load(args[0])
			if err != nil {
				return err
			}
			dialogue, evidence, err := a.play(cmd.Context(), s, a.out)
			if err != nil {
				return err
			}
			if update {
				return os.WriteFile(args[0], s.Update(dialogue, evidence), 0o644)
			}
			return s.Compare(dialogue, evidence)
		},
	}
	cmd.Flags().BoolVar(&update, "update", false, "write what happened into the script as what is expected")
	return cmd
}

// playBuiltIn plays the built-in first rollout: what `make run` does without a terminal.
func (a *app) playBuiltIn(ctx context.Context) error {
	s, err := walkthrough.FirstRollout()
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, a.say(steps.T("No terminal here: this is the built-in first rollout, in a practice of its own. Nothing real changes, and nothing of it is kept.")))
	if lang := a.language(); lang != s.Language {
		s.Language, s.Dialogue, s.Expects = lang, nil, nil // what is expected word by word is in the script's language
	}
	dialogue, evidence, err := a.play(ctx, s, a.out)
	if err != nil {
		return err
	}
	return s.Compare(dialogue, evidence)
}

// play runs a script in a practice of its own and returns what was printed and the evidence.
func (a *app) play(ctx context.Context, s *walkthrough.Script, out io.Writer) (dialogue, evidence string, err error) {
	var printed bytes.Buffer
	shown := &sink{w: out}
	both := io.MultiWriter(&printed, shown)
	say := walkthrough.Speak(s.Language)
	tell := tui.PlainTell(both, say)
	last := ""
	player := walkthrough.NewPlayer(s, both, say, a.env, func(q steps.Question) {
		if q.Kind == steps.Touch && q.Name == last { // touch after touch: the ways to touch are known by now
			tui.PlainPrompt(both, say, q)
			return
		}
		last = q.Name
		tui.PlainQuestion(both, say, q)
	})
	var ev *walkthrough.Evidence
	p, err := openPractice(ctx, practiceOptions{Ask: player, Script: &scripted{s}, Tell: func(e steps.Event) {
		if ev != nil {
			ev.Tell(e)
		}
		tell(e)
	}})
	if err != nil {
		return "", "", err
	}
	defer p.Close()
	ev = walkthrough.NewEvidence("", p.clock.Now)
	if err := steps.Run(p.ctx, p.world, steps.Rollout()); err != nil {
		return "", "", err
	}
	if err := errors.Join(player.Unused(), p.unmetFaults(s), shown.err); err != nil {
		return "", "", err
	}
	b, err := ev.JSON()
	if err != nil {
		return "", "", err
	}
	return printed.String(), string(b), a.keepEvidence(b)
}

// sink remembers that an output failed: the dialogue goes on, and the run ends with the error.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	if _, err := s.w.Write(b); err != nil && s.err == nil {
		s.err = err
	}
	return len(b), nil
}

// unmetFaults is an error for a fault that was asked for and never met.
func (p *practiceRun) unmetFaults(s *walkthrough.Script) error {
	for _, f := range p.faults.Left() {
		if f.Count > 0 {
			return &walkthrough.Error{File: s.Name, Msg: fmt.Sprintf("the fault %q was not met as often as it was asked for", f.String())}
		}
	}
	return nil
}

// keepEvidence writes the evidence where --evidence says.
func (a *app) keepEvidence(b []byte) error {
	if a.evidence == "" {
		return nil
	}
	return state.WriteFile(a.evidence, b)
}

// scripted is what a script says of the practice it plays in.
type scripted struct{ *walkthrough.Script }

// company gives the practice tenant its faults and its beginning.
func (s *scripted) company() (*practice.Faults, *practice.Seed, error) {
	faults := &practice.Faults{}
	for _, f := range s.Faults {
		if err := faults.Add(f); err != nil {
			return nil, nil, &walkthrough.Error{File: s.Name, Msg: err.Error()}
		}
	}
	seed := practice.DefaultCompany()
	seed.Profiles = s.Migrated
	return faults, seed, nil
}

func (a *app) isTerminal() bool {
	return term.IsTerminal(int(a.in.Fd())) && term.IsTerminal(int(a.out.Fd()))
}
