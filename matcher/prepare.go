package matcher

const (
	sub         = 8 // positions inside a comparison are eighths of a px
	blockCells  = 4 // a block is 4x4 field samples: 24 px, a good two ridges
	blockLeast  = 8 // samples of a block that must be on for it to count
	sampleSpan  = fieldStep * sub
	phasePerSub = 256.0 / wantedPeriod / sub
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
		p.cells[i] = cell{f.clear[i] > 0, f.orient[i], f.phase[i]}
	}
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

// sample reads the wave at x, y (1/8 px) as seen by someone turned by turn (512 to the full turn): the phase along the
// normal nearest to his own, and the orientation relative to his. Between samples the wave is carried on at the nominal
// period.
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
	phase = c.phase + carry(o, ex, ey)
	rel = (o - turn + 128) & 511
	if rel >= 256 { // his normal points the other way
		phase = -phase
		rel -= 256
	}
	return phase, rel - 128, true
}

// carryRate is the phase per 1/8 px across the ridges, times 2^16 over trigOne's own shift.
const carryRate = 256 * 4096 / (wantedPeriod * sub)

// carry is how far the phase runs on over the step (ex, ey) at orientation o.
func carry(o, ex, ey int32) uint8 {
	across := (-ex*sin512[o] + ey*cos512[o]) >> 10 // 1/8 px times 16
	return uint8((across*carryRate + 1<<15) >> 16)
}
