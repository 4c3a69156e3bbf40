package matcher

import "math"

const (
	alongReach  = 8  // px: how far the filter looks along a ridge
	acrossReach = 10 // px: and across
	alongSigma  = 4.0
	acrossSigma = 0.45 // of the period
	directions  = 64   // 2.8 degrees apart
	profiles    = 9    // local periods from 6 to 14 px, a sixth of an octave apart
	fullSwing   = 362  // amplitude of a pure wave of one standard deviation (normUnit * sqrt 2)
)

// The filter bank: a Gabor filter taken apart into a Gaussian along the ridge and a wave packet across it
// (Hong, Wan, Jain 1998, in separable form). Weights are integers; along sums to 1<<10, across answers a pure wave of
// its period with gain 1<<10 and a constant with 0.
var filterBank = func() (b struct {
	along     [2*alongReach + 1]int32
	period    [profiles]int // 1/16 px
	even, odd [profiles][2*acrossReach + 1]int32
}) {
	var sum float64
	var g [2*alongReach + 1]float64
	for i := range g {
		d := float64(i-alongReach) / alongSigma
		g[i] = math.Exp(-d * d / 2)
		sum += g[i]
	}
	for i := range g {
		b.along[i] = int32(math.Round(1024 * g[i] / sum))
	}
	for k := range profiles {
		period := 6 * math.Pow(2, float64(k)/6)
		b.period[k] = int(math.Round(period * 16))
		var win, e, o [2*acrossReach + 1]float64
		var sw, se, gain float64
		for i := range win {
			s := float64(i - acrossReach)
			d := s / (acrossSigma * period)
			win[i] = math.Exp(-d * d / 2)
			e[i], o[i] = win[i]*math.Cos(2*math.Pi*s/period), win[i]*math.Sin(2*math.Pi*s/period)
			sw, se = sw+win[i], se+e[i]
		}
		for i := range win {
			e[i] -= win[i] * se / sw
			gain += e[i] * math.Cos(2*math.Pi*float64(i-acrossReach)/period)
		}
		for i := range win {
			b.even[k][i] = int32(math.Round(1024 * e[i] / gain))
			b.odd[k][i] = int32(math.Round(1024 * o[i] / gain))
		}
	}
	return b
}()

// offsets are the index steps of a line of 2*reach+1 px through a pixel, for each direction.
func offsets(stride, reach int, across bool) [][]int {
	out := make([][]int, directions)
	for d := range out {
		c, s := int(cos512[d*256/directions]), int(sin512[d*256/directions])
		if across {
			c, s = -s, c
		}
		line := make([]int, 2*reach+1)
		for i := range line {
			k := i - reach
			line[i] = (k*s+trigOne/2)>>14*stride + (k*c+trigOne/2)>>14
		}
		out[d] = line
	}
	return out
}

// profileOf is the filter whose period is nearest to p (1/16 px).
func profileOf(p int) int {
	best := 0
	for k, q := range filterBank.period {
		if abs(q-p) < abs(filterBank.period[best]-p) {
			best = k
		}
	}
	return best
}

// enhance applies the filter where m says so. ridges is the even answer: positive on ridges, negative in valleys, its
// zero line is the ridge's edge. f is the same answer as phase and clarity, on the coarse grid.
func enhance(n *plane, o *orientMap, per *periodMap, m *mask) (ridges *plane, f *field) {
	along := newPlane(n.w, n.h)
	pairs := make([]int64, len(n.p)) // used twice
	lines := offsets(n.stride, alongReach, false)
	pairUpPixels(pairs, n.p)
	forCells(n, o, m, func(i, y, x, cell int) {
		four(along.p, pairs, i, filterBank.along[:alongReach+1], lines[o.angle[cell]/(256/directions)])
	})
	ridges, f = newPlane(n.w, n.h), newField(n.w, n.h)
	lines = offsets(n.stride, acrossReach, true)
	profile := make([]uint8, len(per.period))
	for i, p := range per.period {
		profile[i] = uint8(profileOf(int(p)))
	}
	pairUpPixels(pairs, along.p)
	forCells(n, o, m, func(i, y, x, cell int) {
		k := profile[min(y/periodBlock, per.h-1)*per.w+min(x/periodBlock, per.w-1)]
		four(ridges.p, pairs, i, filterBank.even[k][:acrossReach+1], lines[o.angle[cell]/(256/directions)])
	})
	for v := range f.h {
		for u := range f.w {
			x, y := u*fieldStep+fieldStep/2, v*fieldStep+fieldStep/2
			if !m.on[y/8*m.w+x/8] {
				continue
			}
			i := n.at(x, y)
			a := o.at(x, y)
			line := lines[a/(256/directions)]
			var s int32
			for j, w := range filterBank.odd[profile[min(y/periodBlock, per.h-1)*per.w+min(x/periodBlock, per.w-1)]] {
				s += w * int32(along.p[i+line[j]])
			}
			e, q := int64(ridges.p[i]), int64(s>>10)
			c := v*f.w + u
			f.orient[c] = a
			f.phase[c] = uint8((int(atan2(-q, e)) + 128) >> 8)
			f.clear[c] = uint8(max(1, min(255, isqrt(e*e+q*q)*255/fullSwing)))
		}
	}
	return ridges, f
}

// pairUpPixels puts each pixel and its right neighbour into one word, so that one multiplication serves both.
func pairUpPixels(dst []int64, src []int16) {
	dst = dst[:len(src)]
	last := int64(src[0])
	for i, v := range src[1:] {
		dst[i] = last + int64(v)<<32
		last = int64(v)
	}
	dst[len(src)-1] = last
}

// four filters the pixels i to i+3 along one line, whose middle has the last of the weights; both sides weigh the same.
func four(dst []int16, pairs []int64, i int, weights []int32, line []int) {
	line = line[:len(weights)]
	last := len(weights) - 1
	w := int64(weights[last])
	a, b := w*pairs[i], w*pairs[i+2]
	for k, w := range weights[:last] {
		p, q := i+line[k], i-line[k]
		a += int64(w) * (pairs[p] + pairs[q])
		b += int64(w) * (pairs[p+2] + pairs[q+2])
	}
	// A negative lower half has borrowed one from the upper.
	*(*[4]int16)(dst[i:]) = [4]int16{int16(int32(a) >> 10), int16(int32((a-int64(int32(a)))>>32) >> 10),
		int16(int32(b) >> 10), int16(int32((b-int64(int32(b)))>>32) >> 10)}
}

// forCells calls do for each row of each orientation cell in the mask: i is the index of its first of four pixels,
// which is x, y. The last cell of a row may reach into the border.
func forCells(n *plane, o *orientMap, m *mask, do func(i, y, x, cell int)) {
	for y := range n.h {
		on, cell := m.on[y/8*m.w:], y/orientCell*o.w
		for cx := range o.w {
			if on[cx*orientCell/8] {
				do(n.at(cx*orientCell, y), y, cx*orientCell, cell+cx)
			}
		}
	}
}
