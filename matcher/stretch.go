package matcher

// stretch is how print a has to be pulled, beyond the motion, to lie on b: a shift that changes evenly from block to
// block. Skin stretches by up to a fifth; without this, a growth that started right would lose step a few blocks on.
//
// A block tells only its shift across the ridges (along them everything looks alike, the aperture problem), so the six
// numbers are found from many blocks by least squares, leaning towards no stretch at all. The sums run in a fixed order
// and every product is rounded by itself, so that all machines get the same bits.
type stretch struct {
	left   [3]symmetric // nx*nx, nx*ny and ny*ny times 1, x, y, x*x, x*y and y*y: what the normal equations need
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

// solve finds the six numbers. The normal equations fall into blocks of three by three,
//
//	| P Q | |x|   |s|
//	| Q R | |y| = |t|
//
// with x the numbers of the shift along x: y = (R - Q inv(P) Q)^-1 (t - Q inv(P) s), x = inv(P) (s - Q y). The leaning
// keeps what is inverted positive.
func (s *stretch) solve() {
	q := &s.left[1]
	first := s.left[0].leaning()
	inv := first.inverse()
	w := [3][3]float64{inv.times(q[0], q[1], q[2]), inv.times(q[1], q[3], q[4]), inv.times(q[2], q[4], q[5])}
	x := inv.times(s.right[0], s.right[1], s.right[2])
	rest := s.left[2].leaning()
	u, v := q.times(w[0][0], w[0][1], w[0][2]), q.times(w[1][0], w[1][1], w[1][2])
	z := q.times(w[2][0], w[2][1], w[2][2])
	for k, c := range (symmetric{u[0], v[0], z[0], v[1], z[1], z[2]}) {
		rest[k] -= c
	}
	t := q.times(x[0], x[1], x[2])
	inv = rest.inverse()
	y := inv.times(s.right[3]-t[0], s.right[4]-t[1], s.right[5]-t[2])
	for k := range 3 {
		s.sol[k] = x[k] - float64(w[0][k]*y[0]) - float64(w[1][k]*y[1]) - float64(w[2][k]*y[2])
		s.sol[k+3] = y[k]
	}
}

// symmetric is a matrix of three by three, its upper half row by row.
type symmetric [6]float64

func (m symmetric) leaning() symmetric {
	m[0] += leanShift
	m[3] += leanStretch
	m[5] += leanStretch
	return m
}

func (m *symmetric) times(a, b, c float64) [3]float64 {
	return [3]float64{
		float64(m[0]*a) + float64(m[1]*b) + float64(m[2]*c),
		float64(m[1]*a) + float64(m[3]*b) + float64(m[4]*c),
		float64(m[2]*a) + float64(m[4]*b) + float64(m[5]*c),
	}
}

func (m *symmetric) inverse() symmetric {
	n := symmetric{
		float64(m[3]*m[5]) - float64(m[4]*m[4]), float64(m[2]*m[4]) - float64(m[1]*m[5]), float64(m[1]*m[4]) - float64(m[2]*m[3]),
		float64(m[0]*m[5]) - float64(m[2]*m[2]), float64(m[1]*m[2]) - float64(m[0]*m[4]),
		float64(m[0]*m[3]) - float64(m[1]*m[1]),
	}
	d := 1 / max(float64(m[0]*n[0])+float64(m[1]*n[1])+float64(m[2]*n[2]), 1e-9)
	for k := range n {
		n[k] *= d
	}
	return n
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
