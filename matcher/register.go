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

// motionOf lays minutia m of a on minutia n of b. zoom is b's working px per working px of a, times 4096: both pictures
// were scaled by what their own ridges told, and the finger itself has not grown. Across the ridges the periods at the
// two places tell how skin was stretched there.
func motionOf(a, b *prepared, m, n minutia, zoom int32) motion {
	t := (int32(n.dir)*2 - int32(m.dir)*2) & 511
	across := 4096 * a.rateAt(int(m.x), int(m.y)) / b.rateAt(int(n.x), int(n.y))
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
	outside // the other print has none here
)

// growth is the state of one registration. It is reused, so that comparing allocates nothing.
type growth struct {
	a, b  *prepared
	m     motion
	state []blockState
	dx    []int32 // shift on top of the motion, 1/8 px, for locked blocks
	dy    []int32
	coh   []int32 // coherence, 0..1024
	res   []int32 // how far the shift was from what was foretold, phase units
	tilt  []int32 // mean difference of the orientations, orientation units
	queue []int32

	stretch stretch
	solved  int // locked blocks when the stretch was last solved

	locked, failed int
}

func (g *growth) reset(a, b *prepared, m motion) {
	n := len(a.blocks)
	if cap(g.state) < n {
		g.state = make([]blockState, n)
		g.dx, g.dy = make([]int32, n), make([]int32, n)
		g.coh, g.res, g.tilt = make([]int32, n), make([]int32, n), make([]int32, n)
		g.queue = make([]int32, 0, n)
	}
	g.state, g.dx, g.dy = g.state[:n], g.dx[:n], g.dy[:n]
	g.coh, g.res, g.tilt = g.coh[:n], g.res[:n], g.tilt[:n]
	clear(g.state)
	g.queue = g.queue[:0]
	g.a, g.b, g.m = a, b, m
	g.locked, g.failed, g.solved = 0, 0, 0
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
	start := int32(by*g.a.bw + bx)
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
		for i, s := range g.state {
			if s == failed && g.besideLocked(i) {
				g.state[i] = queued
				g.failed--
				g.queue = append(g.queue, int32(i))
			}
		}
		g.run(false)
		if g.locked == before {
			return
		}
	}
}

const retries = 3

// run tries the blocks in the queue and those beside the ones that lock.
func (g *growth) run(first bool) {
	for k := 0; k < len(g.queue); k++ {
		i := g.queue[k]
		g.try(int(i))
		if first && k+1 >= firstRing && g.hopeless() {
			return
		}
		if g.state[i] == locked || first && k == 0 {
			g.push(int(i))
		}
		if g.locked >= 3 && g.locked*3 >= g.solved*4 {
			g.stretch.solve()
			g.solved = g.locked
		}
	}
}

// hopeless tells that too few of the blocks tried so far have locked.
func (g *growth) hopeless() bool { return g.locked*lockedOf < (g.locked+g.failed)*lockedNeed }

func (g *growth) besideLocked(i int) bool {
	x, y := i%g.a.bw, i/g.a.bw
	for _, d := range around {
		u, v := x+d[0], y+d[1]
		if u >= 0 && v >= 0 && u < g.a.bw && v < g.a.bh && g.state[v*g.a.bw+u] == locked {
			return true
		}
	}
	return false
}

// push queues the neighbours of block i.
func (g *growth) push(i int) {
	x, y := i%g.a.bw, i/g.a.bw
	for _, d := range around {
		u, v := x+d[0], y+d[1]
		if u < 0 || v < 0 || u >= g.a.bw || v >= g.a.bh {
			continue
		}
		if j := v*g.a.bw + u; g.state[j] == unseen && g.a.blocks[j].ok {
			g.state[j] = queued
			g.queue = append(g.queue, int32(j))
		}
	}
}

// foretell is the shift of block i by the stretch, mended by how far off the stretch is at its locked neighbours.
func (g *growth) foretell(i int) (dx, dy int32) {
	x, y := i%g.a.bw, i/g.a.bw
	var n, ex, ey int32
	for _, d := range around {
		u, v := x+d[0], y+d[1]
		if u < 0 || v < 0 || u >= g.a.bw || v >= g.a.bh {
			continue
		}
		if j := v*g.a.bw + u; g.state[j] == locked {
			px, py := g.stretch.at(u, v)
			ex += g.dx[j] - px
			ey += g.dy[j] - py
			n++
		}
	}
	dx, dy = g.stretch.at(x, y)
	if n == 0 {
		return dx, dy
	}
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
	n, coh, turn, rate, tilt := g.measure(bl, dx, dy)
	if n < blockLeast {
		g.state[i] = outside
		return
	}
	g.coh[i], g.res[i], g.tilt[i] = coh, turn, tilt
	if coh < lockCoherence || turn > lockTurn || turn < -lockTurn {
		g.state[i] = failed
		g.failed++
		return
	}
	g.state[i] = locked
	g.locked++
	// Moving by s along the block's normal, seen in b, takes the phase difference away.
	s := turn * 256 * 4096 / rate // times 256
	o := (int32(bl.orient) + g.m.turn) & 511
	g.dx[i] = dx + (-sin512[o]>>4*s)>>18
	g.dy[i] = dy + (cos512[o]>>4*s)>>18
	nx, ny := -float64(sin512[o])/trigOne, float64(cos512[o])/trigOne
	along := float64(nx*float64(g.dx[i])) + float64(ny*float64(g.dy[i]))
	g.stretch.add(i%g.a.bw, i/g.a.bw, nx, ny, along)
}

// measure compares block bl, moved by the motion and (dx, dy), with b: the number of samples b has there too, how well
// they run in step (0..1024), by how much phase they are apart, b's rate there, and how far the orientations are apart.
func (g *growth) measure(bl *block, dx, dy int32) (n int, coherence, turn, rate, tilt int32) {
	m, b := &g.m, g.b
	var re, im, rates, tilts int32
	for k := range bl.cells[:bl.n] {
		c := &bl.cells[k]
		x := (c.x*m.xx+c.y*m.xy)>>14 + m.tx + dx
		y := (c.x*m.yx+c.y*m.yy)>>14 + m.ty + dy
		if x < 0 || y < 0 {
			continue
		}
		u, v := int(uint32(x)/sampleSpan), int(uint32(y)/sampleSpan)
		if u >= b.w || v >= b.h {
			continue
		}
		q := b.cells[v*b.w+u]
		if !q.on {
			continue
		}
		n++
		rates += int32(q.rate)
		o := int32(q.orient)
		ex, ey := x-int32(u*sampleSpan+sampleSpan/2), y-int32(v*sampleSpan+sampleSpan/2)
		phase := q.phase + carry(o, ex, ey, q.rate)
		rel := (o - c.orient - m.turn + 128) & 511
		if rel >= 256 {
			phase = -phase
			rel -= 256
		}
		off := rel - 128
		if off < 0 {
			off = -off
		}
		tilts += off
		if off > orientSlack {
			continue
		}
		d := int(c.phase-phase) * 2
		re += cos512[d]
		im += sin512[d]
	}
	if n == 0 {
		return 0, 0, 0, nominalRate, 0
	}
	l := int32(isqrt(int64(re)*int64(re) + int64(im)*int64(im)))
	return n, l / int32(n) >> 4, int32(int8(atan2(int64(im), int64(re)) >> 8)), rates / int32(n), tilts / int32(n)
}
