package matcher

import "sync"

// candidate is a pair of minutiae, one of each print, that look alike.
type candidate struct {
	i, j    uint8
	like    int32
	support int32
	turn    uint8
}

// matching is the working memory of one comparison.
type matching struct {
	counts  [64]int32
	cands   []candidate
	growth  growth
	best    evidence
	usedB   [maxMinutiae]bool
	covered []bool // blocks of b under locked blocks of a

	wantPairs        bool // for Explain
	pairs, bestPairs [][2]int
}

var matchings = sync.Pool{New: func() any { return &matching{cands: make([]candidate, 0, maxCands)} }}

const (
	wantCands   = 56  // pairs kept after comparing patches
	tries       = 12  // pairs from which a registration is tried
	firstTries  = 4   // after so many, a score under hopeless ends it: strangers cost half as much, and one genuine
	hopeless    = 4   // pair in five hundred is lost
	maxCands    = 256 // pairs kept when many are equally alike
	supportPos  = 12  // px: how far a supporting pair may be from where the pair puts it
	supportDir  = 14  // direction units, 20 degrees
	beyondDoubt = 30  // a score after which no other registration need be tried
	leastLike   = patchUnit / 6
)

// Compare says how surely two templates come from the same finger. See Threshold for what its numbers mean.
// It does not matter which comes first.
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
	for k := 0; k < min(tries, len(m.cands)) && m.best.worth < beyondDoubt; k++ {
		if k >= firstTries && m.best.worth < hopeless {
			break
		}
		c := m.cands[k]
		mo := motionOf(a.prep, b.prep, a.minutiae[c.i], b.minutiae[c.j], zoom)
		g := &m.growth
		g.reset(a.prep, b.prep, mo)
		g.grow(int(a.minutiae[c.i].x), int(a.minutiae[c.i].y))
		if g.locked < firstLocked {
			continue
		}
		if e := m.weigh(a, b); e.worth > m.best.worth {
			m.best = e
			m.pairs, m.bestPairs = m.bestPairs, m.pairs
		}
	}
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

// pairUp compares every minutia with every other and keeps the pairs that look most alike. A histogram finds the limit,
// so nothing is sorted that is not kept.
func (m *matching) pairUp(a, b *Template) {
	clear(m.counts[:])
	m.cands = m.cands[:0]
	pa, pb := a.prep.patches, b.prep.patches
	var like [maxMinutiae * maxMinutiae]int16
	for i := range pa {
		row := like[i*maxMinutiae : i*maxMinutiae+len(pb)]
		for j := range pb {
			l := likeness(&pa[i], &pb[j])
			row[j] = int16(l)
			if l >= leastLike {
				m.counts[l>>6&63]++
			}
		}
	}
	limit, n := int32(len(m.counts)-1), int32(0)
	for ; limit > 0; limit-- {
		if n += m.counts[limit]; n >= wantCands {
			break
		}
	}
	for i := range pa {
		row := like[i*maxMinutiae : i*maxMinutiae+len(pb)]
		for j, l := range row {
			if int32(l) >= leastLike && int32(l)>>6 >= limit && len(m.cands) < maxCands {
				m.cands = append(m.cands, candidate{i: uint8(i), j: uint8(j), like: int32(l),
					turn: b.minutiae[j].dir - a.minutiae[i].dir})
			}
		}
	}
}

// rank orders the pairs by their own likeness and that of the pairs that agree with their motion.
func (m *matching) rank(a, b *Template, zoom int32) {
	for k := range m.cands {
		c := &m.cands[k]
		mo := motionOf(a.prep, b.prep, a.minutiae[c.i], b.minutiae[c.j], zoom)
		c.support = c.like
		for l := range m.cands {
			d := &m.cands[l]
			if t := turned(c.turn, d.turn); d.i == c.i || d.j == c.j || t > supportDir || t < -supportDir {
				continue
			}
			x, y := mo.apply(int32(a.minutiae[d.i].x)*sub, int32(a.minutiae[d.i].y)*sub)
			ex, ey := x-int32(b.minutiae[d.j].x)*sub, y-int32(b.minutiae[d.j].y)*sub
			if ex*ex+ey*ey < supportPos*supportPos*sub*sub {
				c.support += d.like / 2
			}
		}
	}
	// Only the first few are needed: pick them one by one.
	for k := 0; k < min(tries, len(m.cands)); k++ {
		best := k
		for l := k + 1; l < len(m.cands); l++ {
			if m.cands[l].support > m.cands[best].support {
				best = l
			}
		}
		m.cands[k], m.cands[best] = m.cands[best], m.cands[k]
	}
}
