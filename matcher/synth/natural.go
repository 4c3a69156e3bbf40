package synth

import "keyrollout/matcher"

// Print is the n-th print of the finger on a large sensor, as people leave them whom nobody guides: the population
// that package bench holds against real databases. Most are good, some are dry, dragged, turned or half beside the
// sensor.
func (f *Finger) Print(n int) matcher.Image {
	r := source(mix(f.seed ^ mix(uint64(n)+0x9817)))
	moist := f.skin.moist + r.within(0.35, 1)
	t := touch{
		own: mix(f.seed ^ 0x0a4b),
		w:   printW, h: printH,
		// A millimetre beside the middle, turned by nine degrees, rolled a little: most hands, most of the time.
		at:   point{r.within(14, 60), r.within(20, 80)},
		turn: r.within(9, 35),
		roll: point{r.within(12, 40), r.within(18, 60)},
		radX: 138 * (1 + r.within(0.12, 0.35)), // 14 x 19 mm
		radY: 186 * (1 + r.within(0.12, 0.35)),
		// The middle 3 to 6 mm stick to the sensor, the rim is dragged by a few tenths of a millimetre, at worst by two.
		held:    point{r.between(30, 60), r.between(40, 80)},
		give:    r.between(1, 3),
		shift:   point{r.within(5, 40), r.within(6, 40)},
		twist:   r.within(3, 15),
		stretch: 1.5,
		slope:   point{r.within(2.2, 6), r.within(2.2, 6)}, // over 7 mm, a third of a ridge's height
		blotch:  150 + float64(250*r.unit()),
		fade:    12 + float64(30*r.unit()),
		grain:   0.06 + float64(0.1*r.unit()),
		soft:    r.between(0.3, 1),
	}
	t.height = float64(420*moist) + r.within(150, 400) // moisture and pressure widen the ridges
	t.rough = f.skin.rough + float64(480*r.unit()*r.unit())
	if moist < 0 {
		t.rough -= float64(500 * moist)
	} else {
		t.blotch += float64(300 * moist)
	}
	t.seed = r.next()
	return t.picture(f.ridges())
}
