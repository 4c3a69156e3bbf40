package matcher

const orientCell = 4 // px: the side of one cell of the orientation map

// orientMap holds the direction in which the ridges run, cell by cell.
type orientMap struct {
	w, h      int
	angle     []uint8 // orientation of the ridges, 256 to the half turn
	coherence []uint8 // 0: every direction as strong as any other; 255: one direction only
}

// at is the orientation at pixel x, y.
func (o *orientMap) at(x, y int) uint8 {
	return o.angle[min(y/orientCell, o.h-1)*o.w+min(x/orientCell, o.w-1)]
}

// orientations averages the gradient tensor (Kass and Witkin 1987; Bigun and Granlund 1987): doubling the gradient's
// angle lets opposite flanks of a ridge agree instead of cancelling. Every cell votes with its energy divided by
// energy plus a constant, so that one strong edge does not outvote ten faint ridges. Two scales are added: the fine one
// rules where it is sure of itself, the coarse one fills creases and smudges.
func orientations(n *plane) *orientMap {
	w, h := (n.w+orientCell-1)/orientCell, (n.h+orientCell-1)/orientCell
	o := &orientMap{w: w, h: h, angle: make([]uint8, w*h), coherence: make([]uint8, w*h)}
	vx, vy, e := tensorCells(n, w, h)
	return o.fill(vx, vy, e)
}

// fill smooths the votes and turns them into angles.
func (o *orientMap) fill(vx, vy, e []int32) *orientMap {
	w, h := o.w, o.h
	for range 3 {
		boxBlur(vx, w, h, 1)
		boxBlur(vy, w, h, 1)
		boxBlur(e, w, h, 1)
	}
	cx, cy, ce := append([]int32(nil), vx...), append([]int32(nil), vy...), append([]int32(nil), e...)
	for range 2 {
		boxBlur(cx, w, h, 3)
		boxBlur(cy, w, h, 3)
		boxBlur(ce, w, h, 3)
	}
	for i := range o.angle {
		x, y := int64(vx[i])+int64(cx[i])/3, int64(vy[i])+int64(cy[i])/3
		// The gradient stands across the ridge: half a turn of the doubled angle.
		o.angle[i] = uint8((atan2(-y, -x) + 128) >> 8)
		if s := int64(e[i]) + int64(ce[i])/3; s > 0 {
			o.coherence[i] = uint8(min(255, isqrt(x*x+y*y)*255/s))
		}
	}
	return o
}

// voteUnit is the weight of a cell whose gradients are strong.
const voteUnit = 1 << 14

// tensorCells sums the doubled gradients of each cell into (vx, vy) and their strength into e.
func tensorCells(n *plane, w, h int) (vx, vy, e []int32) {
	vx, vy, e = make([]int32, w*h), make([]int32, w*h), make([]int32, w*h)
	sx, sy, se := make([]int64, w), make([]int64, w), make([]int64, w)
	for cy := range h {
		clear(sx)
		clear(sy)
		clear(se)
		for y := cy * orientCell; y < min((cy+1)*orientCell, n.h); y++ {
			if y == 0 || y == n.h-1 {
				continue
			}
			i := n.at(0, y)
			up, mid, down := n.p[i-n.stride:], n.p[i:], n.p[i+n.stride:]
			for x := 1; x < n.w-1; x++ {
				a, b := int32(up[x-1])-int32(down[x+1]), int32(up[x+1])-int32(down[x-1])
				// Sobel, written with the two diagonals.
				gx := b - a + 2*(int32(mid[x+1])-int32(mid[x-1]))
				gy := -(a + b) - 2*(int32(up[x])-int32(down[x]))
				c := x / orientCell
				sx[c] += int64(gx*gx - gy*gy)
				sy[c] += int64(2 * gx * gy)
				se[c] += int64(gx*gx + gy*gy)
			}
		}
		const soft = 16 * normUnit * normUnit // the energy at which a cell has half a vote
		for c := range w {
			d := se[c] + soft
			vx[cy*w+c] = int32(sx[c] * voteUnit / d)
			vy[cy*w+c] = int32(sy[c] * voteUnit / d)
			e[cy*w+c] = int32(se[c] * voteUnit / d)
		}
	}
	return vx, vy, e
}

// boxBlur averages each value with its neighbours up to r away in both axes; outside the map counts as zero.
// Three rounds come close to a Gaussian.
func boxBlur(v []int32, w, h, r int) {
	line := make([]int32, max(w, h))
	n := int32(2*r + 1)
	for y := range h {
		row := v[y*w : y*w+w]
		copy(line, row)
		var s int32
		for x := range min(r, w) {
			s += line[x]
		}
		for x := range w {
			if x+r < w {
				s += line[x+r]
			}
			if x-r-1 >= 0 {
				s -= line[x-r-1]
			}
			row[x] = s / n
		}
	}
	sums := make([]int32, w)
	old := make([]int32, len(v))
	copy(old, v)
	for y := range min(r, h) {
		for x := range w {
			sums[x] += old[y*w+x]
		}
	}
	for y := range h {
		if y+r < h {
			for x, o := range old[(y+r)*w : (y+r)*w+w] {
				sums[x] += o
			}
		}
		if y-r-1 >= 0 {
			for x, o := range old[(y-r-1)*w : (y-r-1)*w+w] {
				sums[x] -= o
			}
		}
		for x := range w {
			v[y*w+x] = sums[x] / n
		}
	}
}
