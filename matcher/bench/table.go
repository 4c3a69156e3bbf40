package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Pool throws the scores of several sets together: the rates at one threshold for all.
func Pool(results []*Result) Rates {
	var g, i []float64
	for _, r := range results {
		g, i = append(g, r.genuine...), append(i, r.impostor...)
	}
	return Measure(g, i)
}

// Merge makes one result of several sets, for Histogram.
func Merge(name string, results []*Result) *Result {
	out := &Result{Name: name, Rates: Pool(results)}
	for _, r := range results {
		out.genuine, out.impostor = append(out.genuine, r.genuine...), append(out.impostor, r.impostor...)
	}
	return out
}

// WriteTable prints the results, each beside the baselines known for its set, then the means and the pooled rates.
// Rates are per cent.
func WriteTable(w io.Writer, results []*Result) {
	wide := widest(results)
	fmt.Fprintf(w, "%-*s %6s %7s %7s %7s | %8s %7s %7s %6s %7s\n", wide, "", "EER", "FMR100", "FMR1000", "FMR10k",
		"extract", "genuine", "impost.", "bytes", "refused")
	var mean [4]float64
	for _, r := range results {
		refused := fmt.Sprintf("%d/%d", r.Refused, r.Pictures)
		if r.Refused > 0 {
			refused += fmt.Sprintf(" (%.0f %%)", 100*float64(r.Refused)/float64(r.Pictures))
		}
		fmt.Fprintf(w, "%-*s %s | %5.1f ms %4d us %4d us %6d %7s\n", wide, r.Name, r.Rates.columns(), ms(r.Extract),
			r.GenuineTime.Microseconds(), r.ImpostorTime.Microseconds(), r.Bytes,
			refused)
		for i, v := range [4]float64{r.Rates.EER, r.Rates.FMR100, r.Rates.FMR1000, r.Rates.FMR10000} {
			mean[i] += v / float64(len(results))
		}
		for _, b := range r.Baselines {
			fmt.Fprintf(w, "%*s %s\n", wide, b.Engine, b.Rates.columns())
		}
		if r.First != nil {
			fmt.Fprintf(w, "%*s %s | the first twelve touches enrolled instead of random ones\n", wide, "first twelve", r.First.columns())
		}
		if r.First != nil || r.Refused > 0 {
			for _, f := range r.Fingers {
				fmt.Fprintf(w, "%*s %7.2f %% of its touches not let in at FMR 1 %%", wide, f.Finger, 100*f.FNMR)
				if r.Refused > 0 {
					fmt.Fprintf(w, ", %.0f %% of its %d pictures refused", 100*float64(f.Refused)/float64(f.Pictures), f.Pictures)
				}
				fmt.Fprintln(w)
			}
		}
	}
	if len(results) > 1 {
		fmt.Fprintf(w, "%-*s %6.2f %7.2f %7.2f %7.2f\n", wide, "mean", 100*mean[0], 100*mean[1], 100*mean[2], 100*mean[3])
		p := Pool(results)
		fmt.Fprintf(w, "%-*s %s | thresholds %.2f, %.2f, %.2f\n", wide, "pooled", p.columns(), p.At100, p.At1000, p.At10000)
	}
	fmt.Fprintln(w, "Per cent. FMRn: genuine pairs refused when one impostor pair in n is accepted (every cross-finger pair counts).")
}

func (r Rates) columns() string {
	return fmt.Sprintf("%6.2f %7.2f %7.2f %7.2f", 100*r.EER, 100*r.FMR100, 100*r.FMR1000, 100*r.FMR10000)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Histogram draws the scores of genuine and impostor pairs side by side, in text: one row per step of score.
func (r *Result) Histogram(w io.Writer) {
	const rows, bar = 20, 30
	top := 1.0
	for _, s := range r.genuine {
		top = max(top, s)
	}
	step := top / rows
	count := func(scores []float64) (c [rows]int) {
		for _, s := range scores {
			c[min(rows-1, int(s/step))]++
		}
		return c
	}
	g, i := count(r.genuine), count(r.impostor)
	fmt.Fprintf(w, "%7s  %-*s %-*s\n", "score", bar+8, "genuine", bar+8, "impostor")
	for k := range rows {
		line := func(n, all int) string {
			share := float64(n) / float64(max(1, all))
			return fmt.Sprintf("%5.1f%% %-*s", 100*share, bar+1, strings.Repeat("#", min(bar, int(share*100+0.5))))
		}
		fmt.Fprintf(w, "%7.1f  %s %s\n", float64(k)*step, line(g[k], len(r.genuine)), line(i[k], len(r.impostor)))
	}
}

// WritePoints prints what different thresholds would do to all sets together.
func WritePoints(w io.Writer, results []*Result, thresholds ...float64) {
	fmt.Fprintf(w, "%9s %10s %10s %14s\n", "threshold", "FMR", "FNMR", "false matches")
	for _, p := range Points(results, thresholds...) {
		fmt.Fprintf(w, "%9.1f %9.4f%% %9.2f%% %14d\n", p.Threshold, 100*p.FMR, 100*p.FNMR, p.FalseMatches)
	}
}
