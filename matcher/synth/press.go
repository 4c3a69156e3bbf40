package synth

import (
	"math"
	"sync"

	"keyrollout/matcher"
)

// Sensor is the side of the practice sensor, px at 500 dpi: 8 mm.
const Sensor = 160

// The large sensor of Print, px at 500 dpi: 16 x 19 mm.
const (
	printW = 320
	printH = 376
)

// Finger is a practice finger. Its methods may be called from several goroutines.
type Finger struct {
	seed   uint64
	plan   *plan
	skin   skin
	once   sync.Once
	master []int16
}

// New plans the finger of a seed; the ridges are grown on first use, and kept.
func New(seed uint64) *Finger {
	r := source(mix(seed + 1))
	p := newPlan(&r)
	return &Finger{seed: seed, plan: p, skin: newSkin(&r)}
}

// Class is the finger's Henry class.
func (f *Finger) Class() Class { return f.plan.class }

func (f *Finger) ridges() []int16 {
	f.once.Do(func() {
		r := source(mix(f.seed ^ 0x5eed))
		f.master = f.plan.grow(&r)
		f.skin.mark(f.master, &r)
	})
	return f.master
}

// Press says how the finger is pressed. The zero Press is a good, straight touch in the middle.
type Press struct {
	DX, DY   float64 // px the finger's middle lies right of and below the sensor's
	Rotation float64 // degrees, clockwise as seen in the picture
	Pressure float64 // -1 barely touching .. +1 pressed flat
	Moisture float64 // -1 dry .. +1 wet
	Contact  float64 // share of the sensor covered, above 0 to 1; 0 means 1
	Smear    float64 // 0..1: moved while touching
	Noise    float64 // 0..1: on top of what every sensor has
}

// Touch is the n-th touch of a careful hand, as in a rehearsal: it aims at the middle and does not hit it exactly, and
// the skin is neither dry nor wet. Nearly every one is good enough. How people touch when nobody tells them anything is
// Print and Roam.
func (f *Finger) Touch(n int) matcher.Image {
	r := source(mix(f.seed ^ mix(uint64(n)+0x70c4)))
	return f.Press(Press{
		DX:       r.within(14, 30),
		DY:       r.within(16, 34),
		Rotation: r.within(7, 18),
		Pressure: r.within(0.25, 0.6),
		Moisture: r.within(0.2, 0.45),
		Noise:    0.1 * r.unit(),
	}, n)
}

// Press is a touch on demand; n chooses its noise and the way the skin gives.
func (f *Finger) Press(p Press, n int) matcher.Image {
	in := func(v, lo, hi float64) float64 {
		if !(v >= lo) { // also NaN
			return lo
		}
		return min(v, hi)
	}
	press, moist := in(p.Pressure, -1, 1), in(p.Moisture, -1, 1)
	dry, wet := max(0, -moist), max(0, moist)
	r := source(mix(f.seed ^ mix(uint64(n)+0xf1a9)))
	t := touch{
		w: Sensor, h: Sensor,
		at:   point{in(p.DX, -1000, 1000), in(p.DY, -1000, 1000)},
		turn: in(p.Rotation, -360, 360),
		// Pressed normally the contact is 13 x 17 mm.
		radX: 126 * (1 + 0.15*press), radY: 164 * (1 + 0.15*press),
		stretch: 4,
		height:  260*press + 200*moist - 700*dry*dry + 1300*wet*wet,
		blotch:  120 + 1100*wet*wet + 500*dry*dry,
		rough:   150 + 1400*dry*dry + 900*wet*wet,
		grain:   0.12 + 0.9*in(p.Noise, 0, 1),
		seed:    r.next(),
		own:     mix(f.seed ^ 0x0a4b),
	}
	if c := in(p.Contact, 0, 1); c > 0 && c < 1 { // the contact shrinks to that share of the sensor's area
		side := Sensor * math.Sqrt(c/math.Pi)
		t.radX, t.radY = min(t.radX, side*0.95), min(t.radY, side*1.05)
	}
	img := t.picture(f.ridges())
	if p.Smear > 0 {
		smear(&img, p.Smear)
	}
	return img
}

// smear averages the picture over a disc: skin that slid about while it was seen. A full smear's disc is as wide as
// takes a wave of nine px away.
func smear(img *matcher.Image, by float64) {
	reach := int(math.Round(min(1, by) * 22)) // quarters of a px
	type step struct{ x, y int }
	var path []step
	for y := -6; y <= 6; y++ {
		for x := -6; x <= 6; x++ {
			if 16*(x*x+y*y) <= reach*reach {
				path = append(path, step{x, y})
			}
		}
	}
	out := make([]byte, len(img.Pix))
	for y := range img.H {
		for x := range img.W {
			sum := 0
			for _, p := range path {
				u, v := max(0, min(img.W-1, x+p.x)), max(0, min(img.H-1, y+p.y))
				sum += int(img.Pix[v*img.W+u])
			}
			h := mix(uint64(y*img.W + x)) // the sensor's own noise stays sharp
			noise := int(h&15) + int(h>>8&15) - 15
			out[y*img.W+x] = byte(max(0, min(255, sum/len(path)+noise)))
		}
	}
	img.Pix = out
}
