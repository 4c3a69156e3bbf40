package matcher

// stretch is how print a has to be pulled, beyond the motion, to lie on b: a shift that changes evenly from block to
// block. Skin stretches by up to a fifth; without this, a growth that started right would lose step a few blocks on.
//
// A block tells only its shift across the ridges (along them everything looks alike, the aperture problem), so the six
// numbers are found from many blocks by least squares, leaning towards no stretch at all. The sums run in a fixed order
// and every product is rounded by itself, so that all machines get the same bits.
type stretch struct {
	left   [3][6]float64 // nx*nx, nx*ny and ny*ny times 1, x, y, x*x, x*y and y*y: what the normal equations need
	right  [6]float64
	sol    [6]float64 // shift x: 0 + 1*u + 2*v; shift y: 3 + 4*u + 5*v; u, v in blocks from the start
	u0, v0 int
}

// The leaning: a block's shift is told to about 1 px (8 units); the start is off by some 6 px, stretch is some 10 %.
const (
	leanShift   = 0.03
	leanStretch = 0.20
)

func (s *stretch) reset(u, v int) { *s = stretch{u0: u, v0: v} }

// add tells that at block (u, v) the shift along the direction (nx, ny) is d, 1/8 px.
func (s *stretch) add(u, v int, nx, ny, d float64) {
	x, y := float64(u-s.u0), float64(v-s.v0)
	place := [6]float64{1, x, y, x * x, x * y, y * y} // small whole numbers: exact
	xx, xy, yy := nx*nx, nx*ny, ny*ny
	for k, p := range place {
		s.left[0][k] += float64(xx * p)
		s.left[1][k] += float64(xy * p)
		s.left[2][k] += float64(yy * p)
	}
	dx, dy := float64(nx*d), float64(ny*d)
	s.right[0] += dx
	s.right[1] += float64(dx * x)
	s.right[2] += float64(dx * y)
	s.right[3] += dy
	s.right[4] += float64(dy * x)
	s.right[5] += float64(dy * y)
}

// solve finds the six numbers by Cholesky's method, as L*D*L'; the leaning keeps the matrix positive.
func (s *stretch) solve() {
	// Products of the places of 1, x and y among those that add keeps.
	place := [3][3]uint8{{0, 1, 2}, {1, 3, 4}, {2, 4, 5}}
	var l, ld [6][6]float64 // below the diagonal: L, and L*D
	var inv, y [6]float64
	for i := range l {
		t := s.right[i]
		for j := range i {
			v := s.left[i/3+j/3][place[i%3][j%3]]
			for k := range j {
				v -= float64(ld[i][k] * l[j][k])
			}
			ld[i][j] = v
			l[i][j] = float64(v * inv[j])
			t -= float64(l[i][j] * y[j])
		}
		v := s.left[i/3*2][place[i%3][i%3]] + leanStretch
		if i%3 == 0 {
			v += leanShift - leanStretch
		}
		for k := range i {
			v -= float64(ld[i][k] * l[i][k])
		}
		inv[i] = 1 / max(v, 1e-9)
		y[i] = t
	}
	for i := 5; i >= 0; i-- {
		t := float64(y[i] * inv[i])
		for k := i + 1; k < 6; k++ {
			t -= float64(l[k][i] * s.sol[k])
		}
		s.sol[i] = t
	}
}

// at is the shift at block (u, v), 1/8 px.
func (s *stretch) at(u, v int) (dx, dy int32) {
	x, y := float64(u-s.u0), float64(v-s.v0)
	fx := s.sol[0] + float64(s.sol[1]*x) + float64(s.sol[2]*y)
	fy := s.sol[3] + float64(s.sol[4]*x) + float64(s.sol[5]*y)
	return held(fx), held(fy)
}

// over is by how much the shift differs in sum over blocks that are together (u, v) blocks away.
func (s *stretch) over(u, v int32) (dx, dy int32) {
	x, y := float64(u), float64(v)
	return held(float64(s.sol[1]*x) + float64(s.sol[2]*y)), held(float64(s.sol[4]*x) + float64(s.sol[5]*y))
}

// held keeps a shift within what 32 bits carry through the sums.
func held(v float64) int32 {
	const far = 1 << 14
	return int32(max(-far, min(far, v)))
}

// size is how much is pulled, as the root of the summed squares of the four slopes: 0.1 is 10 per cent one way.
func (s *stretch) size() float64 {
	const span = blockCells * sampleSpan
	t := float64(s.sol[1]*s.sol[1]) + float64(s.sol[2]*s.sol[2]) + float64(s.sol[4]*s.sol[4]) + float64(s.sol[5]*s.sol[5])
	return sqrt(t) / span
}
