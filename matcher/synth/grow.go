package synth

import "math"

const (
	border = 16 // px of empty rim around the master, so that nothing need ask where it is
	stride = masterW + 2*border
	rows   = masterH + 2*border

	// Ridges grow on a grid of 2 px: nine px from ridge to ridge are 4.5 of its steps, and a round costs a quarter.
	reach   = 5 // steps a filter looks to each side
	margin  = 8 // steps of empty rim
	gridW   = masterW/2 + 2*margin
	gridH   = masterH/2 + 2*margin
	periods = 9
	gain    = 2.2 // of a round for ridges that follow the flow
)

// full is the value of a ridge's middle; -full a valley's.
const full = 1024

// disc is the filter's support, half of it: the other half mirrors it.
var disc = func() (out []struct{ x, y int }) {
	for y := 0; y <= reach; y++ {
		for x := -reach; x <= reach; x++ {
			if (y > 0 || x > 0) && x*x+y*y <= reach*reach+1 {
				out = append(out, struct{ x, y int }{x, y})
			}
		}
	}
	return out
}()

const taps = 44

// waves are the ridge filters, for 64 orientations and several periods: a wave packet with no answer to a constant.
// A weight of 1<<14 is one.
var waves = func() (w [64][periods][taps + 1]int32) {
	for d := range w {
		c, s := math.Cos(float64(d)*math.Pi/64), math.Sin(float64(d)*math.Pi/64)
		for k := range periods {
			period := periodOf(k) / 2
			var e, win [taps + 1]float64
			win[taps], e[taps] = 1, 1
			se, sw := 1.0, 1.0
			for i, t := range disc {
				along, across := float64(float64(t.x)*c)+float64(float64(t.y)*s), float64(float64(t.y)*c)-float64(float64(t.x)*s)
				win[i] = math.Exp(-float64(along*along)/(2*2.2*2.2) - float64(across*across)/(2*1.9*1.9))
				e[i] = win[i] * math.Cos(2*math.Pi*across/period)
				se, sw = se+2*e[i], sw+2*win[i]
			}
			answer := 0.0 // to a wave that fits
			for i := range e {
				e[i] -= win[i] * se / sw
				if i == taps {
					answer += e[i]
					continue
				}
				across := float64(float64(disc[i].y)*c) - float64(float64(disc[i].x)*s)
				answer += 2 * e[i] * math.Cos(2*math.Pi*across/period)
			}
			for i := range e {
				w[d][k][i] = int32(math.Round(e[i] / answer * gain * (1 << 14)))
			}
		}
	}
	return w
}()

// periodOf is the k-th period of the bank, px.
func periodOf(k int) float64 { return 7.2 + 0.6*float64(k) }

// grow makes the master print: ridges positive, about -full..full, stride x rows with the border.
func (p *plan) grow(r *source) []int16 {
	v, two := make([]int16, gridW*gridH), make([]int64, gridW*gridH)
	const cw, ch = masterW / 4, masterH / 4 // the flow is planned in cells of 4 px
	weights := make([]*[taps + 1]int32, cw*ch)
	for cy := range ch {
		for cx := range cw {
			x, y := cx*4+2, cy*4+2
			k := int(math.Round((p.periodAt(x, y) - periodOf(0)) / 0.6))
			weights[cy*cw+cx] = &waves[p.orientation(x, y)][max(0, min(periods-1, k))]
		}
	}
	for y := margin; y < gridH-margin; y++ {
		for x := margin; x < gridW-margin; x++ {
			v[y*gridW+x] = int16(r.next()&255) - 128
		}
	}
	var line [taps]int
	for i, t := range disc {
		line[i] = t.y*gridW + t.x
	}
	for range 16 + int(r.next()%24) { // more rounds, fewer minutiae
		for i := range two[:len(two)-gridW] { // a step and the one below it, to be weighed in one go
			two[i] = int64(v[i+gridW])<<32 + int64(v[i])
		}
		for cy := range ch {
			for cx := range cw {
				w := weights[cy*cw+cx]
				i := (margin+cy*2)*gridW + margin + cx*2
				a, b := int64(w[taps])*two[i], int64(w[taps])*two[i+1]
				for k, t := range &line {
					p, q := two[i+t:][:2], two[i-t:][:2]
					a += int64(w[k]) * (p[0] + q[0])
					b += int64(w[k]) * (p[1] + q[1])
				}
				v[i], v[i+gridW] = held(a)
				v[i+1], v[i+1+gridW] = held(b)
			}
		}
	}
	return double(v)
}

// held takes two sums apart and keeps each within -full..full.
func held(two int64) (upper, lower int16) {
	u := int32(two)
	l := int32((two - int64(u)) >> 32)
	return int16(max(-full, min(full, u>>14))), int16(max(-full, min(full, l>>14)))
}

// double is the grid at the master's resolution, between its points by the usual six-tap half-way filter.
func double(v []int16) []int16 {
	out := make([]int16, stride*rows)
	wide := make([]int16, stride*gridH)
	half := func(s []int16, i, step int) int16 {
		t := 20*(int32(s[i])+int32(s[i+step])) - 5*(int32(s[i-step])+int32(s[i+2*step])) + int32(s[i-2*step]) + int32(s[i+3*step])
		return int16(t >> 5)
	}
	for y := range gridH {
		for x := margin; x < gridW-margin; x++ {
			i, o := y*gridW+x, y*stride+border+(x-margin)*2
			wide[o], wide[o+1] = v[i], half(v, i, 1)
		}
	}
	for y := margin; y < gridH-margin; y++ {
		for x := border; x < border+masterW; x++ {
			i, o := y*stride+x, (border+(y-margin)*2)*stride+x
			out[o], out[o+stride] = wide[i], half(wide, i, stride)
		}
	}
	return out
}
