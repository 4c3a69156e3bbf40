package synth

import "math"

// The master print's size, px at 500 dpi: 18 x 21 mm, the area a flat finger shows.
const (
	masterW = 352
	masterH = 416
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

// plan is the layout of a finger: where its ridges run and how far they are apart.
type plan struct {
	class         Class
	cores, deltas []point
	turn          float64    // added to the orientation, so that ridges above the upper core lie level
	arch          float64    // height of an arch's bow
	bend, waver   noiseField // wide and narrow bends in the flow
	density       noiseField
	period        float64 // px
}

func newPlan(r *source) *plan {
	p := &plan{class: classOf(r)}
	jitter := func(x, y, by float64) point {
		return point{masterW/2 + x + by*r.normal(), masterH/2 + y + by*r.normal()}
	}
	side := 1.0
	switch p.class {
	case Arch:
		p.arch = r.between(0.7, 1.3)
	case TentedArch:
		p.cores = []point{jitter(0, -10, 16)}
		p.deltas = []point{jitter(0, 85, 16)}
	case RightLoop:
		side = -1
		fallthrough
	case LeftLoop:
		p.cores = []point{jitter(0, -15, 22)}
		p.deltas = []point{jitter(side*90, 95, 24)}
	case Whorl:
		h := r.between(8, 40)
		p.cores = []point{jitter(0, -15-h, 12), jitter(0, -15+h, 12)}
		p.deltas = []point{jitter(-100, 100, 20), jitter(100, 100, 20)}
	case DoubleLoop:
		p.cores = []point{jitter(-18, -42, 12), jitter(18, 12, 12)}
		p.deltas = []point{jitter(-100, 100, 20), jitter(100, 100, 20)}
		if r.unit() < 0.5 {
			p.cores[0].x, p.cores[1].x = p.cores[1].x, p.cores[0].x
		}
	}
	if len(p.cores) > 0 {
		p.turn = -p.flow(masterW/2, p.cores[0].y-110)
	}
	p.bend, p.waver = noiseField{r.next(), 6}, noiseField{r.next(), 5}
	p.density = noiseField{r.next(), 6}
	p.period = r.between(8.6, 9.5)
	return p
}

// flow is the direction of the ridges at x, y, without the small bends: the orientation turns by half a turn around
// each core and back around each delta (Sherlock and Monro, "A model for interpreting fingerprint topology", 1993).
func (p *plan) flow(x, y float64) float64 {
	if p.class == Arch {
		// A bow, highest at three fifths from the top, gone at the top and the base (SFinGe's arch model, smoothed).
		up := p.arch * math.Exp(-math.Pow((y-0.55*masterH)/(0.28*masterH), 2))
		return math.Atan(up * math.Sin((x/masterW-0.5)*2*math.Pi*0.8))
	}
	a := p.turn
	for _, c := range p.cores {
		a += math.Atan2(y-c.y, x-c.x) / 2
	}
	for _, d := range p.deltas {
		a -= math.Atan2(y-d.y, x-d.x) / 2
	}
	return a
}

// orientation is the ridges' direction at x, y as one of 64 to the half turn.
func (p *plan) orientation(x, y int) uint8 {
	a := p.flow(float64(x), float64(y))*128/math.Pi + float64(p.bend.at(x, y))*(9.0/256) + float64(p.waver.at(x, y))*(4.0/256)
	return uint8(int(math.Round(a))>>1) & 63
}

// periodAt is the distance between ridges at x, y, px. They lie wider apart above the upper core and near the base, without a step:
// every step in the distance costs a row of minutiae.
func (p *plan) periodAt(x, y int) float64 {
	d := p.period * (1 + float64(p.density.at(x, y))*(0.12/256))
	d *= 1 + 0.05*math.Pow(math.Abs(float64(y)-0.45*masterH)/(0.55*masterH), 2)
	return d
}
