package matcher_test

import (
	"math"
	"strings"
	"testing"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// Every stage can be looked at, and what an explanation says is what Compare says.
func TestLooking(t *testing.T) {
	f := synth.New(8)
	a, b := f.Touch(0), f.Touch(1)
	stages, q, err := matcher.Stages(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 12 || q.Minutiae < 5 || q.Score < 50 {
		t.Errorf("%d stages, quality %+v", len(stages), q)
	}
	for _, s := range stages {
		if len(s.Image.Pix) != s.Image.W*s.Image.H || s.Image.W < 100 || s.Name == "" || s.What == "" {
			t.Errorf("stage %q: %dx%d with %d bytes", s.Name, s.Image.W, s.Image.H, len(s.Image.Pix))
		}
	}
	ta, err := matcher.Extract(a)
	if err != nil {
		t.Fatal(err)
	}
	tb, err := matcher.Extract(b)
	if err != nil {
		t.Fatal(err)
	}
	e, back := matcher.Explain(ta, tb), matcher.Explain(tb, ta)
	if e.Score != matcher.Compare(ta, tb) || len(e.Pairs) < 3 || e.InStep > e.OutOf || back.Rotation != -e.Rotation {
		t.Errorf("%+v, turned round %+v", e, back)
	}
	for i, p := range e.Pairs {
		if q := back.Pairs[i]; p.AX != q.BX || p.BY != q.AY {
			t.Errorf("pair %d: %v, turned round %v", i, p, q)
		}
	}
	if sum := e.Clear + e.Failed + e.Strained + e.Minutiae; math.Abs(sum-e.Score) > 1e-9 || len(e.Alike) < 3 {
		t.Errorf("parts %v, score %v; %d alike", sum, e.Score, len(e.Alike))
	}
	for _, ex := range []matcher.Explanation{e, back} {
		views := ex.Views(a, b)
		if len(views) != 4 {
			t.Fatalf("%d views", len(views))
		}
		for _, v := range views {
			if v.Image.Bounds().Dx() < 100 || v.Name == "" || v.What == "" {
				t.Errorf("view %q: %v", v.Name, v.Image.Bounds())
			}
		}
		if m := ex.Map(); strings.Count(m, "o") != ex.InStep || strings.Count(m, "x") != ex.OutOf-ex.InStep {
			t.Errorf("%d of %d in step, and drawn\n%s", ex.InStep, ex.OutOf, m)
		}
	}
	text := a.Braille(60)
	if lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n"); len(lines) != 30 || len([]rune(lines[0])) != 60 {
		t.Errorf("%d lines of %d", len(lines), len([]rune(lines[0])))
	}
	if none := (matcher.Image{}).Braille(60) + a.Braille(0); none != "" {
		t.Errorf("nothing drawn as %q", none)
	}
	if e := matcher.Explain(nil, ta); e.Score != 0 || len(e.Pairs) != 0 || e.Map() != "" || len(e.Views(a, b)) != 1 {
		t.Errorf("nothing explained as %+v", e)
	}
	if matcher.Verdict(-1).String() != matcher.Verdict(99).String() || matcher.TooSkewed.String() != "too skewed" {
		t.Error("verdicts have the wrong words")
	}
}
