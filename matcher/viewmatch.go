package matcher

import (
	"image"
	"image/color"
	"strings"
)

// View is one step of a comparison, made visible.
type View struct {
	Name  string // short, fit for a file name
	What  string // one sentence
	Image image.Image
}

// Views shows the steps of the comparison on the two pictures that the templates came from. Without a registration
// (a score of 0) there is only the first.
func (e Explanation) Views(a, b Image) []View {
	views := []View{{"1-alike", "Minutiae whose surroundings look alike: the likeliest pairs, from which the search started.", e.joined(a, b, e.Alike)}}
	if e.laid == nil {
		return views
	}
	return append(views,
		View{"2-squares", "Squares whose ridges run in step with the other print's (green), out of step (red), or were left out (gray).", e.squares(a, b)},
		View{"3-overlay", "The ridges of one print (red) laid on those of the other (blue): where they agree they are black.", e.laid.overlay()},
		View{"4-pairs", "The minutiae that meet.", e.joined(a, b, e.Pairs)})
}

var (
	green  = color.RGBA{0, 130, 0, 255}
	purple = color.RGBA{150, 0, 200, 255}
)

// dpi is the resolution, as far as the picture tells it.
func (img Image) dpi() int {
	if img.DPI == 0 {
		return 500
	}
	return img.DPI
}

// joined puts the two pictures side by side and joins the pairs by lines.
func (e Explanation) joined(a, b Image, pairs []Pair) image.Image {
	out := sheet(a.W+b.W+8, max(a.H, b.H))
	out.paste(a, 0)
	out.paste(b, a.W+8)
	for _, p := range pairs {
		x0, y0 := p.AX*a.dpi()/500, p.AY*a.dpi()/500
		x1, y1 := p.BX*b.dpi()/500+a.W+8, p.BY*b.dpi()/500
		out.line(x0, y0, x1, y1, green)
		out.mark(x0, y0, p.Split)
		out.mark(x1, y1, p.Split)
	}
	return out
}

// squares tints the picture that was laid on the other.
func (e Explanation) squares(a, b Image) image.Image {
	img := a
	if e.swapped {
		img = b
	}
	l := e.laid
	out := sheet(img.W, img.H)
	out.paste(img, 0)
	for y := range img.H {
		for x := range img.W {
			s, ok := l.at(x*500/img.dpi()*l.from.scale/4096, y*500/img.dpi()*l.from.scale/4096)
			if !ok {
				continue
			}
			c := out.RGBAAt(x, y)
			switch s {
			case locked:
				c.R, c.B = c.R/2, c.B/2
			case failed:
				c.G, c.B = c.G/2, c.B/2
			default:
				c = color.RGBA{c.R / 4 * 3, c.G / 4 * 3, c.B / 4 * 3, 255}
			}
			out.SetRGBA(x, y, c)
		}
	}
	return out
}

// at is the state of the square over x, y (working px); false where there are no ridges.
func (l *laid) at(x, y int) (blockState, bool) {
	p := l.from.prep
	k, ok := p.blockOver(x, y)
	if !ok || !p.blocks[k].ok {
		return unseen, false
	}
	return l.state[k], true
}

// overlay redraws both prints from their templates in the frame of the one that lay still, two px to a working px.
func (l *laid) overlay() image.Image {
	const zoom = 2
	p, q := l.from.prep, l.onto.prep
	out := sheet(l.onto.w*zoom, l.onto.h*zoom)
	for y := range l.onto.h * zoom {
		for x := range l.onto.w * zoom {
			v := 255 - q.ink(int32(x*sub/zoom), int32(y*sub/zoom))
			out.SetRGBA(x, y, color.RGBA{255 - v, 255 - v/2, 255, 255})
		}
	}
	// Each locked square is carried over point by point, closely enough that none is left out.
	done := make([]bool, l.onto.w*l.onto.h*zoom*zoom)
	const side = blockCells * sampleSpan
	for k, s := range l.state {
		if s != locked {
			continue
		}
		bl := &p.blocks[k]
		for v := int32(-4); v < side+4; v += 2 {
			for u := int32(-4); u < side+4; u += 2 { // a little over the rim: squares are pulled apart
				ax, ay := int32(bl.x)*side+u, int32(bl.y)*side+v
				x, y := l.motion.apply(ax, ay)
				bx, by := int(x+l.found[k].dx)*zoom/sub, int(y+l.found[k].dy)*zoom/sub
				if bx < 0 || by < 0 || bx >= l.onto.w*zoom || by >= l.onto.h*zoom || done[by*l.onto.w*zoom+bx] {
					continue
				}
				done[by*l.onto.w*zoom+bx] = true
				ink := p.ink(ax, ay)
				c := out.RGBAAt(bx, by)
				out.SetRGBA(bx, by, color.RGBA{c.R, min(c.G, ink), min(c.B, ink), 255})
			}
		}
	}
	return out
}

// Map draws in text where ridges run in step, one sign for each square of the print that was laid on the other: o in
// step, x out of step, a dot where only one print has ridges. It is empty without a registration.
func (e Explanation) Map() string {
	if e.laid == nil {
		return ""
	}
	p := e.laid.from.prep
	var s strings.Builder
	for y := range p.bh {
		var row strings.Builder
		for x := range p.bw {
			k := p.blockAt(x, y)
			switch {
			case !p.blocks[k].ok:
				row.WriteString("  ")
			case e.laid.state[k] == locked:
				row.WriteString("o ")
			case e.laid.state[k] == failed:
				row.WriteString("x ")
			default:
				row.WriteString(". ")
			}
		}
		if line := strings.TrimRight(row.String(), " "); line != "" || s.Len() > 0 {
			s.WriteString(line + "\n")
		}
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

// colours is a picture in colour.
type colours struct{ *image.RGBA }

func sheet(w, h int) colours {
	c := colours{image.NewRGBA(image.Rect(0, 0, w, h))}
	for i := range c.Pix {
		c.Pix[i] = 255
	}
	return c
}

// paste puts a picture on the sheet, paler than it is, so that marks stand out.
func (c colours) paste(img Image, left int) {
	for y := range img.H {
		for x, v := range img.Pix[y*img.W : (y+1)*img.W] {
			c.SetRGBA(left+x, y, color.RGBA{v/2 + 127, v/2 + 127, v/2 + 127, 255})
		}
	}
}

// mark is a ring where a ridge ends, a square where it splits.
func (c colours) mark(x, y int, split bool) {
	for v := -4; v <= 4; v++ {
		for u := -4; u <= 4; u++ {
			if r := u*u + v*v; split && max(abs(u), abs(v)) >= 3 && max(abs(u), abs(v)) < 4 || !split && r >= 8 && r <= 17 {
				c.SetRGBA(x+u, y+v, purple)
			}
		}
	}
}

func (c colours) line(x0, y0, x1, y1 int, ink color.RGBA) {
	n := max(1, abs(x1-x0), abs(y1-y0))
	for k := 0; k <= n; k++ {
		c.SetRGBA(x0+(x1-x0)*k/n, y0+(y1-y0)*k/n, ink)
	}
}
