package matcher

// evidence is what a registration found, for and against.
type evidence struct {
	turn           int32
	locked, failed int     // blocks
	coherence      float64 // sum over the locked blocks of how well they run in step, 0..1 each
	strain         float64 // sum of how far (of a period) each block was from what its neighbours foretold
	stretch        float64 // how much skin was stretched, root of the summed squares
	apart          float64 // sum over the pairs of how far they are from meeting exactly, 0..1 each
	pairs          int     // minutiae that meet

	worth float64 // the score, once weighed
}

const (
	meetPos = 9  // px: one ridge period
	meetDir = 20 // direction units: 28 degrees
)

// weigh counts the evidence of the registration just grown. Where the minutiae cannot bring it above atLeast, they are
// not looked at and it is worth nothing.
func (m *matching) weigh(a, b *Template, atLeast float64) evidence {
	g := m.growth
	e := evidence{locked: g.locked, failed: g.failed, turn: g.m.turn}
	var coh, strain, minutiae int
	for _, i := range g.held {
		f := &g.found[i]
		coh += int(f.coh)
		strain += abs(int(f.res))
		minutiae += int(g.a.blocks[i].minutiae)
	}
	e.coherence = float64(coh) / 1024
	e.strain = float64(strain) / 256
	e.pairs = minutiae
	if e.score() <= atLeast {
		e.pairs = 0
		return e
	}
	e.pairs = 0
	e.stretch = g.stretch.size()
	m.meet(a, b, &e)
	e.worth = e.score()
	return e
}

// meet pairs the minutiae in the locked area.
func (m *matching) meet(a, b *Template, e *evidence) {
	g := m.growth
	clear(m.usedB[:])
	m.pairs = m.pairs[:0]
	for k, p := range a.minutiae {
		i := g.a.over[k]
		if g.state[i] != locked {
			continue
		}
		x, y := g.m.apply(int32(p.x)*sub, int32(p.y)*sub)
		x, y = x+g.found[i].dx, y+g.found[i].dy
		dir := p.dir + uint8(g.m.turn/2)
		best, at := int32(meetPos*meetPos*sub*sub), -1
		for j := range b.minutiae {
			q := &b.minutiae[j]
			ex, ey := x-int32(q.x)*sub, y-int32(q.y)*sub
			if d := ex*ex + ey*ey; d < best && !m.usedB[j] {
				if t := turned(dir, q.dir); t < meetDir && t > -meetDir {
					best, at = d, j
				}
			}
		}
		if at < 0 {
			continue
		}
		m.usedB[at] = true
		if m.wantPairs {
			m.pairs = append(m.pairs, [2]int{k, at})
		}
		e.pairs++
		e.apart += float64(best) / (meetPos * meetPos * sub * sub)
	}
}

// The weights of the evidence, close to natural logarithms of odds. They come from a logistic regression on three of the
// six databases (FVC2000_DB1_B, FVC2002_DB3_B, FVC2004_DB1_B), rounded; the other three were left to be reported on.
// Fitted on others, coherence and blocks trade weight (they nearly count the same) and little else changes; see doc.go.
// A block counts for as much as it runs in step better than chance makes it; a pair of minutiae as much as two to four
// blocks. Lonely minutiae said nothing that the failed blocks had not said already.
const (
	weightCoherence = 0.75
	weightLocked    = -0.30
	weightFailed    = -0.23
	weightStrain    = -0.95
	weightPair      = 1.85
	weightApart     = -0.90
)

func (e *evidence) score() float64 {
	if e.locked < firstLocked {
		return 0
	}
	clear, failed, strained, minutiae := e.parts()
	return max(0, clear+failed+strained+minutiae)
}

// parts is what each kind of evidence adds.
func (e *evidence) parts() (clear, failed, strained, minutiae float64) {
	return float64(weightCoherence*e.coherence) + float64(weightLocked*float64(e.locked)),
		float64(weightFailed * float64(e.failed)),
		float64(weightStrain * e.strain),
		float64(weightPair*float64(e.pairs)) + float64(weightApart*e.apart)
}

// Threshold is the score from which a touch is taken for the enrolled finger, measured on the maximum over twelve
// enrolled touches (P160: 10,800 impostor and 1,200 genuine attempts of 60 fingers; many of these crops show a part of
// the finger that was not enrolled) and on pairs of full prints (17,280 and 1,680):
//
//	score   small: FMR   FNMR    full: FMR    FNMR
//	  6       1.3 %      3.7 %    0.38 %      2.5 %
//	  8       0.056 %    5.6 %    0.035 %     3.9 %
//	 10       none       8.3 %    0.006 %     5.0 %
//	 12       none      13.5 %    none        5.8 %
//	 14       none      22.0 %    none        7.1 %
//
// False matches fall tenfold for every 1.6 or so. So 12 should be near 1 in 100,000 on a small sensor, but that is an
// extrapolation: the pictures prove no more than about 1 in 3,600 (rule of three on 10,800 attempts, if they were
// independent, which they are not).
const Threshold = 12
