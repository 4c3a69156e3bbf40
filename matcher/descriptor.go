package matcher

import "slices"

// A patch is what the ridges look like around one minutia, seen in the minutia's own frame, as bits: at 64 points the
// two signs of the phase (is it ridge or valley, is it a rising or falling flank) and the two signs of the doubled
// orientation. Comparing two patches is counting the bits that differ.
type patch struct {
	valid uint64
	ridge uint64 // sign of the cosine of the phase
	flank uint64 // sign of its sine, taken along the patch's own normal
	tilt  uint64 // sign of the cosine of the doubled relative orientation, turned by 45 degrees
	lean  uint64 // sign of its sine
}

// patchPoints are the 64 points nearest to the centre on a lattice of 6 px (along the ridge at 500 dpi,
// across it at nine px to the ridge, so that stretched skin looks the same), in 1/8 px: they reach three ridges far, where
// an error of a few degrees in the frame still keeps ridges on ridges.
var patchPoints = func() (pts [64][2]int32) {
	var all [][3]int
	for y := -5; y <= 5; y++ {
		for x := -5; x <= 5; x++ {
			all = append(all, [3]int{x*x + y*y, x, y})
		}
	}
	slices.SortFunc(all, func(a, b [3]int) int { return slices.Compare(a[:], b[:]) })
	for i := range pts {
		pts[i] = [2]int32{int32(all[i][1] * 6 * sub), int32(all[i][2] * 6 * sub)}
	}
	return pts
}()

// describe makes the patch of minutia m; scale is the template's.
func (p *prepared) describe(m minutia, scale int32) patch {
	var d patch
	turn := int32(m.dir) * 2 // 512 to the turn
	c, s := cos512[turn], sin512[turn]
	wide := 4096 * nominalRate / p.rateAt(int(m.x), int(m.y))
	for i, pt := range patchPoints {
		l, n := pt[0]*scale>>12, pt[1]*wide>>12
		x := int32(m.x)*sub + (l*c-n*s)>>14
		y := int32(m.y)*sub + (l*s+n*c)>>14
		phase, rel, ok := p.sample(x, y, turn)
		if !ok {
			continue
		}
		bit := uint64(1) << i
		d.valid |= bit
		if phase+64 < 128 {
			d.ridge |= bit
		}
		if phase < 128 {
			d.flank |= bit
		}
		// The relative orientation as a full circle of 256; most are near 0, so split there and at 45 degrees.
		if uint8(rel) < 128 {
			d.lean |= bit
		}
		if uint8(rel+64) < 128 {
			d.tilt |= bit
		}
	}
	return d
}

// near is the middle of a patch, the phase at the 32 points nearest to the minutia: most pairs are told apart by it.
type near struct{ bits, valid uint64 }

func (d *patch) near() near {
	return near{d.ridge&(1<<32-1) | d.flank<<32, d.valid&(1<<32-1) | d.valid<<32}
}

// patchUnit is the score of two patches that agree in everything.
const patchUnit = 1 << 12

var reciprocal = func() (r [65]int32) {
	for i := 1; i < len(r); i++ {
		r[i] = patchUnit / int32(i)
	}
	return r
}()

// patchLeast is how many points both patches must have to be compared.
const patchLeast = 24

// The likeness of two patches, from about 0 (unrelated) to patchUnit (the same), is (3n - 2r - o)/3n: of the n points
// that both have, r signs of the phase differ and o of the orientation. Phase counts double: orientation is much the
// same everywhere in a print. Where an end met a split, the frames stand half a ridge apart; then only orientation can
// speak. pairUp computes it.
