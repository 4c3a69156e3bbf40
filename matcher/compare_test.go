package matcher

import (
	"fmt"
	"strings"
	"testing"
)

// formula is a print by formula, in integers, so that no processor rounds it: rings around a far centre, and around
// each spot a turn of phase, where a ridge then ends or splits (Larkin and Fletcher's model). The picture is w x h px
// from (left, top) of the finger.
func formula(spots [][2]int, left, top, w, h int) *Template {
	t := &Template{w: w, h: h, scale: 4096, field: newField(w, h)}
	at := func(x, y int) (orient, phase uint8) {
		dx, dy := int64(x-150), int64(y-340)
		p := isqrt((dx*dx+dy*dy)<<16) * 256 / (wantedPeriod << 8)
		for k, s := range spots {
			p += int64(atan2(int64(y-s[1]), int64(x-s[0]))>>8) * int64(1-k%2*2)
		}
		o := atan2(dy, dx) - 1<<14 // ridges run across the way to the centre
		if o >= 1<<15 {            // an orientation is half a turn; there its normal points inwards
			p = -p
		}
		return uint8(o >> 7), uint8(p)
	}
	f := t.field
	for k := range f.clear {
		x, y := left+k%f.w*fieldStep+fieldStep/2, top+k/f.w*fieldStep+fieldStep/2
		f.orient[k], f.phase[k] = at(x, y)
		f.clear[k] = 255
	}
	for k, s := range spots {
		if x, y := s[0]-left, s[1]-top; x > 10 && y > 10 && x < w-10 && y < h-10 {
			o, _ := at(s[0], s[1])
			t.minutiae = append(t.minutiae, minutia{x: int16(x), y: int16(y), dir: o/2 + uint8(k%2)*128, quality: 200})
		}
	}
	t.settle()
	t.prepare()
	return t
}

func scattered(seed, n int) (s [][2]int) {
	for k := range n {
		seed = (seed*1103515245 + 12345 + k) & 0x7fffffff
		s = append(s, [2]int{(seed >> 8) % 300, (seed >> 16) % 300})
	}
	return s
}

// The same two templates score the same on every processor, to the last bit.
func TestCompareEverywhere(t *testing.T) {
	one, other := scattered(1, 36), scattered(2, 36)
	full, shifted, small := formula(one, 0, 0, 300, 300), formula(one, 25, 40, 260, 240), formula(one, 70, 90, 160, 160)
	stranger := formula(other, 0, 0, 300, 300)
	var got []string
	for _, p := range [][2]*Template{{full, full}, {full, shifted}, {small, full}, {shifted, stranger}, {small, stranger}} {
		got = append(got, fmt.Sprint(Compare(p[0], p[1])))
	}
	const want = "131.45528428819443 77.10115559895833 29.936621093750002 7.785828993055556 7.7318359375"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("scores %s\nwere   %s", s, want)
	}
	if Compare(small, full) < Threshold || Compare(shifted, stranger) >= Threshold {
		t.Error("a finger is not known, or a stranger is")
	}
}

// A comparison leaves nothing to collect, however many are made.
func TestCompareAllocatesNothing(t *testing.T) {
	a, b := formula(scattered(1, 36), 0, 0, 300, 300), formula(scattered(1, 36), 25, 40, 260, 240)
	c := formula(scattered(2, 36), 0, 0, 300, 300)
	m := newMatching()
	m.compare(a, b) // its memory grows to the prints' size once
	m.compare(c, b)
	if n := testing.AllocsPerRun(20, func() { m.compare(a, b); m.compare(c, b); m.compare(a, c) }); n > 0 {
		t.Errorf("%v allocations in three comparisons", n)
	}
}

// A block laid beyond the other print's edge meets nothing there, however wide that print is and wherever int is 32 bits:
// 48 samples to the row is where the rows above the print would come round to its first.
func TestBeyondTheEdge(t *testing.T) {
	for _, w := range []int{47, 48, 96, 233} {
		f := newField(w*fieldStep, 20*fieldStep)
		on := make([]bool, len(f.clear))
		for i := range on {
			on[i] = true
		}
		g := &growth{b: newPrepared(f, on), m: motion{xx: 1 << 14, yy: 1 << 14}}
		bl := &block{n: 1}
		for _, d := range [][2]int32{{0, -1}, {int32(w-1) * sampleSpan, -1}, {0, -sampleSpan - 1}, {-1, 0}, {int32(w) * sampleSpan, 0},
			{0, 20 * sampleSpan}, {-1, -1}} {
			if n, _, _ := g.measure(bl, d[0], d[1]); n != 0 {
				t.Errorf("%d samples to the row: something is met at %d,%d", w, d[0], d[1])
			}
		}
		if n, _, _ := g.measure(bl, 0, 0); n != 1 {
			t.Errorf("%d samples to the row: nothing is met at the corner", w)
		}
	}
}
