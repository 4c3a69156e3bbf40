package bench

import "slices"

// Rates are the error rates that follow from two sets of scores; see facts/fingerprints.md for the protocol.
// All are shares, 0..1.
type Rates struct {
	EER      float64 // where false matches and false non-matches are equally frequent
	FMR100   float64 // lowest FNMR with FMR <= 1 %
	FMR1000  float64 // ... <= 0.1 %
	FMR10000 float64 // ... <= 0.01 %
	ZeroFMR  float64 // ... with no false match at all
	At100    float64 // thresholds that give them
	At1000   float64
	At10000  float64
	Genuine  int
	Impostor int
}

// Measure computes the rates. It sorts both slices.
func Measure(genuine, impostor []float64) Rates {
	slices.Sort(genuine)
	slices.Sort(impostor)
	r := Rates{Genuine: len(genuine), Impostor: len(impostor)}
	if len(genuine) == 0 || len(impostor) == 0 {
		return r
	}
	fnmr := func(t float64) float64 {
		n, _ := slices.BinarySearch(genuine, t)
		return float64(n) / float64(len(genuine))
	}
	fmr := func(t float64) float64 {
		n, _ := slices.BinarySearch(impostor, t)
		return float64(len(impostor)-n) / float64(len(impostor))
	}
	all := slices.Concat(genuine, impostor)
	slices.Sort(all)
	all = slices.Compact(append(all, all[len(all)-1]+1))
	// The last threshold with FNMR <= FMR and the first with FNMR >= FMR.
	k, _ := slices.BinarySearchFunc(all, 0.0, func(t, _ float64) int {
		if fnmr(t) >= fmr(t) {
			return 1
		}
		return -1
	})
	k = min(k, len(all)-1)
	best := fnmr(all[k]) + fmr(all[k])
	if k > 0 {
		best = min(best, fnmr(all[k-1])+fmr(all[k-1]))
	}
	r.EER = best / 2
	at := func(rate float64) (float64, float64) {
		allowed := int(rate*float64(len(impostor)) + 1e-9)
		limit := impostor[len(impostor)-1-min(allowed, len(impostor)-1)]
		i, _ := slices.BinarySearch(all, limit)
		for i < len(all) && fmr(all[i]) > rate+1e-12 {
			i++
		}
		t := all[min(i, len(all)-1)]
		return fnmr(t), t
	}
	r.FMR100, r.At100 = at(0.01)
	r.FMR1000, r.At1000 = at(0.001)
	r.FMR10000, r.At10000 = at(0.0001)
	r.ZeroFMR, _ = at(0)
	return r
}

// Point is what happens when a score of Threshold or more opens.
type Point struct {
	Threshold, FMR, FNMR float64
	FalseMatches         int
}

// Points gives the error rates at each threshold, for several sets together.
func Points(results []*Result, thresholds ...float64) []Point {
	var out []Point
	for _, t := range thresholds {
		p := Point{Threshold: t}
		genuine, impostor, refused := 0, 0, 0
		for _, r := range results {
			genuine, impostor = genuine+len(r.genuine), impostor+len(r.impostor)
			for _, s := range r.genuine {
				if s < t {
					refused++
				}
			}
			for _, s := range r.impostor {
				if s >= t {
					p.FalseMatches++
				}
			}
		}
		p.FMR = float64(p.FalseMatches) / float64(max(1, impostor))
		p.FNMR = float64(refused) / float64(max(1, genuine))
		out = append(out, p)
	}
	return out
}
