package main

import (
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
	match := &cobra.Command{Use: "match A B", Short: "Are these two pictures of one finger? The score, and the paired minutiae", Args: words(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.matchFingers(args[0], args[1]) }}
	var refuse bool
	var workers int
	measure := &cobra.Command{Use: "bench DIR...", Short: "Measure the matcher on databases of fingerprints",
		Long: `Measure the matcher on folders of pictures named FINGER_TOUCH.png, by the protocol that fits each: every pair for full
prints (FVC), twelve enrolled touches for small sensors. Baselines in a folder "baseline" beside them are printed too.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("bench takes one folder or more")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.benchFingers(args, workers, refuse) }}
	measure.Flags().BoolVar(&refuse, "refuse", false, "leave out touches that an enrolment would refuse (small sensors)")
	measure.Flags().IntVar(&workers, "workers", runtime.NumCPU(), "how many `N` at once; times are per core only with 1")
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
		if err := writePNG(filepath.Join(dir, s.Name+".png"), s.Image); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%-16s %s\n", s.Name, s.What)
	}
	if a.isTerminal() {
		fmt.Fprint(a.out, braille(stages[4].Image, 60))
	}
	fmt.Fprintln(a.out, a.say(steps.T("Quality %d of 100. The pictures are in %s; they show a finger, so they were written for you alone.", q.Score, dir)))
	return nil
}

func writePNG(path string, img matcher.Image) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = png.Encode(f, &stdimage.Gray{Pix: img.Pix, Stride: img.W, Rect: stdimage.Rect(0, 0, img.W, img.H)})
	return errors.Join(err, f.Close())
}

// braille draws a picture with 2x4 dots a cell, at most width cells wide: bright is a dot.
func braille(img matcher.Image, width int) string {
	step := max(1, (img.W+2*width-1)/(2*width))
	w, h := img.W/step/2, img.H/step/4
	bits := [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
	var b strings.Builder
	for cy := range h {
		for cx := range w {
			cell := rune(0x2800)
			for dy := range 4 {
				for dx := range 2 {
					if img.Pix[(cy*4+dy)*step*img.W+(cx*2+dx)*step] > 150 {
						cell |= bits[dy][dx]
					}
				}
			}
			b.WriteRune(cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (a *app) matchFingers(pathA, pathB string) error {
	var t [2]*matcher.Template
	for i, path := range []string{pathA, pathB} {
		img, err := readFinger(path)
		if err != nil {
			return err
		}
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
	for _, p := range e.Pairs {
		kind := steps.T("ends")
		if p.Split {
			kind = steps.T("splits")
		}
		fmt.Fprintln(a.out, a.say(steps.T("  a ridge %s at %d,%d and at %d,%d", kind, p.AX, p.AY, p.BX, p.BY)))
	}
	return nil
}

func (a *app) benchFingers(dirs []string, workers int, refuse bool) error {
	var results []*bench.Result
	for _, dir := range dirs {
		r, err := bench.Run(dir, bench.Options{Workers: workers, Refuse: refuse, Progress: a.progress(filepath.Base(dir))})
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	if a.onTerminal() {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	bench.WriteTable(a.out, results)
	return nil
}

// progress is a bar on standard error, where that is a terminal.
func (a *app) progress(name string) func(what string, done, all int) {
	if !a.onTerminal() {
		return nil
	}
	return func(what string, done, all int) {
		const wide = 30
		n := wide * done / max(1, all)
		fmt.Fprintf(a.err, "\r\x1b[K%s  %-11s [%s%s] %d/%d", name, what, strings.Repeat("#", n), strings.Repeat(".", wide-n), done, all)
	}
}

func (a *app) onTerminal() bool { return term.IsTerminal(int(a.err.Fd())) && a.env("TERM") != "dumb" }
