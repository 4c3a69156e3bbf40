package matcher

// margin is the empty border, in px, around every plane: filters reach at most this far, so no inner loop has to ask
// whether it left the picture.
const margin = 24

// plane is a picture of signed values with a border of margin px on all sides.
type plane struct {
	w, h   int // without the border
	stride int
	p      []int16
}

func newPlane(w, h int) *plane {
	s := w + 2*margin
	return &plane{w: w, h: h, stride: s, p: make([]int16, s*(h+2*margin))}
}

// at is the index of pixel x, y.
func (p *plane) at(x, y int) int { return (y+margin)*p.stride + x + margin }

// row is the pixels of line y without the border.
func (p *plane) row(y int) []int16 { i := p.at(0, y); return p.p[i : i+p.w] }

// grayUnit is what one gray level is in a gray plane: four bits after the point.
const grayUnit = 16

// maxWorking bounds the working picture's sides, px. A fingerprint at nine px to the ridge is under 700 px.
const maxWorking = 1400

// resample brings a picture to the working resolution: factor is working px per picture px, times 2^16. Shrinking by
// more than two halves the picture first, so that nothing aliases; between pixels it is bilinear.
func resample(img Image, factor int) *plane {
	for factor < 1<<15 && img.W > 1 && img.H > 1 {
		img, factor = halve(img), factor*2
	}
	w, h := max(1, img.W*factor>>16), max(1, img.H*factor>>16)
	out := newPlane(w, h)
	if factor == 1<<16 {
		for y := range h {
			dst := out.row(y)
			for x, v := range img.Pix[y*img.W : y*img.W+w] {
				dst[x] = int16(v) * grayUnit
			}
		}
		return out
	}
	step := (int64(1) << 32) / int64(factor) // picture px per working px, times 2^16
	for y := range h {
		sy := int(max(0, min(int64(y)*step+step/2-1<<15, int64(img.H-1)<<16)))
		y0 := sy >> 16
		y1 := min(y0+1, img.H-1)
		fy := sy >> 8 & 255
		r0, r1 := img.Pix[y0*img.W:], img.Pix[y1*img.W:]
		dst := out.row(y)
		for x := range dst {
			sx := int(max(0, min(int64(x)*step+step/2-1<<15, int64(img.W-1)<<16)))
			x0 := sx >> 16
			x1 := min(x0+1, img.W-1)
			fx := sx >> 8 & 255
			a := int(r0[x0])*(256-fx) + int(r0[x1])*fx
			b := int(r1[x0])*(256-fx) + int(r1[x1])*fx
			dst[x] = int16((a*(256-fy) + b*fy) >> 12)
		}
	}
	return out
}

func halve(img Image) Image {
	w, h := img.W/2, img.H/2
	out := Image{Pix: make([]byte, w*h), W: w, H: h}
	for y := range h {
		a, b := img.Pix[2*y*img.W:], img.Pix[(2*y+1)*img.W:]
		for x := range w {
			out.Pix[y*w+x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) / 4)
		}
	}
	return out
}

// soften is a Gaussian of sigma 0.8 px: it takes the sensor's pixel noise and leaves the ridges.
// The measurements in facts/fingerprints.md show half of what resampling gains to be this smoothing.
func soften(p *plane) {
	tmp := make([]int16, p.w)
	for y := range p.h {
		r := p.row(y)
		prev := int32(r[0])
		for x := range r {
			c, next := int32(r[x]), int32(r[min(x+1, p.w-1)])
			r[x] = int16((61*(prev+next) + 134*c + 128) >> 8)
			prev = c
		}
	}
	copy(tmp, p.row(0))
	for y := range p.h {
		r, n := p.row(y), p.row(min(y+1, p.h-1))
		for x := range r {
			c := r[x]
			r[x] = int16((61*(int32(tmp[x])+int32(n[x])) + 134*int32(c) + 128) >> 8)
			tmp[x] = c
		}
	}
}
