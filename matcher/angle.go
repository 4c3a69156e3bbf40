package matcher

import "math"

// Angles are small integers, so that adding them wraps by itself and every machine agrees on them.
//
//   - A direction is a uint8, 256 to the full turn, measured from +x towards +y (y grows downwards).
//   - An orientation, which has no front and back, is a uint8 with 256 to the HALF turn.
//   - A phase is a uint8, 256 to the full turn; 0 is the middle of a ridge.
//   - Turns inside a comparison are 512 to the full turn: one orientation step is one unit.

const trigOne = 1 << 14 // what 1.0 is in the tables below

var (
	cos512 [512]int32 // cosine of an angle given 512 to the turn, times trigOne
	sin512 [512]int32
)

func init() {
	for i := range cos512 {
		a := float64(i) * math.Pi / 256
		cos512[i] = int32(math.Round(math.Cos(a) * trigOne))
		sin512[i] = int32(math.Round(math.Sin(a) * trigOne))
	}
}

// atanTable[i] is the angle, 2^16 to the turn, whose tangent is i/256.
var atanTable [257]int32

func init() {
	for i := range atanTable {
		atanTable[i] = int32(math.Round(math.Atan(float64(i)/256) / (2 * math.Pi) * 65536))
	}
}

// atan2 is the angle of (x, y), 2^16 to the full turn, in integers: no machine may round it differently.
// It is right to about 2 units.
func atan2(y, x int64) uint16 {
	ax, ay := x, y
	if ax < 0 {
		ax = -ax
	}
	if ay < 0 {
		ay = -ay
	}
	for ax > 1<<40 || ay > 1<<40 {
		ax, ay = ax>>8, ay>>8
	}
	if ax == 0 && ay == 0 {
		return 0
	}
	lo, hi := ay, ax
	if ay > ax {
		lo, hi = ax, ay
	}
	t := (lo << 16) / hi // 0..65536
	i, f := t>>8, int32(t&255)
	a := atanTable[i]
	if i < 256 {
		a += (atanTable[i+1] - a) * f >> 8
	}
	if ay > ax {
		a = 16384 - a
	}
	if x < 0 {
		a = 32768 - a
	}
	if y < 0 {
		a = -a
	}
	return uint16(a)
}

// isqrt is the integer square root of v, rounded down. math.Sqrt is exact to the last bit everywhere; the loop mends
// what the conversion to float64 rounded away.
func isqrt(v int64) int64 {
	if v <= 0 {
		return 0
	}
	r := int64(math.Sqrt(float64(v)))
	for r*r > v {
		r--
	}
	for (r+1)*(r+1) <= v {
		r++
	}
	return r
}

// turned is the signed difference a-b of two directions or phases, -128..127.
func turned(a, b uint8) int { return int(int8(a - b)) }

// sqrt is math.Sqrt, which every platform rounds exactly.
func sqrt(v float64) float64 { return math.Sqrt(v) }

func abs(a int) int {
	if a < 0 {
		return -a
	}
	return a
}
