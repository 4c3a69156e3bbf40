package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"keyrollout/matcher"
)

// Result is what was measured on one set.
type Result struct {
	Name      string
	Protocol  string // in words
	Rates     Rates
	First     *Rates // on sets that draw at random: the first twelve touches enrolled instead; nil elsewhere
	Fingers   []FingerRate
	Baselines []Baseline

	Extract           time.Duration // mean, per picture
	GenuineTime       time.Duration // per comparison of two templates: the mean without the slowest twentieth
	ImpostorTime      time.Duration
	Bytes             int // mean, per template
	Pictures, Refused int
	genuine, impostor []float64
	perFinger         map[string][]float64 // genuine scores of each finger
	quality           []matcher.Quality    // of the pictures that gave a template
	small             bool                 // touches of a small sensor
	practice, guided  bool                 // practice fingers; those of a rehearsal
	timesG, timesI    []time.Duration
}

// FingerRate is how one finger fares: people differ more than engines do.
type FingerRate struct {
	Finger            string
	FNMR              float64 // share of its genuine attempts refused at the set's threshold for FMR 1 %
	Pictures, Refused int
}

// Options say how to run.
type Options struct {
	Workers  int                              // goroutines; the scores do not depend on it, the times do
	Progress func(what string, done, all int) // may be nil; called from one goroutine at a time
	Refuse   bool                             // turn pictures away that matcher.Assess turns away (small sensors only)
}

// Run measures one folder by the protocol that fits it:
//
//   - fewer than 20 touches a finger: full prints, every pair within a finger and every pair across fingers;
//   - 20 to 40 touches: numbers 1 to 12 enrol, the others probe every finger;
//   - more: twelve at random enrol, the others probe every finger, five times over with fixed seeds; once more with the
//     first twelve.
//
// A picture that gives no template scores 0 in all its pairs, unless Refuse says otherwise.
func Run(dir string, o Options) (*Result, error) {
	progress := func(what string) func(done, all int) {
		return func(done, all int) {
			if o.Progress != nil {
				o.Progress(what, done, all)
			}
		}
	}
	prints, err := load(dir, o.Workers, o.Refuse, progress("extracting"))
	if err != nil {
		return nil, err
	}
	r := &Result{Name: filepath.Base(dir), Pictures: len(prints), perFinger: map[string][]float64{}}
	r.look(prints)
	var kept []Print
	for _, p := range prints {
		if p.Template != nil || !o.Refuse {
			kept = append(kept, p)
		}
	}
	fingers := byFinger(kept)
	switch n := len(prints) / max(1, len(byFinger(prints))); {
	case len(fingers) < 2:
		return nil, fmt.Errorf("%s: at least two fingers are needed", dir)
	case n < 20:
		r.Protocol = "every pair of prints"
		r.pairs(kept, o.Workers, progress("comparing"))
	case n <= 40:
		r.Protocol, r.small = "touches 1 to 12 enrol, the others probe", true
		r.enrolled(fingers, firstTwelve, o.Workers, progress("comparing"))
	default:
		r.Protocol, r.small = "twelve random touches enrol, the others probe; five draws", true
		for draw := range 5 {
			r.enrolled(fingers, shuffled(uint64(draw+1)), o.Workers, progress(fmt.Sprintf("draw %d of 5", draw+1)))
		}
		first := &Result{perFinger: map[string][]float64{}}
		first.enrolled(fingers, earliest, o.Workers, progress("first 12"))
		rates := Measure(first.genuine, first.impostor)
		r.First = &rates
	}
	r.finish()
	for _, f := range byFinger(prints) {
		rate := FingerRate{Finger: f[0].Finger, Pictures: len(f)}
		for _, p := range f {
			if p.Template == nil {
				rate.Refused++
			}
		}
		scores := r.perFinger[rate.Finger]
		for _, s := range scores {
			if s < r.Rates.At100 {
				rate.FNMR += 1 / float64(len(scores))
			}
		}
		r.Fingers = append(r.Fingers, rate)
	}
	r.Baselines, err = baselines(dir, r.Name)
	return r, err
}

// look takes down what the pictures are like.
func (r *Result) look(prints []Print) {
	for _, p := range prints {
		r.Extract += p.Took / time.Duration(len(prints))
		if p.Template == nil {
			r.Refused++
			continue
		}
		r.quality = append(r.quality, p.Template.Quality())
		if b, err := p.Template.MarshalBinary(); err == nil {
			r.Bytes += len(b)
		}
	}
	r.Bytes /= max(1, r.Pictures-r.Refused)
}

// finish turns sums into means and scores into rates.
func (r *Result) finish() {
	r.GenuineTime, r.ImpostorTime = typical(r.timesG), typical(r.timesI)
	r.Rates = Measure(r.genuine, r.impostor)
}

// typical is the mean without the slowest twentieth: those were interrupted, and measure what else the machine does.
func typical(times []time.Duration) (mean time.Duration) {
	slices.Sort(times)
	times = times[:len(times)-len(times)/20]
	for _, t := range times {
		mean += t
	}
	return mean / time.Duration(max(1, len(times)))
}

// firstTwelve enrols the touches numbered 1 to 12.
func firstTwelve(f []Print) (enrol, probe []Print) {
	for _, p := range f {
		if p.Number <= 12 {
			enrol = append(enrol, p)
		} else {
			probe = append(probe, p)
		}
	}
	return enrol, probe
}

// earliest enrols the first twelve touches there are, as a person would who is in a hurry.
func earliest(f []Print) (enrol, probe []Print) {
	n := min(12, len(f))
	return f[:n], f[n:]
}

func byFinger(prints []Print) [][]Print {
	var out [][]Print
	for i, p := range prints {
		if i == 0 || p.Finger != prints[i-1].Finger {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// shuffled draws twelve prints of a finger to enrol, by xorshift, so that every run draws the same.
func shuffled(seed uint64) func([]Print) (enrol, probe []Print) {
	next := xorshift(seed)
	return func(f []Print) (enrol, probe []Print) {
		l := append([]Print(nil), f...)
		n := min(12, len(l))
		for k := range n {
			j := k + int(next()%uint64(len(l)-k))
			l[k], l[j] = l[j], l[k]
		}
		return l[:n], l[n:]
	}
}

// xorshift is a source of random numbers that is the same everywhere.
func xorshift(seed uint64) func() uint64 {
	x := seed * 0x9e3779b97f4a7c15
	return func() uint64 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return x
	}
}

// outcome is the score of one comparison.
type outcome struct {
	finger  string // of the probe
	genuine bool
	score   float64
	took    time.Duration
	count   int // templates compared
}

// collect runs n jobs and keeps their outcomes in order.
func (r *Result) collect(n, workers int, progress func(done, all int), job func(i int) []outcome) {
	all := make([][]outcome, n)
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		for k := range n {
			<-done
			progress(k+1, n)
		}
		close(finished)
	}()
	parallel(n, workers, func(i int) {
		all[i] = job(i)
		done <- struct{}{}
	})
	<-finished
	for _, some := range all {
		for _, c := range some {
			if c.genuine {
				r.genuine = append(r.genuine, c.score)
				r.perFinger[c.finger] = append(r.perFinger[c.finger], c.score)
				r.timesG = append(r.timesG, c.took/time.Duration(c.count))
			} else {
				r.impostor = append(r.impostor, c.score)
				r.timesI = append(r.timesI, c.took/time.Duration(c.count))
			}
		}
	}
}

// pairs compares every two prints once.
func (r *Result) pairs(prints []Print, workers int, progress func(done, all int)) {
	r.collect(len(prints), workers, progress, func(i int) []outcome {
		a := prints[i]
		var out []outcome
		for _, b := range prints[i+1:] {
			start := time.Now()
			s := matcher.Compare(a.Template, b.Template)
			out = append(out, outcome{a.Finger, a.Finger == b.Finger, s, time.Since(start), 1})
		}
		return out
	})
}

// enrolled compares every probe with every enrolled finger.
func (r *Result) enrolled(fingers [][]Print, split func([]Print) (enrol, probe []Print), workers int, progress func(done, all int)) {
	type enrolment struct {
		name   string
		finger *matcher.Finger
		views  int
	}
	var known []enrolment
	var probes []Print
	for _, f := range fingers {
		enrol, probe := split(f)
		var views []*matcher.Template
		for _, p := range enrol {
			if p.Template != nil {
				views = append(views, p.Template)
			}
		}
		if finger, err := matcher.NewFinger(views...); err == nil {
			known = append(known, enrolment{f[0].Finger, finger, len(views)})
		}
		probes = append(probes, probe...)
	}
	r.collect(len(probes), workers, progress, func(i int) []outcome {
		p := probes[i]
		var out []outcome
		for _, k := range known {
			start := time.Now()
			s := k.finger.Match(p.Template)
			out = append(out, outcome{p.Finger, p.Finger == k.name, s, time.Since(start), k.views})
		}
		return out
	})
}
