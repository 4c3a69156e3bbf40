package bench

import (
	"bytes"
	"fmt"
	stdimage "image"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"

	"keyrollout/matcher"
)

// Strain is a way to imagine another sensor, or worse skin: Apply makes of a picture what that would have taken. number
// tells the pictures of a set apart, so that noise differs from touch to touch while the sensor's own marks do not.
//
// A matcher that was shown six sensors meets the next one unprepared. These strains are not that sensor, but what breaks
// under them would have broken there. They are harsh: not everything can be withstood, and rates under a strain are only
// to be held against rates of another version under the same strain.
type Strain struct {
	Name  string
	Apply func(img matcher.Image, number uint64) matcher.Image
}

// Strained is what became of one set under one strain. Shares are 0..1.
type Strained struct {
	Set, Strain string
	Refused     int     // pictures that gave no template
	Rates       Rates   // all pairs, both pictures strained
	FNMR, FMR   float64 // the same at matcher.Threshold
	Mixed       float64 // FNMR at matcher.Threshold, one picture strained and the other as it was taken
}

// RunStrains measures a folder of full prints under every strain, each time with every pair of prints.
func RunStrains(dir string, o Options) ([]Strained, error) {
	prints, err := Load(dir, o.Workers, nil)
	if err != nil {
		return nil, err
	}
	images := make([]matcher.Image, len(prints))
	for i, p := range prints {
		f, err := os.Open(filepath.Join(dir, p.Name))
		if err != nil {
			return nil, err
		}
		images[i], err = matcher.Decode(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	var out []Strained
	all := Strains()
	for k, s := range all {
		r := Result{perFinger: map[string][]float64{}}
		strained := make([]Print, len(prints))
		parallel(len(prints), o.Workers, func(i int) {
			strained[i] = prints[i]
			strained[i].Template, strained[i].Refused = matcher.Extract(s.Apply(images[i], uint64(i)))
		})
		r.pairs(strained, o.Workers, func(int, int) {})
		r.finish()
		x := Strained{Set: filepath.Base(dir), Strain: s.Name, Rates: r.Rates}
		at := Points([]*Result{&r}, matcher.Threshold)[0]
		x.FNMR, x.FMR = at.FNMR, at.FMR
		missed := make([]int, len(prints))
		tried := make([]int, len(prints))
		parallel(len(prints), o.Workers, func(i int) {
			for j := range prints {
				if i != j && prints[i].Finger == prints[j].Finger {
					tried[i]++
					if matcher.Compare(prints[i].Template, strained[j].Template) < matcher.Threshold {
						missed[i]++
					}
				}
			}
		})
		m, t := 0, 0
		for i := range prints {
			m, t = m+missed[i], t+tried[i]
			if strained[i].Template == nil {
				x.Refused++
			}
		}
		x.Mixed = float64(m) / float64(max(1, t))
		out = append(out, x)
		if o.Progress != nil {
			o.Progress("strains", k+1, len(all))
		}
	}
	return out, nil
}

// WriteStrained prints a row for each strain of each set. Rates are per cent.
func WriteStrained(w io.Writer, results []Strained) {
	fmt.Fprintf(w, "%-14s %-14s %6s %7s %7s | at %d: %6s %8s %7s %8s\n", "", "", "EER", "FMR100", "FMR1000",
		matcher.Threshold, "FNMR", "FMR", "mixed", "refused")
	for _, x := range results {
		fmt.Fprintf(w, "%-14s %-14s %6.2f %7.2f %7.2f | %13.2f %8.3f %7.2f %8d\n", x.Set, x.Strain, 100*x.Rates.EER,
			100*x.Rates.FMR100, 100*x.Rates.FMR1000, 100*x.FNMR, 100*x.FMR, 100*x.Mixed, x.Refused)
	}
	fmt.Fprintln(w, "Per cent. mixed: genuine pairs refused when only one of the two pictures is strained.")
}

// Strains are those that are measured: scale, shape, light, the sensor's flaws, skin, and the way a picture was stored.
// Sizes and resolutions are those of the sensors of the verification competitions and of small sensors on sale.
func Strains() []Strain {
	s := []Strain{{"as it is", func(img matcher.Image, _ uint64) matcher.Image { return img }}}
	add := func(name string, apply func(img matcher.Image, number uint64) matcher.Image) {
		s = append(s, Strain{name, apply})
	}
	for _, z := range []struct {
		name string
		x, y float64
	}{{"250 dpi", 0.5, 0.5}, {"300 dpi", 0.6, 0.6}, {"363 dpi", 0.726, 0.726}, {"400 dpi", 0.8, 0.8}, {"569 dpi", 1.138, 1.138},
		{"700 dpi", 1.4, 1.4}, {"800 dpi", 1.6, 1.6}, {"1000 dpi", 2, 2}, {"6 % wider", 1.06, 1}, {"12 % higher", 1, 1.12}} {
		add(z.name, func(img matcher.Image, _ uint64) matcher.Image { return zoom(img, z.x, z.y) })
	}
	add("250 dpi 96x96", func(img matcher.Image, _ uint64) matcher.Image { return crop(zoom(img, 0.5, 0.5), 96, 96) })
	add("192x192", func(img matcher.Image, _ uint64) matcher.Image { return crop(img, 192, 192) })
	add("white 640x480", func(img matcher.Image, _ uint64) matcher.Image { return pad(img, 640, 480, 255) })
	add("black 640x480", func(img matcher.Image, _ uint64) matcher.Image { return pad(img, 640, 480, 0) })
	add("turned 90", func(img matcher.Image, _ uint64) matcher.Image { return quarter(img) })
	add("turned 180", func(img matcher.Image, _ uint64) matcher.Image { return quarter(quarter(img)) })

	gray := func(name string, f func(v float64) float64) {
		var table [256]byte
		for v := range table {
			table[v] = level(f(float64(v)))
		}
		add(name, func(img matcher.Image, _ uint64) matcher.Image {
			return each(img, func(_, _ int, v float64) float64 { return float64(table[int(v)]) })
		})
	}
	gray("low contrast", func(v float64) float64 { return 110 + v/6 })
	gray("very dark", func(v float64) float64 { return v / 8 })
	gray("very pale", func(v float64) float64 { return 223 + v/8 })
	gray("gamma 0.4", func(v float64) float64 { return 255 * math.Pow(v/255, 0.4) })
	gray("gamma 2.5", func(v float64) float64 { return 255 * math.Pow(v/255, 2.5) })
	gray("overdriven", func(v float64) float64 { return (v-128)*4 + 128 })
	gray("light ridges", func(v float64) float64 { return 255 - v })
	gray("8 grays", func(v float64) float64 { return math.Floor(v/32) * 32 })

	by := func(name string, f func(img matcher.Image, r *dice, x, y int, v float64) float64) {
		add(name, func(img matcher.Image, n uint64) matcher.Image {
			r := dice(n + 1)
			return each(img, func(x, y int, v float64) float64 { return f(img, &r, x, y, v) })
		})
	}
	by("gradient", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		return v*0.5 + 128*float64(x)/float64(img.W)
	})
	by("vignette", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		dx, dy := float64(x)/float64(img.W)-0.5, float64(y)/float64(img.H)-0.5
		return v * max(0, 1-2*(dx*dx+dy*dy))
	})
	by("dead columns", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		switch x % 41 {
		case 7:
			return 0
		case 29:
			return 255
		}
		return v
	})
	by("black frame", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		if min(x, y, img.W-1-x, img.H-1-y) < 6 {
			return 0
		}
		return v
	})
	by("grid", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		return v + 8*math.Sin(float64(x)*2*math.Pi/5) + 8*math.Sin(float64(y)*2*math.Pi/5)
	})
	by("lines", func(img matcher.Image, _ *dice, x, y int, v float64) float64 { // as of a scanned row that drifts
		return v + 8*math.Sin(float64(y)*2*math.Pi/8.3)
	})
	by("lines, slant", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		return v*0.9 + 15 + 8*math.Sin(float64(x+y)*2*math.Pi/13)
	})
	by("dirty plate", func(img matcher.Image, _ *dice, x, y int, v float64) float64 {
		return v * (0.55 + 0.45*blotch(3, x, y, 14))
	})
	by("noise 12", func(_ matcher.Image, r *dice, _, _ int, v float64) float64 { return v + 12*r.bell() })
	by("noise 30", func(_ matcher.Image, r *dice, _, _ int, v float64) float64 { return v + 30*r.bell() })
	by("salt, pepper", func(_ matcher.Image, r *dice, _, _ int, v float64) float64 {
		switch p := r.share(); {
		case p < 0.02:
			return 0
		case p < 0.04:
			return 255
		}
		return v
	})
	add("blur 1", func(img matcher.Image, _ uint64) matcher.Image { return blur(img, 1) })
	add("blur 2", func(img matcher.Image, _ uint64) matcher.Image { return blur(img, 2) })
	add("JPEG 30", func(img matcher.Image, _ uint64) matcher.Image { return viaJPEG(img, 30) })
	add("JPEG 10", func(img matcher.Image, _ uint64) matcher.Image { return viaJPEG(img, 10) })

	add("dry", func(img matcher.Image, n uint64) matcher.Image {
		return each(img, func(x, y int, v float64) float64 {
			b := blotch(n*7+1, x, y, 3)*0.7 + blotch(n*7+2, x, y, 9)*0.3
			return v + (255-v)*max(0, min(1, (b-0.55)*3))
		})
	})
	add("wet", func(img matcher.Image, n uint64) matcher.Image {
		dark := darkest(img)
		return each(img, func(x, y int, v float64) float64 {
			b := max(0, min(1, (blotch(n*7+1, x, y, 25)-0.35)*4))
			return v*(1-b) + b*float64(dark.Pix[y*img.W+x])
		})
	})
	add("sweep", func(img matcher.Image, n uint64) matcher.Image { // strips of 8 rows, badly stitched
		return moved(img, func(x, y int) (float64, float64) {
			r := dice(n*977 + uint64(y/8) + 1)
			return float64(x) + 0.8*r.bell(), float64(y) + 0.6*r.bell()
		})
	})
	add("jitter", func(img matcher.Image, n uint64) matcher.Image {
		return moved(img, func(x, y int) (float64, float64) {
			return float64(x) + 3*(blotch(n, 0, y, 6)-0.5), float64(y)
		})
	})
	add("distorted", func(img matcher.Image, n uint64) matcher.Image {
		return moved(img, func(x, y int) (float64, float64) {
			return float64(x) + 18*(blotch(2*n+1, x, y, 90)-0.5), float64(y) + 18*(blotch(2*n+2, x, y, 90)-0.5)
		})
	})
	add("small sensor", func(img matcher.Image, n uint64) matcher.Image { // all at once, mildly
		out := crop(zoom(img, 0.72, 0.74), 176, 176)
		r := dice(n + 1)
		return each(out, func(x, y int, v float64) float64 {
			if x%61 == 13 {
				return 255
			}
			return v*0.45 + 60*blotch(5, x, y, 40) + 5*r.bell()
		})
	})
	return s
}

// dice is splitmix64.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) share() float64 { return float64(d.next()>>11) / (1 << 53) }

// bell is near a normal distribution of mean 0 and deviation 1.
func (d *dice) bell() float64 {
	s := 0.0
	for range 6 {
		s += d.share()
	}
	return (s - 3) * math.Sqrt2
}

// blotch is smooth noise, 0 to 1, that changes over so many px.
func blotch(seed uint64, x, y int, size float64) float64 {
	fx, fy := float64(x)/size, float64(y)/size
	x0, y0 := math.Floor(fx), math.Floor(fy)
	corner := func(dx, dy float64) float64 {
		d := dice(seed*0x1000193 + uint64(x0+dx)*0x85ebca6b + uint64(y0+dy)*0xc2b2ae35)
		return d.share()
	}
	ease := func(t float64) float64 { return t * t * (3 - 2*t) }
	tx, ty := ease(fx-x0), ease(fy-y0)
	top := corner(0, 0)*(1-tx) + corner(1, 0)*tx
	low := corner(0, 1)*(1-tx) + corner(1, 1)*tx
	return top*(1-ty) + low*ty
}

func level(v float64) byte { return byte(max(0, min(255, math.Round(v)))) }

// each gives every pixel a new value.
func each(img matcher.Image, f func(x, y int, v float64) float64) matcher.Image {
	out := matcher.Image{W: img.W, H: img.H, DPI: img.DPI, Pix: make([]byte, len(img.Pix))}
	for i, v := range img.Pix {
		out.Pix[i] = level(f(i%img.W, i/img.W, float64(v)))
	}
	return out
}

// moved fetches every pixel from elsewhere.
func moved(img matcher.Image, from func(x, y int) (float64, float64)) matcher.Image {
	return each(img, func(x, y int, _ float64) float64 {
		u, v := from(x, y)
		return between(img, u, v)
	})
}

// between is the gray at any place, bilinear; the edge goes on outside.
func between(img matcher.Image, x, y float64) float64 {
	x, y = max(0, min(float64(img.W-1), x)), max(0, min(float64(img.H-1), y))
	u, v := int(x), int(y)
	fx, fy := x-float64(u), y-float64(v)
	u1, v1 := min(u+1, img.W-1), min(v+1, img.H-1)
	p := func(x, y int) float64 { return float64(img.Pix[y*img.W+x]) }
	return (p(u, v)*(1-fx)+p(u1, v)*fx)*(1-fy) + (p(u, v1)*(1-fx)+p(u1, v1)*fx)*fy
}

// zoom draws the picture larger or smaller, softened first where pixels grow, as a coarser sensor's do.
func zoom(img matcher.Image, fx, fy float64) matcher.Image {
	src := img
	if f := min(fx, fy); f < 0.95 {
		src = blur(img, 0.4/f)
	}
	out := matcher.Image{W: int(float64(img.W) * fx), H: int(float64(img.H) * fy)}
	out.Pix = make([]byte, out.W*out.H)
	for i := range out.Pix {
		out.Pix[i] = level(between(src, (float64(i%out.W)+0.5)/fx-0.5, (float64(i/out.W)+0.5)/fy-0.5))
	}
	return out
}

func blur(img matcher.Image, sigma float64) matcher.Image {
	reach := int(3*sigma) + 1
	weights := make([]float64, 2*reach+1)
	sum := 0.0
	for i := range weights {
		d := float64(i-reach) / sigma
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
	}
	pass := func(in matcher.Image, dx, dy int) matcher.Image {
		return each(in, func(x, y int, _ float64) float64 {
			s := 0.0
			for i, w := range weights {
				u, v := max(0, min(in.W-1, x+(i-reach)*dx)), max(0, min(in.H-1, y+(i-reach)*dy))
				s += w * float64(in.Pix[v*in.W+u])
			}
			return s / sum
		})
	}
	return pass(pass(img, 1, 0), 0, 1)
}

// crop cuts a window around the middle of what is drawn: where neighbouring pixels differ.
func crop(img matcher.Image, w, h int) matcher.Image {
	var sx, sy, n float64
	for y := range img.H {
		for x := 1; x < img.W; x++ {
			d := math.Abs(float64(img.Pix[y*img.W+x]) - float64(img.Pix[y*img.W+x-1]))
			sx, sy, n = sx+d*float64(x), sy+d*float64(y), n+d
		}
	}
	w, h = min(w, img.W), min(h, img.H)
	x0 := max(0, min(img.W-w, int(sx/max(1, n))-w/2))
	y0 := max(0, min(img.H-h, int(sy/max(1, n))-h/2))
	out := matcher.Image{W: w, H: h}
	for y := range h {
		out.Pix = append(out.Pix, img.Pix[(y0+y)*img.W+x0:(y0+y)*img.W+x0+w]...)
	}
	return out
}

// pad puts the picture into the middle of a larger one.
func pad(img matcher.Image, w, h int, v byte) matcher.Image {
	w, h = max(w, img.W), max(h, img.H)
	out := matcher.Image{W: w, H: h, Pix: bytes.Repeat([]byte{v}, w*h)}
	for y := range img.H {
		copy(out.Pix[(y+(h-img.H)/2)*w+(w-img.W)/2:], img.Pix[y*img.W:(y+1)*img.W])
	}
	return out
}

func quarter(img matcher.Image) matcher.Image {
	out := matcher.Image{W: img.H, H: img.W, Pix: make([]byte, len(img.Pix))}
	for i, v := range img.Pix {
		x, y := i%img.W, i/img.W
		out.Pix[x*out.W+out.W-1-y] = v
	}
	return out
}

// darkest spreads ink: each pixel becomes the darkest within one pixel.
func darkest(img matcher.Image) matcher.Image {
	return each(img, func(x, y int, v float64) float64 {
		for _, d := range [8][2]int{{0, -1}, {1, -1}, {1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}} {
			if u, w := x+d[0], y+d[1]; u >= 0 && w >= 0 && u < img.W && w < img.H {
				v = min(v, float64(img.Pix[w*img.W+u]))
			}
		}
		return v
	})
}

func viaJPEG(img matcher.Image, quality int) matcher.Image {
	var b bytes.Buffer
	g := &stdimage.Gray{Pix: img.Pix, Stride: img.W, Rect: stdimage.Rect(0, 0, img.W, img.H)}
	if jpeg.Encode(&b, g, &jpeg.Options{Quality: quality}) != nil {
		return img
	}
	m, err := jpeg.Decode(&b)
	if err != nil {
		return img
	}
	return matcher.FromImage(m)
}
