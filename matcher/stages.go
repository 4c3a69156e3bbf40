package matcher

// Stage is one step on the way from a picture to a template, made visible.
type Stage struct {
	Name  string // short, fit for a file name
	What  string // one sentence, a format for Args
	Args  []any
	Image Image
}

// Stages runs the extraction and hands out what every stage saw, in order. The pictures are at the working resolution.
// The Quality tells what the last stage made of it. A picture too odd to be analysed is a *Refusal.
func Stages(img Image) ([]Stage, Quality, error) {
	a, err := analyse(img)
	if err != nil {
		return nil, Quality{}, err
	}
	period := Stage{"4-period", "How far ridges are apart, 5 px black to 14 px white. The median could not be told, so the picture kept its scale.", nil, a.drawPeriod()}
	if a.told {
		period.What = "How far ridges are apart, 5 px black to 14 px white. The median is %.1f px; the picture was scaled by %.2f."
		period.Args = []any{a.quality.Period, float64(a.factor) / 65536}
	}
	p := newPrepared(a.field, a.print.on)
	return []Stage{
		{"1-picture", "The picture at the working resolution, softened a little.", nil, a.gray.draw(0, 255*grayUnit)},
		{"2-contrast", "Brightness and contrast made even; ridges are bright from here on.", nil, a.normal.draw(-normClip, normClip)},
		{"3-orientation", "Where the ridges run: hue of gray is the direction, dark where it is unsure.", nil, a.drawOrientation()},
		period,
		{"5-ridges", "Ridges and valleys after filtering along them.", nil, a.ridges.draw(-fullSwing, fullSwing)},
		{"6-clarity", "How much of the picture the filter explains.", nil, a.drawClarity()},
		{"7-print", "What counts as print.", nil, a.drawPrint()},
		{"8-binary", "Ridge or valley.", nil, a.binary.draw()},
		{"9-skeleton", "Ridges worn down to lines.", nil, a.skeleton.draw()},
		{"10-minutiae", "Where ridges end (circle) and split (square), with their direction, numbered.", nil, a.drawMinutiae()},
		{"11-descriptors", "What is known of each minutia: the ridges around it, turned its way, and the 64 points kept of them.", nil, a.drawDescriptors(p)},
		{"12-wave", "The ridges redrawn from the template: what it reveals.", nil, a.drawWave(p)},
	}, a.quality, nil
}

func (p *plane) draw(low, high int) Image {
	out := Image{Pix: make([]byte, p.w*p.h), W: p.w, H: p.h}
	for y := range p.h {
		for x, v := range p.row(y) {
			out.Pix[y*p.w+x] = byte(max(0, min(255, (int(v)-low)*255/(high-low))))
		}
	}
	return out
}

func (b *bitmap) draw() Image {
	out := Image{Pix: make([]byte, b.w*b.h), W: b.w, H: b.h}
	for i := range out.Pix {
		if !b.get(i%b.w, i/b.w) {
			out.Pix[i] = 255
		}
	}
	return out
}

// canvas paints each pixel by a rule.
func (a *analysis) canvas(at func(x, y int) byte) Image {
	out := Image{Pix: make([]byte, a.normal.w*a.normal.h), W: a.normal.w, H: a.normal.h}
	for i := range out.Pix {
		out.Pix[i] = at(i%out.W, i/out.W)
	}
	return out
}

func (a *analysis) drawOrientation() Image {
	return a.canvas(func(x, y int) byte {
		o := a.orient.at(x, y)
		c := int(a.orient.coherence[min(y/orientCell, a.orient.h-1)*a.orient.w+min(x/orientCell, a.orient.w-1)])
		// Short strokes along the ridges, one per 12 px.
		u, v := x%12-6, y%12-6
		across := -u*int(sin512[o]) + v*int(cos512[o])
		if abs(across) < trigOne*3/4 {
			return byte(255 - c)
		}
		return 255
	})
}

func (a *analysis) drawPeriod() Image {
	return a.canvas(func(x, y int) byte { return byte(max(0, min(255, (a.period.at(x, y)-80)*255/144))) })
}

func (a *analysis) drawClarity() Image {
	return a.canvas(func(x, y int) byte {
		if i, ok := a.field.at(x, y); ok {
			return a.field.clear[i]
		}
		return 0
	})
}

func (a *analysis) drawPrint() Image {
	g := a.gray.draw(0, 255*grayUnit)
	return a.canvas(func(x, y int) byte {
		if i, ok := a.field.at(x, y); ok && a.print.on[i] {
			return g.Pix[y*g.W+x]
		}
		return g.Pix[y*g.W+x]/4 + 180
	})
}

func (a *analysis) drawWave(p *prepared) Image {
	return a.canvas(func(x, y int) byte { return p.ink(int32(x*sub), int32(y*sub)) })
}

// ink is the gray of the redrawn ridges at x, y (1/8 px).
func (p *prepared) ink(x, y int32) byte {
	phase, _, ok := p.sample(x, y, 0)
	if !ok {
		return 255
	}
	return byte(128 - cos512[int(phase)*2]*120>>14)
}

// drawDescriptors is a sheet of all minutiae, in the order of their numbers: on the left the redrawn ridges around the
// minutia, turned so that its direction points right; beside them its patch. A field of the patch is one point: dark
// on a ridge, light in a valley, either in two shades for the ridge's two flanks, and the stroke is the orientation as
// far as two bits tell it.
func (a *analysis) drawDescriptors(p *prepared) Image {
	const (
		field   = 9
		side    = 9 * field
		wide    = 2*side + 16
		high    = side + 18
		columns = 5
	)
	rows := (len(a.minutiae) + columns - 1) / columns
	out := blank(columns*wide, max(1, rows)*high)
	for k, m := range a.minutiae {
		left, top := k%columns*wide+4, k/columns*high+14
		out.number(left, top-11, k+1)
		turn := int32(m.dir) * 2
		c, s := cos512[turn], sin512[turn]
		for v := range int32(side) {
			for u := range int32(side) {
				// 9 px of the sheet are the 6 px between two points.
				x, y := (u-side/2)*6*sub/field, (v-side/2)*6*sub/field
				at := (top+int(v))*out.W + left + int(u)
				out.Pix[at] = p.ink(int32(m.x)*sub+(x*c-y*s)>>14, int32(m.y)*sub+(x*s+y*c)>>14)
			}
		}
		out.box(left+side/2-1, top+side/2-1, 3, 3, 0)
		d := p.describe(m, int32(a.scale))
		for i, pt := range patchPoints {
			if d.valid>>i&1 == 0 {
				continue
			}
			x, y := left+side+4+(int(pt[0])/(6*sub)+4)*field, top+(int(pt[1])/(6*sub)+4)*field
			gray := [4]byte{165, 215, 90, 40}[d.ridge>>i&1*2+d.flank>>i&1]
			out.box(x, y, field-1, field-1, gray)
			slant := [4]int32{-96, -32, 96, 32}[d.lean>>i&1*2+d.tilt>>i&1] & 511 // 512 to the turn
			for k := int32(-3); k <= 3; k++ {
				ink := byte(255)
				if gray > 128 {
					ink = 0
				}
				out.set(x+field/2+int(k*cos512[slant]>>14), y+field/2+int(k*sin512[slant]>>14), ink)
			}
		}
	}
	return out
}

func (a *analysis) drawMinutiae() Image {
	out := a.skeleton.draw()
	for i, v := range out.Pix {
		out.Pix[i] = v/2 + 127
	}
	for i, m := range a.minutiae {
		m.draw(out, 0)
		out.number(int(m.x)+6, int(m.y)+5, i+1)
	}
	return out
}

// draw marks the minutia on img, with a stroke of two ridges' length in its direction.
func (m minutia) draw(img Image, ink byte) {
	put := func(x, y int) { img.set(x, y, ink) }
	x, y := int(m.x), int(m.y)
	for d := -3; d <= 3; d++ {
		if m.split {
			put(x+d, y-3)
			put(x+d, y+3)
			put(x-3, y+d)
			put(x+3, y+d)
		} else {
			for _, e := range [][2]int{{d, 3 - abs(d)/2}, {d, -3 + abs(d)/2}, {3 - abs(d)/2, d}, {-3 + abs(d)/2, d}} {
				put(x+e[0], y+e[1])
			}
		}
	}
	for k := 4; k < 18; k++ {
		put(x+k*int(cos512[int(m.dir)*2])>>14, y+k*int(sin512[int(m.dir)*2])>>14)
	}
}
