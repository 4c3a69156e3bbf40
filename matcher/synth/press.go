package synth

import (
	"math"
	"sync"

	"keyrollout/matcher"
)

// Sensor is the side of the practice sensor, px at 500 dpi: 8 mm.
const Sensor = 160

// Finger is a practice finger. Its methods may be called from several goroutines.
type Finger struct {
	seed   uint64
	plan   *plan
	once   sync.Once
	master []int16
}

// New plans the finger of a seed; the ridges are grown on first use, and kept.
func New(seed uint64) *Finger {
	r := source(mix(seed + 1))
	return &Finger{seed: seed, plan: newPlan(&r)}
}

// Class is the finger's Henry class.
func (f *Finger) Class() Class { return f.plan.class }

func (f *Finger) ridges() []int16 {
	f.once.Do(func() {
		r := source(mix(f.seed ^ 0x5eed))
		f.master = f.plan.grow(&r)
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

// Touch is the n-th natural touch: a hand that aims at the middle and does not hit it exactly.
func (f *Finger) Touch(n int) matcher.Image {
	r := source(mix(f.seed ^ mix(uint64(n)+0x70c4)))
	clip := func(v, by float64) float64 { return max(-by, min(by, v)) }
	return f.Press(Press{
		DX:       clip(18*r.normal(), 38),
		DY:       clip(21*r.normal(), 44),
		Rotation: clip(8*r.normal(), 20),
		Pressure: clip(0.25*r.normal(), 0.6),
		Moisture: clip(0.2*r.normal(), 0.45),
		Noise:    0.1 * r.unit(),
	}, n)
}

// Press is a touch on demand; n chooses its noise and the way the skin gives.
func (f *Finger) Press(p Press, n int) matcher.Image {
	img := matcher.Image{Pix: make([]byte, Sensor*Sensor), W: Sensor, H: Sensor, DPI: 500}
	seed := mix(f.seed ^ mix(uint64(n)+0xf1a9))
	s := &sensor{
		master: f.ridges(),
		warpX:  noiseField{mix(seed + 1), 6}, warpY: noiseField{mix(seed + 2), 6},
		blotch: noiseField{mix(seed + 3), 3}, speck: noiseField{mix(seed + 4), 1}, grain: seed,
		worn: noiseField{mix(f.seed + 0x3042), 5},
	}
	s.set(p)
	for y := range Sensor {
		for x := range Sensor {
			img.Pix[y*Sensor+x] = s.pixel(x, y)
		}
	}
	if p.Smear > 0 {
		smear(&img, p.Smear)
	}
	return img
}

// sensor is one touch in integers.
type sensor struct {
	master        []int16
	c, s          int // of the rotation, 1/16384
	dx, dy        int // 1/256 px
	warp          int // px of skin stretch at the noise's peak, times 256
	thick         int // added to the ridges: pressure and wetness make them wide
	gain          int // of the ridges, 1/256
	dry, wet      int // 0..256
	noise         int
	radX, radY    int // half axes of the contact, px
	warpX, warpY  noiseField
	blotch, speck noiseField
	worn          noiseField // of the finger, not of the touch: skin that is rubbed off or creased
	grain         uint64
}

func (s *sensor) set(p Press) {
	in := func(v, lo, hi float64) float64 {
		if !(v >= lo) { // also NaN
			return lo
		}
		return min(v, hi)
	}
	scale := func(v float64) int { return int(math.Round(v * 256)) }
	press, moist := in(p.Pressure, -1, 1), in(p.Moisture, -1, 1)
	s.c, s.s = cosSin(in(p.Rotation, -360, 360) * math.Pi / 180)
	s.dx, s.dy = scale(in(p.DX, -1000, 1000)), scale(in(p.DY, -1000, 1000))
	s.warp = scale(5)
	s.thick = int(math.Round(press*260 + moist*200))
	s.gain = scale(1 - 0.25*math.Abs(press))
	s.dry, s.wet = scale(max(0, -moist)), scale(max(0, moist))
	s.noise = scale(0.12 + 0.9*in(p.Noise, 0, 1))
	// The contact is an ellipse on the finger, 14 x 17 mm when pressed normally; a share below 1 shrinks it to that
	// share of the sensor's area.
	s.radX, s.radY = int(138*(1+0.15*press)), int(168*(1+0.15*press))
	if c := in(p.Contact, 0, 1); c > 0 && c < 1 {
		r := Sensor * math.Sqrt(c/math.Pi)
		s.radX, s.radY = min(s.radX, int(r*0.95)), min(s.radY, int(r*1.05))
	}
}

// pixel is the gray value the sensor sees at x, y.
func (s *sensor) pixel(x, y int) byte {
	// Sensor to finger: undo the shift, the turn, the stretch. All in 1/256 px.
	px, py := (x-Sensor/2)*256-s.dx, (y-Sensor/2)*256-s.dy
	u, v := (px*s.c+py*s.s)>>14, (py*s.c-px*s.s)>>14
	u += s.warpX.at(x+4096, y+4096) * s.warp >> 8
	v += s.warpY.at(x+4096, y+4096) * s.warp >> 8
	h := mix(s.grain ^ uint64(y*Sensor+x)<<1)
	fine := int(h&255) + int(h>>8&255) + int(h>>16&255) - 382 // -382..383, deviation about 128

	edge := 256 - (u/256*u/s.radX/s.radX + v/256*v/s.radY/s.radY) // 256 in the middle, 0 at the rim
	rim := edge*4 + s.blotch.at(x+512, y)/4                       // a ragged rim
	ridge := -full
	if rim > 0 {
		ridge = s.ridge(u, v)*s.gain>>8 - max(0, s.worn.at(u>>8+8192, v>>8+8192)-40)*7 + s.thick + s.blotch.at(x, y)*120>>8
		ridge += s.wet * s.wet >> 8 * (1000 + s.blotch.at(x+99, y+77)*6) >> 8 // wet valleys fill up in blots
		if s.dry > 0 {                                                        // dry skin touches in specks only
			gap := s.speck.at(x, y)*5 + s.blotch.at(x+300, y+300)*2
			ridge -= s.dry * (700 + gap*2) >> 8 * s.dry >> 8
			if gap > 1500-s.dry*10 {
				ridge -= s.dry * 8
			}
		}
		if rim < 128 {
			ridge = min(ridge, -full+(ridge+full)*rim>>7)
		}
	}
	ridge += fine * s.noise >> 6
	// Ink is a soft step of height: skin either touches or not.
	ink := max(-512, min(512, ridge+ridge>>1))
	return byte(max(0, min(255, 132-ink*85>>9+fine>>5)))
}

// ridge is the master's height at (u, v), 1/256 px from its middle, between its pixels.
func (s *sensor) ridge(u, v int) int {
	u += (masterW/2 + border) << 8
	v += (masterH/2 + border) << 8
	x, y := u>>8, v>>8
	if x < 0 || y < 0 || x+1 >= stride || y+1 >= rows {
		return -full
	}
	i := y*stride + x
	fx, fy := u&255, v&255
	a := int(s.master[i])*(256-fx) + int(s.master[i+1])*fx
	b := int(s.master[i+stride])*(256-fx) + int(s.master[i+stride+1])*fx
	return (a*(256-fy) + b*fy) >> 16
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
