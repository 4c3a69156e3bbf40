package synth

// source is splitmix64 (Steele, Lea, Flood 2014): tiny, and the same everywhere.
type source uint64

func (s *source) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	return mix(uint64(*s))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit is even in [0, 1).
func (s *source) unit() float64 { return float64(s.next()>>11) / (1 << 53) }

// between is even in [a, b).
func (s *source) between(a, b float64) float64 { return a + float64((b-a)*s.unit()) }

// normal has mean 0 and deviation 1, roughly: twelve even numbers summed, so it never exceeds 6.
func (s *source) normal() float64 {
	t := -6.0
	for range 12 {
		t += s.unit()
	}
	return t
}

// within is normal with the given deviation, and never further from 0 than most.
func (s *source) within(deviation, most float64) float64 {
	return max(-most, min(most, float64(deviation*s.normal())))
}

// noiseField is smooth random hills: a lattice of random values, joined by cubic steps. Values lie in -256..256.
type noiseField struct {
	seed  uint64
	shift uint // lattice spacing is 1<<shift px
}

func (f noiseField) at(x, y int) int {
	mask := 1<<f.shift - 1
	u, v := x>>f.shift, y>>f.shift
	fx, fy := smooth((x&mask)<<8>>f.shift), smooth((y&mask)<<8>>f.shift)
	a := f.corner(u, v)*(256-fx) + f.corner(u+1, v)*fx
	b := f.corner(u, v+1)*(256-fx) + f.corner(u+1, v+1)*fx
	return (a*(256-fy) + b*fy) >> 16
}

func (f noiseField) corner(u, v int) int {
	return int(mix(f.seed^uint64(uint32(u))<<32^uint64(uint32(v)))%513) - 256
}

// smooth is 3t^2-2t^3 for t in 0..256.
func smooth(t int) int { return t * t * (768 - 2*t) >> 16 }
