package synth

import "math"

const (
	border = 16 // px of empty rim, so that filters need not ask where they are
	stride = masterW + 2*border
	rows   = masterH + 2*border

	reach    = 9 // px a filter looks to each side
	rounds   = 11
	periods  = 8
	cellSize = 4 // px: the flow is planned in cells
)

// wave holds the ridge filter's parts: a Gaussian along the ridge, a wave packet across it, for several periods.
// The weights are integers with sum of squares chosen so that a clean pattern keeps its size.
type wave struct {
	along  [2*reach + 1]int32
	across [periods][2*reach + 1]int32
}

var waves = func() (w wave) {
	for i := range w.along {
		d := float64(i-reach) / 4
		w.along[i] = int32(math.Round(400 * math.Exp(-d*d/2)))
	}
	for k := range periods {
		period := periodOf(k)
		var e, win [2*reach + 1]float64
		var se, sw float64
		for i := range e {
			s := float64(i - reach)
			win[i] = math.Exp(-s * s / (2 * 3.8 * 3.8))
			e[i] = win[i] * math.Cos(2*math.Pi*s/period)
			se, sw = se+e[i], sw+win[i]
		}
		for i := range e { // no answer to a constant
			w.across[k][i] = int32(math.Round(400 * (e[i] - win[i]*se/sw)))
		}
	}
	return w
}()

// periodOf is the k-th period of the bank, px.
func periodOf(k int) float64 { return 7.6 + 0.6*float64(k) }

// full is the value of a ridge's middle; -full a valley's.
const full = 1024

// grow makes the master print: -full..full, ridges positive, stride x rows with the border.
func (p *plan) grow(r *source) []int16 {
	v, tmp := make([]int16, stride*rows), make([]int16, stride*rows)
	cw, ch := masterW/cellSize, masterH/cellSize
	dir, per := make([]uint8, cw*ch), make([]uint8, cw*ch)
	for cy := range ch {
		for cx := range cw {
			x, y := cx*cellSize+cellSize/2, cy*cellSize+cellSize/2
			dir[cy*cw+cx] = p.orientation(x, y)
			k := int(math.Round((p.periodAt(x, y) - periodOf(0)) / 0.6))
			per[cy*cw+cx] = uint8(max(0, min(periods-1, k)))
		}
	}
	for range masterW * masterH / 250 { // seeds: a spot every 16x16 px
		x, y := border+int(r.next()%masterW), border+int(r.next()%masterH)
		v[y*stride+x] = full
	}
	along, across := lines(false), lines(true)
	for range rounds {
		filter(tmp, v, cw, ch, dir, &along, func(int) *[2*reach + 1]int32 { return &waves.along })
		filter(v, tmp, cw, ch, dir, &across, func(c int) *[2*reach + 1]int32 { return &waves.across[per[c]] })
	}
	return v
}

// lines are the index steps of a line of 2*reach+1 px through a pixel for each of 64 orientations.
func lines(across bool) (out [64][2*reach + 1]int) {
	for d := range out {
		c, s := cosSin(float64(d) * math.Pi / 64)
		if across {
			c, s = -s, c
		}
		for i := range out[d] {
			k := i - reach
			out[d][i] = (k*s+8192)>>14*stride + (k*c+8192)>>14
		}
	}
	return out
}

// filter sums src along the given lines into dst, held within -full..full.
func filter(dst, src []int16, cw, ch int, dir []uint8, lines *[64][2*reach + 1]int, weights func(cell int) *[2*reach + 1]int32) {
	for cy := range ch {
		for cx := range cw {
			c := cy*cw + cx
			line, w := &lines[dir[c]], weights(c)
			for y := range cellSize {
				i := (border+cy*cellSize+y)*stride + border + cx*cellSize
				for j := i; j < i+cellSize; j++ {
					var s int32
					for k, t := range w {
						s += t * int32(src[j+line[k]])
					}
					dst[j] = int16(max(-full, min(full, s>>9)))
				}
			}
		}
	}
}
