package matcher

// Registration lays one print on another by their waves. From one pair of minutiae that look alike it grows block by
// block: a block whose ridges run in step with the other print's, up to a shift that its neighbours' shifts foretell,
// is locked, and its own shift foretells the next. Skin distorts, so no rigid motion fits a whole print; but
// neighbouring blocks always move nearly together. (Compare Cui, Feng, Zhou, "2-D phase demodulation for deformable
// fingerprint registration", 2018.) False pairs start out of step or run into it at the first minutia that the other
// print does not have.

// motion lays print a on print b: a turn, a stretch, and a shift.
type motion struct {
	turn           int32 // 512 to the turn
	xx, xy, yx, yy int32 // the matrix, times 2^14
	tx, ty         int32 // 1/8 px
}

// motionOf lays minutia i of a on minutia j of b. zoom is b's working px per working px of a, times 4096: both pictures
// were scaled by what their own ridges told, and the finger itself has not grown. Across the ridges the periods at the
// two places tell how skin was stretched there.
func motionOf(a, b *Template, i, j int, zoom int32) motion {
	m, n := &a.minutiae[i], &b.minutiae[j]
	t := (int32(n.dir)*2 - int32(m.dir)*2) & 511
	across := 4096 * a.prep.rates[i] / b.prep.rates[j]
	d, e := int32(m.dir)*2, int32(n.dir)*2&511
	// Into m's frame (along, across), stretched, out of n's.
	ax, ay := cos512[d]>>2*zoom>>12, sin512[d]>>2*zoom>>12
	bx, by := -sin512[d]>>2*across>>12, cos512[d]>>2*across>>12
	c, s := cos512[e], sin512[e]
	v := motion{turn: t,
		xx: (ax*c - bx*s) >> 12, xy: (ay*c - by*s) >> 12,
		yx: (ax*s + bx*c) >> 12, yy: (ay*s + by*c) >> 12,
	}
	x, y := v.apply(int32(m.x)*sub, int32(m.y)*sub)
	v.tx, v.ty = int32(n.x)*sub-x, int32(n.y)*sub-y
	return v
}

func (v *motion) apply(x, y int32) (int32, int32) {
	return (x*v.xx+y*v.xy)>>14 + v.tx, (x*v.yx+y*v.yy)>>14 + v.ty
}

type blockState uint8

const (
	unseen blockState = iota
	queued
	locked
	failed  // both prints have ridges here, and they do not run in step
	outside // one of the prints has none here
)

// growth is the state of one registration. It is reused, so that comparing allocates nothing.
type growth struct {
	a, b   *prepared
	m      motion
	state  []blockState // as a.blocks
	found  []found      // as a.blocks
	queue  []int32
	held   []int32                        // the locked blocks
	missed []int32                        // the failed ones
	beside [8]int32                       // from a block to its neighbours
	span   [blockCells * blockCells]shift // from a block's corner to its samples, moved

	stretch stretch
	solved  int // locked blocks when the stretch was last solved

	locked, failed int
}

type shift struct{ x, y int32 } // 1/8 px

// found is what is known of a locked block.
type found struct {
	dx, dy int32 // shift on top of the motion, 1/8 px
	coh    int16 // coherence, 0..1024
	res    int16 // how far the shift was from what was foretold, phase units
}

func (g *growth) reset(a, b *prepared, m motion) {
	n := len(a.blocks)
	if cap(g.state) < n {
		g.state, g.found, g.queue = make([]blockState, n), make([]found, n), make([]int32, 0, n)
		g.held, g.missed = make([]int32, 0, n), make([]int32, 0, n)
	}
	g.state, g.found, g.queue, g.held, g.missed = g.state[:n], g.found[:n], g.queue[:0], g.held[:0], g.missed[:0]
	copy(g.state, a.fresh)
	g.a, g.b, g.m = a, b, m
	g.locked, g.failed, g.solved = 0, 0, 0
	for k, d := range around {
		g.beside[k] = int32(d[1]*a.stride + d[0])
	}
	for k := range g.span {
		x, y := int32(k%blockCells*sampleSpan+sampleSpan/2), int32(k/blockCells*sampleSpan+sampleSpan/2)
		g.span[k] = shift{(x*m.xx + y*m.xy) >> 14, (x*m.yx + y*m.yy) >> 14}
	}
}

const (
	lockCoherence = 560 // of 1024
	lockTurn      = 80  // phase units: the farthest a block may be from what was foretold; 128 is half a ridge period
	orientSlack   = 40  // orientation units (256 to the half turn): 28 degrees
	firstRing     = 9   // blocks to look at before asking whether to go on
	firstLocked   = 4   // of them must be locked
	lockedNeed    = 5   // of so many
	lockedOf      = 10  // blocks tried must have locked at any time, or the growth is given up
)

// grow starts at the block that holds (x, y) (px) and goes on as long as blocks lock.
func (g *growth) grow(x, y int) {
	bx, by := min(x/(fieldStep*blockCells), g.a.bw-1), min(y/(fieldStep*blockCells), g.a.bh-1)
	start := int32(g.a.blockAt(bx, by))
	g.stretch.reset(bx, by)
	g.queue = append(g.queue, start)
	g.state[start] = queued
	g.run(true)
	if g.locked < firstLocked || g.hopeless() {
		return
	}
	// What failed while the stretch was not yet known well deserves another look.
	for range retries {
		g.stretch.solve()
		before := g.locked
		g.queue = g.queue[:0]
		missed := g.missed
		g.missed = g.missed[:0]
		for _, i := range missed {
			if g.besideLocked(int(i)) {
				g.state[i] = queued
				g.failed--
				g.queue = append(g.queue, i)
			} else {
				g.missed = append(g.missed, i)
			}
		}
		g.run(false)
		if g.locked == before {
			return
		}
	}
}

const (
	retries    = 3
	firstSolve = 3 // locked blocks before the stretch is first asked
	solveAgain = 5 // fourths as many before it is asked again
)

// run tries the blocks in the queue and those beside the ones that lock.
func (g *growth) run(first bool) {
	for k := 0; k < len(g.queue); k++ {
		i := int(g.queue[k])
		g.try(i)
		if first && k+1 >= firstRing && g.hopeless() {
			return
		}
		if g.state[i] == locked || first && k == 0 {
			for _, d := range g.beside {
				if j := i + int(d); g.state[j] == unseen {
					g.state[j] = queued
					g.queue = append(g.queue, int32(j))
				}
			}
		}
		if g.locked >= firstSolve && g.locked*4 >= g.solved*solveAgain {
			g.stretch.solve()
			g.solved = g.locked
		}
	}
}

// hopeless tells that too few of the blocks tried so far have locked.
func (g *growth) hopeless() bool { return g.locked*lockedOf < (g.locked+g.failed)*lockedNeed }

func (g *growth) besideLocked(i int) bool {
	for _, d := range g.beside {
		if g.state[i+int(d)] == locked {
			return true
		}
	}
	return false
}

// foretell is the shift of block i by the stretch, mended by how far off the stretch is at its locked neighbours.
func (g *growth) foretell(i int) (dx, dy int32) {
	var n, ex, ey, u, v int32
	for k, d := range g.beside {
		if j := i + int(d); g.state[j] == locked {
			f := &g.found[j]
			ex += f.dx
			ey += f.dy
			u += int32(around[k][0])
			v += int32(around[k][1])
			n++
		}
	}
	bl := &g.a.blocks[i]
	dx, dy = g.stretch.at(int(bl.x), int(bl.y))
	if n == 0 {
		return dx, dy
	}
	// The stretch changes evenly, so its sum over the neighbours follows from the sum of their places.
	sx, sy := g.stretch.over(u, v)
	ex -= n*dx + sx
	ey -= n*dy + sy
	return dx + ex/(n+1), dy + ey/(n+1)
}

// try measures block i and locks it if it runs in step.
func (g *growth) try(i int) {
	bl := &g.a.blocks[i]
	if !bl.ok {
		g.state[i] = outside
		return
	}
	dx, dy := g.foretell(i)
	n, rate, sum := g.measure(bl, dx, dy)
	if n < g.a.least {
		g.state[i] = outside
		return
	}
	im := int64(int32(sum))
	re := (sum - im) >> 32
	coh := int32(isqrt(re*re+im*im)) / n >> 4
	turn := int32(lockTurn + 1)
	if coh >= lockCoherence {
		turn = int32(int8(atan2(im, re) >> 8))
	}
	if turn > lockTurn || turn < -lockTurn {
		g.state[i] = failed
		g.missed = append(g.missed, int32(i))
		g.failed++
		return
	}
	g.state[i] = locked
	g.held = append(g.held, int32(i))
	g.locked++
	// Moving by s along the block's normal, seen in b, takes the phase difference away.
	s := turn * 256 * 4096 / rate // times 256
	o := (int32(bl.orient) + g.m.turn) & 511
	dx += (-sin512[o] >> 4 * s) >> 18
	dy += (cos512[o] >> 4 * s) >> 18
	g.found[i] = found{dx, dy, int16(coh), int16(turn)}
	nx, ny := -float64(sin512[o])/trigOne, float64(cos512[o])/trigOne
	along := float64(nx*float64(dx)) + float64(ny*float64(dy))
	g.stretch.add(int(bl.x), int(bl.y), nx, ny, along)
}

// phasors are the sums' terms for each difference of phase: the cosine in the upper half, the sine in the lower.
var phasors [256]int64

func init() {
	for d := range phasors {
		phasors[d] = int64(cos512[d*2])<<32 + int64(sin512[d*2])
	}
}

// measure compares block bl, moved by the motion and (dx, dy), with b: the number of samples b has there too, b's rate
// there, and the sum of the phasors, whose length tells how well they run in step and whose angle how far they are apart.
func (g *growth) measure(bl *block, dx, dy int32) (n, rate int32, sum int64) {
	m, cells, w := &g.m, g.b.cells, uint64(g.b.w)
	const side = blockCells * sampleSpan
	x0, y0 := m.apply(int32(bl.x)*side, int32(bl.y)*side)
	x0, y0 = x0+dx, y0+dy
	base := int32(bl.orient) + m.turn - 128
	for _, c := range bl.cells[:bl.n] {
		at := &g.span[c.at&(blockCells*blockCells-1)]
		x, y := x0+at.x, y0+at.y
		u, v := uint32(x)/sampleSpan, uint32(y)/sampleSpan // what is left of or above the print is far beyond it
		k := uint64(v)*w + uint64(u)                       // 32 bits would wrap back into it
		if uint64(u) >= w || k >= uint64(len(cells)) {
			continue
		}
		q := &cells[k]
		if q.rate == 0 {
			continue
		}
		n++
		rate = int32(q.rate) // much the same all over the block
		rel := (int32(q.orient) - int32(c.tilt) - base) & 511
		off := rel&255 - 128
		if off > orientSlack || off < -orientSlack {
			continue
		}
		phase := q.carried(x-int32(u)*sampleSpan-sampleSpan/2, y-int32(v)*sampleSpan-sampleSpan/2)
		flip := uint8(-(rel >> 8)) // all ones: the normals point opposite ways
		sum += phasors[c.phase-((phase^flip)-flip)]
	}
	return n, rate, sum
}
