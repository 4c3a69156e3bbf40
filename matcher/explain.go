package matcher

// Explanation shows how a score came about.
type Explanation struct {
	Score    float64
	Rotation float64 // degrees b is turned against a, clockwise
	InStep   int     // squares of 24 px whose ridges run in step in both prints
	OutOf    int     // squares where both prints have ridges, as far as was looked
	Stretch  float64 // how much skin was stretched between them; 0.1 is ten per cent
	Pairs    []Pair  // minutiae that meet
	Alike    []Pair  // minutiae whose surroundings look alike: what the search started from, likeliest first

	// What each kind of evidence adds to the score, or takes away: ridges in step (Clear), squares out of step, ridges
	// that fit only when pushed (Strained), and minutiae that meet. Score is their sum, or 0.
	Clear, Failed, Strained, Minutiae float64

	laid    *laid
	swapped bool // b was laid on a
}

// Pair is a minutia of each print, taken for the same place on the finger. Px of the pictures as they came, if they
// were of 500 dpi.
type Pair struct {
	AX, AY, BX, BY int
	Split          bool // in a: the ridge splits; otherwise it ends
}

// laid is the registration behind a score, for drawing it.
type laid struct {
	from, onto *Template
	motion     motion
	state      []blockState
	found      []found
}

// Explain is Compare with its reasons. It is slower.
func Explain(a, b *Template) Explanation {
	m := newMatching()
	m.wantPairs = true
	e := m.compare(a, b)
	out := Explanation{Score: e.worth, InStep: e.locked, OutOf: e.locked + e.failed, Stretch: e.stretch,
		Rotation: float64((e.turn+256)&511-256) * 360 / 512}
	if a == nil || b == nil || a.prep == nil || b.prep == nil {
		return out
	}
	if out.swapped = before(b, a); out.swapped {
		out.Rotation = -out.Rotation
	}
	pair := func(i, j int) Pair {
		if out.swapped {
			i, j = j, i
		}
		x, y := a.minutiae[i], b.minutiae[j]
		return Pair{int(x.x) * 4096 / a.scale, int(x.y) * 4096 / a.scale,
			int(y.x) * 4096 / b.scale, int(y.y) * 4096 / b.scale, x.split}
	}
	for _, p := range m.bestPairs {
		out.Pairs = append(out.Pairs, pair(p[0], p[1]))
	}
	for k := range min(tries, len(m.cands)) {
		c := m.likeliest(k)
		out.Alike = append(out.Alike, pair(int(c.i), int(c.j)))
	}
	if e.worth > 0 {
		out.Clear, out.Failed, out.Strained, out.Minutiae = e.parts()
		out.Failed += 0 // nothing failed is 0, not -0
		g := m.grown
		out.laid = &laid{a, b, g.m, g.state, g.found}
		if out.swapped {
			out.laid.from, out.laid.onto = b, a
		}
	}
	return out
}
