package matcher

// evidence is what a registration found, for and against.
type evidence struct {
	locked, failed int     // blocks
	coherence      float64 // mean over locked blocks, 0..1
	strain         float64 // mean distance of a block's shift from what its neighbours foretold, phase units
	paired         int     // minutiae that meet
	lonelyA        int     // minutiae of a inside the locked area that meet none
	lonelyB        int
	turn           int32
}

// weigh counts the evidence of the registration just grown.
func (m *matching) weigh(a, b *Template) evidence {
	g := &m.growth
	e := evidence{locked: g.locked, failed: g.failed, turn: g.m.turn}
	var coh, strain int64
	for i, s := range g.state {
		if s == locked {
			coh += int64(g.coh[i])
			strain += int64(abs(int(g.res[i])))
		}
	}
	if g.locked > 0 {
		e.coherence = float64(coh) / float64(1024*g.locked)
		e.strain = float64(strain) / float64(g.locked)
	}
	clear(m.usedB[:])
	for _, p := range a.minutiae {
		bx, by := int(p.x)/(fieldStep*blockCells), int(p.y)/(fieldStep*blockCells)
		if bx >= g.a.bw || by >= g.a.bh || g.state[by*g.a.bw+bx] != locked {
			continue
		}
		i := by*g.a.bw + bx
		x, y := g.m.apply(int32(p.x)*sub, int32(p.y)*sub)
		x, y = x+g.dx[i], y+g.dy[i]
		best, at := int32(meetPos*meetPos*sub*sub), -1
		for j, q := range b.minutiae {
			if m.usedB[j] {
				continue
			}
			ex, ey := x-int32(q.x)*sub, y-int32(q.y)*sub
			if d := ex*ex + ey*ey; d < best {
				if t := turned(p.dir+uint8(g.m.turn/2), q.dir); t < meetDir && t > -meetDir {
					best, at = d, j
				}
			}
		}
		if at < 0 {
			e.lonelyA++
			continue
		}
		m.usedB[at] = true
		e.paired++
	}
	return e
}

const (
	meetPos = 9  // px: one ridge period
	meetDir = 20 // direction units: 28 degrees
)

func (e evidence) score() float64 {
	if e.locked < firstLocked {
		return 0
	}
	s := float64(e.locked)*(e.coherence-0.6)*2.5 - 0.5*float64(e.failed) + 2*float64(e.paired) - 1*float64(e.lonelyA)
	return max(0, s)
}

// Threshold is the score from which a touch is taken for the enrolled finger.
const Threshold = 20
