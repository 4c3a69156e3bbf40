package synth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"
)

// The same seed gives the same bytes, on every machine: this sum was made on linux/amd64.
func TestSameEverywhere(t *testing.T) {
	h := sha256.New()
	for seed := range uint64(6) {
		f := New(seed)
		h.Write(f.Touch(0).Pix)
		h.Write(f.Print(0).Pix)
		h.Write(f.Press(Press{DX: 20, Rotation: 30, Moisture: 0.5, Smear: 0.4}, 3).Pix)
	}
	const want = "cf35827400ab7b2f"
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
		t.Errorf("the practice fingers changed: %s, were %s (if that is meant, write the new sum here)", got, want)
	}
	if !bytes.Equal(New(5).Touch(9).Pix, New(5).Touch(9).Pix) {
		t.Error("the same touch twice, and two pictures")
	}
	if bytes.Equal(New(5).Touch(9).Pix, New(5).Touch(10).Pix) || bytes.Equal(New(5).Touch(9).Pix, New(6).Touch(9).Pix) {
		t.Error("two touches, and the same picture")
	}
}

// Around a core the ridges turn by half a turn one way, around a delta the other way (the Poincare index), and every
// class has the cores and deltas that it is known by.
func TestClasses(t *testing.T) {
	want := map[Class][2]int{Arch: {0, 0}, TentedArch: {1, 1}, LeftLoop: {1, 1}, RightLoop: {1, 1}, Whorl: {2, 2},
		DoubleLoop: {2, 2}}
	seen := map[Class]int{}
	for seed := range uint64(300) {
		p := New(seed).plan
		seen[p.class]++
		if n := [2]int{len(p.cores), len(p.deltas)}; n != want[p.class] {
			t.Fatalf("seed %d, %v: %d cores and %d deltas", seed, p.class, n[0], n[1])
		}
		for _, c := range p.cores {
			if i := p.index(c); math.Abs(i-0.5) > 0.01 {
				t.Errorf("seed %d, %v: index %.2f around a core", seed, p.class, i)
			}
		}
		for _, d := range p.deltas {
			if i := p.index(d); math.Abs(i+0.5) > 0.01 {
				t.Errorf("seed %d, %v: index %.2f around a delta", seed, p.class, i)
			}
		}
	}
	for c := range want {
		if seen[c] == 0 {
			t.Errorf("no %v among 300 fingers", c)
		}
	}
}

// index is how many turns the flow makes on a small circle around c.
func (p *plan) index(c point) float64 {
	const steps = 360
	turn, last := 0.0, p.flow(c.x+3, c.y)
	for i := 1; i <= steps; i++ {
		a := 2 * math.Pi * float64(i) / steps
		now := p.flow(c.x+3*math.Cos(a), c.y+3*math.Sin(a))
		turn += math.Remainder(now-last, math.Pi)
		last = now
	}
	return turn / (2 * math.Pi)
}

// No wish makes it fail.
func TestOddPresses(t *testing.T) {
	f := New(1)
	for _, v := range []float64{0, -1e300, 1e300, math.Inf(1), math.Inf(-1), math.NaN()} {
		img := f.Press(Press{v, v, v, v, v, v, v, v}, -1)
		if len(img.Pix) != Sensor*Sensor {
			t.Errorf("%v: %d bytes", v, len(img.Pix))
		}
	}
}

func BenchmarkMaster(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		New(uint64(i)).ridges()
	}
}

func BenchmarkTouch(b *testing.B) {
	f := New(1)
	for i := 0; b.Loop(); i++ {
		f.Touch(i)
	}
}
