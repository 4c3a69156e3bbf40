package matcher

const (
	sub        = 8  // positions inside a comparison are eighths of a px
	blockCells = 4  // a block is 4x4 field samples: 24 px, a good two ridges
	blockLeast = 8  // samples of a block that must be on for it to count
	sparseFrom = 64 // blocks a print must cover for half of its samples to do: a small touch needs them all
	sampleSpan = fieldStep * sub
)

// prepared is a template unfolded for comparing.
type prepared struct {
	w, h    int // field samples
	cells   []cell
	bw, bh  int          // blocks
	least   int32        // of the samples looked at in a block, so many must be on in both prints
	stride  int          // bw+2: blocks lie in a frame of absent ones, so that every block has eight neighbours
	blocks  []block      // (bh+2) rows of stride
	fresh   []blockState // what a growth over blocks starts from
	patches []patch
	nears   []near
	over    []int32 // the block over each minutia
	rates   []int32 // the rate at each minutia
	full    int     // blocks with enough samples
}

// cell is one field sample, made ready for reading the wave anywhere near it.
type cell struct {
	gx, gy int16  // phase per 1/8 px along x and y, times 2^12
	rate   uint16 // how fast the phase runs across the ridges, as nominalRate; 0 where there is no print
	orient uint8
	phase  uint8
}

// block is one square of the field: the reference orientation gives its normal. Of a large print every other sample is
// looked at, as on a chessboard: they stand less than a ridge apart and the filter ran along the ridges, so the others
// tell little new and take as long.
type block struct {
	x, y     int16 // blocks from the corner
	ok       bool
	orient   uint8
	n        uint8
	minutiae uint8
	cells    [blockCells * blockCells]blockCell
}

// blockCell is one sample that is on, its phase taken along the block's normal.
type blockCell struct {
	at    uint8 // its place in the block, row by row
	tilt  int8  // its orientation against the block's
	phase uint8
}

func (t *Template) prepare() {
	f := t.field
	on := make([]bool, len(f.clear))
	for i, c := range f.clear {
		on[i] = c > 0
	}
	p := newPrepared(f, on)
	p.bw, p.bh = (f.w+blockCells-1)/blockCells, (f.h+blockCells-1)/blockCells
	p.stride = p.bw + 2
	p.blocks = make([]block, p.stride*(p.bh+2))
	p.fresh = make([]blockState, len(p.blocks))
	for i := range p.fresh {
		p.fresh[i] = outside
	}
	printed := 0
	for _, c := range p.cells {
		if c.rate > 0 {
			printed++
		}
	}
	every := printed <= sparseFrom*blockCells*blockCells
	if p.least = blockLeast / 2; every {
		p.least = blockLeast
	}
	for by := range p.bh {
		for bx := range p.bw {
			b := &p.blocks[p.blockAt(bx, by)]
			p.fillBlock(b, bx, by, every)
			if b.ok {
				p.fresh[p.blockAt(bx, by)] = unseen
				p.full++
			}
		}
	}
	n := len(t.minutiae)
	p.patches, p.nears, p.over, p.rates = make([]patch, n), make([]near, n), make([]int32, n), make([]int32, n)
	for i, m := range t.minutiae {
		p.patches[i] = p.describe(m, int32(t.scale))
		p.nears[i] = p.patches[i].near()
		p.rates[i] = p.rateAt(int(m.x), int(m.y))
		if k, ok := p.blockOver(int(m.x), int(m.y)); ok { // otherwise a block of the frame
			p.over[i] = int32(k)
			p.blocks[k].minutiae++
		}
	}
	t.prep = p
}

// newPrepared holds the wave alone: what sample needs.
func newPrepared(f *field, on []bool) *prepared {
	p := &prepared{w: f.w, h: f.h, cells: make([]cell, f.w*f.h)}
	for i := range p.cells {
		if on[i] {
			p.cells[i] = cell{orient: f.orient[i], phase: f.phase[i], rate: nominalRate}
		}
	}
	p.measureRates()
	return p
}

// blockAt is the place of block (bx, by) in blocks.
func (p *prepared) blockAt(bx, by int) int { return (by+1)*p.stride + bx + 1 }

// blockOver is the place of the block over a pixel of the picture; false beyond the last whole sample.
func (p *prepared) blockOver(x, y int) (int, bool) {
	bx, by := x/(fieldStep*blockCells), y/(fieldStep*blockCells)
	return p.blockAt(bx, by), bx < p.bw && by < p.bh
}

func (p *prepared) fillBlock(b *block, bx, by int, every bool) {
	b.x, b.y = int16(bx), int16(by)
	x0, y0 := bx*blockCells, by*blockCells
	// The mean orientation, by the doubled angle.
	var sx, sy int64
	all := 0
	for y := y0; y < min(y0+blockCells, p.h); y++ {
		for x := x0; x < min(x0+blockCells, p.w); x++ {
			if c := p.cells[y*p.w+x]; c.rate > 0 {
				sx += int64(cos512[int(c.orient)*2])
				sy += int64(sin512[int(c.orient)*2])
			}
		}
	}
	b.orient = uint8(atan2(sy, sx) >> 8)
	for y := y0; y < min(y0+blockCells, p.h); y++ {
		for x := x0; x < min(x0+blockCells, p.w); x++ {
			c := p.cells[y*p.w+x]
			if c.rate == 0 {
				continue
			}
			if all++; !every && (x+y)&1 == 1 {
				continue
			}
			tilt := int8(c.orient - b.orient)
			phase := c.phase
			if int32(b.orient)+int32(tilt) != int32(c.orient) { // unwrapped by half a turn: the normal points the other way
				phase = -phase
			}
			b.cells[b.n] = blockCell{uint8((y-y0)*blockCells + x - x0), tilt, phase}
			b.n++
		}
	}
	b.ok = all >= blockLeast
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
			if c.rate == 0 {
				continue
			}
			for _, d := range [2][2]int{{1, 0}, {0, 1}} {
				u, v := x+d[0], y+d[1]
				if u >= p.w || v >= p.h || p.cells[v*p.w+u].rate == 0 {
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
		c := &p.cells[i]
		if c.rate == 0 {
			continue
		}
		if den[i] > 0 {
			// num/den is phase units per px.
			r := int64(num[i]) * nominalRate * wantedPeriod / (int64(den[i]) * 256)
			c.rate = uint16(max(nominalRate*10/16, min(nominalRate*16/10, r)))
		}
		c.gx = int16((-sin512[c.orient]*int32(c.rate) + 1<<13) >> 14)
		c.gy = int16((cos512[c.orient]*int32(c.rate) + 1<<13) >> 14)
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
	if c.rate == 0 {
		return 0, 0, false
	}
	phase = c.carried(x-int32(u*sampleSpan+sampleSpan/2), y-int32(v*sampleSpan+sampleSpan/2))
	rel = (int32(c.orient) - turn + 128) & 511
	if rel >= 256 { // his normal points the other way
		phase = -phase
		rel -= 256
	}
	return phase, rel - 128, true
}

// carried is the phase the step (ex, ey) away, 1/8 px.
func (c *cell) carried(ex, ey int32) uint8 {
	return c.phase + uint8((ex*int32(c.gx)+ey*int32(c.gy)+1<<11)>>12)
}

// rateAt is the rate at pixel x, y; outside the print, the nominal one.
func (p *prepared) rateAt(x, y int) int32 {
	u, v := x/fieldStep, y/fieldStep
	if u >= p.w || v >= p.h || p.cells[v*p.w+u].rate == 0 {
		return nominalRate
	}
	return int32(p.cells[v*p.w+u].rate)
}
