package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteLikeness tells how like real fingers the practice fingers among the results are: the quantiles of all sets side
// by side, how far the practice set lies from each real one beside how far these lie from one another, and a plot of
// the scores. Full prints and small sensors are told apart. The touches of a careful hand are left out, for no real set
// was made so.
func WriteLikeness(w io.Writer, results []*Result) {
	for _, small := range []bool{false, true} {
		var practice *Result
		var real []*Result
		for _, r := range results {
			switch {
			case r.small != small || r.guided:
			case r.practice:
				practice = r
			default:
				real = append(real, r)
			}
		}
		if practice != nil {
			fmt.Fprintln(w)
			writeQuantiles(w, append(slices.Clip(real), practice))
			if len(real) > 0 {
				fmt.Fprintln(w)
				writeDistances(w, practice, real)
			}
			fmt.Fprintln(w)
			writePlot(w, practice, Merge("real", real))
		}
	}
}

// looks are the things in which sets are compared, each with its sample.
var looks = []struct {
	name   string
	sample func(r *Result) []float64
}{
	{"genuine", func(r *Result) []float64 { return r.genuine }},
	{"impostor", func(r *Result) []float64 { return r.impostor }},
	{"minutiae", func(r *Result) (out []float64) {
		for _, q := range r.quality {
			out = append(out, float64(q.Minutiae))
		}
		return out
	}},
	{"quality", func(r *Result) (out []float64) {
		for _, q := range r.quality {
			out = append(out, float64(q.Score))
		}
		return out
	}},
}

// writeQuantiles prints what the scores and the pictures of each set are like.
func writeQuantiles(w io.Writer, results []*Result) {
	wide := widest(results)
	fmt.Fprintf(w, "%-*s %-30s  %-25s  %-15s  %s\n", wide, "", "genuine score", "impostor score", "minutiae", "quality")
	fmt.Fprintf(w, "%-*s", wide, "per cent below")
	quantiles := [][]float64{{5, 25, 50, 75, 95}, {5, 25, 50, 75, 95}, {5, 50, 95}, {5, 50, 95}}
	for k, qs := range quantiles {
		for i, q := range qs {
			fmt.Fprintf(w, "%*.0f", space(k, i), q)
		}
	}
	fmt.Fprintln(w)
	for _, r := range results {
		fmt.Fprintf(w, "%-*s", wide, r.Name)
		for k, look := range looks {
			s := slices.Sorted(slices.Values(look.sample(r)))
			for i, q := range quantiles[k] {
				v := 0.0
				if len(s) > 0 {
					v = s[min(len(s)-1, int(q/100*float64(len(s))))]
				}
				fmt.Fprintf(w, "%*.*f", space(k, i), [...]int{1, 1, 0, 0}[k], v)
			}
		}
		fmt.Fprintln(w)
	}
}

// space is the width of the i-th column of the k-th look.
func space(k, i int) int {
	wide := [...]int{6, 5, 5, 5}[k]
	if i == 0 && k > 0 {
		wide += 2
	}
	return wide
}

// writeDistances prints how far the practice set is from each real set, and how far that is from the other real ones.
func writeDistances(w io.Writer, practice *Result, real []*Result) {
	wide := widest(real)
	fmt.Fprintf(w, "%-*s", wide, "")
	for _, look := range looks {
		fmt.Fprintf(w, "   %-14s", look.name)
	}
	fmt.Fprintf(w, "\n%-*s%s\n", wide, "per cent from", strings.Repeat("  practice   real", len(looks)))
	var all [8]float64
	for i, a := range real {
		fmt.Fprintf(w, "%-*s", wide, a.Name)
		for k, look := range looks {
			s := look.sample(a)
			toPractice, toReal := distance(s, look.sample(practice)), 0.0
			for j, b := range real {
				if j != i {
					toReal += distance(s, look.sample(b)) / float64(len(real)-1)
				}
			}
			fmt.Fprintf(w, "  %8.0f %6.0f", 100*toPractice, 100*toReal)
			all[2*k], all[2*k+1] = all[2*k]+toPractice/float64(len(real)), all[2*k+1]+toReal/float64(len(real))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%-*s", wide, "mean")
	for k := range looks {
		fmt.Fprintf(w, "  %8.0f %6.0f", 100*all[2*k], 100*all[2*k+1])
	}
	fmt.Fprintf(w, "\nHow far two distributions are apart (Kolmogorov-Smirnov): 0 the same, 100 without overlap. \"real\" is the mean\n"+
		"distance from the other real sets: practice fingers pass for one more database when their figure is no larger.\n")
}

// distance is the Kolmogorov-Smirnov statistic of two samples, 0..1: the largest difference of their distributions.
func distance(a, b []float64) float64 {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	most := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		v := min(a[i], b[j])
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		d := float64(i)/float64(len(a)) - float64(j)/float64(len(b))
		most = max(most, d, -d)
	}
	return most
}

// writePlot draws the scores of real and practice fingers side by side.
func writePlot(w io.Writer, practice, real *Result) {
	const rows, bar = 20, 18
	for k, name := range []string{"genuine", "impostor"} {
		samples := [2][]float64{looks[k].sample(real), looks[k].sample(practice)}
		top := 0.0
		for _, s := range samples {
			if len(s) > 0 {
				top = max(top, slices.Sorted(slices.Values(s))[len(s)*99/100])
			}
		}
		step := max(top, 1) / (rows - 1)
		var share [2][rows]float64
		most := 0.01
		for i, s := range samples {
			for _, v := range s {
				r := max(0, min(rows-1, int(v/step)))
				share[i][r] += 1 / float64(len(s))
				most = max(most, share[i][r])
			}
		}
		fmt.Fprintf(w, "%9s  %-*s  %s\n", name, bar+7, "real", "practice")
		for r := range rows {
			draw := func(v float64) string {
				return fmt.Sprintf("%5.1f%% %-*s", 100*v, bar, strings.Repeat("#", int(v/most*bar+0.5)))
			}
			fmt.Fprintf(w, "%9.1f  %s  %s\n", float64(r)*step, draw(share[0][r]), strings.TrimRight(draw(share[1][r]), " "))
		}
	}
}

func widest(results []*Result) int {
	wide := 14
	for _, r := range results {
		wide = max(wide, len(r.Name))
	}
	return wide
}
