package matcher

// Explanation shows how a score came about.
type Explanation struct {
	Score    float64
	Rotation float64 // degrees b is turned against a, clockwise
	InStep   int     // squares of 24 px whose ridges run in step in both prints
	OutOf    int     // squares where both prints have ridges, as far as was looked
	Stretch  float64 // how much skin was stretched between them; 0.1 is ten per cent
	Pairs    []Pair  // minutiae that meet
}

// Pair is a minutia of each print, taken for the same place on the finger. Px of the pictures as they came, if they
// were of 500 dpi.
type Pair struct {
	AX, AY, BX, BY int
	Split          bool // in a: the ridge splits; otherwise it ends
}

// Explain is Compare with its reasons. It is slower.
func Explain(a, b *Template) Explanation {
	m := newMatching()
	m.wantPairs = true
	e := m.compare(a, b)
	out := Explanation{Score: e.worth, InStep: e.locked, OutOf: e.locked + e.failed, Stretch: e.stretch,
		Rotation: float64((e.turn+256)&511-256) * 360 / 512}
	swapped := a != nil && b != nil && a.prep != nil && b.prep != nil && before(b, a)
	if swapped {
		out.Rotation = -out.Rotation
	}
	for _, p := range m.bestPairs {
		i, j := p[0], p[1]
		if swapped {
			i, j = j, i
		}
		x, y := a.minutiae[i], b.minutiae[j]
		out.Pairs = append(out.Pairs, Pair{int(x.x) * 4096 / a.scale, int(x.y) * 4096 / a.scale,
			int(y.x) * 4096 / b.scale, int(y.y) * 4096 / b.scale, x.split})
	}
	return out
}
