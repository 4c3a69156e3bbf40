package matcher

// bitmap is a picture of single bits, 64 to a word, with one empty row above and below and one empty word on each side.
type bitmap struct {
	w, h   int
	stride int // words
	p      []uint64
}

func newBitmap(w, h int) *bitmap {
	s := (w+63)/64 + 2
	return &bitmap{w: w, h: h, stride: s, p: make([]uint64, s*(h+2))}
}

func (b *bitmap) get(x, y int) bool {
	if x < 0 || y < 0 || x >= b.w || y >= b.h {
		return false
	}
	return b.p[(y+1)*b.stride+1+x>>6]>>(x&63)&1 != 0
}

func (b *bitmap) set(x, y int) { b.p[(y+1)*b.stride+1+x>>6] |= 1 << (x & 63) }

func (b *bitmap) unset(x, y int) { b.p[(y+1)*b.stride+1+x>>6] &^= 1 << (x & 63) }

// binarise takes the ridges' side of the zero line, inside the print.
func binarise(ridges *plane, f *field, m *mask) *bitmap {
	b := newBitmap(ridges.w, ridges.h)
	for v := range f.h {
		for u := range f.w {
			if !m.on[v*m.w+u] {
				continue
			}
			for y := v * fieldStep; y < (v+1)*fieldStep; y++ {
				i := ridges.at(u*fieldStep, y)
				for x, r := range ridges.p[i : i+fieldStep] {
					if r > 0 {
						b.set(u*fieldStep+x, y)
					}
				}
			}
		}
	}
	return b
}

// thin wears the ridges down to lines of one pixel (Guo and Hall, "Parallel thinning with two-subiteration algorithms",
// 1989), 64 pixels at a time: the neighbour counts are sums of single bits, done with gates.
func thin(b *bitmap) {
	out := make([]uint64, len(b.p))
	for round := 0; round < 64; round++ {
		changed := false
		for half := range 2 {
			copy(out, b.p)
			for y := 1; y <= b.h; y++ {
				for k := 1; k < b.stride-1; k++ {
					i := y*b.stride + k
					c := b.p[i]
					if c == 0 {
						continue
					}
					if gone := c & peel(b.p, i, b.stride, half == 0); gone != 0 {
						out[i] = c &^ gone
						changed = true
					}
				}
			}
			b.p, out = out, b.p
		}
		if !changed {
			return
		}
	}
}

// peel finds the pixels that one half round of Guo and Hall's algorithm may take away.
func peel(p []uint64, i, stride int, first bool) uint64 {
	west := func(i int) uint64 { return p[i]<<1 | p[i-1]>>63 }
	east := func(i int) uint64 { return p[i]>>1 | p[i+1]<<63 }
	n, s := p[i-stride], p[i+stride]
	w, e := west(i), east(i)
	nw, ne := west(i-stride), east(i-stride)
	sw, se := west(i+stride), east(i+stride)

	// Exactly one group of ridge neighbours, seen going round.
	a1, a2, a3, a4 := ^n&(ne|e), ^e&(se|s), ^s&(sw|w), ^w&(nw|n)
	one := (a1 ^ a2 ^ a3 ^ a4) &^ (a1&a2 | a1&a3 | a1&a4 | a2&a3 | a2&a4 | a3&a4)

	// The lesser of two ways to pair up the eight neighbours is 2 or 3: neither an end nor an inside.
	b1, b2, b3, b4 := nw|n, ne|e, se|s, sw|w
	c1, c2, c3, c4 := n|ne, e|se, s|sw, w|nw
	atLeast2 := func(a, b, c, d uint64) uint64 { return a&b | a&c | a&d | b&c | b&d | c&d }
	inner := (b1 & b2 & b3 & b4) & (c1 & c2 & c3 & c4)
	count := atLeast2(b1, b2, b3, b4) & atLeast2(c1, c2, c3, c4) &^ inner

	var keep uint64
	if first {
		keep = (s | sw | ^nw) & w
	} else {
		keep = (n | ne | ^se) & e
	}
	return one & count &^ keep
}
