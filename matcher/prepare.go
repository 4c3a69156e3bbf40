package matcher

const (
	sub        = 8 // positions inside a comparison are eighths of a px
	blockCells = 4 // a block is 4x4 field samples: 24 px, a good two ridges
	blockLeast = 8 // samples of a block that must be on for it to count
	sampleSpan = fieldStep * sub
)

// prepared is a template unfolded for comparing.
type prepared struct {
	w, h    int // field samples
	cells   []cell
	bw, bh  int // blocks
	blocks  []block
	patches []patch
	full    int // blocks with enough samples
}

type cell struct {
	on     bool
	orient uint8
	phase  uint8
	rate   uint16 // how fast the phase runs across the ridges, as nominalRate
}

// block is one square of the field: the reference orientation gives its normal.
type block struct {
	ok     bool
	orient uint8
	n      uint8
	cells  [blockCells * blockCells]blockCell
}

// blockCell is one sample that is on, at x, y (1/8 px), its phase taken along the block's normal.
type blockCell struct {
	x, y   int32
	orient int32 // 512 to the turn, unwrapped around the block's orientation
	phase  uint8
}

func (t *Template) prepare() {
	f := t.field
	p := &prepared{w: f.w, h: f.h, cells: make([]cell, f.w*f.h)}
	for i := range p.cells {
		p.cells[i] = cell{f.clear[i] > 0, f.orient[i], f.phase[i], nominalRate}
	}
	p.measureRates()
	p.bw, p.bh = (f.w+blockCells-1)/blockCells, (f.h+blockCells-1)/blockCells
	p.blocks = make([]block, p.bw*p.bh)
	for by := range p.bh {
		for bx := range p.bw {
			b := &p.blocks[by*p.bw+bx]
			p.fillBlock(b, bx*blockCells, by*blockCells)
			if b.ok {
				p.full++
			}
		}
	}
	p.patches = make([]patch, len(t.minutiae))
	for i, m := range t.minutiae {
		p.patches[i] = p.describe(m, int32(t.scale))
	}
	t.prep = p
}

func (p *prepared) fillBlock(b *block, x0, y0 int) {
	// The mean orientation, by the doubled angle.
	var sx, sy int64
	for y := y0; y < min(y0+blockCells, p.h); y++ {
		for x := x0; x < min(x0+blockCells, p.w); x++ {
			if c := p.cells[y*p.w+x]; c.on {
				sx += int64(cos512[int(c.orient)*2])
				sy += int64(sin512[int(c.orient)*2])
			}
		}
	}
	b.orient = uint8(atan2(sy, sx) >> 8)
	for y := y0; y < min(y0+blockCells, p.h); y++ {
		for x := x0; x < min(x0+blockCells, p.w); x++ {
			c := p.cells[y*p.w+x]
			if !c.on {
				continue
			}
			o := int32(b.orient) + int32(int8(c.orient-b.orient))
			phase := c.phase
			if o != int32(c.orient) { // unwrapped by half a turn: the normal points the other way
				phase = -phase
			}
			b.cells[b.n] = blockCell{int32(x*sampleSpan + sampleSpan/2), int32(y*sampleSpan + sampleSpan/2), o & 511, phase}
			b.n++
		}
	}
	b.ok = b.n >= blockLeast
}

// nominalRate is the phase per 1/16 of 1/8 px across ridges of the wanted period, times 2^16.
const nominalRate = 256 * 4096 / (wantedPeriod * sub)

// measureRates finds how fast the phase runs at each sample: its steps to the samples beside and below, against the
// steps' lengths across the ridges, averaged over 7x7 samples. The rate is 1/period, known to a few per cent.
func (p *prepared) measureRates() {
	num, den := make([]int32, len(p.cells)), make([]int32, len(p.cells))
	for y := range p.h {
		for x := range p.w {
			i := y*p.w + x
			c := &p.cells[i]
			if !c.on {
				continue
			}
			for _, d := range [2][2]int{{1, 0}, {0, 1}} {
				u, v := x+d[0], y+d[1]
				if u >= p.w || v >= p.h || !p.cells[v*p.w+u].on {
					continue
				}
				e := &p.cells[v*p.w+u]
				if t := turned(c.orient, e.orient); t > 24 || t < -24 {
					continue
				}
				o := int(c.orient) + turned(e.orient, c.orient)/2
				o &= 511
				// px times 64 across the ridges, and the phase it should take
				across := int32((-d[0]*int(sin512[o]) + d[1]*int(cos512[o])) * fieldStep >> 8)
				flip := int(e.orient) != int(c.orient)+turned(e.orient, c.orient)
				to := e.phase
				if flip {
					to = -to
				}
				if across < 0 {
					across, d[0], d[1] = -across, -d[0], -d[1]
					want := across * 256 / (64 * wantedPeriod)
					got := want + int32(int8(c.phase-to-uint8(want)))
					num[i] += got * across
				} else {
					want := across * 256 / (64 * wantedPeriod)
					got := want + int32(int8(to-c.phase-uint8(want)))
					num[i] += got * across
				}
				den[i] += across * across >> 6
			}
		}
	}
	for i := range den { // the nominal rate holds where nothing is known
		num[i] = num[i]>>4 + 28*64/16
		den[i] = den[i]>>4 + 64/16
	}
	for range 2 {
		boxBlur(num, p.w, p.h, 2)
		boxBlur(den, p.w, p.h, 2)
	}
	for i := range den {
		if den[i] > 0 {
			// num/den is phase units per px.
			r := int64(num[i]) * nominalRate * wantedPeriod / (int64(den[i]) * 256)
			p.cells[i].rate = uint16(max(nominalRate*10/16, min(nominalRate*16/10, r)))
		}
	}
}

// sample reads the wave at x, y (1/8 px) as seen by someone turned by turn (512 to the full turn): the phase along the
// normal nearest to his own, and the orientation relative to his. Between samples the wave is carried on at its own
// rate.
func (p *prepared) sample(x, y, turn int32) (phase uint8, rel int32, ok bool) {
	if x < 0 || y < 0 {
		return 0, 0, false
	}
	u, v := int(x)/sampleSpan, int(y)/sampleSpan
	if u >= p.w || v >= p.h {
		return 0, 0, false
	}
	c := &p.cells[v*p.w+u]
	if !c.on {
		return 0, 0, false
	}
	ex, ey := x-int32(u*sampleSpan+sampleSpan/2), y-int32(v*sampleSpan+sampleSpan/2)
	o := int32(c.orient)
	phase = c.phase + carry(o, ex, ey, c.rate)
	rel = (o - turn + 128) & 511
	if rel >= 256 { // his normal points the other way
		phase = -phase
		rel -= 256
	}
	return phase, rel - 128, true
}

// carry is how far the phase runs on over the step (ex, ey) at orientation o.
func carry(o, ex, ey int32, rate uint16) uint8 {
	across := (-ex*sin512[o] + ey*cos512[o]) >> 10 // 1/16 of 1/8 px
	return uint8((across*int32(rate) + 1<<15) >> 16)
}

// rateAt is the rate at pixel x, y; outside the print, the nominal one.
func (p *prepared) rateAt(x, y int) int32 {
	u, v := x/fieldStep, y/fieldStep
	if u >= p.w || v >= p.h || !p.cells[v*p.w+u].on {
		return nominalRate
	}
	return int32(p.cells[v*p.w+u].rate)
}
