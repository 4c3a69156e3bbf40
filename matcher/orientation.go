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
	fine, coarse := [3][]int32{vx, vy, e}, [3][]int32{}
	for k, v := range fine {
		coarse[k] = smooth(v, o.w, o.h)
	}
	for i := range o.angle {
		x := int64(vx[i])*coarseGain + int64(coarse[0][i])
		y := int64(vy[i])*coarseGain + int64(coarse[1][i])
		// The gradient stands across the ridge: half a turn of the doubled angle.
		o.angle[i] = uint8((atan2(-y, -x) + 128) >> 8)
		if s := int64(e[i])*coarseGain + int64(coarse[2][i]); s > 0 {
			o.coherence[i] = uint8(min(255, isqrt(x*x+y*y)*255/s))
		}
	}
	return o
}

// coarseGain makes the coarse scale weigh a third of the fine one: it sums 7x7 cells twice.
const coarseGain = 3 * 49 * 49

// smooth replaces v by the sums of three rounds of 3x3, near a Gaussian, over 256; the result is v after two more rounds
// of 7x7. Outside counts as zero.
func smooth(v []int32, w, h int) (coarse []int32) {
	line := make([]int32, max(w, h)+12)
	run := make([]int32, max(w, h)+12)
	pass := func(at, step, n int) {
		l := line[:n+6]
		l[0], l[1], l[2], l[n+3], l[n+4], l[n+5] = 0, 0, 0, 0, 0, 0
		for i, j := 3, at; i < n+3; i, j = i+1, j+step {
			l[i] = v[j]
		}
		for i, j := 0, at; i < n; i, j = i+1, j+step {
			t := l[i : i+7 : i+7]
			v[j] = 7*t[3] + 6*(t[2]+t[4]) + 3*(t[1]+t[5]) + t[0] + t[6]
		}
	}
	for y := range h {
		pass(y*w, 1, w)
	}
	for x := range w {
		pass(x, w, h)
	}
	coarse = make([]int32, len(v))
	for i := range v {
		v[i] >>= 8
		coarse[i] = v[i]
	}
	wide := func(at, step, n int) {
		// Two running sums of seven; l and r begin six cells before the line.
		l, r := line[:n+12], run[:n+12]
		clear(l[:6])
		clear(l[n+6:])
		for i, j := 6, at; i < n+6; i, j = i+1, j+step {
			l[i] = coarse[j]
		}
		s := int32(0)
		for i := range l {
			if s += l[i]; i >= 7 {
				s -= l[i-7]
			}
			r[i] = s // of l[i-6..i], standing for i-3
		}
		s = r[6] + r[7] + r[8] + r[9] + r[10] + r[11]
		for i, j := 0, at; i < n; i, j = i+1, j+step {
			if i+12 < len(r) {
				s += r[i+12]
			}
			coarse[j] = s
			s -= r[i+6]
		}
	}
	for y := range h {
		wide(y*w, 1, w)
	}
	for x := range w {
		wide(x, w, h)
	}
	return coarse
}

// voteUnit is the weight of a cell whose gradients are strong.
const voteUnit = 1 << 14

// tensorCells sums the doubled gradients of each cell into (vx, vy) and their strength into e.
func tensorCells(n *plane, w, h int) (vx, vy, e []int32) {
	vx, vy, e = make([]int32, w*h), make([]int32, w*h), make([]int32, w*h)
	sums := make([]struct{ x, y, e int32 }, w) // at most 16 times 2*(8*normClip)^2
	for cy := range h {
		clear(sums)
		for y := max(1, cy*orientCell); y < min((cy+1)*orientCell, n.h-1); y++ {
			i := n.at(0, y)
			up, mid, down := n.p[i-n.stride:][:n.w], n.p[i:][:n.w], n.p[i+n.stride:][:n.w]
			// Sobel: a and b are columns weighed 1 2 1 and -1 0 1, of x-1, x and x+1.
			a0, b0 := int32(up[0])+2*int32(mid[0])+int32(down[0]), int32(down[0])-int32(up[0])
			a1, b1 := int32(up[1])+2*int32(mid[1])+int32(down[1]), int32(down[1])-int32(up[1])
			for c := range sums {
				s := &sums[c]
				for x := max(1, c*orientCell); x < min((c+1)*orientCell, len(mid)-1, len(up)-1, len(down)-1); x++ {
					u, d := int32(up[x+1]), int32(down[x+1])
					a2, b2 := u+2*int32(mid[x+1])+d, d-u
					gx, gy := a2-a0, b0+2*b1+b2
					s.x += (gx + gy) * (gx - gy)
					s.y += 2 * gx * gy
					s.e += gx*gx + gy*gy
					a0, a1, b0, b1 = a1, a2, b1, b2
				}
			}
		}
		const soft = 16 * normUnit * normUnit // the energy at which a cell has half a vote
		for c, s := range sums {
			d := int64(s.e) + soft
			vx[cy*w+c] = int32(int64(s.x) * voteUnit / d)
			vy[cy*w+c] = int32(int64(s.y) * voteUnit / d)
			e[cy*w+c] = int32(int64(s.e) * voteUnit / d)
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
