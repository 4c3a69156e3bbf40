package synth

import "math"

// The master print's size, px at 500 dpi: 21 x 24 mm, what a finger shows when it is rolled a little to every side.
const (
	masterW = 416
	masterH = 480
)

// Class is a Henry class of ridge pattern.
type Class int

// The classes, with the share of fingers that have them (Cappelli; whorl and double loop together have 27.9 %).
const (
	Arch Class = iota
	TentedArch
	LeftLoop
	RightLoop
	Whorl
	DoubleLoop
)

func (c Class) String() string {
	return [...]string{"arch", "tented arch", "left loop", "right loop", "whorl", "double loop"}[c]
}

// classOf draws a class by its natural share.
func classOf(r *source) Class {
	shares := [...]float64{0.037, 0.029, 0.338, 0.317, 0.20, 0.079}
	u := r.unit()
	for c, s := range shares {
		if u -= s; u < 0 {
			return Class(c)
		}
	}
	return Whorl
}

type point struct{ x, y float64 }

// plan is the layout of a finger: where its ridges run and how far they are apart. x and y are px of the master print.
type plan struct {
	class         Class
	cores, deltas []point    // cores[0] opens downwards, cores[1] upwards
	turn          float64    // added to the orientation, so that ridges above the upper core lie level
	narrow        float64    // how soon ridges run down beside a core, 0..1
	keen          float64    // how little they bend between the arms of a delta, radians
	hill          float64    // steepness of an arch
	hillX, hillY  float64    // its top
	tip           float64    // how far ridges bend down to both sides at the finger's tip, radians
	bend, waver   noiseField // wide and narrow bends in the flow
	density       noiseField
	period        float64 // px
}

func newPlan(r *source) *plan {
	p := &plan{class: classOf(r)}
	const midX, midY = masterW / 2, masterH/2 - 15
	at := func(x, y, by float64) point {
		return point{midX + x + float64(by*r.normal()), midY + y + float64(by*r.normal())}
	}
	from := func(c point, x, y float64) point { return point{c.x + x, c.y + y} }
	side := 1.0
	switch p.class {
	case Arch:
		p.hill, p.hillX, p.hillY = r.between(0.5, 1.2), midX+float64(12*r.normal()), midY+25+float64(15*r.normal())
	case TentedArch:
		p.cores = []point{at(0, 0, 10)}
		p.deltas = []point{from(p.cores[0], 8*r.normal(), r.between(45, 100))}
	case RightLoop:
		side = -1
		fallthrough
	case LeftLoop: // the delta lies a dozen ridges away, some as near as four, some out of sight
		p.cores = []point{at(0, 0, 13)}
		p.deltas = []point{from(p.cores[0], side*r.between(45, 115), r.between(70, 135))}
	case Whorl:
		h := r.between(6, 38)
		p.cores = []point{at(0, 5-h, 9), at(0, 5+h, 9)}
		p.deltas = []point{from(p.cores[1], -r.between(65, 125), r.between(55, 110)), from(p.cores[1], r.between(65, 125), r.between(55, 110))}
	case DoubleLoop:
		x, h := r.between(8, 24), r.between(20, 42)
		if r.unit() < 0.5 {
			x = -x
		}
		p.cores = []point{at(-x, 5-h, 7), at(x, 5+h, 7)}
		p.deltas = []point{from(p.cores[1], -r.between(65, 125), r.between(55, 110)), from(p.cores[1], r.between(65, 125), r.between(55, 110))}
	}
	p.keen, p.narrow, p.tip = r.between(0.08, 0.15), r.between(0.6, 0.95), r.between(0.25, 0.6)
	if len(p.cores) > 0 {
		p.turn = float64(0.06*r.normal()) - p.flow(midX, p.cores[0].y-140)
	}
	p.bend, p.waver = noiseField{r.next(), 7}, noiseField{r.next(), 6}
	p.density = noiseField{r.next(), 6}
	p.period = max(7.6, min(10.8, 9.1+float64(0.6*r.normal())))
	return p
}

// flow is the direction of the ridges at x, y, without the small bends. The orientation turns by half a turn around
// each core and back around each delta (Sherlock and Monro, "A model for interpreting fingerprint topology", 1993).
// That alone leaves loops too wide: a correction that depends on the angle around the core lets ridges run down beside
// it sooner (Vizcaya and Gerhardt, "A nonlinear orientation model for global description of fingerprints", 1996; theirs
// is piecewise linear, this one is a sine that fades with the distance).
func (p *plan) flow(x, y float64) float64 {
	a := p.turn
	for i, c := range p.cores {
		dx, dy := x-c.x, y-c.y
		if i == 1 {
			dx, dy = -dx, -dy
		}
		t := math.Atan2(dx, -dy) // 0 where ridges cross the core's axis, at its closed side
		if r := math.Sqrt(float64(dx*dx) + float64(dy*dy)); r > 0 {
			a += float64(p.narrow * math.Asin(max(-1, min(1, dx/r))) / 2 * math.Exp(-r*r/(2*190*190)))
		}
		a += t / 2
	}
	for _, d := range p.deltas {
		t := math.Atan2(d.x-x, y-d.y)
		r := float64((d.x-x)*(d.x-x)) + float64((d.y-y)*(d.y-y))
		a += float64(p.keen*math.Sin(3*t)*math.Exp(-r/(2*70*70))) - t/2
	}
	if p.class == Arch {
		// A bow, steepest half way down its sides, gone at the base.
		u, v := (x-p.hillX)/75, (y-p.hillY)/110
		a += math.Atan(p.hill * 1.65 * u * math.Exp(-float64(u*u)/2-float64(v*v)/2))
	}
	// At the tip ridges run along the finger's outline, in every class.
	if up := (float64(masterH)*0.46 - y) / 150; up > 0 {
		u := (x - masterW/2) / 130
		a += float64(p.tip * u / math.Sqrt(1+float64(u*u)) * min(1, up*up) * 1.4)
	}
	return a
}

// orientation is the ridges' direction at x, y as one of 64 to the half turn.
func (p *plan) orientation(x, y int) uint8 {
	a := float64(p.flow(float64(x), float64(y))*128/math.Pi) + float64(p.bend.at(x, y))*(9.0/256) + float64(p.waver.at(x, y))*(2.5/256)
	return uint8(int(math.Round(a))>>1) & 63
}

// periodAt is the distance between ridges at x, y, px. They lie closer around the core and wider apart near the base,
// without a step: every step in the distance costs a row of minutiae.
func (p *plan) periodAt(x, y int) float64 {
	d := p.period * (1 + float64(p.density.at(x, y))*(0.10/256))
	v := (float64(y) - 0.44*masterH) / (0.5 * masterH)
	return d * (1 + float64(0.09*v*v) + float64(0.03*v))
}
