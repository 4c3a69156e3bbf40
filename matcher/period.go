package matcher

import (
	"math"
	"slices"
)

// The ridge period is the distance from one ridge to the next, px. Adults have about 9 px at 500 dpi (0.46 mm); sensors
// that lie about their resolution, small hands and pressure move it. See Hong, Wan, Jain 1998 for the x-signature.

const (
	wantedPeriod = 9  // px: the working resolution is chosen so that the print's median period is this
	periodBlock  = 16 // px: the side of a cell of the local period map
	signatureLen = 24 // px to each side of a block's centre
	periodCount  = 20 // candidate periods, 4.2 px to 17.5 px
	minPeriod    = 4.2
	periodStep   = 1.078
)

// periodBank holds the windowed cosine and sine of every candidate period.
var periodBank = func() (b struct {
	period   [periodCount]float64
	cos, sin [periodCount][2*signatureLen + 1]int32
}) {
	for k := range periodCount {
		b.period[k] = minPeriod * math.Pow(periodStep, float64(k))
		for i := range b.cos[k] {
			s := float64(i - signatureLen)
			win := 0.5 + 0.5*math.Cos(math.Pi*s/(signatureLen+1))
			b.cos[k][i] = int32(math.Round(1024 * win * math.Cos(2*math.Pi*s/b.period[k])))
			b.sin[k][i] = int32(math.Round(1024 * win * math.Sin(2*math.Pi*s/b.period[k])))
		}
	}
	return b
}()

// periodMap is the local ridge period, in sixteenths of a px; 0 where it could not be told.
type periodMap struct {
	w, h   int
	period []int16
}

// measurePeriods finds the period of each block along a line across the ridges, averaged along them.
func measurePeriods(n *plane, o *orientMap) *periodMap {
	m := &periodMap{w: (n.w + periodBlock - 1) / periodBlock, h: (n.h + periodBlock - 1) / periodBlock}
	m.period = make([]int16, m.w*m.h)
	var sig [2*signatureLen + 1]int32
	for by := 0; by < m.h; by++ {
		for bx := 0; bx < m.w; bx++ {
			x, y := bx*periodBlock+periodBlock/2, by*periodBlock+periodBlock/2
			if x >= n.w || y >= n.h || o.coherence[min(y/orientCell, o.h-1)*o.w+min(x/orientCell, o.w-1)] < 110 {
				continue
			}
			if !signature(n, x, y, o.at(x, y), &sig) {
				continue
			}
			m.period[by*m.w+bx] = peakPeriod(&sig)
		}
	}
	return m
}

// signature averages the picture along the ridge direction, for each step across it.
func signature(n *plane, x, y int, o uint8, sig *[2*signatureLen + 1]int32) bool {
	c, s := int(cos512[o]), int(sin512[o])
	inside, total := 0, int64(0)
	for i := range sig {
		k := i - signatureLen
		var sum int32
		for t := -6; t <= 6; t += 2 {
			px := x + (t*c-k*s+trigOne/2)>>14
			py := y + (t*s+k*c+trigOne/2)>>14
			if px >= 0 && px < n.w && py >= 0 && py < n.h {
				sum += int32(n.p[n.at(px, py)])
				inside++
			}
		}
		sig[i] = sum / 7
		total += int64(sig[i])
	}
	mean := int32(total / int64(len(sig)))
	for i := range sig {
		sig[i] -= mean
	}
	return inside > 7*len(sig)*3/4
}

// peakPeriod is the strongest period in a signature, 1/16 px, or 0 if none stands out.
func peakPeriod(sig *[2*signatureLen + 1]int32) int16 {
	var energy int64
	for _, v := range sig {
		energy += int64(v) * int64(v)
	}
	if energy < int64(len(sig))*normUnit*normUnit/16 {
		return 0
	}
	var even, odd [signatureLen + 1]int32 // the sides added and taken from each other: the one meets cosines, the other sines
	even[0] = sig[signatureLen]
	for i := 1; i <= signatureLen; i++ {
		even[i], odd[i] = sig[signatureLen+i]+sig[signatureLen-i], sig[signatureLen+i]-sig[signatureLen-i]
	}
	var power [periodCount]float64
	best := 0
	for k := range power {
		var a, b int64
		cos, sin := (*[signatureLen + 1]int32)(periodBank.cos[k][signatureLen:]), (*[signatureLen + 1]int32)(periodBank.sin[k][signatureLen:])
		for i, v := range even {
			a += int64(v * cos[i])
			b += int64(odd[i] * sin[i])
		}
		a, b = a>>10, b>>10
		power[k] = float64(a*a + b*b)
		if power[k] > power[best] {
			best = k
		}
	}
	// A pure wave of the right period has |sum|^2 = energy * sum(win^2)/2, about energy * 9.4 here.
	if best == 0 || best == periodCount-1 || power[best] < float64(3*energy) {
		return 0
	}
	// A parabola through the peak and its neighbours places it between the candidates.
	l, c, r := power[best-1], power[best], power[best+1]
	shift := 0.0
	if d := l - 2*c + r; d < 0 {
		shift = float64(l-r) / float64(2*d)
	}
	p := periodBank.period[best]
	p = p + float64(p*float64(shift*(periodStep-1)))
	return int16(p*16 + 0.5)
}

// typical is the period, 1/16 px, on which most blocks agree to a sixth, and whether enough do. The others are other
// things than ridges: noise, texture, a crease.
func (m *periodMap) typical() (period int, confident bool) {
	var all []int16
	for _, p := range m.period {
		if p > 0 {
			all = append(all, p)
		}
	}
	const need = 24
	if len(all) < need {
		return wantedPeriod * 16, false
	}
	slices.Sort(all)
	best, from, to := 0, 0, 0
	for i, j := 0, 0; i < len(all); i++ {
		for j < len(all) && int(all[j])*3 <= int(all[i])*4 {
			j++
		}
		if j-i > best {
			best, from, to = j-i, i, j
		}
	}
	return int(all[(from+to)/2]), best >= need && best*2 >= len(all)
}

// smoothed fills the gaps of the map with neighbours' values and evens outliers: a median of 3x3, then an average.
func (m *periodMap) smoothed(fallback int) *periodMap {
	out := &periodMap{w: m.w, h: m.h, period: make([]int16, len(m.period))}
	sum, n := make([]int32, len(m.period)), make([]int32, len(m.period))
	var near []int16
	for y := range m.h {
		for x := range m.w {
			near = near[:0]
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if u, v := x+dx, y+dy; u >= 0 && v >= 0 && u < m.w && v < m.h && m.period[v*m.w+u] > 0 {
						near = append(near, m.period[v*m.w+u])
					}
				}
			}
			if len(near) > 0 {
				slices.Sort(near)
				sum[y*m.w+x], n[y*m.w+x] = int32(near[len(near)/2])*int32(len(near))*16, int32(len(near))*16
			}
		}
	}
	for i := range sum { // the median of the whole print holds the edges
		sum[i] += int32(fallback) * 8
		n[i] += 8
	}
	for range 2 {
		boxBlur(sum, m.w, m.h, 1)
		boxBlur(n, m.w, m.h, 1)
	}
	for i := range sum {
		out.period[i] = int16(fallback)
		if n[i] > 0 {
			out.period[i] = int16(sum[i] / n[i])
		}
	}
	return out
}

// at is the local period at pixel x, y, 1/16 px.
func (m *periodMap) at(x, y int) int {
	return int(m.period[min(y/periodBlock, m.h-1)*m.w+min(x/periodBlock, m.w-1)])
}
