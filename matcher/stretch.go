package matcher

// stretch is how print a has to be pulled, beyond the motion, to lie on b: a shift that changes evenly from block to
// block. Skin stretches by up to a fifth; without this, a growth that started right would lose step a few blocks on.
//
// A block tells only its shift across the ridges (along them everything looks alike, the aperture problem), so the six
// numbers are found from many blocks by least squares, leaning towards no stretch at all. The sums run in a fixed order
// and every product is rounded by itself, so that all machines get the same bits.
type stretch struct {
	ata    [6][6]float64
	atb    [6]float64
	sol    [6]float64 // shift x: 0 + 1*u + 2*v; shift y: 3 + 4*u + 5*v; u, v in blocks from the start
	u0, v0 int
	n      int
}

// The leaning: a block's shift is told to about 1 px (8 units); the start is off by some 6 px, stretch is some 10 %.
const (
	leanShift   = 0.03
	leanStretch = 0.20
)

func (s *stretch) reset(u, v int) {
	*s = stretch{u0: u, v0: v}
	for i := range 6 {
		s.ata[i][i] = leanStretch
	}
	s.ata[0][0], s.ata[3][3] = leanShift, leanShift
}

// add tells that at block (u, v) the shift along the direction (nx, ny) is d, 1/8 px.
func (s *stretch) add(u, v int, nx, ny, d float64) {
	x, y := float64(u-s.u0), float64(v-s.v0)
	row := [6]float64{nx, nx * x, nx * y, ny, ny * x, ny * y}
	for i := range 6 {
		for j := i; j < 6; j++ {
			s.ata[i][j] += float64(row[i] * row[j])
		}
		s.atb[i] += float64(row[i] * d)
	}
	s.n++
}

// solve finds the six numbers by Cholesky's method; the leaning keeps the matrix positive.
func (s *stretch) solve() {
	var l [6][6]float64
	var y [6]float64
	var inv [6]float64
	for i := range 6 {
		for j := 0; j <= i; j++ {
			t := s.ata[j][i]
			for k := range j {
				t -= float64(l[i][k] * l[j][k])
			}
			if i == j {
				inv[i] = 1 / sqrt(max(t, 1e-9))
				l[i][i] = sqrt(max(t, 1e-9))
			} else {
				l[i][j] = t * inv[j]
			}
		}
		t := s.atb[i]
		for k := range i {
			t -= float64(l[i][k] * y[k])
		}
		y[i] = t * inv[i]
	}
	for i := 5; i >= 0; i-- {
		t := y[i]
		for k := i + 1; k < 6; k++ {
			t -= float64(l[k][i] * s.sol[k])
		}
		s.sol[i] = t * inv[i]
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
