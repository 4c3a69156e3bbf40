package matcher

import (
	"math/bits"
	"slices"
	"sync"
)

// candidate is a pair of minutiae, one of each print, that look alike.
type candidate struct {
	i, j    uint8
	like    int32
	support int32
	turn    uint8
}

// matching is the working memory of one comparison.
type matching struct {
	counts [patchUnit>>likeStep + 1]int32 // pairs of each likeness
	cands  []candidate
	bar    bar
	byTurn []placed
	growth *growth // the registration being grown
	grown  *growth // the best so far
	best   evidence
	usedB  [maxMinutiae]bool

	wantPairs        bool // for Explain
	pairs, bestPairs [][2]int
}

var matchings = sync.Pool{New: func() any { return newMatching() }}

func newMatching() *matching {
	return &matching{cands: make([]candidate, 0, 2*maxCands), byTurn: make([]placed, maxCands),
		growth: &growth{}, grown: &growth{}}
}

const (
	nearMost    = 26  // of the 64 bits of the patches' middles: more that differ, and the rest is not compared
	wantCands   = 80  // pairs kept after comparing patches
	tries       = 12  // pairs from which a registration is tried
	firstTries  = 8   // after so many, a score under hopeless ends it: strangers take a third less, at one genuine pair
	hopeless    = 4   // in a thousand
	maxCands    = 256 // pairs kept when many are equally alike
	supportPos  = 12  // px: how far a supporting pair may be from where the pair puts it
	supportDir  = 14  // direction units, 20 degrees
	settled     = 12  // a score after which a registration is not grown again from another pair; before, it may help
	beyondDoubt = 20  // a score after which no other registration need be tried
	leastLike   = patchUnit / 6
)

// Compare says how surely two templates come from the same finger. See Threshold for what its numbers mean; above 20
// they say no more than that there is no doubt. It does not matter which comes first.
func Compare(a, b *Template) float64 {
	e := compare(a, b)
	return e.worth
}

func compare(a, b *Template) evidence {
	m := matchings.Get().(*matching)
	defer matchings.Put(m)
	return m.compare(a, b)
}

func (m *matching) compare(a, b *Template) evidence {
	if a == nil || b == nil || a.prep == nil || b.prep == nil {
		return evidence{}
	}
	if before(b, a) {
		a, b = b, a
	}
	m.best = evidence{}
	m.pairUp(a, b)
	zoom := zoomOf(a, b)
	m.lay(a, b, zoom)
	if zoom < sameSensorLow || zoom > sameSensorHigh {
		m.lay(a, b, 4096) // ridges of one period
	}
	return m.best
}

// lay tries the likeliest pairs, b being zoom/4096 times as large as a, and keeps the best evidence.
func (m *matching) lay(a, b *Template, zoom int32) {
	m.rank(a, b, zoom)
	for k, tried := 0, 0; k < len(m.cands) && tried < tries && m.best.worth < beyondDoubt; k++ {
		c := m.likeliest(k)
		if m.explained(a, b, c) {
			continue
		}
		if tried >= firstTries && m.best.worth < hopeless {
			break
		}
		tried++
		mo := motionOf(a, b, int(c.i), int(c.j), zoom)
		g := m.growth
		g.reset(a.prep, b.prep, mo)
		g.grow(int(a.minutiae[c.i].x), int(a.minutiae[c.i].y))
		if g.locked < firstLocked {
			continue
		}
		if e := m.weigh(a, b, m.best.worth); e.worth > m.best.worth {
			m.best = e
			m.pairs, m.bestPairs = m.bestPairs, m.pairs
			m.growth, m.grown = m.grown, m.growth
		}
	}
}

// explained tells whether the best registration so far lays the two minutiae on each other already: growing from there
// again would end where it ended.
func (m *matching) explained(a, b *Template, c *candidate) bool {
	if m.best.worth < settled {
		return false
	}
	g := m.grown
	p, q := a.minutiae[c.i], b.minutiae[c.j]
	i := g.a.over[c.i]
	if g.state[i] != locked {
		return false
	}
	x, y := g.m.apply(int32(p.x)*sub, int32(p.y)*sub)
	ex, ey := x+g.found[i].dx-int32(q.x)*sub, y+g.found[i].dy-int32(q.y)*sub
	t := turned(p.dir+uint8(g.m.turn/2), q.dir)
	return ex*ex+ey*ey < meetPos*meetPos*sub*sub && t < meetDir && t > -meetDir
}

// Skin of one finger on one sensor differs in its median period by less than this. If two pictures differ by more, one
// of them may have hidden its resolution, and their ridges are taken to be of one period.
const (
	sameSensorLow  = 4096 * 100 / 118
	sameSensorHigh = 4096 * 118 / 100
)

// zoomOf is b's working px per working px of a, times 4096, held between a half and two.
func zoomOf(a, b *Template) int32 { return int32(max(2048, min(8192, b.scale*4096/a.scale))) }

// before orders two templates by what they hold, so that Compare(a, b) and Compare(b, a) do the same work.
func before(a, b *Template) bool {
	if x, y := a.prep.full, b.prep.full; x != y {
		return x < y
	}
	if x, y := len(a.minutiae), len(b.minutiae); x != y {
		return x < y
	}
	for i := range a.minutiae {
		m, n := a.minutiae[i], b.minutiae[i]
		if m != n {
			return m.x < n.x || m.x == n.x && (m.y < n.y || m.y == n.y && (m.dir < n.dir || m.dir == n.dir && m.quality < n.quality))
		}
	}
	return false
}

// pairUp compares every minutia with every other and keeps the pairs that look most alike. The bar rises as pairs come
// in: it stands at the least likeness that still belongs to the best wantCands so far, in steps of 1/64.
func (m *matching) pairUp(a, b *Template) {
	clear(m.counts[:])
	m.cands = m.cands[:0]
	bar, above := int32(leastLike>>likeStep), int32(0) // above: the pairs so far that reach it
	m.bar.set(bar)
	for i := range a.prep.patches {
		pa, near := a.prep.patches[i], a.prep.nears[i]
		for j := range b.prep.nears {
			nb := &b.prep.nears[j]
			if bits.OnesCount64((near.bits^nb.bits)&near.valid&nb.valid) > nearMost {
				continue
			}
			pb := &b.prep.patches[j]
			v := pa.valid & pb.valid
			n := bits.OnesCount64(v)
			r := bits.OnesCount64((pa.ridge^pb.ridge)&v) + bits.OnesCount64((pa.flank^pb.flank)&v)
			least := m.bar[n]
			if 3*n-2*r < int(least) {
				continue
			}
			o := bits.OnesCount64((pa.tilt^pb.tilt)&v) + bits.OnesCount64((pa.lean^pb.lean)&v)
			agree := 3*n - 2*r - o
			if agree < int(least) {
				continue
			}
			l := int32(agree) * reciprocal[n] / 3
			m.counts[l>>likeStep]++
			above++
			for above-m.counts[bar] >= wantCands {
				above -= m.counts[bar]
				bar++
				m.bar.set(bar)
			}
			if len(m.cands) == cap(m.cands) {
				m.drop(bar)
			}
			if len(m.cands) < cap(m.cands) && l>>likeStep >= bar {
				m.cands = append(m.cands, candidate{i: uint8(i), j: uint8(j), like: l,
					turn: b.minutiae[j].dir - a.minutiae[i].dir})
			}
		}
	}
	m.drop(bar)
	m.cands = m.cands[:min(len(m.cands), maxCands)]
}

const likeStep = 6 // likeness is counted in steps of 1/64

// drop forgets the pairs under the bar.
func (m *matching) drop(bar int32) {
	m.cands = slices.DeleteFunc(m.cands, func(c candidate) bool { return c.like>>likeStep < bar })
}

// bar is how much two patches must agree, by the number of points that both have.
type bar [65]uint8

func (b *bar) set(step int32) {
	for n := range b {
		b[n] = 255
		if n >= patchLeast {
			// The least agreement whose likeness, rounded down twice, reaches the step.
			b[n] = uint8((step<<likeStep*3 + reciprocal[n] - 1) / reciprocal[n])
		}
	}
}

// rank finds how well each pair is supported by the others: those that agree with its motion.
func (m *matching) rank(a, b *Template, zoom int32) {
	// By their turn, so that only pairs that may agree are looked at.
	var start [257]int16
	for k := range m.cands {
		start[int(m.cands[k].turn)+1]++
	}
	for t := range 256 {
		start[t+1] += start[t]
	}
	m.byTurn = m.byTurn[:len(m.cands)]
	next := start
	for k := range m.cands {
		c := &m.cands[k]
		m.byTurn[next[c.turn]] = placed{int32(a.minutiae[c.i].x) * sub, int32(a.minutiae[c.i].y) * sub,
			int32(b.minutiae[c.j].x) * sub, int32(b.minutiae[c.j].y) * sub, c.like / 2, c.i, c.j}
		next[c.turn]++
	}
	for k := range m.cands {
		c := &m.cands[k]
		mo := motionOf(a, b, int(c.i), int(c.j), zoom)
		c.support = c.like
		low, high := int(c.turn)-supportDir, int(c.turn)+supportDir+1
		if low < 0 {
			c.support += agreeing(m.byTurn[start[low+256]:], c, &mo)
		}
		if high > 256 {
			c.support += agreeing(m.byTurn[:start[high-256]], c, &mo)
		}
		c.support += agreeing(m.byTurn[start[max(0, low)]:start[min(256, high)]], c, &mo)
	}
}

// placed is a pair as rank needs it: the places of both minutiae, 1/8 px, and what its support is worth.
type placed struct {
	ax, ay, bx, by, worth int32
	i, j                  uint8
}

func agreeing(pairs []placed, c *candidate, mo *motion) (worth int32) {
	for k := range pairs {
		d := &pairs[k]
		ex := (d.ax*mo.xx+d.ay*mo.xy)>>14 + mo.tx - d.bx
		ey := (d.ax*mo.yx+d.ay*mo.yy)>>14 + mo.ty - d.by
		if ex*ex+ey*ey < supportPos*supportPos*sub*sub && d.i != c.i && d.j != c.j {
			worth += d.worth
		}
	}
	return worth
}

// likeliest moves the best supported of the pairs from k on to place k.
func (m *matching) likeliest(k int) *candidate {
	best := k
	for l := k + 1; l < len(m.cands); l++ {
		if m.cands[l].support > m.cands[best].support {
			best = l
		}
	}
	m.cands[k], m.cands[best] = m.cands[best], m.cands[k]
	return &m.cands[k]
}
