package matcher

import "slices"

// What a sensor adds to every picture is the same for everybody and would let strangers in: rows or columns that read
// wrong, a frame, a masked margin. It goes before anything looks for ridges.

const (
	stripeParts = 8         // parts of a row or column that must agree
	leastStripe = 8         // px a part must have
	stripeReach = 12        // lines to each side that it is held against
	maskCell    = 4         // px; two by two cells are tried for flatness
	maskShare   = 12        // flat: gray changes by less than this part of what strong ridges do
	noLevel     = 1<<15 - 1 // above every gray
)

// destripe takes out of each row, and of each column, what all eight parts of it have in common against the lines around
// it: they are all lighter, or all darker. Ridges hardly ever lie so straight along a line of pixels.
func destripe(g *plane) {
	if min(g.w, g.h) < stripeParts*leastStripe {
		return
	}
	rows, cols := lineMeans(g)
	r, c := stripes(&rows), stripes(&cols)
	for y := range g.h {
		row, off := g.row(y), r[y]
		for x, o := range c[:len(row)] {
			row[x] -= o + off
		}
	}
}

// lineMeans are the means of each part of each row and of each column.
func lineMeans(g *plane) (rows, cols [stripeParts][]int32) {
	var lines [stripeParts]int32
	for k := range stripeParts {
		rows[k], cols[k] = make([]int32, g.h), make([]int32, g.w)
	}
	for y := range g.h {
		row, part := g.row(y), y*stripeParts/g.h
		lines[part]++
		for k := range stripeParts {
			x0, x1 := g.w*k/stripeParts, g.w*(k+1)/stripeParts
			s, col := int32(0), cols[part][x0:x1]
			for i, v := range row[x0:x1] {
				s += int32(v)
				col[i] += int32(v)
			}
			rows[k][y] = s / int32(x1-x0)
		}
	}
	for k, n := range lines {
		for x := range cols[k] {
			cols[k][x] /= n
		}
	}
	return rows, cols
}

// stripes is how far each line stands out in all parts alike: the middle one of their distances from the median of the
// lines around; 0 if they do not all agree to which side.
func stripes(parts *[stripeParts][]int32) []int16 {
	n := len(parts[0])
	out := make([]int16, n)
	var near [2*stripeReach + 1]int32
	for i := range n {
		a, b := max(0, i-stripeReach), min(n, i+stripeReach+1)
		var off [stripeParts]int32
		agree := true
		for k, p := range parts {
			l := near[:copy(near[:], p[a:b])]
			slices.Sort(l)
			off[k] = p[i] - l[len(l)/2]
			if agree = off[k] != 0 && (off[k] > 0) == (off[0] > 0); !agree {
				break
			}
		}
		if agree {
			slices.Sort(off[:])
			out[i] = int16(off[stripeParts/2])
		}
	}
	return out
}

// masked finds the parts that show nothing and are dark: a frame, a margin, a blob of ink. Gray hardly changes there
// within 8x8 px, which ridges never leave alone. Their outline would pass for a ridge, the same for everybody. An empty
// part as light as valleys does no such harm. The result is nil if there is none, and otherwise true for their pixels
// and those next to them.
func masked(g *plane) []bool {
	cw, ch := (g.w+maskCell-1)/maskCell, (g.h+maskCell-1)/maskCell
	lo, hi := make([]int16, cw*ch), make([]int16, cw*ch)
	for cy := range ch {
		l, h := lo[cy*cw:(cy+1)*cw], hi[cy*cw:(cy+1)*cw]
		for c := range l {
			l[c], h[c] = noLevel, -noLevel
		}
		for y := cy * maskCell; y < min(g.h, (cy+1)*maskCell); y++ {
			i := g.at(0, y)
			for c := range l {
				a, b := l[c], h[c]
				for _, v := range g.p[i+c*maskCell : i+min((c+1)*maskCell, g.w)] {
					a, b = min(a, v), max(b, v)
				}
				l[c], h[c] = a, b
			}
		}
	}
	// Two by two cells, each; beyond the picture's edge its cells repeat, so that a narrow frame is found too.
	span := make([]int16, 0, (cw+1)*(ch+1))
	low := make([]int16, 0, (cw+1)*(ch+1))
	for y := -1; y < ch; y++ {
		up, down := max(y, 0)*cw, min(y+1, ch-1)*cw
		for x := -1; x < cw; x++ {
			l, r := max(x, 0), min(x+1, cw-1)
			m := min(lo[up+l], lo[up+r], lo[down+l], lo[down+r])
			span = append(span, max(hi[up+l], hi[up+r], hi[down+l], hi[down+r])-m)
			low = append(low, m)
		}
	}
	limit := max(high(span)/maskShare, leastDeviation)
	sum, n := 0, 0
	for i, s := range span {
		if s > limit {
			sum, n = sum+int(low[i])+int(s)/2, n+1
		}
	}
	if n == 0 {
		return nil
	}
	flat := make([]bool, cw*ch)
	found := false
	for i, s := range span {
		if s <= limit && int(low[i]) < sum/n {
			x, y := i%(cw+1)-1, i/(cw+1)-1
			up, down, l, r := max(y, 0)*cw, min(y+1, ch-1)*cw, max(x, 0), min(x+1, cw-1)
			flat[up+l], flat[up+r], flat[down+l], flat[down+r] = true, true, true, true
			found = true
		}
	}
	if !found {
		return nil
	}
	out := make([]bool, g.w*g.h)
	for cy := range ch {
		for cx := range cw {
			from, to := int16(-noLevel), int16(noLevel)
			if !flat[cy*cw+cx] { // of a cell beside, the pixels that go on with what is flat
				from, to = noLevel, -noLevel
				for v := max(0, cy-1); v <= min(ch-1, cy+1); v++ {
					for u := max(0, cx-1); u <= min(cw-1, cx+1); u++ {
						if i := v*cw + u; flat[i] {
							from, to = min(from, lo[i]-limit/2), max(to, hi[i]+limit/2)
						}
					}
				}
			}
			if from > to {
				continue
			}
			for y := cy * maskCell; y < min(g.h, (cy+1)*maskCell); y++ {
				for x := cx * maskCell; x < min(g.w, (cx+1)*maskCell); x++ {
					if v := g.p[g.at(x, y)]; v >= from && v <= to {
						out[y*g.w+x] = true
					}
				}
			}
		}
	}
	widen(out, g.w, g.h) // softening has spread the step
	widen(out, g.w, g.h)
	return out
}

// widen adds a pixel above, below, left and right.
func widen(on []bool, w, h int) {
	old := slices.Clone(on)
	for i, o := range old {
		if !o {
			continue
		}
		if x := i % w; x > 0 {
			on[i-1] = true
		}
		if x := i % w; x+1 < w {
			on[i+1] = true
		}
		if i >= w {
			on[i-w] = true
		}
		if i+w < len(on) {
			on[i+w] = true
		}
	}
}

// high is the 90th percentile.
func high(v []int16) int16 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)*9/10]
}
