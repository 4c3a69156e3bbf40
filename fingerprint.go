package main

import (
	"context"
	"errors"
	"fmt"
	stdimage "image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keyrollout/matcher"
	"keyrollout/matcher/bench"
	"keyrollout/steps"
)

func (a *app) fingerprintCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "fingerprint", Short: "Look into the software key's fingerprint matcher, and measure it", Args: noArgs,
		Long: `Look into the matcher that opens the software key. Real keys have one of their own and never show a finger.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	var out string
	show := &cobra.Command{Use: "show IMAGE", Short: "What every stage of the matcher sees in a picture", Args: words(1),
		Long: `Show what every stage of the matcher sees in a picture of a finger (PNG, JPEG or PGM): on the terminal, and as a PNG a
stage in a directory. The last picture is what a template reveals.`,
		RunE: func(_ *cobra.Command, args []string) error { return a.showFinger(args[0], out) }}
	show.Flags().StringVar(&out, "out", "", "write the PNGs to `DIR` (default: the picture's name with -stages)")
	match := &cobra.Command{Use: "match A B", Short: "Are these two pictures of one finger? The score, and what it rests on", Args: words(2),
		Long: `Compare two pictures of fingers: the score, what spoke for it and against it, where the ridges run in step, and the
minutiae that meet. With --out every step is drawn: the minutiae that look alike, the squares in step, one print laid on the
other, and the pairs joined.`,
		RunE: func(_ *cobra.Command, args []string) error { return a.matchFingers(args[0], args[1], out) }}
	match.Flags().StringVar(&out, "out", "", "draw the steps of the comparison as PNGs in `DIR`")
	var b benchOptions
	measure := &cobra.Command{Use: "bench DIR...", Short: "Measure the matcher on databases of fingerprints",
		Long: `Measure the matcher on folders of pictures named FINGER_TOUCH.png, by the protocol that fits each: every pair for full
prints (FVC), twelve enrolled touches for small sensors. Baselines in a folder "baseline" beside them are printed too.
--practice N measures N practice fingers by the same protocols, and tells how like the folders' real ones they are.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && b.practice == 0 {
				return usageError{steps.T("bench takes one folder or more")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.benchFingers(cmd.Context(), args, b) }}
	f := measure.Flags()
	f.BoolVar(&b.refuse, "refuse", false, "leave out touches that an enrolment would refuse (small sensors)")
	f.BoolVar(&b.histogram, "histogram", false, "draw the scores of genuine and impostor pairs side by side")
	f.BoolVar(&b.thresholds, "thresholds", false, "what each threshold would accept and refuse, all sets together")
	f.BoolVar(&b.strain, "strain", false, "re-image full prints as other sensors would, and measure each way (takes minutes)")
	f.IntVar(&b.practice, "practice", 0, "measure `N` practice fingers as well")
	f.IntVar(&b.workers, "workers", runtime.NumCPU(), "how many `N` at once; times are per core only with 1")
	cmd.AddCommand(show, match, measure)
	return cmd
}

// readFinger reads a picture file.
func readFinger(path string) (matcher.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return matcher.Image{}, err
	}
	defer f.Close()
	img, err := matcher.Decode(f)
	if err != nil {
		return matcher.Image{}, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

func (a *app) showFinger(path, dir string) error {
	img, err := readFinger(path)
	if err != nil {
		return err
	}
	stages, q, err := matcher.Stages(img)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if dir == "" {
		dir = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + "-stages"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, s := range stages {
		if err := writePNG(filepath.Join(dir, s.Name+".png"), s.Image.Gray()); err != nil {
			return err
		}
		a.out.fact(17, s.Name, a.say(steps.Text{Format: s.What, Args: s.Args}))
	}
	if a.isTerminal() {
		fmt.Fprint(a.out, img.Braille(70))
	}
	fmt.Fprintln(a.out, a.say(steps.T("Quality %d of 100. The pictures are in %s; they show a finger, so they were written for you alone.", q.Score, dir)))
	return nil
}

func writePNG(path string, img stdimage.Image) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = f.Chmod(0o600) // a file that was there before may have been open to others
	if err == nil {
		err = png.Encode(f, img)
	}
	return errors.Join(err, f.Close())
}

func (a *app) matchFingers(pathA, pathB, dir string) error {
	var t [2]*matcher.Template
	var pictures [2]matcher.Image
	for i, path := range []string{pathA, pathB} {
		img, err := readFinger(path)
		if err != nil {
			return err
		}
		pictures[i] = img
		if t[i], err = matcher.Extract(img); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	e := matcher.Explain(t[0], t[1])
	verdict := steps.T("not the same finger, as far as these pictures tell")
	if e.Score >= matcher.Threshold {
		verdict = steps.T("the same finger")
	}
	fmt.Fprintln(a.out, a.say(steps.T("score %.1f (opens at %.1f): %s", e.Score, float64(matcher.Threshold), verdict)))
	fmt.Fprintln(a.out, a.say(steps.T("turned %.0f degrees, stretched %.0f %%; ridges in step in %d of %d squares", e.Rotation, e.Stretch*100, e.InStep, e.OutOf)))
	fmt.Fprintln(a.out, a.say(steps.T("for it: ridges in step %+.1f, minutiae that meet %+.1f; against it: squares out of step %+.1f, strain %+.1f",
		e.Clear, e.Minutiae, e.Failed, e.Strained)))
	if m := e.Map(); m != "" {
		fmt.Fprintln(a.out, a.say(steps.T("squares of 24 px: o in step, x out of step, . ridges in one print only")))
		for line := range strings.Lines(m) {
			fmt.Fprint(a.out, "  "+line)
		}
	}
	for _, p := range e.Pairs {
		kind := steps.T("ends")
		if p.Split {
			kind = steps.T("splits")
		}
		fmt.Fprintln(a.out, a.say(steps.T("  a ridge %s at %d,%d and at %d,%d", kind, p.AX, p.AY, p.BX, p.BY)))
	}
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, v := range e.Views(pictures[0], pictures[1]) {
		if err := writePNG(filepath.Join(dir, v.Name+".png"), v.Image); err != nil {
			return err
		}
		a.out.fact(13, v.Name, a.say(steps.Text{Format: v.What}))
	}
	fmt.Fprintln(a.out, a.say(steps.T("The pictures are in %s; they show fingers, so they were written for you alone.", dir)))
	return nil
}

// benchOptions are what a measurement shows besides the table.
type benchOptions struct {
	refuse, histogram, thresholds, strain bool
	practice, workers                     int
}

func (a *app) benchFingers(ctx context.Context, dirs []string, b benchOptions) error {
	if b.strain {
		return a.strainFingers(ctx, dirs, b)
	}
	var results []*bench.Result
	for _, dir := range dirs {
		r, err := unlessEnded(ctx, func() (*bench.Result, error) {
			return bench.Run(dir, bench.Options{Workers: b.workers, Refuse: b.refuse, Progress: a.progress(ctx, filepath.Base(dir))})
		})
		if err != nil {
			a.endProgress()
			if len(results) > 0 { // minutes of measuring are not thrown away for a later folder
				bench.WriteTable(a.out, results)
			}
			return err
		}
		results = append(results, r)
	}
	if b.practice > 0 {
		practised, err := unlessEnded(ctx, func() ([]*bench.Result, error) {
			return bench.Practice(b.practice, bench.Options{Workers: b.workers, Progress: a.progress(ctx, "practice fingers")}), nil
		})
		if err != nil {
			a.endProgress()
			return err
		}
		results = append(results, practised...)
	}
	a.endProgress()
	bench.WriteTable(a.out, results)
	if b.thresholds {
		fmt.Fprintln(a.out)
		bench.WritePoints(a.out, results, 4, 6, 8, 10, 12, 14, 16, 20)
	}
	if b.histogram {
		for _, r := range results {
			fmt.Fprintf(a.out, "\n%s\n", r.Name)
			r.Histogram(a.out)
		}
	}
	if b.practice > 0 {
		bench.WriteLikeness(a.out, results)
	}
	return nil
}

// strainFingers measures folders under every strain of package bench.
func (a *app) strainFingers(ctx context.Context, dirs []string, b benchOptions) error {
	for _, dir := range dirs {
		r, err := unlessEnded(ctx, func() ([]bench.Strained, error) {
			return bench.RunStrains(dir, bench.Options{Workers: b.workers, Progress: a.progress(ctx, filepath.Base(dir))})
		})
		a.endProgress()
		if err != nil {
			return err
		}
		bench.WriteStrained(a.out, r)
	}
	return nil
}

// unlessEnded waits for a measurement, but not longer than until ctx ends: it has nothing to tidy up, so it may be left
// behind by a program that ends.
func unlessEnded[T any](ctx context.Context, measure func() (T, error)) (T, error) {
	var r T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, err = measure()
	}()
	select {
	case <-done:
		return r, err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// progress is a bar on standard error, where that is a terminal; once ctx has ended it is silent.
func (a *app) progress(ctx context.Context, name string) func(what string, done, all int) {
	if !a.onTerminal() {
		return nil
	}
	return func(what string, done, all int) {
		if ctx.Err() != nil {
			return
		}
		columns, _, err := term.GetSize(int(a.err.Fd()))
		if err != nil || columns < 1 {
			columns = 80
		}
		fmt.Fprint(a.err, "\r\x1b[K"+progressLine(name, what, done, all, columns))
	}
}

// progressLine fits into less than so many columns: what wraps cannot be wiped again. The bar gives way first, then the
// name.
func progressLine(name, what string, done, all, columns int) string {
	end := fmt.Sprintf("%-11s %d/%d", what, done, all)
	if room := columns - 1 - len(name) - 2 - len(end); room >= 8 {
		wide := min(30, room-3)
		n := wide * done / max(1, all)
		end = fmt.Sprintf("%-11s [%s%s] %d/%d", what, strings.Repeat("#", n), strings.Repeat(".", wide-n), done, all)
	} else if room < 0 {
		name = name[:max(0, len(name)+room)]
	}
	line := name + "  " + end
	return line[:max(0, min(len(line), columns-1))]
}

// endProgress takes the bar away.
func (a *app) endProgress() {
	if a.onTerminal() {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
}

func (a *app) onTerminal() bool { return term.IsTerminal(int(a.err.Fd())) && a.env("TERM") != "dumb" }
