package synth

import (
	"math"

	"keyrollout/matcher"
)

// touch is one meeting of skin and sensor. Lengths are px at 500 dpi, heights are those of ridges (full is a ridge's
// middle), angles degrees.
type touch struct {
	w, h int // of the sensor

	at   point   // of the finger's middle, from the sensor's
	turn float64 // clockwise

	roll       point // middle of the contact, from the finger's
	radX, radY float64

	// Skin that is held in an ellipse and dragged around it (Cappelli, Maio and Maltoni, "Modelling plastic distortion
	// in fingerprint images", 2001): inside nothing moves, outside the sensor all is shifted and twisted, in between by
	// degrees.
	held  point   // half axes
	give  float64 // how soon the rest follows, in half axes
	shift point
	twist float64

	stretch float64 // small uneven stretching on top

	height float64 // pressure and moisture: above 0 ridges are wide, below thin
	slope  point   // of the pressure, height per px
	blotch float64 // uneven moisture: heights
	rough  float64 // dry skin touches in specks
	fade   float64 // width of the contact's soft edge
	grain  float64 // the sensor's own noise
	soft   float64 // 0..1: out of focus
	seed   uint64  // of what is this touch's
	own    uint64  // of what is the finger's: how its ridges wander
}

// wander is how far, px, ridges lie beside where an even pattern would have them, over 16 and 32 px. It belongs to the
// finger. Without it the ridges of strangers run in step for longer than in life: impostor scores rise by a third.
const wander = 3.5

const node = 8 // px: what changes slowly is worked out so far apart, and joined linearly

// lattice holds a value every node px.
type lattice struct {
	v []int32
	w int
}

func (l lattice) at(x, y int) int {
	i, fx, fy := y/node*l.w+x/node, x%node, y%node
	a := int(l.v[i])*(node-fx) + int(l.v[i+1])*fx
	b := int(l.v[i+l.w])*(node-fx) + int(l.v[i+l.w+1])*fx
	return (a*(node-fy) + b*fy) / (node * node)
}

func round(v float64) int32 { return int32(math.Round(max(-1<<24, min(1<<24, v)))) }

// lattices are where each place of the sensor lies on the finger (1/256 px from its middle), and how high ridges are
// there.
func (t *touch) lattices() (u, v, height lattice) {
	w, h := (t.w+node-1)/node+2, (t.h+node-1)/node+2
	u, v, height = lattice{make([]int32, w*h), w}, lattice{make([]int32, w*h), w}, lattice{make([]int32, w*h), w}
	sin, cos := math.Sincos(t.turn * math.Pi / 180)
	sinT, cosT := math.Sincos(t.twist * math.Pi / 180)
	warpX, warpY := noiseField{mix(t.seed + 1), 6}, noiseField{mix(t.seed + 2), 6}
	wide, narrow := noiseField{mix(t.seed + 3), 6}, noiseField{mix(t.seed + 4), 4}
	ownX, ownY := noiseField{mix(t.own + 1), 5}, noiseField{mix(t.own + 2), 5}
	nearX, nearY := noiseField{mix(t.own + 3), 4}, noiseField{mix(t.own + 4), 4}
	for j := range h {
		for i := range w {
			sx, sy := i*node, j*node
			px, py := float64(sx)-float64(t.w)/2-t.at.x, float64(sy)-float64(t.h)/2-t.at.y
			x, y := float64(px*cos)+float64(py*sin), float64(py*cos)-float64(px*sin)
			cx, cy := x-t.roll.x, y-t.roll.y
			if t.held.x > 0 {
				d := math.Sqrt(float64(cx/t.held.x*cx/t.held.x)+float64(cy/t.held.y*cy/t.held.y)) - 1
				brake := 1.0
				if d <= 0 {
					brake = 0
				} else if d < t.give {
					brake = (1 - math.Cos(math.Pi*d/t.give)) / 2
				}
				x += float64(brake * (float64(cx*cosT) - float64(cy*sinT) - cx + t.shift.x))
				y += float64(brake * (float64(cx*sinT) + float64(cy*cosT) - cy + t.shift.y))
			}
			x += float64(warpX.at(sx, sy)) * (t.stretch / 256)
			y += float64(warpY.at(sx, sy)) * (t.stretch / 256)
			fx, fy := int(round(x))+4096, int(round(y))+4096
			x += float64(ownX.at(fx, fy))*(wander/256) + float64(nearX.at(fx, fy))*(wander/512)
			y += float64(ownY.at(fx, fy))*(wander/256) + float64(nearY.at(fx, fy))*(wander/512)
			k := j*w + i
			u.v[k], v.v[k] = round(x*256), round(y*256)

			// The contact is round at the tip and squarer at the base; towards its rim the pressure fades.
			ex, ey := cx/max(1, t.radX), cy/max(1, t.radY)
			e := float64(ex * ex)
			if ey < 0 {
				e += float64(ey * ey)
			} else {
				e += float64(ey * ey * ey * ey)
			}
			rim := (1 - math.Sqrt(e)) * min(t.radX, t.radY) // px inside
			hh := t.height + float64(t.slope.x*cx) + float64(t.slope.y*cy)
			hh += float64(wide.at(sx, sy))*(t.blotch/256) + float64(narrow.at(sx, sy))*(t.blotch/512)
			edge := max(0, 1-rim/max(4, t.fade))
			hh -= float64(1400 * edge * edge)
			if rim < 0 {
				hh += 120 * rim
			}
			height.v[k] = round(hh)
		}
	}
	return u, v, height
}

// picture is what the sensor sees.
func (t *touch) picture(master []int16) matcher.Image {
	img := matcher.Image{Pix: make([]byte, t.w*t.h), W: t.w, H: t.h, DPI: 500}
	u, v, height := t.lattices()
	speck, spot, patch := noiseField{mix(t.seed + 5), 1}, noiseField{mix(t.seed + 7), 2}, noiseField{mix(t.seed + 6), 3}
	rough, grain := int(round(t.rough)), int(round(t.grain*256))
	ground := noiseField{mix(t.seed + 8), 6}
	for y := range t.h {
		for x := range t.w {
			h := mix(t.seed ^ uint64(y*t.w+x)<<1)
			fine := int(h&255) + int(h>>8&255) + int(h>>16&255) - 382 // -382..383, deviation about 128
			ridge, deep := -full, 85
			if up := height.at(x, y); up > -3*full {
				ridge = rise(master, u.at(x, y), v.at(x, y)) + up
				ridge += (speck.at(x, y) + spot.at(x, y)*2 + patch.at(x, y)) * rough >> 8
				deep = max(50, min(100, 85+up>>5)) // a light touch is pale
			}
			ridge += fine * grain >> 6
			// Ink is a soft step of height: skin either touches or not.
			ink := max(-512, min(512, ridge+ridge>>1))
			if ink < 0 {
				deep = 85 + ground.at(x, y)>>5 // the sensor's own shade
			}
			img.Pix[y*t.w+x] = byte(max(0, min(255, 132-ink*deep>>9+fine>>5)))
		}
	}
	if t.soft > 0 {
		soften(&img, int(round(t.soft*256)))
	}
	return img
}

// soften mixes the picture with its mean over 3x3 px, weighed 1 2 1; by is 0..256.
func soften(img *matcher.Image, by int) {
	w, p := img.W, img.Pix
	out := append([]byte(nil), p...)
	for y := 1; y < img.H-1; y++ {
		for i := y*w + 1; i < y*w+w-1; i++ {
			s := int(p[i-w-1]) + int(p[i-w+1]) + int(p[i+w-1]) + int(p[i+w+1]) + 2*(int(p[i-1])+int(p[i+1])+int(p[i-w])+int(p[i+w])) + 4*int(p[i])
			out[i] = byte((s*by>>4 + int(p[i])*(256-by)) >> 8)
		}
	}
	img.Pix = out
}

// rise is the master's height at (u, v), 1/256 px from its middle, between its pixels.
func rise(master []int16, u, v int) int {
	u += (masterW/2 + border) << 8
	v += (masterH/2 + border) << 8
	x, y := u>>8, v>>8
	if x < 0 || y < 0 || x+1 >= stride || y+1 >= rows {
		return -full
	}
	i := y*stride + x
	fx, fy := u&255, v&255
	a := int(master[i])*(256-fx) + int(master[i+1])*fx
	b := int(master[i+stride])*(256-fx) + int(master[i+stride+1])*fx
	return (a*(256-fy) + b*fy) >> 16
}
