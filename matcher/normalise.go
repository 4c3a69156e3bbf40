package matcher

import "slices"

const (
	normRadius = 12  // px: the window is about three ridges wide, so it always holds ridge and valley
	normUnit   = 256 // one local standard deviation in a normalised plane
	normClip   = 2*normUnit + normUnit/2
)

// normalise evens brightness and contrast: every pixel becomes its distance from the local mean in local standard
// deviations, ridges positive (Hong, Wan, Jain 1998, made local). contrast is the local deviation in gray levels,
// times grayUnit, for each cell of 8x8 px.
//
// Flat areas would become amplified noise, so a share of the picture's own strong contrast is added to the divisor:
// an absolute constant would suit one sensor only.
func normalise(g *plane) (n *plane, contrast []int16) {
	mean, dev := localStats(g)
	cw, ch := (g.w+7)/8, (g.h+7)/8
	contrast = make([]int16, cw*ch)
	for cy := range ch {
		for cx := range cw {
			x, y := min(cx*8+4, g.w-1), min(cy*8+4, g.h-1)
			contrast[cy*cw+cx] = dev[y*g.w+x]
		}
	}
	floor := max(int32(highContrast(contrast))/9, 2*grayUnit)
	n = newPlane(g.w, g.h)
	for y := range g.h {
		src, dst := g.row(y), n.row(y)
		m, d := mean[y*g.w:], dev[y*g.w:]
		for x := range dst {
			v := (int32(m[x]) - int32(src[x])) * normUnit / (int32(d[x]) + floor)
			dst[x] = int16(max(-normClip, min(normClip, v)))
		}
	}
	return n, contrast
}

// highContrast is the 90th percentile of the contrast: what clear ridges have in this picture, even if most of it is
// empty background.
func highContrast(contrast []int16) int16 {
	s := slices.Clone(contrast)
	slices.Sort(s)
	return s[len(s)*9/10]
}

// localStats is mean and standard deviation in the window around each pixel, cut off at the picture's edges, by running
// sums: the cost does not depend on the window.
func localStats(g *plane) (mean, dev []int16) {
	w, h := g.w, g.h
	mean, dev = make([]int16, w*h), make([]int16, w*h)
	s1, s2 := make([]int32, w), make([]int64, w)
	add := func(y int, sign int32) {
		for x, v := range g.row(y) {
			s1[x] += sign * int32(v)
			s2[x] += int64(sign) * int64(int32(v)*int32(v))
		}
	}
	for y := range min(normRadius, h) {
		add(y, 1)
	}
	last, inv := int64(0), 0.0
	for y := range h {
		if y+normRadius < h {
			add(y+normRadius, 1)
		}
		if y-normRadius-1 >= 0 {
			add(y-normRadius-1, -1)
		}
		rows := int64(min(y+normRadius, h-1) - max(y-normRadius, 0) + 1)
		var t1, t2 int64
		for x := range min(normRadius, w) {
			t1, t2 = t1+int64(s1[x]), t2+s2[x]
		}
		for x := range w {
			if x+normRadius < w {
				t1, t2 = t1+int64(s1[x+normRadius]), t2+s2[x+normRadius]
			}
			if x-normRadius-1 >= 0 {
				t1, t2 = t1-int64(s1[x-normRadius-1]), t2-s2[x-normRadius-1]
			}
			n := rows * int64(min(x+normRadius, w-1)-max(x-normRadius, 0)+1)
			if n != last { // one division for a whole row's inside
				last, inv = n, 1/float64(n)
			}
			m := float64(float64(t1) * inv)
			v := float64(float64(t2)*inv) - float64(m*m)
			mean[y*w+x] = int16(m)
			dev[y*w+x] = int16(sqrt(max(0, v)))
		}
	}
	return mean, dev
}
