package matcher

const (
	normRadius = 12  // px: the window is about three ridges wide, so it always holds ridge and valley
	normUnit   = 256 // one local standard deviation in a normalised plane
	normClip   = 2*normUnit + normUnit/2

	leastInWindow  = 24           // px: fewer are a speck
	leastDeviation = grayUnit / 2 // half a gray level: what rounding to whole levels does to a flat picture
)

// normalise evens brightness and contrast: every pixel becomes its distance from the local mean in local standard
// deviations, ridges positive (Hong, Wan, Jain 1998, made local). Masked pixels (a slice that may be nil) do not count
// and become 0. contrast is the local deviation in gray levels, times grayUnit, for each cell of 8x8 px.
//
// Faint areas would become amplified noise, so a share of the picture's own strong contrast is added to the divisor:
// an absolute constant would suit one sensor only.
func normalise(g *plane, mask []bool) (n *plane, contrast []int16) {
	mean, dev := localStats(g, mask)
	cw, ch := (g.w+7)/8, (g.h+7)/8
	contrast = make([]int16, cw*ch)
	for cy := range ch {
		for cx := range cw {
			x, y := min(cx*8+4, g.w-1), min(cy*8+4, g.h-1)
			contrast[cy*cw+cx] = dev[y*g.w+x]
		}
	}
	floor := max(int32(high(contrast))/9, leastDeviation)
	n = newPlane(g.w, g.h)
	for y := range g.h {
		src, dst := g.row(y), n.row(y)
		m, d := mean[y*g.w:][:len(src)], dev[y*g.w:][:len(src)]
		for x, s := range src {
			v := (int32(m[x]) - int32(s)) * normUnit / (int32(d[x]) + floor)
			dst[x] = int16(max(-normClip, min(normClip, v)))
		}
		if mask != nil {
			for x, off := range mask[y*g.w : (y+1)*g.w] {
				if off {
					dst[x] = 0
				}
			}
		}
	}
	return n, contrast
}

// localStats is mean and standard deviation in the window around each pixel, without the masked pixels and cut off at
// the picture's edges, by running sums: the cost does not depend on the window. Both are 0 where the window is all but
// empty.
func localStats(g *plane, mask []bool) (mean, dev []int16) {
	w, h := g.w, g.h
	mean, dev = make([]int16, w*h), make([]int16, w*h)
	const one = 1 << 32 // s1 holds the sum below and the number of summands above
	s1, s2 := make([]int64, w), make([]int64, w)
	add := func(y int, sign int64) {
		row := g.row(y)
		a, b := s1[:len(row)], s2[:len(row)]
		if mask == nil {
			for x, v := range row {
				a[x] += sign * (int64(v) + one)
				b[x] += sign * int64(v) * int64(v)
			}
			return
		}
		off := mask[y*w:][:len(row)]
		for x, v := range row {
			if !off[x] {
				a[x] += sign * (int64(v) + one)
				b[x] += sign * int64(v) * int64(v)
			}
		}
	}
	for y := range min(normRadius, h) {
		add(y, 1)
	}
	for y := range h {
		if y+normRadius < h {
			add(y+normRadius, 1)
		}
		if y-normRadius-1 >= 0 {
			add(y-normRadius-1, -1)
		}
		var t1, t2 int64
		for x := range min(normRadius, w) {
			t1, t2 = t1+s1[x], t2+s2[x]
		}
		m, d := mean[y*w:(y+1)*w], dev[y*w:(y+1)*w]
		for x := range m {
			if x+normRadius < w {
				t1, t2 = t1+s1[x+normRadius], t2+s2[x+normRadius]
			}
			if x-normRadius-1 >= 0 {
				t1, t2 = t1-s1[x-normRadius-1], t2-s2[x-normRadius-1]
			}
			n := (t1 + one/2) >> 32
			if n < leastInWindow {
				continue
			}
			inv := windowShare[n]
			u := float64(float64(t1-n*one) * inv)
			m[x] = int16(u)
			d[x] = int16(sqrt(max(0, float64(float64(t2)*inv)-float64(u*u))))
		}
	}
	return mean, dev
}

// windowShare[n] is the weight of one of n pixels.
var windowShare = func() (r [(2*normRadius+1)*(2*normRadius+1) + 1]float64) {
	for n := range r {
		r[n] = 1 / float64(max(1, n))
	}
	return r
}()
