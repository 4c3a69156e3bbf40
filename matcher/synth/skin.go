package synth

import "math"

// skin is what a finger brings to every touch besides its ridges.
type skin struct {
	moist   float64 // -1 dry .. +1 wet, on the whole
	rough   float64 // heights
	wear    float64 // 0..1: ridges rubbed off in places
	creases []crease
}

// crease is a white line across the ridges: a fold or a scar. It is a bow from one end to the other.
type crease struct {
	from, to point // px from the middle
	sag      float64
	width    float64 // px
	deep     float64 // heights
}

func newSkin(r *source) skin {
	s := skin{moist: r.within(0.35, 1), rough: 335 + float64(700*r.unit()*r.unit())}
	if u := r.unit(); u > 0.5 { // half of the fingers have skin that is rubbed off somewhere
		s.wear = (u - 0.5) * 2
	}
	for range int(14 * r.unit() * r.unit()) { // none in a quarter of the fingers, three on average
		c := point{float64(90 * r.normal()), float64(110 * r.normal())}
		a, l := float64(0.5*r.normal()), r.between(12, 70) // mostly across the finger
		if r.unit() < 0.3 {
			a += math.Pi / 2
		}
		sin, cos := math.Sincos(a)
		s.creases = append(s.creases, crease{point{c.x - float64(l*cos), c.y - float64(l*sin)}, point{c.x + float64(l*cos), c.y + float64(l*sin)},
			l / 8 * r.normal(), 0.5 + float64(2*r.unit()*r.unit()), r.between(700, 2600)})
	}
	return s
}

// mark draws into the master what the skin has of its own: pores, uneven ridges, worn spots, creases.
func (s *skin) mark(master []int16, r *source) {
	uneven, worn := noiseField{r.next(), 2}, noiseField{r.next(), 5}
	wear := int(round(s.wear * 8))
	for y := range masterH {
		for x := range masterW {
			i := (y+border)*stride + x + border
			h := int(master[i]) + uneven.at(x, y)*250>>8 // ridges are nowhere quite straight
			if w := worn.at(x, y) - 60; w > 0 && wear > 0 {
				h -= w * wear
			}
			master[i] = int16(max(-4*full, h))
		}
	}
	for y := 4; y < masterH-4; y += 7 { // pores: on three of four places of ridge, on a grid of 0.36 mm
		for x := 4; x < masterW-4; x += 7 {
			h := r.next()
			i := (y+int(h&3)+border)*stride + x + int(h>>2&3) + border
			if master[i] > full*3/4 && h>>8&3 != 0 {
				master[i] -= 700
				for _, k := range [...]int{1, -1, stride, -stride} {
					master[i+k] -= 350
				}
			}
		}
	}
	for _, c := range s.creases {
		c.draw(master)
	}
}

func (c crease) draw(master []int16) {
	dx, dy := c.to.x-c.from.x, c.to.y-c.from.y
	l := math.Sqrt(float64(dx*dx) + float64(dy*dy))
	// A box around it, then the distance of each pixel from the bow.
	const room = 14
	sag := math.Abs(c.sag)
	x0, x1 := int(min(c.from.x, c.to.x)-sag-room)+masterW/2, int(max(c.from.x, c.to.x)+sag+room)+masterW/2
	y0, y1 := int(min(c.from.y, c.to.y)-sag-room)+masterH/2, int(max(c.from.y, c.to.y)+sag+room)+masterH/2
	for y := max(0, y0); y < min(masterH, y1); y++ {
		for x := max(0, x0); x < min(masterW, x1); x++ {
			px, py := float64(x-masterW/2)-c.from.x, float64(y-masterH/2)-c.from.y
			along := (float64(px*dx) + float64(py*dy)) / l / l // 0..1 between the ends
			if along <= 0 || along >= 1 {
				continue
			}
			off := (float64(py*dx)-float64(px*dy))/l - float64(c.sag*4*along*(1-along))
			width := c.width * math.Sqrt(4*along*(1-along))
			if d := math.Abs(off) - width; d < 2 {
				i := (y+border)*stride + x + border
				master[i] = int16(max(-4*full, int(master[i])-int(math.Round(c.deep*min(1, (2-d)/2)))))
			}
		}
	}
}
